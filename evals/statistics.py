"""Intervals for means that respect clusters, and for shares of few samples.

Several answers to one problem are no independent measurements. Every function here therefore takes
the name of the problem behind each value, and counts problems.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from tools.errors import BadInput

_DRAWS = 4000


@dataclass(frozen=True)
class Interval:
    """A number with its uncertainty.

    Attributes:
        value: the estimate.
        low, high: ends of the confidence interval; NaN where one problem alone gives none.
        stderr: standard error; NaN likewise.
        n: values behind it.
        clusters: problems behind it.
        level: coverage aimed at.
        method: how the interval was made.
    """

    value: float
    low: float
    high: float
    stderr: float
    n: int
    clusters: int
    level: float
    method: str

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def mean_interval(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, *, level: float = 0.95
) -> Interval:
    """Returns the mean with Student's t interval and a standard error clustered by problem.

    With residual sums S_c = sum_{i in c} (x_i - mean) over C problems and n values,
    se^2 = C/(C-1) * sum_c S_c^2 / n^2, and the t quantile has C-1 degrees of freedom. Without
    clusters this is the ordinary s/sqrt(n).

    Args:
        values: the measurements.
        clusters: the problem behind each; None: each value is a problem of its own.
        level: coverage, in (0, 1).

    Raises:
        BadInput: when there is nothing to average, or lengths or values cannot be used.
    """
    x, codes = _read(values, clusters, level)
    mean, count = float(x.mean()), int(codes.max()) + 1
    if count < 2:
        return Interval(mean, math.nan, math.nan, math.nan, len(x), count, level, "t")
    sums = np.bincount(codes, x - mean)
    stderr = math.sqrt(count / (count - 1) * float(sums @ sums)) / len(x)
    half = _t(level, count - 1) * stderr
    return Interval(mean, mean - half, mean + half, stderr, len(x), count, level, "t")


def share_interval(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Returns a share of independent yes-or-no samples with Wilson's score interval.

    Unlike the t interval it keeps its coverage near 0 and 1, and for a dozen samples.

    Raises:
        BadInput: unless 0 <= successes <= n and n > 0.
    """
    _check_level(level)
    if not 0 <= successes <= n or n == 0:
        raise BadInput(f"{successes} of {n} is no share.", "Give 0 <= successes <= n with n > 0.")
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + level / 2))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    stderr = math.sqrt(p * (1 - p) / n)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    # Rounding must not leave the estimate itself outside.
    return Interval(p, min(low, p), max(high, p), stderr, n, n, level, "Wilson")


def bootstrap_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    statistic: Callable[[np.ndarray], float] | None = None,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = _DRAWS,
) -> Interval:
    """Returns a statistic with the percentile interval of a bootstrap that redraws whole problems.

    For the mean (the default) the draws are vectorised. For few problems the percentile interval
    is too short (about sqrt((C-1)/C)); `mean_interval` is the better choice there.

    Args:
        values: the measurements.
        clusters: the problem behind each.
        statistic: of an array of measurements; None: the mean.
        rng: the source of the draws.
        level: coverage, in (0, 1).
        draws: bootstrap samples.
    """
    x, codes = _read(values, clusters, level)
    count = int(codes.max()) + 1
    chosen = rng.integers(0, count, size=(draws, count))
    if statistic is None:
        value = float(x.mean())
        sums, sizes = np.bincount(codes, x), np.bincount(codes)
        found = sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    else:
        value = float(statistic(x))
        groups = [x[codes == c] for c in range(count)]
        found = np.array([statistic(np.concatenate([groups[c] for c in row])) for row in chosen])
    low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    stderr = float(found.std(ddof=1))
    return Interval(value, float(low), float(high), stderr, len(x), count, level, "bootstrap")


def _read(
    values: Sequence[float], clusters: Sequence[Hashable] | None, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the values and the number of the problem behind each."""
    _check_level(level)
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or len(x) == 0:
        raise BadInput("There are no values to average.", "Give at least one.")
    if not np.isfinite(x).all():
        at = int(np.flatnonzero(~np.isfinite(x))[0])
        raise BadInput(f"Value {at} is {x[at]}.", "Give finite values.")
    if clusters is None:
        return x, np.arange(len(x))
    if len(clusters) != len(x):
        raise BadInput(f"{len(x)} values but {len(clusters)} cluster names.", "Name one for each.")
    order: dict[Hashable, int] = {}
    return x, np.array([order.setdefault(name, len(order)) for name in clusters])


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise BadInput(f"level = {level} is no coverage.", "Give a number between 0 and 1.")


def _t(level: float, freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + level / 2, freedom))
