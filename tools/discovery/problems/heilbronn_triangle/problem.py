"""Heilbronn's problem in a triangle: points that span no small triangle."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.exact import whole
from tools.discovery.problems.reading import Refused, points
from tools.discovery.problems.shared.heilbronn import draw_least, least_determinant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GRAZE = Fraction(1, 1 << 20)


class Problem(FolderProblem):
    """n points in a triangle; maximise the least area of three of them over the triangle's area."""

    name = "heilbronn_triangle"
    title = "Points in a triangle that span no small triangle"
    limits = Limits(cpu_seconds=6.0, profile="scipy")
    sizes = (Size("n", 11, 3, 40),)

    def judge(self, data: object) -> Verdict:
        """Finds the least area, in units of the smallest triangle x >= a, y >= b, x + y <= c.

        A point that leaves the triangle by a rounding error thus costs what it should.
        """
        rows = points(data, "data", count=self.size["n"], dimension=2)
        low_x = min(Fraction(0), *(x for x, _ in rows))
        low_y = min(Fraction(0), *(y for _, y in rows))
        high = max(Fraction(1), *(x + y for x, y in rows))
        if max(-low_x, -low_y, high - 1) > _GRAZE:
            raise Refused("A point lies outside the triangle x >= 0, y >= 0, x + y <= 1.")
        flat, unit = whole([value for row in rows for value in row])
        least = least_determinant([(flat[2 * i], flat[2 * i + 1]) for i in range(len(rows))])
        side = high - low_x - low_y
        value = Fraction(least, unit * unit) / side**2
        message = (
            "" if side == 1 else f"The triangle was enlarged by {float(side - 1):.3g} to hold all."
        )
        return Verdict(True, value, message)

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the points in an equilateral triangle, and the smallest triangles they span."""
        placed = [(x + y / 2, y * 3**0.5 / 2) for x, y in data]
        draw_least(placed, [(0, 0), (1, 0), (0.5, 3**0.5 / 2)], axes)
