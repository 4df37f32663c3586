"""Parts of programs that choose points of a square grid."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.int64]]
Reals = np.ndarray[Any, np.dtype[np.float64]]


def points_of(n: int) -> Array:
    """Returns all points of the n x n grid."""
    return np.stack(np.divmod(np.arange(n * n), n), axis=1)


def symmetry(points: Array, name: str) -> Array:
    """Returns a symmetry of the square as a permutation of the points."""
    n = int(points.max()) + 1
    x, y = points.T
    image = {
        "quarter": (y, n - 1 - x),
        "half": (n - 1 - x, n - 1 - y),
        "flip": (n - 1 - x, y),
        "diagonal": (y, x),
    }[name]
    return np.asarray(image[0] * n + image[1])


def outward(points: Array, strength: float) -> Reals:
    """A priority that grows, or falls, with the distance from the middle."""
    middle = points.max() / 2
    return np.asarray(strength * np.abs(points - middle).max(axis=1) / max(middle, 1.0))


def near_circle(points: Array, radius: float) -> Reals:
    """A priority that is highest on a circle about the middle."""
    middle = points.max() / 2
    distance = np.hypot(*(points - middle).T) / max(middle, 1.0)
    return np.asarray(-np.abs(distance - radius))
