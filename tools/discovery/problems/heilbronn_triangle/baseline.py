"""Hill climbing: move one point at random, keep what does not shrink the smallest triangle."""

from __future__ import annotations

from itertools import combinations

import numpy as np


def solve(n: int, seed: int) -> list[list[float]]:
    """Returns n points [x, y] with x >= 0, y >= 0, x + y <= 1."""
    rng = np.random.default_rng(seed)
    i, j, k = np.array(list(combinations(range(n), 3))).T
    x = rng.dirichlet([1.0, 1.0, 1.0], n)[:, :2]
    best = 0.0
    for step in range(6000):
        moved = x.copy()
        point = moved[rng.integers(n)]
        point += rng.normal(0, 0.2 * 0.999**step + 1e-3, 2)
        point[:] = np.maximum(point, 0)
        point /= max(1.0, point.sum())
        a, b = moved[j] - moved[i], moved[k] - moved[i]
        least = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).min()
        if least >= best:
            x, best = moved, least
    return [[float(value) for value in row] for row in x]
