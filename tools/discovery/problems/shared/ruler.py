"""Drawing sets of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_ruler(marks: Sequence[int], axes: Axes) -> None:
    """Draws numbers as the marks of a ruler that begins at the least of them."""
    from tools.plots import BLACK, BLUE

    least = min(marks)
    placed = [mark - least for mark in sorted(marks)]
    axes.vlines(placed, 0, 1, color=BLUE, linewidth=1.6 if len(marks) <= 60 else 0.5)
    axes.axhline(0, color=BLACK, linewidth=1.2)
    if len(marks) <= 14:
        for mark in placed:
            axes.annotate(f"{mark}", (mark, 1.05), ha="center", va="bottom", fontsize=8)
    axes.set_ylim(0, 1.6)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_xlabel(f"{len(marks)} numbers from {least} to {max(marks)}")
