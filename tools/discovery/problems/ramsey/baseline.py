"""The Turan graph: s - 1 classes of t - 1 vertices, adjacent between classes, not within."""

from __future__ import annotations


def solve(s: int, t: int, seed: int) -> dict[str, object]:
    """Returns a graph on (s - 1)(t - 1) vertices, with its vertices numbered class by class."""
    n = (s - 1) * (t - 1)
    edges = [[i, j] for i in range(n) for j in range(i + 1, n) if i // (t - 1) != j // (t - 1)]
    return {"vertices": n, "edges": edges}
