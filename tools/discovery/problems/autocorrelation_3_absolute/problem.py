"""Third autocorrelation, absolute variant: the autoconvolution stays near zero on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.shared.steps import autoconvolution, draw_steps, heights, peak

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Step functions on [-1/4, 1/4] of either sign; minimise max|f*f| over the squared integral."""

    name = "autocorrelation_3_absolute"
    title = "A function of either sign whose autoconvolution is low in absolute value"
    maximise = False
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("steps", 400, 1, 5_000),)

    def judge(self, data: object) -> Verdict:
        """Finds the largest absolute value of f*f exactly."""
        steps = heights(data, self.size["steps"], signed=True)
        return Verdict(True, peak(steps, max(abs(c) for c in autoconvolution(steps))))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the function and its autoconvolution."""
        draw_steps(data, axes)
