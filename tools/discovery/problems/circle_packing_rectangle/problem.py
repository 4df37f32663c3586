"""Circles in a rectangle of perimeter 4 whose sides are free, with the largest sum of radii."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, real, table
from tools.discovery.problems.shared.circles import draw_circles, judge_circles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """n disjoint circles in a rectangle of perimeter 4; maximise the sum of their radii."""

    name = "circle_packing_rectangle"
    title = "Circles in a rectangle of perimeter 4, with the largest sum of radii"
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("n", 21, 1, 100),)

    def judge(self, data: object) -> Verdict:
        """Checks the rectangle, then containment and disjointness after shrinking."""
        parts = table(data, "data", ("width", "circles"))
        width = real(parts["width"], "width")
        if not 0 < width < 2:
            raise Refused("width must lie between 0 and 2; the height is 2 - width.")
        verdict = judge_circles(parts["circles"], "circles", self.size["n"], width, 2 - width)
        if verdict.data is None:
            return verdict
        return replace(verdict, data={"width": parts["width"], "circles": verdict.data})

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the circles in their rectangle."""
        draw_circles(data["circles"], float(data["width"]), 2 - float(data["width"]), axes)
