"""What follows from the saddle point: learning curves, the best fraction, and the crossover."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq, minimize_scalar

from tools.errors import BadInput
from tools.pruning.theory.law import Keep
from tools.pruning.theory.saddle import Solution, learn

SMALLEST_FRACTION = 1e-4
_NOISE = 1e-8  # differences of errors that rounding can make
_RANGE = (0.05, 300.0)  # examples a dimension between which a crossover is looked for


@dataclass(frozen=True)
class Best:
    """The best way to come by a training set of a given size.

    Attributes:
        alpha: kept examples per dimension.
        f: the fraction that gives the least error.
        alpha_tot: the pool it takes, alpha / f.
        error: the test error there.
        random: the test error of a random training set of the same size.
    """

    alpha: float
    f: float
    alpha_tot: float
    error: float
    random: float


def random_error(alpha: float) -> float:
    """Returns the test error of learning from alpha random examples per dimension."""
    return learn(alpha).error


def frontier(
    alphas: Sequence[float],
    theta: float = 0.0,
    keep: Keep = "hard",
    *,
    largest_pool: float = math.inf,
) -> list[Best]:
    """Returns the Pareto frontier: for each training set size the fraction with the least error.

    The pool is as large as the fraction asks for (figure 1 of the paper), up to `largest_pool`.

    Args:
        alphas: kept examples per dimension, each > 0.
        theta: angle between probe and teacher in radians.
        keep: which end is kept.
        largest_pool: alpha_tot there is at most; at least each alpha.
    """
    return [_best(alpha, theta, keep, largest_pool) for alpha in alphas]


def _best(alpha: float, theta: float, keep: Keep, largest_pool: float) -> Best:
    if alpha > largest_pool:
        raise BadInput(
            f"alpha = {alpha} is more than the pool of {largest_pool}.", "Ask for a smaller set."
        )
    least = max(SMALLEST_FRACTION, alpha / largest_pool)
    random = random_error(alpha)
    if least == 1:
        return Best(alpha, 1.0, alpha, random, random)

    last: Solution | None = None

    def error(log_f: float) -> float:
        nonlocal last
        f = math.exp(log_f)
        last = learn(alpha / f, f, keep, theta, start=last)
        return last.error

    # The error may have a second, shallow minimum: a coarse grid finds the deeper valley first.
    grid = [math.log(least) * k / 12 for k in range(13)]
    values = [error(x) for x in grid]
    at = min(range(len(grid)), key=values.__getitem__)
    low, high = grid[min(at + 1, 12)], grid[max(at - 1, 0)]
    refined = minimize_scalar(error, bounds=(low, high), method="bounded", options={"xatol": 1e-3})
    best = min((values[at], grid[at]), (float(refined.fun), float(refined.x)))
    f = math.exp(best[1])
    return Best(alpha, f, alpha / f, best[0], random)


def gap(alpha_tot: float, f: float, theta: float = 0.0) -> float:
    """Returns the error of keeping hard minus that of keeping easy; below 0 hard is better."""
    return learn(alpha_tot, f, "hard", theta).error - learn(alpha_tot, f, "easy", theta).error


def crossover(f: float, theta: float = 0.0) -> float | None:
    """Returns the pool size alpha_tot above which keeping hard beats keeping easy.

    Below it the easy examples are the better ones (section 2, figure 1). None where there is no
    change of sign between 0.05 and 300 examples per dimension.

    Args:
        f: fraction kept, 0 < f < 1.
        theta: angle between probe and teacher in radians.
    """
    if not 0 < f < 1:
        raise BadInput(f"f = {f} prunes nothing, so there is no crossover.", "Give 0 < f < 1.")
    grid = [_RANGE[0] * (_RANGE[1] / _RANGE[0]) ** (k / 14) for k in range(15)]
    known = [(x, y) for x in grid if abs(y := gap(x, f, theta)) > _NOISE]
    for (low, before), (high, after) in itertools.pairwise(known):
        if before > 0 > after:
            found = brentq(
                lambda x: gap(math.exp(x), f, theta), math.log(low), math.log(high), xtol=1e-6
            )
            return math.exp(found)
    return None


def pool_for_error(error: float) -> float:
    """Returns the alpha at which learning from random examples has this test error.

    The inverse of `random_error`; it falls from 1/2 to 0 as alpha grows, about as 0.5/alpha.

    Args:
        error: 0.0005 <= error < 0.5.

    Raises:
        BadInput: if the error is out of range.
    """
    if not 5e-4 <= error < 0.5:
        raise BadInput(f"A test error of {error} has no alpha.", "Give 0.0005 <= error < 0.5.")
    last: Solution | None = None

    def excess(log_alpha: float) -> float:
        nonlocal last
        last = learn(math.exp(log_alpha), start=last)
        return last.error - error

    low, high = math.log(1e-6), math.log(2e3)
    return math.exp(brentq(excess, low, high, xtol=1e-8, rtol=1e-12))
