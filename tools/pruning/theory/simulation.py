"""The direct simulation: draw a pool, prune it by a probe, and train the maximum-margin student."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import nnls

from tools.errors import BadInput
from tools.pruning.theory.law import Array, Keep


def max_margin(examples: Array) -> Array:
    """Returns the shortest w with examples @ w >= 1, exactly.

    Least-distance programming by non-negative least squares (Lawson and Hanson 1974, chapter 23):
    with E = [examples^T; 1^T], minimise |E u - (0, ..., 0, 1)| over u >= 0; the residual r gives
    w = -r[:N] / r[N].

    Args:
        examples: labelled inputs y x, shape (P, N), separable through the origin.

    Raises:
        BadInput: if they cannot be separated.
    """
    count, dimension = examples.shape
    system = np.vstack([examples.T, np.ones(count)])
    goal = np.zeros(dimension + 1)
    goal[-1] = 1.0
    solution, distance = nnls(system, goal, maxiter=30 * count)
    residual = system @ solution - goal
    if distance < 1e-9:
        raise BadInput(f"{count} examples cannot be separated.", "Give examples of one teacher.")
    weights: Array = -residual[:-1] / residual[-1]
    return weights


def simulate(
    alpha_tot: float,
    f: float,
    theta: float,
    arms: tuple[Keep | None, ...],
    *,
    dimension: int,
    rng: np.random.Generator,
) -> list[float]:
    """Draws one pool and returns the test error of one student for each arm (section 2).

    The arms share teacher, probe and pool, so their differences are paired. The test error is
    exact, arccos(R) / pi.

    Args:
        alpha_tot: examples in the pool per dimension.
        f: fraction kept, 0 < f <= 1.
        theta: angle between probe and teacher in radians.
        arms: "hard" and "easy" keep that end of |J_p . x|; None keeps a random part.
        dimension: N.
        rng: source of randomness.
    """
    # By rotation symmetry the teacher may be the first axis and the probe lie in the first plane.
    pool = rng.standard_normal((max(1, round(alpha_tot * dimension)), dimension))
    labelled = pool * np.where(pool[:, :1] > 0, 1.0, -1.0)
    field = np.abs(pool[:, 0] * math.cos(theta) + pool[:, 1] * math.sin(theta))
    ranking = np.argsort(field, kind="stable")
    count = max(1, round(f * len(pool)))
    errors = []
    for arm in arms:
        if arm == "hard":
            chosen = ranking[:count]
        elif arm == "easy":
            chosen = ranking[len(ranking) - count :]
        else:
            chosen = rng.permutation(len(pool))[:count]
        w = max_margin(labelled[chosen])
        errors.append(math.acos(min(1.0, float(w[0] / np.linalg.norm(w)))) / math.pi)
    return errors
