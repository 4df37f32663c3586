"""Greedy in random order: take each point that makes no isosceles triangle with those taken."""

from __future__ import annotations

import numpy as np


def solve(n: int, seed: int) -> list[list[int]]:
    """Returns points [x, y] of the n x n grid."""
    order = np.random.default_rng(seed).permutation(n * n).tolist()
    chosen: list[tuple[int, int]] = []
    distances: list[set[int]] = []
    for index in order:
        x, y = divmod(index, n)
        squares = [(a - x) ** 2 + (b - y) ** 2 for a, b in chosen]
        if len(set(squares)) < len(squares):
            continue
        if any(square in seen for square, seen in zip(squares, distances, strict=True)):
            continue
        for square, seen in zip(squares, distances, strict=True):
            seen.add(square)
        chosen.append((x, y))
        distances.append(set(squares))
    return [[x, y] for x, y in chosen]
