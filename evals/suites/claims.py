"""Claims: does each registered experiment still reach the verdicts it should, refuted ones too?

Each sample runs one experiment with small parameters in a process of its own and compares the
verdicts of its claims. An experiment without a sample is a sample that fails, so that no experiment
goes unwatched.
"""

from __future__ import annotations

import tempfile
import threading
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import scorers, solvers
from evals.sample import Answer, Sample, Suite
from evals.suites import Options, spread
from tools import registry
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.launch import Launcher

EXPECTED = Path(__file__).parent / "data" / "claims.toml"
_UNCLAIMED = ("evals.run",)  # it measures and claims nothing


def build(options: Options) -> Suite:
    """Builds the suite from the shipped expectations, or from a file of the same form.

    Raises:
        BadInput: when an entry is malformed.
    """
    path = options.path or EXPECTED
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("sample", [])
    samples = [_sample(entry, path.name) for entry in entries]
    watched = {s.question["experiment"] for s in samples} | set(_UNCLAIMED)
    if options.path is None:
        samples += [
            Sample(f"{e.name}, unwatched", {"experiment": e.name, "params": None, "seed": 0}, {})
            for e in registry.load()
            if e.name not in watched and e.function.__module__.startswith(("tools.", "evals."))
        ]
    carried_out = _Runs()
    return Suite(
        "claims",
        "Verdicts of every experiment",
        1,
        spread(samples, options.samples),
        solvers.call(carried_out.run),
        scorers.verdict(),
        options.epochs,
    )


def _sample(entry: Mapping[str, Any], place: str) -> Sample:
    if not isinstance(entry.get("experiment"), str) or not isinstance(entry.get("verdicts"), dict):
        raise BadInput(f"{place}: an entry has no 'experiment' with 'verdicts'.")
    seed, params = entry.get("seed", 0), entry.get("params", {})
    question = {"experiment": entry["experiment"], "params": params, "seed": seed}
    name = ", ".join([entry["experiment"], *(f"{k}={v}" for k, v in params.items())])
    return Sample(name, question, entry["verdicts"], tags={"experiment": entry["experiment"]})


class _Runs:
    """Runs experiments one at a time in a state folder that goes with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="ansatz-claims-")
        self._launcher: Launcher | None = None

    def run(self, sample: Sample) -> Answer:
        """Carries out the experiment of a sample and returns its verdicts.

        Raises:
            BadInput: when the experiment has no expectation, or fails.
        """
        from tools.launch import Launcher
        from tools.runs import RunStore

        asked = sample.question
        if asked["params"] is None:
            raise BadInput(f"{asked['experiment']} has no expectation in {EXPECTED.name}.")
        # One run at a time: they would only share the cores.
        with self._lock:
            if self._launcher is None:
                self._launcher = Launcher(RunStore(Path(self._folder.name)))
            experiment = registry.load().get(asked["experiment"])
            params = experiment.parse(asked["params"])
            record = self._launcher.start(experiment, params, seed=asked["seed"])
            done = self._launcher.wait(record.id)
        if done.error:
            raise BadInput(f"{experiment.name} failed: {done.error}")
        verdicts = {claim.text: str(claim.verdict) for claim in done.claims}
        lines = [f"{verdict}: {text}" for text, verdict in verdicts.items()]
        return Answer("\n".join(lines), data={"verdicts": verdicts})
