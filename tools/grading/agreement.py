"""How far verdicts agree with the truth: rates with their intervals, and the summary of a batch."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rate:
    """A share of successes with its Wilson score interval.

    Attributes:
        successes: k.
        trials: n.
        confidence: coverage of the interval.
    """

    successes: int
    trials: int
    confidence: float = 0.95

    @property
    def share(self) -> float:
        """k/n, not a number for no trials."""
        return self.successes / self.trials if self.trials else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), all of [0, 1] for n = 0."""
        if not self.trials:
            return 0.0, 1.0
        p, n = self.share, self.trials
        z = statistics.NormalDist().inv_cdf(0.5 + self.confidence / 2)
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
        scale = 1 + z * z / n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

    @property
    def stderr(self) -> float | None:
        """The standard error that the interval's width stands for; None for no trials."""
        low, high = self.interval
        z = statistics.NormalDist().inv_cdf(0.5 + self.confidence / 2)
        return (high - low) / (2 * z) if self.trials else None

    def __str__(self) -> str:
        if not self.trials:
            return "none"
        low, high = self.interval
        share = f"{100 * self.share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        return f"{self.successes} of {self.trials}, {share}"

    def as_json(self) -> dict[str, Any]:
        """Returns count, share and interval as plain JSON values."""
        low, high = self.interval
        share = self.share if self.trials else None
        return {"k": self.successes, "n": self.trials, "share": share, "low": low, "high": high}


@dataclass(frozen=True)
class Summary:
    """What the results of a file add up to.

    Attributes:
        rows: all rows, those that cannot be graded included.
        verdicts: verdict -> rows.
        methods: decision method -> rows.
        agreement: rows whose verdict is their truth, among rows with a truth.
        false_accepts: wrong answers found correct, among wrong answers.
        false_rejects: right answers found incorrect or ungradable, among right answers.
        bad: results of the rows that could not be graded.
        disagreements: results whose verdict is not their truth.
    """

    rows: int
    verdicts: Mapping[str, int]
    methods: Mapping[str, int]
    agreement: Rate
    false_accepts: Rate
    false_rejects: Rate
    bad: tuple[Mapping[str, Any], ...]
    disagreements: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, results: Sequence[Mapping[str, Any]]) -> Summary:
        """Adds up results as `grade_row` returns them."""
        graded = [r for r in results if r.get("verdict")]
        known = [r for r in graded if r["truth"] is not None]
        right = [r for r in known if r["truth"]]
        wrong = [r for r in known if not r["truth"]]
        disagreeing = tuple(r for r in known if not agrees(r))
        return cls(
            rows=len(results),
            verdicts=dict(Counter(r["verdict"] for r in graded).most_common()),
            methods=dict(Counter(r["method"] for r in graded).most_common()),
            agreement=Rate(len(known) - len(disagreeing), len(known)),
            false_accepts=Rate(sum(not agrees(r) for r in wrong), len(wrong)),
            false_rejects=Rate(sum(not agrees(r) for r in right), len(right)),
            bad=tuple(r for r in results if not r.get("verdict")),
            disagreements=disagreeing,
        )

    def as_json(self) -> dict[str, Any]:
        """Returns the summary as plain JSON values; rows stand by number."""
        return {
            "rows": self.rows,
            "verdicts": dict(self.verdicts),
            "methods": dict(self.methods),
            "agreement": self.agreement.as_json(),
            "false_accepts": self.false_accepts.as_json(),
            "false_rejects": self.false_rejects.as_json(),
            "bad_rows": [{"row": r["row"], "problem": r["problem"]} for r in self.bad],
            "disagreements": [r["row"] for r in self.disagreements],
        }


def agrees(result: Mapping[str, Any]) -> bool:
    """Tells whether a verdict is the truth; a wrong answer may also be left ungraded."""
    return bool((result["verdict"] == "correct") == result["truth"])
