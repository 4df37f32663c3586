"""Points whose largest distance is a small multiple of their smallest."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.exact import whole
from tools.discovery.problems.reading import Refused, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """n points in the plane or in space; minimise (largest / smallest distance) squared."""

    name = "distance_ratio"
    title = "Points with a small ratio of largest to smallest distance"
    maximise = False
    limits = Limits(cpu_seconds=6.0, profile="scipy")
    sizes = (Size("n", 16, 2, 60), Size("d", 2, 2, 3))

    def judge(self, data: object) -> Verdict:
        """Compares all squared distances exactly."""
        rows = points(data, "data", count=self.size["n"], dimension=self.size["d"])
        d = self.size["d"]
        flat, _ = whole([value for row in rows for value in row])
        placed = [flat[d * i : d * i + d] for i in range(len(rows))]
        squares = []
        for (i, a), (j, b) in combinations(enumerate(placed), 2):
            square = sum((p - q) ** 2 for p, q in zip(a, b, strict=True))
            if not square:
                raise Refused(f"data[{j}] repeats data[{i}].")
            squares.append(square)
        return Verdict(True, Fraction(max(squares), min(squares)))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the points (in space: from above), smallest distances solid, largest dashed."""
        from tools.plots import BLUE, GREY, VERMILLION

        pairs = list(combinations(data, 2))
        lengths = [sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) for a, b in pairs]
        for (a, b), length in zip(pairs, lengths, strict=True):
            line = [a[0], b[0]], [a[1], b[1]]
            if length <= min(lengths) * (1 + 1e-6):
                axes.plot(*line, color=BLUE, linewidth=1.4)
            elif length >= max(lengths) * (1 - 1e-6):
                axes.plot(*line, color=VERMILLION, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.plot([p[0] for p in data], [p[1] for p in data], "o", color=BLUE, markersize=7)
        if self.size["d"] == 3:
            axes.set_xlabel("seen along the third axis", color=GREY)
        axes.set_aspect("equal")
        axes.grid(visible=False)
        axes.margins(0.05)
