"""Erdos' construction: the parabola modulo the largest prime p <= n gives p points."""

from __future__ import annotations


def solve(n: int, seed: int) -> list[list[int]]:
    """Returns points [x, y] of the n x n grid."""
    p = next(p for p in range(n, 0, -1) if all(p % q for q in range(2, int(p**0.5) + 1)))
    return [[x, x * x % p] for x in range(p)]
