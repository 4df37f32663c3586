"""Judge attack: the checks of the experiment `judging.attack`, one by one, its controls included.

A suffix is searched on a small model judge with a planted shortcut, tried on another judge, without
its best word, on a judge whose mark cannot be typed (the defence), and where nothing was planted,
so that it must fail. Some checks expect that a claim is refuted. All of it shows the mechanism.
What it cannot show without large models stands in `data/judge_attack.toml` under `beyond`, and with
every answer.
"""

from __future__ import annotations

import tempfile
import threading
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import solvers
from evals.sample import Answer, Sample, Score, Suite
from evals.suites import Options, spread
from tools import registry
from tools.claims import Verdict
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.records import RunRecord

CHECKS = Path(__file__).parent / "data" / "judge_attack.toml"
EXPERIMENT = "judging.attack"
_FIELDS = {"id", "kind", "share", "seeds", "claim", "verdict", "metric", "range"}


def build(options: Options) -> Suite:
    """Builds the suite from the shipped checks, or from a file of the same form.

    Raises:
        BadInput: when a check is not complete.
    """
    path = options.path or CHECKS
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    samples = [_sample(entry, given.get("seeds", 8), options.seed, path.name)
               for entry in given.get("check", ())]  # fmt: skip
    return Suite(
        "judge-attack",
        "A suffix attack on small model judges: the mechanism, no evidence on large models",
        1,
        spread(samples, options.samples),
        solvers.call(_Attacks(given.get("beyond", ())).run),
        score,
        options.epochs,
        check=_trouble,
    )


async def score(sample: Sample, answer: Answer) -> Score:
    """Judges what came out of the experiment against what the check expects."""
    gold, found = sample.gold, answer.data
    if "metric" in gold:
        value, (low, high) = found["metrics"].get(gold["metric"]), gold["range"]
        if value is None:
            return Score.wrong(f"the experiment gives no {gold['metric']}")
        reason = f"{gold['metric']} = {value:.4g}, expected {low:g} to {high:g}"
        return Score.right(reason) if low <= value <= high else Score.wrong(reason)
    verdicts = [v for text, v in found["verdicts"].items() if gold["claim"] in text]
    reason = f"{' and '.join(verdicts) or 'no such claim'}, expected {gold['verdict']}"
    return Score.right(reason) if verdicts == [gold["verdict"]] else Score.wrong(reason)


class _Attacks:
    """Runs the experiment once for every setting that checks ask about."""

    def __init__(self, beyond: Any) -> None:
        self._beyond = list(beyond)
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="ansatz-attack-")
        self._done: dict[tuple[float, int, int], RunRecord] = {}

    def run(self, sample: Sample) -> Answer:
        """Returns all verdicts and numbers of the run that a check is about.

        Raises:
            BadInput: when the experiment fails.
        """
        asked = sample.question
        # One run at a time: the others would only share the cores, or repeat it.
        with self._lock:
            key = asked["share"], asked["seeds"], asked["seed"]
            if key not in self._done:
                self._done[key] = self._carry_out(*key)
            record = self._done[key]
        verdicts = {claim.text: str(claim.verdict) for claim in record.claims}
        metrics = {name: estimate.mean for name, estimate in record.metrics.items()}
        lines = [f"{verdict}: {text}" for text, verdict in verdicts.items()]
        lines += [f"{name} = {value:.4g}" for name, value in metrics.items()]
        lines += ["Not shown here, for want of large models:", *(f"  {b}" for b in self._beyond)]
        return Answer("\n".join(lines), data={"verdicts": verdicts, "metrics": metrics})

    def _carry_out(self, share: float, seeds: int, seed: int) -> RunRecord:
        from tools.launch import Launcher
        from tools.runs import RunStore

        experiment = registry.load().get(EXPERIMENT)
        launcher = Launcher(RunStore(Path(self._folder.name)))
        params = experiment.parse({"share": share, "seeds": seeds})
        done = launcher.wait(launcher.start(experiment, params, seed=seed).id)
        if done.error:
            raise BadInput(f"{EXPERIMENT} failed: {done.error}")
        return done


def _sample(entry: Mapping[str, Any], seeds: int, seed: int, place: str) -> Sample:
    name = entry.get("id")
    unknown = sorted(set(entry) - _FIELDS)
    gold = {key: entry[key] for key in ("claim", "verdict", "metric", "range") if key in entry}
    whole = set(gold) in ({"claim", "verdict"}, {"metric", "range"})
    if unknown or not whole or not name or "share" not in entry:
        wrong = f"'{unknown[0]}' is no field" if unknown else "it is not complete"
        raise BadInput(
            f"{place}, check {name}: {wrong}.",
            "Give id, share, and either a claim with its verdict or a metric with its range.",
        )
    asked = {"share": entry["share"], "seeds": entry.get("seeds", seeds), "seed": seed}
    return Sample(name, asked, gold, tags={"kind": str(entry.get("kind", ""))})


def _trouble(sample: Sample) -> str:
    """Returns why a check cannot serve: a verdict that does not exist, or parameters or a range."""
    try:
        asked = {k: v for k, v in sample.question.items() if k != "seed"}
        registry.load().get(EXPERIMENT).parse(asked)
    except BadInput as error:
        return str(error)
    if "verdict" in sample.gold and sample.gold["verdict"] not in list(Verdict):
        return f"'{sample.gold['verdict']}' is no verdict"
    if "range" in sample.gold:
        match sample.gold["range"]:
            case [int() | float() as low, int() | float() as high] if low <= high:
                return ""
        return f"{sample.gold['range']} is no range"
    return ""
