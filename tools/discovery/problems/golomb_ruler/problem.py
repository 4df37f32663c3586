"""Golomb rulers: marks whose differences are all distinct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, distinct, integers
from tools.discovery.problems.shared.ruler import draw_ruler

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """A given number of integer marks with distinct differences; minimise the length."""

    name = "golomb_ruler"
    title = "Golomb rulers: marks with distinct differences"
    maximise = False
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("marks", 24, 2, 200),)

    def judge(self, data: object) -> Verdict:
        """Checks all differences; the length is that between the outermost marks."""
        count = self.size["marks"]
        marks = integers(data, "data", least=count, most=count, low=0, high=1 << 40)
        distinct(marks, "data")
        seen: dict[int, tuple[int, int]] = {}
        for i, a in enumerate(marks):
            for j, b in enumerate(marks[:i]):
                if (pair := seen.setdefault(abs(a - b), (j, i))) != (j, i):
                    raise Refused(
                        f"data[{j}], data[{i}] and data[{pair[0]}], data[{pair[1]}] are both "
                        f"{abs(a - b)} apart."
                    )
        return Verdict(True, max(marks) - min(marks))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the ruler."""
        draw_ruler(data, axes)
