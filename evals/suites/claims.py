"""Claims: does each registered experiment still reach the verdicts it should, refuted ones too?

Each sample runs one experiment with small parameters in a process of its own and compares the
verdicts of its claims, and where an experiment claims nothing, its metrics. An experiment without a
sample is a sample that fails, so that no experiment goes unwatched.
"""

from __future__ import annotations

import tempfile
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import scorers, solvers
from evals.sample import Answer, Sample, Score, Scorer, State, Suite
from evals.stand_in import StandIn, read_known
from evals.suites import Options, spread
from tools import registry
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.launch import Launcher

EXPECTED = Path(__file__).parent / "data" / "claims.toml"
_FIELDS = {"experiment", "params", "seed", "files", "endpoint", "verdicts", "metrics"}


def build(options: Options) -> Suite:
    """Builds the suite from the shipped expectations, or from a file of the same form.

    An entry has an `experiment`, its `params` and `seed`, and what is expected: `verdicts` (words
    of a claim's text -> verdict) or `metrics` (name -> [lowest, highest]). `files` maps parameters
    to files beside the expectations; `endpoint` names one of questions with known chances, which a
    stand-in for a chat model then answers at the address `base_url`.

    Raises:
        BadInput: when an entry is malformed.
    """
    path = options.path or EXPECTED
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("sample", [])
    samples = [_sample(entry, path.name) for entry in entries]
    watched = {s.question["experiment"] for s in samples}
    if options.path is None:
        samples += [
            Sample(f"{e.name}, unwatched", {"experiment": e.name, "params": None, "seed": 0}, {})
            for e in registry.load()
            if e.name not in watched and e.function.__module__.startswith(("tools.", "evals."))
        ]
    carried_out = _Runs(path.parent)
    return Suite(
        "claims",
        "Verdicts of every experiment",
        2,
        spread(samples, options.samples),
        solvers.call(carried_out.run),
        _scorer(),
        options.epochs,
    )


def _sample(entry: Mapping[str, Any], place: str) -> Sample:
    if not isinstance(entry.get("experiment"), str):
        raise BadInput(f"{place}: an entry has no 'experiment'.")
    name = entry["experiment"]
    unknown = sorted(set(entry) - _FIELDS)
    if unknown:
        raise BadInput(f"{place}, {name}: '{unknown[0]}' is no field.", f"Fields: {_FIELDS}.")
    gold = {key: entry[key] for key in ("verdicts", "metrics") if entry.get(key)}
    if not gold:
        raise BadInput(
            f"{place}, {name}: an entry has no expected 'verdicts' or 'metrics'.",
            "Say what must come out, or the sample could not fail.",
        )
    question: dict[str, Any] = {"params": {}, "seed": 0, "files": {}, "endpoint": ""}
    question |= {key: value for key, value in entry.items() if key not in gold}
    said = {**question["params"], **question["files"]}
    title = ", ".join([name, *(f"{k}={v}" for k, v in said.items())])
    return Sample(title, question, gold, tags={"experiment": name})


class _Runs:
    """Runs experiments one at a time in a state folder that goes with the process."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="ansatz-claims-")
        self._launcher: Launcher | None = None

    def run(self, sample: Sample) -> Answer:
        """Carries out the experiment of a sample and returns its verdicts and metrics.

        Raises:
            BadInput: when the experiment has no expectation, or fails.
        """
        from tools.launch import Launcher
        from tools.runs import RunStore

        asked = sample.question
        if asked["params"] is None:
            raise BadInput(f"{asked['experiment']} has no expectation in {EXPECTED.name}.")
        # One run at a time: they would only share the cores.
        with self._lock, self._params(asked) as given:
            if self._launcher is None:
                self._launcher = Launcher(RunStore(Path(self._folder.name)))
            experiment = registry.load().get(asked["experiment"])
            params = experiment.parse(given)
            record = self._launcher.start(experiment, params, seed=asked["seed"])
            done = self._launcher.wait(record.id)
        if done.error:
            raise BadInput(f"{experiment.name} failed: {done.error}")
        verdicts = {claim.text: str(claim.verdict) for claim in done.claims}
        # Only what is expected: others may be times, which no second run repeats.
        wanted = sample.gold.get("metrics", {})
        metrics = {k: value.mean for k, value in done.metrics.items() if k in wanted}
        lines = [f"{verdict}: {text}" for text, verdict in verdicts.items()]
        lines += [f"{name} = {value:g}" for name, value in metrics.items()]
        return Answer("\n".join(lines), data={"verdicts": verdicts, "metrics": metrics})

    @contextmanager
    def _params(self, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields the parameters with files where they lie and an endpoint that is up."""
        files = {name: str(self._beside / file) for name, file in asked["files"].items()}
        given = {**asked["params"], **files}
        if not asked["endpoint"]:
            yield given
            return
        with StandIn(read_known(self._beside / asked["endpoint"])) as endpoint:
            yield {**given, "base_url": endpoint.base_url}


def _scorer() -> Scorer:
    """Makes the scorer: all verdicts as expected, and all metrics within their bounds."""
    judge = scorers.verdict()

    async def score(sample: Sample, answer: Answer) -> Score:
        judged = Score.right("no verdict was expected")
        if expected := sample.gold.get("verdicts"):
            judged = await judge(replace(sample, gold=expected), answer)
        found: Mapping[str, float] = (answer.data or {}).get("metrics", {})
        off = [
            f"{name} is {found.get(name, 'missing')}, not within {low} .. {high}"
            for name, (low, high) in sample.gold.get("metrics", {}).items()
            if not (name in found and low <= found[name] <= high)
        ]
        if off:
            reasons = [judged.reason] if judged.state is not State.CORRECT else []
            return Score.wrong("; ".join([*reasons, *off]))
        if judged.state is State.CORRECT and "metrics" in sample.gold:
            return Score.right(f"{judged.reason}; {len(sample.gold['metrics'])} metrics in bounds")
        return judged

    return score
