"""Two answerers on the same samples: is one better, and how many samples would tell?"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evals.statistics import Interval, mean_interval
from tools.errors import BadInput

_EXACT = 14
"""Up to this many problems all sign patterns are tried; beyond, the t test holds its level."""


@dataclass(frozen=True)
class Comparison:
    """How a compares with b.

    Attributes:
        difference: mean of a - b over the common samples, with its interval.
        p_value: two-sided, for "there is no difference".
        test: `sign flips` (exact) for few problems, `t` otherwise.
        common: samples answered by both.
        only_a, only_b: samples answered by one alone, left out.
    """

    difference: Interval
    p_value: float
    test: str
    common: int
    only_a: int
    only_b: int


def compare(
    a: Mapping[str, float],
    b: Mapping[str, float],
    clusters: Mapping[str, Hashable] | None = None,
    *,
    level: float = 0.95,
) -> Comparison:
    """Compares two answerers sample by sample.

    Pairing removes what makes some samples harder than others, so it sees differences that two
    separate intervals cannot. The p-value counts problems, not samples: with up to fourteen it
    flips the sign of each problem's total difference in every combination, with more it is the t
    test on the clustered standard error.

    Args:
        a, b: credit by sample.
        clusters: the problem behind each sample; None: each is its own.
        level: coverage of the interval.

    Raises:
        BadInput: when they have no sample in common.
    """
    common = [name for name in a if name in b]
    if not common:
        raise BadInput("The two have no sample in common.", "Compare runs of the same suite.")
    names: list[Hashable] = [clusters[n] if clusters else n for n in common]
    x = [a[n] - b[n] for n in common]
    difference = mean_interval(x, names, level=level)
    totals: dict[Hashable, float] = {}
    for name, value in zip(names, x, strict=True):
        totals[name] = totals.get(name, 0.0) + value
    sums = np.array(list(totals.values()))
    if len(sums) <= _EXACT:
        p_value, test = _sign_flips(sums), "sign flips"
    else:
        p_value, test = _t_test(difference), "t"
    return Comparison(
        difference, p_value, test, len(common), len(a) - len(common), len(b) - len(common)
    )


def samples_needed(
    spread: float, difference: float, *, power: float = 0.8, level: float = 0.95
) -> int:
    """Returns how many problems show a difference with the wished power in a paired comparison.

    n = ((z_{level/2+1/2} + z_power) * spread / difference)^2, the normal approximation.

    Args:
        spread: standard deviation of a problem's difference; `stderr * sqrt(clusters)` of a pilot.
        difference: the least difference worth seeing.
        power: probability to see it.
        level: confidence asked for.

    Raises:
        BadInput: when a number is out of range.
    """
    from scipy.stats import norm

    if not (spread >= 0 and difference != 0 and 0 < power < 1 and 0 < level < 1):
        raise BadInput(
            f"spread = {spread}, difference = {difference}, power = {power}, level = {level} cannot"
            " be used.",
            "Give spread >= 0, a difference that is not 0, power and level between 0 and 1.",
        )
    z = float(norm.ppf(0.5 + level / 2) + norm.ppf(power))
    return max(2, math.ceil((z * spread / abs(difference)) ** 2))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusts p-values for the number of comparisons (Holm 1979): reject where adjusted < alpha.

    Keeps the chance of any false alarm among all rows below alpha, whatever their dependence.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, running)
    return adjusted


def _sign_flips(sums: np.ndarray) -> float:
    """Returns the share of sign patterns whose total is at least as far from zero."""
    bits = np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1
    patterns = 1 - 2 * bits
    totals = np.abs(patterns @ sums)
    # Totals that are equal but for rounding count as equal.
    return float((totals >= abs(sums.sum()) * (1 - 1e-9) - 1e-12).mean())


def _t_test(difference: Interval) -> float:
    from scipy.stats import t

    if difference.stderr == 0:
        return 1.0 if difference.value == 0 else 0.0
    return float(2 * t.sf(abs(difference.value / difference.stderr), difference.clusters - 1))
