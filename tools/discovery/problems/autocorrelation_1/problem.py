"""First autocorrelation: a nonnegative function whose autoconvolution has a low peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.shared.steps import autoconvolution, draw_steps, heights, peak

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Step functions f >= 0 on [-1/4, 1/4]; minimise max(f*f) over the squared integral of f."""

    name = "autocorrelation_1"
    title = "A nonnegative function whose autoconvolution peaks low"
    maximise = False
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("steps", 400, 1, 5_000),)

    def judge(self, data: object) -> Verdict:
        """Finds the peak of f*f exactly."""
        steps = heights(data, self.size["steps"], signed=False)
        return Verdict(True, peak(steps, max(autoconvolution(steps))))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the function and its autoconvolution."""
        draw_steps(data, axes)
