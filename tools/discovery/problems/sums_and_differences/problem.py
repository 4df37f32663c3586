"""Sets of numbers with many differences and few sums."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.exact import log_ratio_below
from tools.discovery.problems.reading import Refused, distinct, integers
from tools.discovery.problems.shared.ruler import draw_ruler

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COUNT = 4000


class Problem(FolderProblem):
    """Finite sets U of integers from 0; maximise 1 + log(|U-U| / |U+U|) / log(2 max U + 1)."""

    name = "sums_and_differences"
    title = "Sets with many differences and few sums"
    limits = Limits(cpu_seconds=8.0, profile="numpy")
    sizes = (Size("largest", 10_000_000, 1, 16_777_216),)

    def judge(self, data: object) -> Verdict:
        """Counts sums and differences exactly; the value is a lower bound good to 30 digits.

        The condition |U-U| <= 2 max U + 1 of the literature holds for any such set.
        """
        import numpy as np

        largest = self.size["largest"]
        numbers = integers(data, "data", least=2, most=_COUNT, low=0, high=largest)
        distinct(numbers, "data")
        if 0 not in numbers:
            raise Refused("data must contain 0.")
        u = np.array(sorted(numbers), np.int64)
        top = int(u[-1])
        sums = np.zeros(2 * top + 1, bool)
        gaps = np.zeros(top + 1, bool)
        for k, value in enumerate(u):
            sums[value + u[k:]] = True
            gaps[u[k:] - value] = True
        count = 2 * int(gaps.sum()) - 1, int(sums.sum())
        message = f"|U-U| = {count[0]}, |U+U| = {count[1]}."
        if count[0] < count[1]:
            # A set with fewer differences than sums scores below 1; the bound is mirrored.
            low = log_ratio_below(count[1], count[0], 2 * top + 1)
            return Verdict(True, 1 - low - Fraction(1, 10**29), message)
        return Verdict(True, 1 + log_ratio_below(*count, 2 * top + 1), message)

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws the set as a ruler."""
        draw_ruler(data, axes)
