"""Estimates of pass@k, majority vote and best-of-k, with intervals that respect clusters.

Of n samples of one problem c are right. Drawing k of them without replacement,

    pass@k = 1 - C(n - c, k) / C(n, k)

is the unbiased estimate of the chance that at least one of k fresh samples is right (Chen et al.,
2021, "Evaluating Large Language Models Trained on Code", arXiv:2107.03374). Means over problems
carry errors over problems (or over clusters of them), never over samples: the samples of one
problem are not independent measurements of the benchmark.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval.

    Attributes:
        mean: the value.
        low, high: ends of the interval, equal to the mean when it cannot be known.
        stderr: standard error, or None with fewer than two clusters.
        clusters: number of independent clusters behind it.
    """

    mean: float
    low: float
    high: float
    stderr: float | None
    clusters: int


@lru_cache(maxsize=1 << 16)
def pass_at_k(n: int, c: int, k: int) -> float:
    """Returns the unbiased pass@k of one problem from c right samples of n, correctly rounded.

    Raises:
        BadInput: if not 0 <= c <= n and 1 <= k <= n; more draws than samples cannot be estimated.
    """
    if not 0 <= c <= n:
        raise BadInput(f"c = {c} right samples of n = {n} cannot be.", "Give 0 <= c <= n.")
    if not 1 <= k <= n:
        raise BadInput(
            f"pass@{k} cannot be estimated without bias from n = {n} samples.",
            f"Draw at least {k} samples a problem, or ask for k between 1 and {n}.",
        )
    # Whole numbers throughout: no cancellation, whatever n is.
    ways = math.comb(n, k)
    return (ways - math.comb(n - c, k)) / ways


def pass_at(n: Sequence[int], c: Sequence[int], ks: Sequence[int]) -> Floats:
    """Returns `pass_at_k` of every problem at every k, shape (problems, len(ks)).

    Args:
        n, c: samples and right samples of each problem.
        ks: numbers of draws.

    Raises:
        BadInput: as `pass_at_k`, or if n and c differ in length or there is no problem.
    """
    if len(n) != len(c) or len(n) == 0:
        raise BadInput(f"There are {len(n)} sample counts and {len(c)} counts of right ones.")
    pairs = list(zip(n, c, strict=True))
    return np.array([[pass_at_k(int(a), int(b), int(k)) for k in ks] for a, b in pairs])


def exact_pass_at(log_p: Floats | Tensor, n: Sequence[int]) -> Floats:
    """Returns 1 - (1 - p)^N of every example at every N from the answer's exact log-probability.

    Args:
        log_p: log p(y|x), shape (examples,); -inf means the model cannot give the answer.
        n: numbers of draws N >= 1.

    Returns:
        Shape (examples, len(n)).

    Raises:
        BadInput: if a log-probability is positive or NaN, or N < 1.
    """
    values = np.asarray(log_p.detach().cpu() if hasattr(log_p, "detach") else log_p, np.float64)
    counts = np.asarray(n, np.float64)
    if np.isnan(values).any() or (values > 1e-3).any():
        raise BadInput("A log-probability is positive or NaN.", "Give log p(y|x) <= 0.")
    if counts.size == 0 or not (counts >= 1).all():
        raise BadInput(f"N = {list(n)} cannot be used.", "Give numbers of draws of at least 1.")
    values = np.minimum(values, 0.0)[:, None]
    with np.errstate(divide="ignore"):
        # log(1 - p), accurate at both ends
        miss = np.where(values > -math.log(2), np.log(-np.expm1(values)), np.log1p(-np.exp(values)))
    return np.asarray(-np.expm1(counts[None, :] * miss))


def clustered_interval(
    values: Sequence[float] | Floats,
    clusters: Sequence[Hashable] | None = None,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Returns the mean of one value a problem with Student's t interval over clusters.

    stderr = sqrt(G/(G-1) sum_g (sum_{i in g} (x_i - mean))^2) / m for m problems in G clusters; the
    usual standard error when every problem is a cluster of its own.

    Args:
        values: one value a problem (its pass@k), not one a sample.
        clusters: which problems belong together (same template, same text); each its own when None.
        confidence: coverage, 0 < confidence < 1.

    Raises:
        BadInput: if there is no value or the lengths differ.
    """
    from scipy.special import stdtrit

    x = np.asarray(values, np.float64)
    if x.ndim != 1 or x.size == 0 or (clusters is not None and len(clusters) != x.size):
        size = "no" if clusters is None else len(clusters)
        raise BadInput(f"{x.size} values with {size} clusters give no interval.")
    if not 0 < confidence < 1:
        raise BadInput(f"confidence = {confidence} lies outside (0, 1).")
    mean = float(x.mean())
    names = list(range(x.size)) if clusters is None else list(clusters)
    sums: dict[Hashable, float] = {}
    for name, residual in zip(names, x - mean, strict=True):
        sums[name] = sums.get(name, 0.0) + float(residual)
    groups = len(sums)
    if groups < 2:
        return Interval(mean, mean, mean, None, groups)
    square = math.fsum(total**2 for total in sums.values())
    stderr = math.sqrt(groups / (groups - 1) * square) / x.size
    half = float(stdtrit(groups - 1, 0.5 + confidence / 2)) * stderr
    return Interval(mean, mean - half, mean + half, stderr, groups)


def bootstrap_band(
    values: Floats,
    *,
    rng: np.random.Generator,
    draws: int = 1000,
    confidence: float = 0.95,
    clusters: Sequence[Hashable] | None = None,
) -> tuple[Floats, Floats]:
    """Returns the percentile band of the column means when problems (or clusters) are redrawn.

    Args:
        values: one row a problem, one column a k; shape (problems, ks).
        rng: source of randomness.
        draws: bootstrap samples.
        confidence: pointwise coverage.
        clusters: rows that are drawn together; each its own when None.

    Returns:
        (low, high), each of shape (ks,).
    """
    names = list(range(len(values))) if clusters is None else list(clusters)
    order = {name: index for index, name in enumerate(dict.fromkeys(names))}
    sums, sizes = np.zeros((len(order), values.shape[1])), np.zeros(len(order))
    for row, name in zip(values, names, strict=True):
        sums[order[name]] += row
        sizes[order[name]] += 1
    # How often each cluster is drawn says all about a bootstrap sample.
    counts = rng.multinomial(len(order), np.full(len(order), 1 / len(order)), size=draws)
    means = (counts @ sums) / (counts @ sizes)[:, None]
    low, high = np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2], axis=0)
    return low, high


def majority_at(
    classes: Sequence[Hashable | None],
    right: Sequence[bool],
    k: int,
    *,
    rng: np.random.Generator,
    draws: int = 200,
) -> float:
    """Returns how often the most frequent answer among k samples of one problem is right.

    The mean over random subsets of size k (the subset itself when k is all of them). Ties are
    shared equally between the leading answers. Samples without an answer do not vote.

    Args:
        classes: the answer of each sample up to equality, None for no answer.
        right: whether each sample's answer is right.
        k: votes.
        rng: source of the subsets.
        draws: number of subsets when k < n.

    Raises:
        BadInput: if k is not between 1 and n, or the lengths differ.
    """
    n = len(classes)
    if len(right) != n or not 1 <= k <= n:
        raise BadInput(f"A vote of k = {k} among n = {n} answers ({len(right)} verdicts).")
    if k == n:
        return _vote(classes, right, range(n))
    subsets = (rng.choice(n, size=k, replace=False) for _ in range(draws))
    return math.fsum(_vote(classes, right, subset) for subset in subsets) / draws


def _vote(classes: Sequence[Any], right: Sequence[bool], chosen: Any) -> float:
    votes = Counter(classes[i] for i in chosen if classes[i] is not None)
    if not votes:
        return 0.0
    most = max(votes.values())
    leaders = [name for name, count in votes.items() if count == most]
    verdict = {classes[i]: bool(right[i]) for i in chosen}
    return sum(verdict[name] for name in leaders) / len(leaders)


def best_of(scores: Sequence[float], right: Sequence[bool], k: int) -> float:
    """Returns the chance that the best-scored of k of the n samples is right, exactly.

    Sorted by rising score, the sample of rank i is the best of a random k-subset with probability
    C(i - 1, k - 1) / C(n, k); samples of equal score share their probability.

    Raises:
        BadInput: if k is not between 1 and n, or the lengths differ.
    """
    n = len(scores)
    if len(right) != n or not 1 <= k <= n:
        raise BadInput(f"Best of k = {k} among n = {n} scores ({len(right)} verdicts).")
    verdicts: dict[float, list[bool]] = {}
    for score, verdict in zip(scores, right, strict=True):
        verdicts.setdefault(float(score), []).append(bool(verdict))
    total, below, ways = 0.0, 0, math.comb(n, k)
    for score in sorted(verdicts):
        group = verdicts[score]
        upto = below + len(group)
        share = (math.comb(upto, k) - math.comb(below, k)) / ways
        total += share * sum(group) / len(group)
        below = upto
    return total
