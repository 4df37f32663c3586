"""Circles in the unit square, with the largest sum of radii."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.shared.circles import draw_circles, judge_circles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """n disjoint circles in the unit square; maximise the sum of their radii."""

    name = "circle_packing"
    title = "Circles in the unit square, with the largest sum of radii"
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("n", 26, 1, 100),)

    def judge(self, data: object) -> Verdict:
        """Checks containment and disjointness after shrinking to feasibility."""
        return judge_circles(data, "data", self.size["n"], Fraction(1), Fraction(1))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the circles in the square."""
        draw_circles(data, 1.0, 1.0, axes)
