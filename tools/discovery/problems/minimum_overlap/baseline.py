"""Hill climbing on 15 heights, symmetric about the middle."""

from __future__ import annotations

import numpy as np


def solve(steps: int, seed: int) -> list[float]:
    """Returns the heights of a step function on [0, 2] with values in [0, 1]."""
    rng = np.random.default_rng(seed)
    cells = min(steps, 15)
    h = np.full(cells, 0.5)
    best = np.inf
    for step in range(6000):
        moved = h.copy()
        i, j = rng.integers(cells, size=2)
        size = rng.normal(0, 0.2 * 0.9993**step + 1e-3)
        moved[[i, -1 - i]] += size
        moved[[j, -1 - j]] -= size
        if moved.min() < 0 or moved.max() > 1 or abs(moved.mean() - 0.5) > 1e-9:
            continue
        largest = np.correlate(moved, 1 - moved, "full").max() * 2 / cells
        if largest <= best:
            h, best = moved, largest
    return [float(value) for value in h]
