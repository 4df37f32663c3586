"""What the best policy for pass@N is, and what DCO makes of it (arXiv:2502.07154, section 4).

One problem has answers with calibrated probabilities q_1, q_2, ... of being the right one; a policy
gives answer i with probability p_i. Its coverage in N draws is

    C_N(p) = sum_i q_i [1 - (1 - p_i)^N].

The paper bounds the largest p_i of the best policy from both sides (lemmas 4.2 and 4.3). Here the
best policy itself is given in closed form, from which such bounds follow; derived by us, checked
numerically in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput

Floats = NDArray[np.float64]

_EXACT = 1e-14  # of shares and of the logarithm of lambda
_MOST_STEPS = 200  # of Newton's method; about eight are taken


def coverage(p: Sequence[float] | Floats, q: Sequence[float] | Floats, n: float) -> float:
    """Returns C_N(p) = sum_i q_i [1 - (1 - p_i)^N].

    Args:
        p: the policy, shape (answers,), on the simplex.
        q: probability that each answer is the right one, shape (answers,); the sum may be below 1.
        n: number of draws N >= 1.

    Raises:
        BadInput: if a vector is no (sub-)distribution, or N < 1.
    """
    policy, truth = _distribution(p, "p"), _distribution(q, "q")
    _check_n(n)
    if policy.shape != truth.shape:
        raise BadInput(f"p has {policy.size} answers and q has {truth.size}.")
    with np.errstate(divide="ignore"):
        return float(truth @ -np.expm1(n * np.log1p(-np.minimum(policy, 1.0))))


def optimal_coverage_policy(q: Sequence[float] | Floats, n: float) -> Floats:
    """Returns the policy that maximises C_N, in the order of `q`.

    With a = 1/(N - 1) and q sorted downwards, on the k most likely answers

        p_i = 1 - (k - 1) q_i^-a / sum_{j<=k} q_j^-a,

    k the largest number for which no p_i is negative; the other answers get none. At N = 1 all
    mass goes to the most likely answer (the first of several).

    Raises:
        BadInput: if q is no (sub-)distribution, or N < 1.
    """
    truth = _distribution(q, "q")
    _check_n(n)
    order = np.argsort(-truth, kind="stable")
    policy = np.zeros_like(truth)
    likely = truth[order][truth[order] > 0]
    if n == 1:
        policy[order[0]] = 1.0
        return policy
    # Relative to the least likely answer: the powers q^-a overflow near N = 1.
    logs = -np.log(likely) / (n - 1)
    k = 1
    for size in range(2, likely.size + 1):
        weights = np.exp(logs[:size] - logs[size - 1])
        if 1 - (size - 1) / weights.sum() >= 0:
            k = size
    weights = np.exp(logs[:k] - logs[k - 1])
    policy[order[:k]] = np.maximum(1 - (k - 1) * weights / weights.sum(), 0.0)
    normalised: Floats = policy / policy.sum()
    return normalised


def max_confidence_bounds(q: Sequence[float] | Floats, n: float) -> tuple[float, float]:
    """Returns bounds on the largest probability of the best policy.

    1/k <= p_1 <= 1 - (k - 1) / (1 + (k - 1) r^a) with k the size of its support, a = 1/(N - 1) and
    r = q_1/q_k; both are 1 when k = 1, and both tend to one over the number of answers as N grows.

    Raises:
        BadInput: as `optimal_coverage_policy`.
    """
    truth = _distribution(q, "q")
    k = int((optimal_coverage_policy(truth, n) > 0).sum())
    if k == 1:
        return 1.0, 1.0
    ranked = np.sort(truth)[::-1]
    ratio = np.exp((np.log(ranked[0]) - np.log(ranked[k - 1])) / (n - 1))
    return 1 / k, float(1 - (k - 1) / (1 + (k - 1) * ratio))


def dco_optimum(q: Sequence[float] | Floats, n: float) -> Floats:
    """Returns DCO's population optimum: the p that maximises sum_i q_i log(1 - (1 - p_i)^N).

    Stationarity gives q_i F(N, p_i) = lambda p_i; p = q / sum q at N = 1. F/p falls in p, so that
    each lambda has one p_i, and sum p = 1 has one lambda; both are found by Newton's method. It
    differs from `optimal_coverage_policy`, because DCO averages log-coverage: with irreducible
    ambiguity and small N it covers less.

    Returns:
        Shape (answers,), accurate to about 1e-12.

    Raises:
        BadInput: if q is no (sub-)distribution, or N < 1.
    """
    truth = _distribution(q, "q")
    _check_n(n)
    if n == 1:
        optimum: Floats = truth / truth.sum()
        return optimum
    keep = truth > 0
    log_q = np.log(truth[keep])
    optimum = np.zeros_like(truth)
    if keep.sum() == 1:
        optimum[keep] = 1.0
        return optimum
    # At the lowest of these values of log lambda every p_i is at least 1/m, at the highest at most.
    ends = log_q + _log_factor_over_p(-math.log1p(-1 / log_q.size), n)
    low, high = float(ends.min()), float(ends.max())
    log_lambda = 0.5 * (low + high)
    for _ in range(_MOST_STEPS):
        found, slope = _shares(log_lambda - log_q, n)
        excess = float(found.sum()) - 1
        low, high = (log_lambda, high) if excess > 0 else (low, log_lambda)
        if abs(excess) < _EXACT or high - low <= _EXACT * max(1.0, abs(high)):
            break
        # log sum p is closer to a line than sum p, whose tail is exponential.
        total = 1 + excess
        log_lambda -= math.log(total) * total / float(slope.sum())
        if not low < log_lambda < high:
            log_lambda = 0.5 * (low + high)
    optimum[keep] = found / found.sum()
    return optimum


def _log_factor_over_p(t: float | Floats, n: float) -> Floats:
    """Returns log(F/p) = log N - (N - 1) t - log(1 - e^{-N t}) at p = 1 - e^{-t}, t > 0."""
    return np.asarray(math.log(n) - (n - 1) * t - np.log(-np.expm1(-n * np.asarray(t))))


def _shares(level: Floats, n: float) -> tuple[Floats, Floats]:
    """Solves log(F(N, p)/p) = level for p, and returns it with its slope dp/dlevel.

    In t = -log(1 - p) the left side is convex and falls, so that Newton's method comes from any
    start below the root to the root and never passes it. It lies above log N - (N - 1) t and above
    -log t - (N - 1) t, whose roots bound it.
    """
    level = np.minimum(level, 700.0)  # of answers with p < 1e-300
    t = np.maximum(1 / (np.exp(level) + n - 1), (math.log(n) - level) / (n - 1))
    for _ in range(_MOST_STEPS):
        with np.errstate(over="ignore"):
            steepness = (n - 1) + n / np.expm1(n * t)
        step = (_log_factor_over_p(t, n) - level) / steepness
        t = t + step
        if (np.abs(step) <= _EXACT * t).all():
            break
    return -np.expm1(-t), -np.exp(-t) / steepness


def _distribution(values: Sequence[float] | Floats, name: str) -> Floats:
    vector = np.asarray(values, np.float64)
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise BadInput(f"{name} must be a vector of finite probabilities; got {values!r}.")
    if (vector < 0).any() or not 0 < vector.sum() <= 1 + 1e-9:
        raise BadInput(
            f"{name} sums to {vector.sum():g} with least entry {vector.min():g}.",
            "Give probabilities >= 0 with a sum in (0, 1].",
        )
    return vector


def _check_n(n: float) -> None:
    if not 1 <= n < np.inf:
        raise BadInput(f"N = {n} cannot be used.", "Give a finite N of at least 1.")
