"""Heilbronn's problem in a convex region that is free to choose: the hull of the points."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.exact import whole
from tools.discovery.problems.reading import Refused, points
from tools.discovery.problems.shared.heilbronn import (
    double_area,
    draw_least,
    hull,
    least_determinant,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """n points; maximise the least area of three of them over the area of their convex hull."""

    name = "heilbronn_convex"
    title = "Points that span no small triangle, relative to their hull"
    limits = Limits(cpu_seconds=6.0, profile="scipy")
    sizes = (Size("n", 13, 3, 40),)

    def judge(self, data: object) -> Verdict:
        """Computes both areas exactly; the ratio does not depend on place, scale or shear."""
        rows = points(data, "data", count=self.size["n"], dimension=2)
        flat, _ = whole([value for row in rows for value in row])
        placed = [(flat[2 * i], flat[2 * i + 1]) for i in range(len(rows))]
        area = double_area(hull(placed))
        if not area:
            raise Refused("All points lie on one line.")
        return Verdict(True, Fraction(least_determinant(placed), area))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the points, their hull, and the smallest triangles they span."""
        flat, unit = whole([Fraction(value) for row in data for value in row])
        corners = hull([(flat[2 * i], flat[2 * i + 1]) for i in range(len(data))])
        border = [(x / unit, y / unit) for x, y in corners]
        draw_least([(x, y) for x, y in data], border, axes)
