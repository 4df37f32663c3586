"""Digit vectors of a fixed sum, read in a base without carries: a simplex has more differences."""

from __future__ import annotations

from itertools import product


def solve(largest: int, seed: int) -> list[int]:
    """Returns whole numbers from 0 with more differences than sums, if there is room."""
    for digits, total in ((4, 3), (3, 3), (3, 2)):
        base = 2 * total + 1
        found = [
            sum(d * base**k for k, d in enumerate(vector))
            for vector in product(range(total + 1), repeat=digits)
            if sum(vector) == total
        ]
        moved = sorted(value - min(found) for value in found)
        if moved[-1] <= largest:
            return moved
    return [0, 1]
