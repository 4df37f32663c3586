"""Difference bases: few numbers whose differences reach every number up to n."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, distinct, integers
from tools.discovery.problems.shared.ruler import draw_ruler

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Sets B of at most `marks` integers with B - B containing 1..n; minimise |B|^2 / n."""

    name = "difference_basis"
    title = "Difference bases: few numbers whose differences reach all up to n"
    maximise = False
    limits = Limits(cpu_seconds=10.0, profile="numpy")
    sizes = (Size("marks", 400, 2, 1_000),)

    def judge(self, data: object) -> Verdict:
        """Finds the largest n with all of 1..n among the differences."""
        # No difference above |B|^2 can be part of an unbroken run from 1.
        marks = integers(data, "data", least=2, most=self.size["marks"], low=0, high=1 << 40)
        distinct(marks, "data")
        most = len(marks) * (len(marks) - 1) // 2
        ordered = sorted(marks)
        reached = bytearray(most + 2)
        for i, low in enumerate(ordered):
            for high in ordered[i + 1 :]:
                if high - low > most:
                    break
                reached[high - low] = 1
        n = reached.index(0, 1) - 1
        if not n:
            raise Refused("No two numbers of data differ by 1.")
        return Verdict(True, Fraction(len(marks) ** 2, n), f"The differences reach 1 to {n}.")

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the numbers as a ruler."""
        draw_ruler(data, axes)
