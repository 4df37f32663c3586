"""Kissing configurations: many vectors no closer to each other than to the origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, distinct, integers, listing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COUNT = 4000
_ENTRY = 1 << 26  # the square of a difference then fits in 64 bits, summed over 24 coordinates


class Problem(FolderProblem):
    """Nonzero integer vectors with min |x - y|^2 >= max |x|^2; maximise their number."""

    name = "kissing"
    title = "Kissing configurations in integer coordinates"
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("d", 11, 1, 24),)

    def judge(self, data: object) -> Verdict:
        """Compares all squared distances with the largest squared length, in integers.

        Unit spheres at 2 x / |x| then touch that at the origin without overlap: shorter vectors
        only move apart when they are stretched.
        """
        import numpy as np

        d = self.size["d"]
        rows = listing(data, "data", most=_COUNT)
        vectors = [
            tuple(integers(row, f"data[{i}]", least=d, most=d, low=-_ENTRY, high=_ENTRY))
            for i, row in enumerate(rows)
        ]
        distinct(vectors, "data")
        if not vectors:
            return Verdict(True, 0)
        table = np.array(vectors, np.int64)
        squares = (table**2).sum(axis=1)
        if not squares.all():
            raise Refused(f"data[{int(squares.argmin())}] is the zero vector.")
        most = int(squares.max())
        for i in range(1, len(table)):
            apart = ((table[:i] - table[i]) ** 2).sum(axis=1)
            if int(apart.min()) < most:
                raise Refused(
                    f"data[{int(apart.argmin())}] and data[{i}] are at squared distance "
                    f"{int(apart.min())}, less than the largest squared length {most}."
                )
        return Verdict(True, len(vectors))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the directions, projected to the plane of their two strongest axes."""
        import numpy as np

        from tools.plots import BLUE, GREY

        ways = np.array(data, float)
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        plane = np.linalg.svd(ways, full_matrices=False)[2][:2]
        flat = ways @ plane.T
        if flat.shape[1] == 1:
            flat = np.column_stack([flat, 0 * flat])
        apart = 2 - 2 * ways @ ways.T
        i, j = np.nonzero(np.triu(apart < 1 + 1e-9, 1))
        for a, b in list(zip(i, j, strict=True))[:3000]:
            axes.plot(flat[[a, b], 0], flat[[a, b], 1], color=GREY, linewidth=0.2, alpha=0.4)
        axes.plot(flat[:, 0], flat[:, 1], "o", color=BLUE, markersize=4)
        axes.set_aspect("equal")
        axes.grid(visible=False)
