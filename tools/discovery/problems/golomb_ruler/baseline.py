"""The greedy ruler of Mian and Chowla: always the next mark that repeats no difference."""

from __future__ import annotations


def solve(marks: int, seed: int) -> list[int]:
    """Returns marks with distinct differences."""
    ruler = [0]
    differences: set[int] = set()
    mark = 0
    while len(ruler) < marks:
        mark += 1
        fresh = {mark - other for other in ruler}
        if not fresh & differences:
            ruler.append(mark)
            differences |= fresh
    return ruler
