"""The roots of D_d: all vectors with two entries 1 or -1 and zeros else."""

from __future__ import annotations

from itertools import combinations, product


def solve(d: int, seed: int) -> list[list[int]]:
    """Returns 2 d (d - 1) vectors at distance sqrt(2) or more, all of length sqrt(2)."""
    if d == 1:
        return [[1], [-1]]
    found = []
    for places in combinations(range(d), 2):
        for signs in product((-1, 1), repeat=2):
            vector = [0] * d
            for place, sign in zip(places, signs, strict=True):
                vector[place] = sign
            found.append(vector)
    return found
