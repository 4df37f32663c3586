"""A constant between two higher ends, the best of a few shapes."""

from __future__ import annotations

import numpy as np


def solve(steps: int, seed: int) -> list[float]:
    """Returns the heights of a step function on [-1/4, 1/4]."""
    best, ratio = [1.0], 0.0
    for power in (0.0, 0.1, 0.2, 0.3, 0.4):
        x = (np.arange(60) + 0.5) / 30 - 1
        f = (1 - x**2) ** -power
        c = np.concatenate([[0.0], np.convolve(f, f), [0.0]])
        square = (c[1:] ** 2 + c[1:] * c[:-1] + c[:-1] ** 2).sum() / 3
        if square / (c.sum() * c.max()) > ratio:
            best, ratio = f.tolist(), square / (c.sum() * c.max())
    return best[:steps]
