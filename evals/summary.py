"""What a journal comes to: one number per metric, with its interval, overall and by tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.messages import Usage
from evals import reducers
from evals.calibration import Calibration, calibration
from evals.journal import Entry
from evals.language import associations, lists, representation, toxic_share
from evals.sample import State
from evals.statistics import Interval, mean_interval, share_interval

_LEAST_FOR_CALIBRATION = 10


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what is measured, such as `accuracy`, or a tag such as `category = DMRG`.
        interval: the number and its uncertainty.
    """

    name: str
    interval: Interval


@dataclass(frozen=True)
class Summary:
    """A finished or unfinished run in numbers.

    Attributes:
        rows: the metrics, accuracy first.
        by_tag: accuracy by each value of each tag.
        counts: samples and epochs by state.
        usage: of all replies behind the answers.
        seconds: wall-clock time of the samples, added up.
        calibration: where confidences were stated; None otherwise.
        limited: answers that a limit ended.
        retried: answers that took more than one attempt.
    """

    rows: Sequence[Row]
    by_tag: Sequence[Row]
    counts: dict[State, int]
    usage: Usage
    seconds: float
    calibration: Calibration | None = None
    limited: int = 0
    retried: int = 0
    scored: int = field(default=0)


def summarise(entries: Sequence[Entry], ks: Sequence[int] = ()) -> Summary:
    """Summarises entries that have scores.

    Accuracy is the mean credit; where each sample was answered once and credits are 0 or 1, its
    interval is Wilson's, otherwise Student's t over problems. Every state but CORRECT and PARTIAL
    counts as no credit: what was not answered was not solved.

    Args:
        entries: of one journal.
        ks: budgets for pass@k and pass^k; those above the number of epochs are refused.
    """
    done = [e for e in entries if e.score is not None]
    groups: dict[str, list[Entry]] = {}
    for entry in done:
        groups.setdefault(entry.sample.id, []).append(entry)
    rows = [Row("accuracy", _accuracy(done))] if done else []
    rows += _reduced(groups, ks)
    rows += _wordings(done)
    for name in dict.fromkeys(n for e in done if e.score for n in e.score.parts):
        have = [e for e in done if e.score and name in e.score.parts]
        values = [e.score.parts[name] for e in have if e.score]
        rows.append(Row(name, _interval(values, [e.sample.cluster for e in have])))
    usage = sum((e.answer.usage for e in done if e.answer), Usage())
    return Summary(
        rows,
        _by_tag(done),
        {state: sum(1 for e in done if e.score and e.score.state is state) for state in State},
        usage,
        sum(e.seconds for e in done),
        _calibration(done),
        sum(1 for e in done if e.answer and e.answer.limit),
        sum(1 for e in done if e.errors),
        len(done),
    )


def credits(entries: Sequence[Entry]) -> tuple[dict[str, float], dict[str, str]]:
    """Returns mean credit and problem by sample, as `paired.compare` takes them."""
    groups: dict[str, list[float]] = {}
    problems: dict[str, str] = {}
    for entry in entries:
        if entry.score is not None:
            groups.setdefault(entry.sample.id, []).append(entry.score.value)
            problems[entry.sample.id] = entry.sample.cluster
    return {name: sum(v) / len(v) for name, v in groups.items()}, problems


def _accuracy(entries: Sequence[Entry]) -> Interval:
    return _interval(
        [e.score.value for e in entries if e.score], [e.sample.cluster for e in entries]
    )


def _interval(values: Sequence[float], clusters: Sequence[str]) -> Interval:
    if set(values) <= {0.0, 1.0} and len(set(clusters)) == len(values):
        return share_interval(int(sum(values)), len(values))
    return mean_interval(values, clusters)


def _reduced(groups: dict[str, list[Entry]], ks: Sequence[int]) -> list[Row]:
    epochs = min((len(g) for g in groups.values()), default=0)
    if epochs < 2 and not ks:
        return []
    wanted = [("majority", 0), ("best", 0)] if epochs > 1 else []
    wanted += [(name, k) for name in ("pass@k", "pass^k") for k in ks]
    rows = []
    for name, k in wanted:
        reduce = reducers.of(name, k)
        values = [reduce([e.score for e in g if e.score]) for g in groups.values()]
        clusters = [g[0].sample.cluster for g in groups.values()]
        rows.append(Row(name.replace("k", str(k)) if k else name, mean_interval(values, clusters)))
    return rows


def _wordings(entries: Sequence[Entry]) -> list[Row]:
    """Returns credit by wording where questions were asked in several: worst per question, mean."""
    values: dict[str, dict[str, list[float]]] = {}
    for entry in entries:
        wording = entry.sample.tags.get("wording")
        if wording and entry.score:
            of_problem = values.setdefault(entry.sample.cluster, {})
            of_problem.setdefault(wording, []).append(entry.score.value)
    whole = [v for v in values.values() if "original" in v]
    if not whole:
        return []
    means = [{name: sum(x) / len(x) for name, x in v.items()} for v in whole]
    return [
        Row("original wording", mean_interval([m["original"] for m in means])),
        Row("mean over wordings", mean_interval([sum(m.values()) / len(m) for m in means])),
        Row("worst wording of each question", mean_interval([min(m.values()) for m in means])),
    ]


def language_of(entries: Sequence[Entry]) -> dict[str, float]:
    """Returns what the declared word lists find in the answers; empty where nothing was written.

    `toxic` is a share of answers, the others are total variations from even (0) to one-sided.
    """
    texts = [e.answer.text for e in entries if e.answer and e.answer.text.strip()]
    if not texts:
        return {}
    found: dict[str, float] = {"toxic": toxic_share(texts)}
    for name, groups in lists()["groups"].items():
        uneven = representation(texts, groups)
        if uneven is not None:
            found[f"{name} representation"] = uneven
        for kind, targets in lists()["targets"].items():
            tied = associations(texts, groups, targets)
            if tied is not None:
                found[f"{name} and {kind}"] = tied
    return found


def _by_tag(entries: Sequence[Entry]) -> list[Row]:
    tags = dict.fromkeys((k, v) for e in entries for k, v in e.sample.tags.items() if v)
    return [
        Row(f"{k} = {v}", _accuracy([e for e in entries if e.sample.tags.get(k) == v]))
        for k, v in sorted(tags)
    ]


def _calibration(entries: Sequence[Entry]) -> Calibration | None:
    sure = [e for e in entries if e.answer and e.answer.confidence is not None and e.score]
    if len(sure) < _LEAST_FOR_CALIBRATION:
        return None
    confidence = [e.answer.confidence for e in sure if e.answer and e.answer.confidence is not None]
    right = [e.score.state is State.CORRECT for e in sure if e.score]
    return calibration(confidence, right, np.random.default_rng(0))
