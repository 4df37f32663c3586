"""Ramsey lower bounds: graphs without a clique of s or an independent set of t vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, integer, integers, listing, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 300
_NODES = 3_000_000


class Problem(FolderProblem):
    """Graphs without K_s and without t independent vertices; maximise the number of vertices."""

    name = "ramsey"
    title = "Ramsey graphs: no clique of s, no independent set of t"
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("s", 5, 2, 20), Size("t", 5, 2, 20))

    def judge(self, data: object) -> Verdict:
        """Searches for a clique and an independent set exhaustively.

        A graph on n vertices that has neither proves R(s, t) > n.
        """
        parts = table(data, "data", ("vertices", "edges"))
        n = integer(parts["vertices"], "vertices", 1, _MOST)
        edges = listing(parts["edges"], "edges", most=n * (n - 1) // 2)
        near = [0] * n
        for k, edge in enumerate(edges):
            i, j = integers(edge, f"edges[{k}]", least=2, most=2, low=0, high=n - 1)
            if i == j or near[i] >> j & 1:
                raise Refused(f"edges[{k}] is a loop or repeats an edge.")
            near[i] |= 1 << j
            near[j] |= 1 << i
        far = [~row & ((1 << n) - 1) & ~(1 << v) for v, row in enumerate(near)]
        for rows, size, what in (
            (near, self.size["s"], "adjacent"),
            (far, self.size["t"], "apart"),
        ):
            found = clique(rows, size)
            if found is None:
                raise Refused(
                    f"No {size} vertices pairwise {what}? {_NODES} steps did not decide it."
                )
            if found:
                raise Refused(f"The vertices {found} are pairwise {what}.")
        remark = f"R({self.size['s']}, {self.size['t']}) >= {n + 1}."
        return Verdict(True, n, remark)

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the graph on a circle."""
        import numpy as np

        from tools.plots import BLACK, BLUE

        n = data["vertices"]
        angle = 2 * np.pi * np.arange(n) / n
        x, y = np.cos(angle), np.sin(angle)
        for i, j in data["edges"]:
            axes.plot([x[i], x[j]], [y[i], y[j]], color=BLUE, linewidth=0.5, alpha=0.5)
        axes.plot(x, y, "o", color=BLACK, markersize=4)
        axes.set_aspect("equal")
        axes.axis("off")


def clique(rows: list[int], size: int) -> list[int] | None:
    """Returns `size` vertices pairwise joined, an empty list if there are none, None if undecided.

    Args:
        rows: the neighbours of each vertex, as the bits of a number.
        size: how many vertices are wanted.
    """
    left = _NODES

    def extend(chosen: list[int], open_: int, missing: int) -> list[int] | None:
        nonlocal left
        if missing == 0:
            return chosen
        while open_.bit_count() >= missing:
            left -= 1
            if left < 0:
                return None
            v = (open_ & -open_).bit_length() - 1
            open_ &= open_ - 1
            found = extend([*chosen, v], open_ & rows[v], missing - 1)
            if found is None or found:
                return found
        return []

    return extend([], (1 << len(rows)) - 1, size)
