"""The greedy cap set: go through all vectors in order, take each that is not yet blocked."""

from __future__ import annotations

import numpy as np


def solve(n: int, seed: int) -> list[list[int]]:
    """Returns vectors of length n with entries 0, 1, 2, no three of which sum to zero."""
    weight = 3 ** np.arange(n)
    vectors = np.arange(3**n)[:, None] // weight % 3
    free = np.ones(3**n, bool)
    chosen: list[int] = []
    for index in range(3**n):
        if free[index]:
            third = -(vectors[chosen] + vectors[index]) % 3 @ weight
            free[third] = False
            chosen.append(index)
    return [[int(value) for value in row] for row in vectors[chosen]]
