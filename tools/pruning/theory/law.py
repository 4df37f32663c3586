"""The law of the probe's field among the examples that are kept, as a quadrature rule."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tools.errors import BadInput

Keep = Literal["hard", "easy"]
Array = NDArray[np.float64]

_LEVELS = 18  # panels on each side, each half as wide as the next one
_NODES = 10  # Gauss-Legendre nodes of a panel
_TAIL = 9.0  # standard deviations beyond which the Gaussian weighs less than 1e-18


@dataclass(frozen=True, eq=False)
class MarginLaw:
    """The truncated Gaussian law of the probe's field z = J_p . x among the kept examples.

    p(z) = exp(-z^2/2) / (sqrt(2 pi) f) where kept and 0 elsewhere: |z| < gamma with
    gamma = H^-1((1 - f)/2) when the hard examples are kept, |z| > gamma with gamma = H^-1(f/2) when
    the easy ones are; H is the tail of the Gaussian.

    Attributes:
        gamma: the border of what is kept; infinite for hard and 0 for easy when f = 1.
        z: quadrature nodes, shape (n,), symmetric about 0 and never 0.
        weights: shape (n,); sum(weights * g(z)) is the mean of g under the law.
    """

    gamma: float
    z: Array
    weights: Array


@functools.lru_cache(maxsize=256)
def margin_law(f: float, keep: Keep) -> MarginLaw:
    """Returns the law of what is kept when a fraction f survives (appendix A.1).

    The panels shrink geometrically towards the inner end of the kept range: there the student's
    margin, the probe's mistakes and the border of the range bring in scales far below 1.

    Args:
        f: fraction kept, 0 < f <= 1.
        keep: "hard" keeps the smallest |z|, "easy" the largest.

    Raises:
        BadInput: if f is out of range.
    """
    if not 0 < f <= 1:
        raise BadInput(f"f = {f} is no fraction that can be kept.", "Give 0 < f <= 1.")
    if keep == "hard":
        gamma = math.inf if f == 1 else float(ndtri((1 + f) / 2))
        low, high = 0.0, min(gamma, _TAIL)
    else:
        gamma = 0.0 if f == 1 else float(-ndtri(f / 2))
        low, high = gamma, gamma + _TAIL
    edges = low + (high - low) * np.concatenate([[0.0], 2.0 ** np.arange(-_LEVELS + 1, 1.0)])
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    z = (middle[:, None] + half[:, None] * node).ravel()
    weights = (half[:, None] * weight).ravel() * np.exp(-(z**2) / 2)
    z, weights = np.concatenate([-z, z]), np.concatenate([weights, weights])
    return MarginLaw(gamma, z, weights / weights.sum())
