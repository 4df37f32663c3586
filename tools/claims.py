"""Claims and the checks that decide them.

A verdict cannot be written down, only computed: every function here returns a `Check` holding the
verdict, the reason in words, and evidence complete enough for `recheck` to compute it again.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy


_LARGEST = 1e150


class Verdict(StrEnum):
    """What a check found."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Attributes:
        verdict: supported, refuted or inconclusive.
        method: name of the check, the key under which `recheck` finds it.
        reason: one sentence with the numbers that decided.
        evidence: the inputs and intermediate numbers, JSON-ready.
    """

    verdict: Verdict
    method: str
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """What should hold, and whether it did.

    Attributes:
        text: the claim in words, at the parameters of this run.
        check: the computed outcome.
        paper: citation key of who claims it; empty for the user's own.
    """

    text: str
    check: Check
    paper: str = ""

    @property
    def verdict(self) -> Verdict:
        """The check's verdict."""
        return self.check.verdict


def greater(
    a: Sequence[float],
    b: Sequence[float],
    *,
    paired: bool,
    margin: float = 0.0,
    confidence: float = 0.95,
) -> Check:
    """Decides whether the mean of `a` exceeds the mean of `b` by more than `margin`.

    Student's t interval for the mean difference: of the pairwise differences when `paired`, by
    Welch's unequal-variances formula otherwise. Supported when the whole interval lies above the
    margin, refuted when it lies below, inconclusive when it contains the margin. Measurements
    without any spread decide only when they are too many to agree by chance (six pairs at 95 %).

    Args:
        a: independent measurements.
        b: independent measurements; of the same length and order as `a` when `paired`.
        paired: whether a[i] and b[i] share what varies (a seed, a split).
        margin: least difference that counts, in the unit of the measurements.
        confidence: coverage of the interval, 0 < confidence < 1.
    """
    evidence: dict[str, Any] = {
        "a": [float(x) for x in a],
        "b": [float(x) for x in b],
        "paired": paired,
        "margin": margin,
        "confidence": confidence,
    }
    if trouble := _unusable(a, b, paired):
        return Check(Verdict.INCONCLUSIVE, "greater", trouble, evidence)
    difference, stderr, freedom = _difference(a, b, paired)
    half = _t_quantile(0.5 + confidence / 2, freedom) * stderr
    low, high = difference - half, difference + half
    evidence |= {"difference": difference, "stderr": stderr, "low": low, "high": high}
    chance = 0.0 if stderr else _chance_of_agreement(len(a), len(b), paired)
    if chance > (1 - confidence) / 2:
        verdict = Verdict.INCONCLUSIVE
    elif low > margin:
        verdict = Verdict.SUPPORTED
    elif high < margin:
        verdict = Verdict.REFUTED
    else:
        verdict = Verdict.INCONCLUSIVE
    bar = f" against a margin of {margin:g}" if margin else ""
    reason = (
        f"difference {difference:+.4f}, {confidence:.0%} interval [{low:+.4f}, {high:+.4f}]{bar}, "
        f"n = {min(len(a), len(b))}{' pairs' if paired else ''}"
    )
    if chance > (1 - confidence) / 2:
        reason += "; without any spread this few measurements decide nothing"
    return Check(verdict, "greater", reason, evidence)


def within(
    value: float,
    target: float,
    tolerance: float,
    *,
    stderr: float | None = None,
    confidence: float = 0.95,
) -> Check:
    """Decides whether `value` agrees with `target` to within `tolerance`.

    With a standard error the normal interval of the value must lie inside the band to support,
    outside it to refute; anything else is inconclusive. Without one the value itself decides.
    """
    evidence: dict[str, Any] = {
        "value": float(value),
        "target": float(target),
        "tolerance": float(tolerance),
        "stderr": stderr,
        "confidence": confidence,
    }
    numbers = [value, target, tolerance, 0.0 if stderr is None else stderr]
    if not all(map(math.isfinite, numbers)) or tolerance < 0:
        return Check(
            Verdict.INCONCLUSIVE,
            "within",
            f"a number is not finite or the tolerance negative: value {value}, target {target}, "
            f"tolerance {tolerance}, standard error {stderr}",
            evidence,
        )
    half = statistics.NormalDist().inv_cdf(0.5 + confidence / 2) * (stderr or 0.0)
    low, high = value - half, value + half
    if target - tolerance <= low and high <= target + tolerance:
        verdict = Verdict.SUPPORTED
    elif high < target - tolerance or low > target + tolerance:
        verdict = Verdict.REFUTED
    else:
        verdict = Verdict.INCONCLUSIVE
    interval = f" (interval [{low:.4g}, {high:.4g}])" if stderr else ""
    reason = f"{value:.6g}{interval} against {target:.6g} +- {tolerance:.2g}"
    return Check(verdict, "within", reason, evidence)


def equals_symbolically(a: sympy.Expr, b: sympy.Expr, *, points: int = 8) -> Check:
    """Decides whether two sympy expressions are identical.

    Refuted by a numeric counterexample at 40 digits, supported by an exact simplification of the
    difference to zero, inconclusive when neither is found. Takes expressions, never text: reading
    text as sympy would run code.
    """
    import sympy

    difference = sympy.sympify(a) - sympy.sympify(b)
    evidence: dict[str, Any] = {"a": str(a), "b": str(b)}
    symbols = sorted(difference.free_symbols, key=str)
    draw = random.Random(0)
    for _ in range(points if symbols else 1):
        point = {s: sympy.Rational(draw.randint(1, 997), 389) for s in symbols}
        value = difference.subs(point).evalf(40)
        if value.is_number and value.is_finite and abs(value) > sympy.Float(10) ** -25:
            evidence["counterexample"] = {str(k): str(v) for k, v in point.items()}
            where = ", ".join(f"{k} = {v}" for k, v in point.items()) or "a constant"
            reason = f"the two differ by {sympy.N(value, 6)} at {where}"
            return Check(Verdict.REFUTED, "equals_symbolically", reason, evidence)
    if sympy.simplify(difference) == 0:
        return Check(
            Verdict.SUPPORTED, "equals_symbolically", "the difference simplifies to 0", evidence
        )
    return Check(
        Verdict.INCONCLUSIVE,
        "equals_symbolically",
        f"no counterexample at {points} points and no exact proof",
        evidence,
    )


def verified_exactly(
    data: Any, verifier: Callable[[Any], tuple[bool, str]], *, evidence: Mapping[str, Any]
) -> Check:
    """Decides by an exact verifier on plain data (integers, fractions).

    Args:
        data: what is verified; the verifier must use exact arithmetic only.
        verifier: returns whether the data satisfies the claim, and why (not).
        evidence: JSON-ready description of the data, kept with the verdict.
    """
    holds, reason = verifier(data)
    verdict = Verdict.SUPPORTED if holds else Verdict.REFUTED
    return Check(verdict, "verified_exactly", reason, dict(evidence))


def recheck(method: str, evidence: Mapping[str, Any]) -> Verdict | None:
    """Computes a recorded verdict again from its evidence.

    Returns:
        The verdict, or None when the method's evidence alone cannot decide (symbolic and exact
        checks need the objects themselves).
    """
    if method == "greater":
        options = {k: evidence[k] for k in ("paired", "margin", "confidence")}
        return greater(evidence["a"], evidence["b"], **options).verdict
    if method == "within":
        options = {k: evidence[k] for k in ("stderr", "confidence")}
        return within(
            evidence["value"], evidence["target"], evidence["tolerance"], **options
        ).verdict
    return None


def _unusable(a: Sequence[float], b: Sequence[float], paired: bool) -> str:
    """Says why two samples cannot be compared, or returns an empty string."""
    if paired and len(a) != len(b):
        return f"paired samples have different lengths, {len(a)} and {len(b)}"
    if min(len(a), len(b)) < 2:
        return "fewer than two measurements a side: no interval can be given"
    if not all(map(math.isfinite, [*a, *b])):
        return "a measurement is not finite"
    if max(map(abs, [*a, *b])) > _LARGEST:
        return f"a measurement is larger than {_LARGEST:g}: its variance cannot be computed"
    return ""


def _difference(a: Sequence[float], b: Sequence[float], paired: bool) -> tuple[float, float, float]:
    """Returns the mean difference, its standard error and the degrees of freedom."""
    if paired:
        gaps = [x - y for x, y in zip(a, b, strict=True)]
        return statistics.fmean(gaps), statistics.stdev(gaps) / math.sqrt(len(gaps)), len(gaps) - 1
    va, vb = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    mean = statistics.fmean(a) - statistics.fmean(b)
    if va + vb == 0:
        return mean, 0.0, len(a) + len(b) - 2
    # Welch-Satterthwaite, by the share of each variance: squares of tiny variances vanish.
    share = va / (va + vb)
    freedom = 1 / (share**2 / (len(a) - 1) + (1 - share) ** 2 / (len(b) - 1))
    return mean, math.sqrt(va + vb), freedom


def _chance_of_agreement(n_a: int, n_b: int, paired: bool) -> float:
    """Returns how likely measurements without spread all fall on one side by chance alone.

    Where nothing varies the t interval has no width whatever n is, so the sign test (paired) or
    the permutation test takes its place: 2^-n, or one over the ways to divide the samples.
    """
    return 2.0**-n_a if paired else 1 / math.comb(n_a + n_b, n_a)


def _t_quantile(p: float, freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, p))
