"""Hill climbing on 20 heights."""

from __future__ import annotations

import numpy as np


def solve(steps: int, seed: int) -> list[float]:
    """Returns the heights of a step function on [-1/4, 1/4]."""
    rng = np.random.default_rng(seed)
    cells = min(steps, 20)
    f = np.ones(cells)
    best = np.inf
    for step in range(8000):
        moved = f.copy()
        moved[rng.integers(cells)] += rng.normal(0, 0.3 * 0.9995**step + 1e-3)
        c = np.abs(np.convolve(moved, moved))
        value = 2 * cells * c.max() / moved.sum() ** 2
        if value <= best:
            f, best = moved, value
    return [float(value) for value in f]
