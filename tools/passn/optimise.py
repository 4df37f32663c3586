"""A numeric optimiser that knows no closed form, and problems to hold the closed forms against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST = 12  # answers of a random problem


def random_problem(rng: np.random.Generator) -> Floats:
    """Draws the probabilities of 2 to 12 answers."""
    answers = int(rng.integers(2, LARGEST + 1))
    return np.asarray(rng.dirichlet(np.full(answers, rng.uniform(0.2, 3))))


def maximise(
    function: Callable[[Floats], tuple[float, Floats]], near: Floats, rng: np.random.Generator
) -> float:
    """Maximises a function of a policy numerically, from the uniform, a random and a close policy.

    The policy is the softmax of free numbers, so that every step stays on the simplex; BFGS with
    the exact gradient.

    Args:
        function: policy -> (value, gradient with respect to the policy).
        near: a policy to begin close to.
        rng: draws the random beginning.

    Returns:
        The largest value found.
    """
    from scipy.optimize import minimize

    def negative(free: Floats) -> tuple[float, Floats]:
        weights = np.exp(free - free.max())
        p = weights / weights.sum()
        value, slope = function(p)
        return -value, -p * (slope - p @ slope)

    beginnings = [np.zeros(len(near)), rng.normal(size=len(near)), np.log(near + 1e-6)]
    ends = [minimize(negative, start, jac=True, method="L-BFGS-B") for start in beginnings]
    return float(max(-end.fun for end in ends))


def coverage(p: Floats, q: Floats, n: int) -> tuple[float, Floats]:
    """Returns sum_i q_i [1 - (1 - p_i)^N] and its gradient."""
    miss = 1 - p
    return float(q @ (1 - miss**n)), np.asarray(q * n * miss ** (n - 1))


def log_coverage(p: Floats, q: Floats, n: int) -> tuple[float, Floats]:
    """Returns sum_i q_i log[1 - (1 - p_i)^N], what DCO maximises, and its gradient."""
    p = np.clip(p, 1e-300, 1.0)
    with np.errstate(divide="ignore"):
        hit = -np.expm1(n * np.log1p(-p))
    return float(q @ np.log(hit)), np.asarray(q * n * (1 - p) ** (n - 1) / hit)
