"""Disjoint circles in a rectangle, judged exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problem import Verdict
from tools.discovery.problems.exact import root_below, whole
from tools.discovery.problems.reading import Refused, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def judge_circles(
    data: object, place: str, count: int, width: Fraction, height: Fraction
) -> Verdict:
    """Judges circles [x, y, r] in [0, width] x [0, height]; the value is the sum of radii.

    Floats that touch almost always overlap by a rounding error. So all radii are multiplied by the
    largest common factor, at most 1, that makes the circles disjoint and keeps them inside; what is
    scored is this packing, which is feasible in exact arithmetic.
    """
    circles = points(data, place, count=count, dimension=3)
    flat, unit = whole([*(v for circle in circles for v in circle), width, height])
    wide, high = flat[-2:]
    rows = [tuple(flat[3 * i : 3 * i + 3]) for i in range(count)]
    factor = Fraction(1)
    for i, (x, y, r) in enumerate(rows):
        if r < 0:
            raise Refused(f"{place}[{i}] has a negative radius.")
        room = min(x, wide - x, y, high - y)
        if room < 0:
            raise Refused(f"{place}[{i}] has its centre outside the rectangle.")
        if r * factor > room:
            factor = Fraction(room, r)
    for i, (x, y, r) in enumerate(rows):
        for j in range(i):
            a, b, s = rows[j]
            square, reach = (x - a) ** 2 + (y - b) ** 2, r + s
            if reach and factor * factor * reach * reach > square:
                if not square:
                    raise Refused(f"{place}[{i}] and {place}[{j}] have the same centre.")
                factor = min(factor, root_below(Fraction(square, reach * reach)))
    if factor == 1:
        return Verdict(True, Fraction(sum(row[2] for row in rows), unit))
    # Rounded down, so that what is kept is feasible too and its sum is the score.
    shrunk = [[float(x), float(y), _float_below(r * factor)] for x, y, r in circles]
    value = sum((Fraction(circle[2]) for circle in shrunk), Fraction(0))
    return Verdict(True, value, f"All radii were shrunk by {float(1 - factor):.3g} to fit.", shrunk)


def _float_below(value: Fraction) -> float:
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, -1.0)


def draw_circles(circles: Sequence[Sequence[Any]], width: float, height: float, axes: Axes) -> None:
    """Draws circles in their rectangle, larger ones darker."""
    from matplotlib.patches import Circle, Rectangle

    from tools.plots import BLACK, BLUE

    largest = max((float(c[2]) for c in circles), default=1.0) or 1.0
    axes.add_patch(Rectangle((0, 0), width, height, fill=False, edgecolor=BLACK, linewidth=1.4))
    for x, y, r in circles:
        shade = 0.12 + 0.5 * float(r) / largest
        axes.add_patch(Circle((x, y), r, facecolor=BLUE, alpha=shade, linewidth=0))
        axes.add_patch(Circle((x, y), r, fill=False, edgecolor=BLUE, linewidth=1.2))
    _frame(axes, (0, width), (0, height))


def _frame(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    axes.set_xlim(x[0] - 0.02, x[1] + 0.02)
    axes.set_ylim(y[0] - 0.02, y[1] + 0.02)
    axes.set_aspect("equal")
    axes.grid(visible=False)
