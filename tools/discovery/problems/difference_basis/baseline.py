"""The best Wichmann ruler of at most `marks` marks: its ratio falls towards 3."""

from __future__ import annotations


def solve(marks: int, seed: int) -> list[int]:
    """Returns numbers whose differences reach 1, 2, ..., n."""
    best, ratio = [0, 1], 4.0
    for r in range(marks):
        for s in range(marks - 4 * r - 2):
            gaps = [1] * r + [r + 1] + [2 * r + 1] * r + [4 * r + 3] * s
            gaps += [2 * r + 2] * (r + 1) + [1] * r
            if (len(gaps) + 1) ** 2 / sum(gaps) < ratio:
                ratio = (len(gaps) + 1) ** 2 / sum(gaps)
                best = [sum(gaps[:k]) for k in range(len(gaps) + 1)]
    return best
