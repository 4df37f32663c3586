"""Points of a square grid, no three of which form an isosceles triangle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused
from tools.discovery.problems.shared.lattice import cells, draw_cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Subsets of [n]^2 without isosceles triangles, flat ones included; maximise the size."""

    name = "no_isosceles"
    title = "Grid points without an isosceles triangle"
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("n", 64, 1, 128),)

    def judge(self, data: object) -> Verdict:
        """Checks that the squared distances from each point to the others all differ."""
        n = self.size["n"]
        # From any point there are fewer squared distances than n(n + 1)/2.
        points = cells(data, n, n * (n + 1) // 2 + 1)
        for i, (x, y) in enumerate(points):
            seen: dict[int, int] = {}
            for j, (a, b) in enumerate(points):
                square = (a - x) ** 2 + (b - y) ** 2
                if square in seen:
                    raise Refused(
                        f"data[{i}] is as far from data[{seen[square]}] as from data[{j}]."
                    )
                seen[square] = j
        return Verdict(True, len(points))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the points in their grid."""
        draw_cells(data, self.size["n"], axes)
