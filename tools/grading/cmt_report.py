"""What a regrading of CMT-Benchmark adds up to: three numbers that are never mixed.

The *score* is the share of answers that agree with the published gold, by our grade. *Agreement
with the published verdicts* compares graders, *agreement with labelled truth* compares ours with a
person. A score on golds of which many are doubtful is no evidence of physics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.claims import Check, verified_exactly
from tools.experiment import Estimate
from tools.grading.agreement import Rate
from tools.grading.cmt import Regraded

_SHOWN = 200  # characters of an answer in a table


@dataclass(frozen=True)
class Numbers:
    """The three numbers of a group of responses, and the published score beside ours.

    Attributes:
        score: accepted answers among all.
        sound: the same among problems whose gold nobody doubts.
        published: answers that the published verdicts accept, among all.
        with_published: verdicts that equal the published one, where there is one.
        with_truth: verdicts that equal the labelled truth, where there is one.
        false_accepts: wrong answers accepted, among answers labelled wrong.
        ungradable: answers without a verdict, among all.
    """

    score: Rate
    sound: Rate
    published: Rate
    with_published: Rate
    with_truth: Rate
    false_accepts: Rate
    ungradable: Rate

    @classmethod
    def of(cls, items: Sequence[Regraded]) -> Numbers:
        """Counts them."""
        judged = [i for i in items if i.response.published is not None]
        labelled = [i for i in items if i.response.truth is not None]
        return cls(
            score=_rate(items, lambda i: i.grade.correct),
            sound=_rate([i for i in items if not i.doubt], lambda i: i.grade.correct),
            published=_rate(items, lambda i: bool(i.response.published)),
            with_published=_rate(judged, lambda i: not i.flipped),
            with_truth=_rate(labelled, lambda i: i.agrees_with_truth),
            false_accepts=_rate(
                [i for i in labelled if not i.response.truth], lambda i: i.grade.correct
            ),
            ungradable=_rate(items, lambda i: i.grade.verdict == "ungradable"),
        )

    def row(self, **first: str) -> dict[str, Any]:
        """Returns the numbers as one row of a table."""
        cells: dict[str, Any] = dict(first) | {"answers": self.score.trials}
        for name in ("score", "sound", "published", "with_published", "with_truth"):
            rate: Rate = getattr(self, name)
            low, high = rate.interval
            none = not rate.trials
            cells |= {
                name: None if none else rate.share,
                f"{name}_low": None if none else low,
                f"{name}_high": None if none else high,
                f"{name}_n": rate.trials,
            }
        return cells | {"ungradable": self.ungradable.successes}


def by_model(items: Sequence[Regraded]) -> list[dict[str, Any]]:
    """One row for each model, best first."""
    rows = [n.row(model=name) for name, n in _groups(items, lambda i: i.response.model).items()]
    return sorted(rows, key=lambda r: (-r["score"], r["model"]))


def by_category(items: Sequence[Regraded]) -> list[dict[str, Any]]:
    """One row for each category of all models, then for each model and category."""
    rows = [
        n.row(model="all", category=name)
        for name, n in sorted(_groups(items, lambda i: i.category).items())
    ]
    for model in dict.fromkeys(i.response.model for i in items):
        own = [i for i in items if i.response.model == model]
        rows += [
            n.row(model=model, category=name)
            for name, n in sorted(_groups(own, lambda i: i.category).items())
        ]
    return rows


def flips(items: Sequence[Regraded]) -> list[dict[str, Any]]:
    """One row for each response on which we and the published verdict differ, with our reason."""
    return [
        {
            "model": i.response.model,
            "problem": i.response.problem,
            "category": i.category,
            "published": _word(i.response.published) + (", by hand" * i.response.by_hand),
            "ours": i.grade.verdict,
            "truth": _word(i.response.truth) if i.response.truth is not None else "",
            "method": i.grade.method,
            "reason": i.grade.reason,
            "checker": i.response.why,
            "doubt": i.doubt,
            "gold": i.grade.gold[:_SHOWN],
            "answer": i.grade.answer[:_SHOWN],
        }
        for i in items
        if i.flipped
    ]


def by_problem(items: Sequence[Regraded]) -> list[dict[str, Any]]:
    """One row for each problem: who solves it, by which verdicts, and what speaks against it."""
    rows = []
    for index in sorted({i.response.problem for i in items}):
        own = [i for i in items if i.response.problem == index]
        rows.append(
            {
                "problem": index,
                "category": own[0].category,
                "answers": len(own),
                "solved": sum(i.grade.correct for i in own),
                "published_solved": sum(bool(i.response.published) for i in own),
                "gold": own[0].gold,
                "doubt": own[0].doubt,
            }
        )
    return rows


def scores(items: Sequence[Regraded], published: bool = False) -> Estimate:
    """The mean score of the models in percent, with its standard error over models."""
    groups = _groups(items, lambda i: i.response.model).values()
    rates = [n.published if published else n.score for n in groups]
    return Estimate.of([100 * r.share for r in rates], "%")


def unsolved(items: Sequence[Regraded], published: bool = False, at_most: int = 0) -> int:
    """How many problems at most so many models solve."""
    name = "published_solved" if published else "solved"
    return sum(row[name] <= at_most for row in by_problem(items))


def at_least(rate: Rate, target: float, what: str) -> Check:
    """Decides exactly whether a share of counted cases reaches a target."""
    evidence = {"k": rate.successes, "n": rate.trials, "target": target}
    # The target is the decimal that was written, not the binary number next to it.
    from fractions import Fraction

    def verify(data: Rate) -> tuple[bool, str]:
        holds = data.successes >= Fraction(str(target)) * data.trials
        return holds, f"{what}: {data}, against {100 * target:g} %"

    return verified_exactly(rate, verify, evidence=evidence)


def none_of(rate: Rate, what: str) -> Check:
    """Decides exactly whether something never happens among the counted cases."""

    def verify(data: Rate) -> tuple[bool, str]:
        return data.successes == 0, f"{what}: {data}"

    return verified_exactly(rate, verify, evidence={"k": rate.successes, "n": rate.trials})


def methods(items: Sequence[Regraded]) -> dict[str, int]:
    """Decision method -> answers decided by it."""
    return dict(Counter(i.grade.method for i in items).most_common())


def _groups(items: Sequence[Regraded], key: Callable[[Regraded], str]) -> dict[str, Numbers]:
    names = dict.fromkeys(key(i) for i in items)
    return {name: Numbers.of([i for i in items if key(i) == name]) for name in names}


def _rate(items: Sequence[Regraded], test: Callable[[Regraded], bool]) -> Rate:
    return Rate(sum(map(test, items)), len(items))


def _word(verdict: bool | None) -> str:
    return "no verdict" if verdict is None else "correct" if verdict else "incorrect"
