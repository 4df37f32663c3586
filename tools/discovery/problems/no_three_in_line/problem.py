"""Points of a square grid, no three in line."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused
from tools.discovery.problems.shared.lattice import cells, draw_cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Subsets of the n x n grid without three points in line; maximise the size, at most 2n."""

    name = "no_three_in_line"
    title = "Grid points, no three in line"
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("n", 20, 1, 80),)

    def judge(self, data: object) -> Verdict:
        """Checks that the directions from each point to the later ones all differ."""
        n = self.size["n"]
        points = cells(data, n, 2 * n)
        for i, (x, y) in enumerate(points):
            seen: dict[tuple[int, int], int] = {}
            for j, (a, b) in enumerate(points[i + 1 :], i + 1):
                dx, dy = a - x, b - y
                common = gcd(dx, dy) * (-1 if dx < 0 or (dx == 0 and dy < 0) else 1)
                way = dx // common, dy // common
                if way in seen:
                    raise Refused(f"data[{i}], data[{seen[way]}] and data[{j}] are in line.")
                seen[way] = j
        return Verdict(True, len(points))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the points in their grid."""
        draw_cells(data, self.size["n"], axes)
