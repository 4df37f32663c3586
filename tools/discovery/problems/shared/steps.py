"""Step functions and their autoconvolution, judged exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tools.discovery.problems.exact import convolve, convolve_signed, grid
from tools.discovery.problems.reading import Refused, reals

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def heights(data: object, most: int, *, signed: bool) -> list[int]:
    """Reads the heights of a step function, as integers up to a common factor.

    The integers are the heights rounded to 52 bits of the largest, which is a step function of its
    own; the objectives do not depend on scale, and are exact for it.
    """
    values = reals(data, "data", least=1, most=most)
    if not signed:
        for i, value in enumerate(values):
            if value < 0:
                raise Refused(f"data[{i}] is negative.")
    steps = grid(values)
    if not sum(steps):
        raise Refused("The integral of the step function is zero.")
    return steps


def autoconvolution(steps: Sequence[int]) -> list[int]:
    """Returns c_k = sum_i f_i f_(k-i): the values of f*f at its nodes, but for a common factor.

    Between nodes f*f is linear, so its extremes are among them.
    """
    if min(steps) < 0:
        return convolve_signed(steps)
    return convolve(steps, steps)


def peak(steps: Sequence[int], top: int) -> Fraction:
    """Returns 2n * top / (sum f)^2: the height of f*f over the squared integral.

    For f on an interval of length 1/2 in n steps of width 1/(2n), f*f is c_k / (2n) at the nodes
    and the integral is (sum f) / (2n).
    """
    return Fraction(2 * len(steps) * top, sum(steps) ** 2)


def draw_steps(data: Sequence[Any], axes: Axes) -> None:
    """Draws a step function on [-1/4, 1/4], and its autoconvolution, both for integral 1."""
    import numpy as np

    from tools.plots import BLUE, VERMILLION

    f = np.array(data, dtype=float)
    n = len(f)
    f = f * (2 * n / f.sum())
    axes.stairs(f, np.linspace(-0.25, 0.25, n + 1), fill=True, color=BLUE, alpha=0.45, label="f")
    folded = np.concatenate([[0.0], np.convolve(f, f) / (2 * n), [0.0]])
    nodes = np.linspace(-0.5, 0.5, 2 * n + 1)
    axes.plot(nodes, folded, color=VERMILLION, linewidth=1.5, label="f * f")
    axes.legend(loc="upper right")
    axes.set_xlabel("x")
