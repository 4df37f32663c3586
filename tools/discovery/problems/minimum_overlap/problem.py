"""Erdos' minimum overlap problem, as a step function."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Limits, Verdict
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.exact import convolve
from tools.discovery.problems.reading import Refused, reals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNIT = 1 << 52


class Problem(FolderProblem):
    """Step functions h: [0, 2] -> [0, 1] of integral 1; minimise the largest overlap with 1 - h."""

    name = "minimum_overlap"
    title = "Erdos' minimum overlap problem"
    maximise = False
    limits = Limits(cpu_seconds=8.0, profile="scipy")
    sizes = (Size("steps", 400, 1, 5_000),)

    def judge(self, data: object) -> Verdict:
        """Computes all overlaps of the nearest function with the integral 1, exactly.

        Heights are rounded to 52 bits. If the integral is too large, h is multiplied by a factor;
        if too small, 1 - h is: either keeps h between 0 and 1.
        """
        values = reals(data, "data", least=1, most=self.size["steps"])
        for i, value in enumerate(values):
            if not 0 <= value <= 1:
                raise Refused(f"data[{i}] is not between 0 and 1.")
        h = [round(value * _UNIT) for value in values]
        n, full = len(h), _UNIT * len(h)
        if 2 * sum(h) < full:
            # The overlaps of 1 - h are those of h with the shift reversed, so it may take its part.
            h = [_UNIT - value for value in h]
        total = sum(h)
        scale = Fraction(full, 2 * total)
        a, b = scale.numerator, scale.denominator
        correlation = convolve(h, h[::-1])
        sums = [0, *accumulate(h)]
        # At lag k the products are h_i h_(i+k) for i from max(0, -k) to min(n, n - k); all overlaps
        # are multiplied by b^2, to stay with integers.
        largest = 0
        for lag in range(1 - n, n):
            part = sums[min(n, n - lag)] - sums[max(0, -lag)]
            largest = max(largest, a * (b * part * _UNIT - a * correlation[n - 1 - lag]))
        moved = abs(scale - 1)
        message = f"h was scaled by {float(moved):.3g} to the integral 1." if moved else ""
        return Verdict(True, Fraction(2 * largest, n * (_UNIT * b) ** 2), message)

    def draw(self, data: Any, axes: Axes) -> None:
        """Draws h, and its overlap with 1 - h at every shift."""
        import numpy as np

        from tools.plots import BLUE, VERMILLION

        h = np.array(data, dtype=float)
        n = len(h)
        axes.stairs(h, np.linspace(0, 2, n + 1), fill=True, color=BLUE, alpha=0.45, label="h")
        overlap = np.correlate(h, 1 - h, "full") * 2 / n
        shifts = np.linspace(-2, 2, 2 * n + 1)[1:-1]
        axes.plot(shifts, overlap, color=VERMILLION, linewidth=1.5, label="overlap by shift")
        axes.legend(loc="upper left")
        axes.set_xlabel("x")
