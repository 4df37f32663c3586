"""The saddle point of maximum-margin learning from pruned examples, as a convex problem.

Notation of Sorscher et al. (2022), arXiv:2206.14486: T teacher, J_p probe, J student, theta the
angle between T and J_p, alpha = f alpha_tot the kept examples per dimension, R = J . T / |J||T|,
rho = J . J_p / |J||J_p|, kappa the margin.

Split J along orthonormal directions: J = a J_p + b V + c W, with V in the plane of T and J_p. On a
kept example let z be the probe's field and v that of V, both multiplied by the label, so that
z cos(theta) + v sin(theta) > 0. With w standard normal the margin is h = a z + b v + c w.

By Gordon's comparison (as in Montanari et al. 2019, arXiv:1911.01544) the student that reaches
margin 1 with the least norm solves, for N to infinity,

    minimise a^2 + b^2 + c^2  subject to  sqrt(alpha E[(1 - h)_+^2]) <= c,

where the left side is convex in (a, b, c). The stationary point is therefore the only one:

    a (1 - alpha P[h < 1]) = alpha E[(1 - h)_+ z]
    b (1 - alpha P[h < 1]) = alpha E[(1 - h)_+ v]
    c^2 = alpha E[(1 - h)_+^2]

Scaling by kappa = 1 / |(a, b, c)| gives the paper's three equations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import root
from scipy.special import ndtr, owens_t

from tools.errors import AnsatzError, BadInput
from tools.pruning.theory.law import Array, Keep, MarginLaw, margin_law

_FAR = 40.0  # standard deviations at which a Gaussian tail is 0 in double precision
_SMALL = 0.05  # examples a dimension at which the first guess is always near enough
_SMALLEST_STEP = 1e-3  # in the logarithm of what is followed
_TOLERANCE = 1e-7  # rounding leaves 1e-9 at a thousand examples a dimension


@dataclass(frozen=True)
class Solution:
    """What the student learns, for N to infinity.

    Attributes:
        alpha: kept examples per dimension.
        R: overlap with the teacher, 0 .. 1.
        rho: overlap with the probe.
        kappa: margin in units of |J|.
        state: (asinh(a/c), asinh(b/c), log c) at margin 1, a start for a neighbouring problem.
    """

    alpha: float
    R: float
    rho: float
    kappa: float
    state: tuple[float, float, float]

    @property
    def error(self) -> float:
        """Test error arccos(R) / pi, 0 .. 1/2."""
        return math.acos(min(1.0, max(-1.0, self.R))) / math.pi


def learn(
    alpha_tot: float,
    f: float = 1.0,
    keep: Keep = "hard",
    theta: float = 0.0,
    *,
    start: Solution | None = None,
) -> Solution:
    """Solves for the student that learns from the kept part of a pool.

    Args:
        alpha_tot: examples in the pool per dimension, > 0.
        f: fraction kept, 0 < f <= 1; 1 is learning without pruning.
        keep: which end of the probe's |margin| is kept.
        theta: angle between probe and teacher in radians, 0 .. pi/2.
        start: the solution of a neighbouring problem, which saves time; it does not change which
            solution is found, because there is only one.

    Raises:
        BadInput: if a number is out of range.
        AnsatzError: if no solution is found.
    """
    if not (0 < alpha_tot < math.inf):
        raise BadInput(f"alpha_tot = {alpha_tot} is no amount of data.", "Give a number above 0.")
    if not 0 <= theta <= math.pi / 2:
        raise BadInput(f"theta = {theta} rad is no probe.", "Give 0 <= theta <= pi/2.")
    law, alpha = margin_law(f, keep), f * alpha_tot
    if start is not None and (found := _solve(alpha, theta, law, start.state)) is not None:
        return found
    # Up from little data; where that path is too steep (near two examples a dimension, all of them
    # on the boundary), from no pruning at the same amount of data.
    found = _from_little_data(alpha, theta, law) or _from_no_pruning(alpha, theta, f, keep)
    if found is None:
        raise AnsatzError(
            f"No solution at alpha_tot = {alpha_tot}, f = {f}, theta = {theta}, keeping {keep}.",
            "Move the parameters away from their extremes.",
        )
    return found


def _from_little_data(alpha: float, theta: float, law: MarginLaw) -> Solution | None:
    """Follows the solution from little data, where it is known, to alpha."""
    first = min(alpha, _SMALL)
    found = _solve(first, theta, law, _few_examples(first, theta, law))
    if found is None or first == alpha:
        return found
    return _follow(found, lambda log_alpha: (math.exp(log_alpha), law), first, alpha, theta)


def _from_no_pruning(alpha: float, theta: float, f: float, keep: Keep) -> Solution | None:
    """Follows the solution from f = 1 at the same number of kept examples to f."""
    found = _from_little_data(alpha, theta, margin_law(1.0, keep))
    if found is None or f == 1:
        return found
    return _follow(found, lambda log_f: (alpha, margin_law(math.exp(log_f), keep)), 1.0, f, theta)


def _follow(
    found: Solution,
    problem: Callable[[float], tuple[float, MarginLaw]],
    first: float,
    last: float,
    theta: float,
) -> Solution | None:
    """Follows a solution along a path of problems, in the logarithm of their parameter.

    Each start extrapolates the last two solutions; a start that is too far away halves the step.
    """
    at, goal = math.log(first), math.log(last)
    sign = 1.0 if goal > at else -1.0
    slope, step = np.zeros(3), 1.0
    while sign * (goal - at) > 0:
        if step < _SMALLEST_STEP:
            return None
        there = sign * min(sign * goal, sign * at + step)
        x, y, z = (float(v) for v in np.array(found.state) + slope * (there - at))
        alpha, law = problem(there)
        if (following := _solve(alpha, theta, law, (x, y, z))) is None:
            step /= 2
            continue
        slope = (np.array(following.state) - found.state) / (there - at)
        at, found, step = there, following, 1.5 * step
    return found


def _few_examples(alpha: float, theta: float, law: MarginLaw) -> tuple[float, float, float]:
    """Returns the state for alpha to 0: J is the sum of the labelled examples (Hebb's rule)."""
    border = _border(law.z, theta)
    density = np.exp(-(border**2) / 2) / math.sqrt(2 * math.pi)
    z = 2 * float(law.weights @ (law.z * ndtr(-border)))
    v = 2 * float(law.weights @ density)
    root_alpha = math.sqrt(alpha)
    return math.asinh(root_alpha * z), math.asinh(root_alpha * v), math.log(alpha) / 2


def _solve(
    alpha: float, theta: float, law: MarginLaw, state: tuple[float, float, float]
) -> Solution | None:
    """Returns the root near a state, or None where the solver finds none that is the minimum."""

    def equations(x: Array) -> Array:
        a, b, c = _components(x)
        p, hinge_z, hinge_v, square = _moments(a, b, c, theta, law)
        free, scale = 1 - alpha * p, math.hypot(a, b, c)
        return np.array(
            [
                (a * free - alpha * hinge_z) / scale,
                (b * free - alpha * hinge_v) / scale,
                math.log(alpha * square) / 2 - x[2],
            ]
        )

    with np.errstate(all="ignore"):
        try:
            found = root(equations, np.array(state), method="hybr", tol=1e-13)
        except (ArithmeticError, ValueError):  # the search left the numbers there are
            return None
    residual = float(np.abs(found.fun).max())
    if not residual < _TOLERANCE:
        return None
    a, b, c = _components(found.x)
    # Stationary with a positive multiplier: by convexity this is the minimum.
    if alpha * _moments(a, b, c, theta, law)[0] >= 1:
        return None
    norm = math.hypot(a, b, c)
    overlap = (a * math.cos(theta) + b * math.sin(theta)) / norm
    x, y, z = (float(v) for v in found.x)
    return Solution(alpha, overlap, a / norm, 1 / norm, (x, y, z))


def _components(state: Array) -> tuple[float, float, float]:
    """Returns (a, b, c) of a state; the state varies like logarithms, whatever their size."""
    c = math.exp(state[2])
    return c * math.sinh(state[0]), c * math.sinh(state[1]), c


def _border(z: Array, theta: float) -> Array:
    """Returns the v above which the teacher agrees with the label: -z cot(theta)."""
    if theta == 0:
        return np.where(z > 0, -_FAR, _FAR)
    return np.clip(-z * (math.cos(theta) / math.sin(theta)), -_FAR, _FAR)


def _moments(
    a: float, b: float, c: float, theta: float, law: MarginLaw
) -> tuple[float, float, float, float]:
    """Returns P[h < 1], E[(1 - h)_+ z], E[(1 - h)_+ v] and E[(1 - h)_+^2].

    Given z, the integrals over v (above its border v0) and w are closed. With m = 1 - a z,
    s^2 = b^2 + c^2, A = (m - b v0)/c and D = (phi(m/s)/s) Phi((b m - v0 s^2)/(c s)), integrating
    by parts gives

        I0 = P[b v + c w < m, v > v0]                    (Owen's T)
        I1 = E[g_+]   = m I0 + s^2 D - b phi(v0) Phi(A)
        Iv = E[g_+ v] = c phi(v0) (A Phi(A) + phi(A)) - b I0
        I2 = E[g_+^2] = m I1 + s^2 I0 - b c phi(v0) (A Phi(A) + phi(A))

    where g = m - b v - c w. The factor 2 folds both labels into one.
    """
    z, v0 = law.z, _border(law.z, theta)
    m, s = 1 - a * z, math.hypot(b, c)
    edge, at = _density(v0), (m - b * v0) / c
    below = ndtr(at)
    hinge = at * below + _density(at)
    crossing = _density(m / s) / s * ndtr((b * m - v0 * s * s) / (c * s))
    i0 = _both_below(m / s, -v0, -b / s, c / s)
    i1 = m * i0 + s * s * crossing - b * edge * below
    iv = c * edge * hinge - b * i0
    i2 = m * i1 + s * s * i0 - b * c * edge * hinge
    p = 2 * law.weights
    return float(p @ i0), float(p @ (i1 * z)), float(p @ iv), float(p @ i2)


def _density(x: Array) -> Array:
    result: Array = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return result


def _both_below(h: Array, k: Array, r: float, root_of_rest: float) -> Array:
    """Returns P[x < h, y < k] for standard normals of correlation r (Owen 1956, equation 2.1).

    Args:
        h, k: shapes (n,); k has no zeros.
        r: correlation, -1 < r < 1.
        root_of_rest: sqrt(1 - r^2), given apart because it may be tiny.
    """
    h = np.where(h == 0, 1e-300, h)
    with np.errstate(over="ignore"):
        at_h, at_k = (k - r * h) / (h * root_of_rest), (h - r * k) / (k * root_of_rest)
    opposite = np.where(h * k < 0, 0.5, 0.0)
    result: Array = (ndtr(h) + ndtr(k)) / 2 - owens_t(h, at_h) - owens_t(k, at_k) - opposite
    return result
