"""The classical function (x + 1/4)^(-1/2) in steps: f*f is flat up to the middle, at about pi/2."""

from __future__ import annotations


def solve(steps: int, seed: int) -> list[float]:
    """Returns the heights of a step function on [-1/4, 1/4].

    The heights are the coefficients of (1 - z)^(-1/2), whose square has all coefficients 1.
    """
    heights = [1.0]
    for k in range(1, steps):
        heights.append(heights[-1] * (2 * k - 1) / (2 * k))
    return heights
