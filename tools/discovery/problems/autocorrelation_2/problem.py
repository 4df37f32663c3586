"""Second autocorrelation: a nonnegative function whose autoconvolution is nearly flat."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.shared.steps import autoconvolution, draw_steps, heights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Step functions f >= 0; maximise |f*f|_2^2 / (|f*f|_1 |f*f|_inf)."""

    name = "autocorrelation_2"
    title = "A nonnegative function whose autoconvolution is nearly flat"
    maximise = True
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("steps", 400, 1, 5_000),)

    def judge(self, data: object) -> Verdict:
        """Integrates the piecewise linear f*f exactly; widths and scale cancel."""
        folded = [0, *autoconvolution(heights(data, self.size["steps"], signed=False)), 0]
        # A piece from a to b of unit width has the integral (a^2 + ab + b^2) / 3 of its square.
        square = sum(a * a + a * b + b * b for a, b in pairwise(folded))
        return Verdict(True, Fraction(square, 3 * sum(folded) * max(folded)))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the function and its autoconvolution."""
        draw_steps(data, axes)
