"""Hill climbing from points near two nested rounds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.spatial import ConvexHull


def solve(n: int, seed: int) -> list[list[float]]:
    """Returns n points [x, y]."""
    rng = np.random.default_rng(seed)
    i, j, k = np.array(list(combinations(range(n), 3))).T
    angle = 2 * np.pi * rng.random(n)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.choice([0.5, 1.0], (n, 1))
    best = 0.0
    for step in range(1500):
        moved = x.copy()
        moved[rng.integers(n)] += rng.normal(0, 0.3 * 0.997**step + 1e-3, 2)
        a, b = moved[j] - moved[i], moved[k] - moved[i]
        least = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).min() / 2
        ratio = least / ConvexHull(moved).volume
        if ratio >= best:
            x, best = moved, ratio
    return [[float(value) for value in row] for row in x]
