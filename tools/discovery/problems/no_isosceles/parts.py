"""Parts of programs that avoid isosceles triangles."""

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
    """Returns (member, point) for each point that is isosceles with p and the member."""
    n = int(points[-1, 0]) + 1
    squares = (np.arange(n)[:, None] - np.arange(n)) ** 2
    # The squared distance is a sum over the axes, so a table of rows and one of columns suffice.
    rows, columns = squares.astype(np.int32)[points[members].T]
    from_q = (rows[:, :, None] + columns[:, None, :]).reshape(len(members), n * n)
    from_p = (squares[points[p, 0]][:, None] + squares[points[p, 1]]).ravel().astype(np.int32)
    reach = from_p[members][:, None]
    # Apex at the member, at p, or at the third point.
    equal = (from_q == reach) | (from_p == reach) | (from_q == from_p)
    equal[:, p] = False
    equal[np.arange(len(members)), members] = False
    owner, third = np.nonzero(equal)
    return owner, third
