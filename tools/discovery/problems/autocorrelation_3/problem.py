"""Third autocorrelation: a function of either sign whose autoconvolution peaks low."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.shared.steps import autoconvolution, draw_steps, heights, peak

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Step functions on [-1/4, 1/4] of either sign; minimise max(f*f) over the squared integral."""

    name = "autocorrelation_3"
    title = "A function of either sign whose autoconvolution peaks low"
    maximise = False
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("steps", 400, 1, 5_000),)

    def judge(self, data: object) -> Verdict:
        """Finds the highest value of f*f exactly; how far it falls below zero does not count."""
        steps = heights(data, self.size["steps"], signed=True)
        return Verdict(True, peak(steps, max(autoconvolution(steps))))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the function and its autoconvolution."""
        draw_steps(data, axes)
