"""Parts of programs that avoid three points in line."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.grid_parts import (
    Array,
    near_circle,
    outward,
    points_of,
    symmetry,
)
from tools.discovery.problems.shared.set_parts import index_of, orbits_under, searched, thinned

__all__ = [
    "index_of",
    "near_circle",
    "orbits_under",
    "outward",
    "points_of",
    "searched",
    "symmetry",
    "thinned",
]


def clashes(points: Array, p: int, members: Array) -> tuple[Array, Array]:
    """Returns (member, point) for each point in line with p and the member."""
    x, y = (points - points[p]).T
    a, b = x[members][:, None], y[members][:, None]
    level = x * b == y * a
    level[:, p] = False
    level[np.arange(len(members)), members] = False
    owner, third = np.nonzero(level)
    return owner, third
