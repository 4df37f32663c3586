"""Cap sets: vectors modulo 3, no three distinct ones in a line."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import Refused, distinct, integers, listing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Problem(FolderProblem):
    """Subsets of F_3^n without three distinct vectors that sum to zero; maximise the size."""

    name = "cap_set"
    title = "Cap sets: vectors modulo 3 without a line"
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("n", 8, 1, 9),)

    def judge(self, data: object) -> Verdict:
        """Looks the third point of every pair up among the others."""
        import numpy as np

        n = self.size["n"]
        rows = listing(data, "data", most=3**n)
        vectors = [
            tuple(integers(row, f"data[{i}]", least=n, most=n, low=0, high=2))
            for i, row in enumerate(rows)
        ]
        distinct(vectors, "data")
        if not vectors:
            return Verdict(True, 0)
        table = np.array(vectors, np.int64)
        weight = 3 ** np.arange(n, dtype=np.int64)
        place = np.full(3**n, -1, np.int64)
        place[table @ weight] = np.arange(len(table))
        for i in range(len(table)):
            third = place[(-(table[i] + table[i + 1 :]) % 3) @ weight]
            # The third point of distinct x, y is distinct from both, so any hit is a line.
            if (third >= 0).any():
                j = i + 1 + int(np.argmax(third >= 0))
                raise Refused(f"data[{i}], data[{j}] and data[{third[j - i - 1]}] sum to zero.")
        return Verdict(True, len(vectors))

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the space as a square of 3^ceil(n/2) columns, with lines at each power of 3."""
        from tools.plots import BLUE, GREY

        n = self.size["n"]
        wide, high = 3 ** -(-n // 2), 3 ** (n // 2)
        half = -(-n // 2)
        place = {v: k for k, v in enumerate(product(range(3), repeat=half))}
        rise = {v: k for k, v in enumerate(product(range(3), repeat=n // 2))}
        axes.scatter(
            [place[tuple(v[:half])] for v in data],
            [rise[tuple(v[half:])] for v in data],
            s=max(2.0, (180 / wide) ** 2),
            marker="s",
            color=BLUE,
        )
        for cut in range(0, wide + 1, max(1, wide // 9)):
            axes.axvline(cut - 0.5, color=GREY, linewidth=0.5)
        for cut in range(0, high + 1, max(1, high // 9)):
            axes.axhline(cut - 0.5, color=GREY, linewidth=0.5)
        axes.set_xlim(-0.5, wide - 0.5)
        axes.set_ylim(-0.5, high - 0.5)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_aspect("equal")
        axes.grid(visible=False)
