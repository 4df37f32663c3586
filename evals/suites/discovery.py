"""Discovery: how much of what there is to gain does a selection policy reach in few evaluations?

A sample is one search: a problem, a policy and a seed. Its credit is the gain over the baseline as
a share of the gain of the known optimum. Problems are small exact ones, with the embedded proposer,
and landscapes of known utilities. The seed fixes everything, so a policy meets the same luck as the
others. A run of one policy names its samples by problem and seed alone: two such runs, each with
its own `--path` file, are compared pair by pair by `ansatz eval compare`.
"""

from __future__ import annotations

import tempfile
import threading
import tomllib
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import solvers
from evals.sample import Answer, Sample, Score, Solver, State, Suite
from evals.suites import Options, spread
from tools.errors import AnsatzError, BadInput

if TYPE_CHECKING:
    from tools.discovery.candidate import Member
    from tools.discovery.evaluate import Evaluator
    from tools.discovery.problems import FolderProblem
    from tools.discovery.synthetic import Landscape

SEARCHES = Path(__file__).parent / "data" / "discovery.toml"
_FIELDS = {"name", "problem", "size", "landscape", "evaluations", "seeds"}
_STRIDE = 10_000  # seeds of one suite seed
_ALIKE = 1e-9  # a share of the optimum within this of 1 has reached it


def build(options: Options) -> Suite:
    """Builds the suite from the shipped problems, or from a file of the same form.

    What a file does not say (`policies` or `problem`) is as in the shipped one.

    Raises:
        BadInput: when a policy or problem is unknown or cannot be made as asked.
    """
    given = tomllib.loads(SEARCHES.read_text(encoding="utf-8"))
    place = SEARCHES.name
    if options.path:
        given, place = {**given, **_read(options.path)}, options.path.name
    policies = [_policy(entry, place) for entry in given["policies"]]
    pairs = [
        pair
        for entry in given["problem"]
        for pair in _searches(entry, policies, options.seed, place)
    ]
    # Whole pairs, so that a small run has every policy on the same problems and seeds.
    fewest = max(1, options.samples // len(policies)) if options.samples else 0
    samples = [sample for pair in spread(pairs, fewest) for sample in pair]
    return Suite(
        "discovery",
        "Policies of program search: share of the possible gain",
        1,
        samples[: options.samples or None],
        searching(),
        score,
        options.epochs,
        check=_trouble,
    )


def searching() -> Solver:
    """Makes the solver that carries out the search of a sample."""
    lock = threading.Lock()
    opened: list[Evaluator] = []

    def evaluator() -> Evaluator:
        from tools.discovery.evaluate import Evaluator

        with lock:
            if not opened:
                opened.append(Evaluator())
                # Its sandboxes end with the solver, at the latest with the process.
                weakref.finalize(solver, opened[0].close)
            return opened[0]

    def search(sample: Sample) -> Answer:
        asked = sample.question
        if "landscape" in asked:
            return _on_landscape(asked)
        return _on_problem(asked, sample.gold["target"], evaluator())

    solver = solvers.call(search)
    return solver


async def score(sample: Sample, answer: Answer) -> Score:
    """Judges a search by its gain: correct at the optimum, partial on the way, else incorrect.

    `area` is the mean of that credit over the evaluations of the search, which tells an early gain
    from a late one; `failed` the share of programs that came to nothing; `recovery` the rank
    correlation of learned and true utilities, on landscapes.
    """
    found = answer.data
    if not found or found.get("gain") is None:
        return Score.wrong("No program was valid.", state=State.NO_ANSWER)
    gain = _clip(found["gain"])
    parts = {name: found[name] for name in ("area", "failed", "recovery") if name in found}
    reason = (
        f"best {found['best']:.6g}, baseline {found['baseline']:.6g}, optimum {found['target']:.6g}"
    )
    if gain >= 1 - _ALIKE:
        return Score(State.CORRECT, 1.0, reason, answer.text, parts)
    state = State.PARTIAL if gain > 0 else State.INCORRECT
    return Score(state, gain, reason, answer.text, parts)


def gains(scores: Sequence[float | None], target: float) -> list[float]:
    """Returns the gain of the best so far after each program, the first of which is the baseline.

    (best so far - baseline) / (target - baseline); a baseline that is itself optimal has gained
    everything. None stands for a program without a score.

    Raises:
        BadInput: when the baseline has no score.
    """
    baseline = scores[0]
    if baseline is None:
        raise BadInput("The baseline has no score, so that no gain can be told.")
    best, found = baseline, []
    for value in scores:
        best = best if value is None else max(best, value)
        found.append((best - baseline) / (target - baseline) if target > baseline else 1.0)
    return found


def _on_landscape(asked: Mapping[str, Any]) -> Answer:
    from tools.discovery import policies
    from tools.discovery.synthetic import measure, search

    landscape = _landscape(asked)
    policy = policies.create(**asked["policy"])
    done = search(landscape, policy, asked["seed"], asked["evaluations"])
    found, optimum = measure(landscape, done), landscape.optimum()
    data = {
        "gain": found["final"] / optimum,
        "area": sum(_clip(value / optimum) for value in done.best) / len(done.best),
        "baseline": 0.0,
        "best": found["final"],
        "target": optimum,
        "failed": found["failed"],
        "recovery": found["recovery"],
    }
    return Answer(f"{found['final']:.6g}", data=data)


def _on_problem(asked: Mapping[str, Any], target: float, evaluator: Evaluator) -> Answer:
    from tools.discovery import policies
    from tools.discovery.budget import Budget
    from tools.discovery.loop import Search
    from tools.discovery.proposers.embedded import Embedded

    problem, policy = _problem(asked), policies.create(**asked["policy"])
    with tempfile.TemporaryDirectory(prefix="ansatz-search-") as folder:
        summary = Search(problem, policy, Embedded(), evaluator, asked["seed"]).run(
            Path(folder) / "search.sqlite", Budget(asked["evaluations"])
        )
    members: Sequence[Member] = summary.archive.members
    curve = gains([m.score for m in members], target)
    best = summary.best
    assert best is not None
    sign = 1 if problem.maximise else -1
    data = {
        "gain": curve[-1],
        "area": sum(map(_clip, curve)) / len(curve),
        "baseline": sign * (members[0].score or 0.0),
        "best": sign * (best.score or 0.0),
        "target": sign * target,
        "failed": 1 - len(summary.archive.ok) / len(members),
    }
    return Answer(best.evaluation.exact, data=data)


def _searches(
    entry: Mapping[str, Any], policies: Sequence[Mapping[str, Any]], seed: int, place: str
) -> list[list[Sample]]:
    """Returns the samples of one problem: for each seed one of every policy."""
    name = str(entry.get("name"))
    unknown = sorted(set(entry) - _FIELDS)
    kinds = [kind for kind in ("problem", "landscape") if kind in entry]
    counts = [entry.get("evaluations"), entry.get("seeds")]
    if unknown or len(kinds) != 1 or not all(type(n) is int and 0 < n < _STRIDE for n in counts):
        wrong = f"'{unknown[0]}' is no field" if unknown else "it is not complete"
        raise BadInput(
            f"{place}, problem {name}: {wrong}.",
            "Give a name, a problem with its size or a landscape, evaluations and seeds.",
        )
    searches = []
    for number in range(entry["seeds"]):
        asked = {k: entry[k] for k in ("problem", "size", "landscape") if k in entry}
        asked |= {"evaluations": entry["evaluations"], "seed": _STRIDE * seed + number}
        try:
            gold = {"target": _target(asked)}
        except (AnsatzError, TypeError) as error:
            raise BadInput(f"{place}, problem {name}: {error}") from error
        pair = f"{name}, seed {number}"
        turns = []
        for policy in policies:
            label = ", ".join(str(v) if k == "name" else f"{k}={v}" for k, v in policy.items())
            title = f"{pair}, {label}" if len(policies) > 1 else pair
            tags = {"policy": label, "problem": name}
            turns.append(Sample(title, {**asked, "policy": dict(policy)}, gold, pair, tags))
        searches.append(turns)
    return searches


def _target(asked: Mapping[str, Any]) -> float:
    """Returns the score of the optimum, larger being better; of a problem its best known.

    Raises:
        BadInput: when neither optimum nor record is known at this size.
    """
    if "landscape" in asked:
        return _landscape(asked).optimum()
    problem = _problem(asked)
    optimum, records = problem.optimum(), problem.records()
    if optimum is None and not records:
        raise BadInput(
            f"No optimum or record of {problem.name} at {dict(problem.size)} is known.",
            "Take a size that known.toml lists.",
        )
    values = [float(r.value) for r in ((optimum,) if optimum else records)]
    return max(values) if problem.maximise else -min(values)


def _landscape(asked: Mapping[str, Any]) -> Landscape:
    from tools.discovery.synthetic import Landscape, Setting

    return Landscape(Setting(**asked["landscape"]), asked["seed"])


def _problem(asked: Mapping[str, Any]) -> FolderProblem:
    from tools.discovery import problems

    return problems.get(asked["problem"], **asked.get("size", {}))


def _policy(entry: object, place: str) -> dict[str, Any]:
    from tools.discovery import policies

    options = {"name": entry} if isinstance(entry, str) else entry
    if not isinstance(options, dict) or not isinstance(options.get("name"), str):
        raise BadInput(f"{place}: {entry!r} is no policy.", "Give a name, or a table with one.")
    policies.create(**options)  # what cannot be made is told before anything runs
    return options


def _read(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.", "Give a TOML file.") from error
    unknown = sorted(set(given) - {"policies", "problem"})
    if unknown or not given:
        raise BadInput(
            f"{path.name}: '{unknown[0]}' is unknown." if unknown else f"{path.name} is empty.",
            "Give `policies`, `[[problem]]` tables, or both.",
        )
    for name, value in given.items():
        if not isinstance(value, list) or not value:
            raise BadInput(f"{path.name}: '{name}' is no list of at least one.")
    return given


def _trouble(sample: Sample) -> str:
    """Returns why an optimum cannot serve: there must be something to gain on a landscape."""
    if "landscape" in sample.question and not sample.gold["target"] > 0:
        return "the best utility of this landscape is that of the empty program"
    return ""


def _clip(gain: float) -> float:
    return min(1.0, max(0.0, gain))
