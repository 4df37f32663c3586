"""Sets of lattice points in a square grid: reading and drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.discovery.problems.reading import distinct, integers, listing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def cells(data: object, side: int, most: int) -> list[tuple[int, int]]:
    """Returns data as distinct cells [x, y] with 0 <= x, y < side."""
    rows = listing(data, "data", most=most)
    found: list[tuple[int, ...]] = []
    for i, row in enumerate(rows):
        x, y = integers(row, f"data[{i}]", least=2, most=2, low=0, high=side - 1)
        found.append((x, y))
    distinct(found, "data")
    return [(x, y) for x, y in found]


def draw_cells(data: Sequence[Sequence[Any]], side: int, axes: Axes) -> None:
    """Draws chosen cells of a square grid."""
    from tools.plots import BLUE

    axes.set_xlim(-0.5, side - 0.5)
    axes.set_ylim(-0.5, side - 0.5)
    axes.set_aspect("equal")
    if side <= 24:
        axes.set_xticks([k - 0.5 for k in range(side + 1)], [])
        axes.set_yticks([k - 0.5 for k in range(side + 1)], [])
    else:
        axes.grid(visible=False)
    size = max(2.0, 150.0 / side)
    axes.plot([p[0] for p in data], [p[1] for p in data], "o", color=BLUE, markersize=min(size, 14))
