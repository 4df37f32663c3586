"""Parts of programs for the second autocorrelation constant."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.step_parts import (
    Array,
    bumps,
    descended,
    disturbed,
    folded,
    horned,
    level,
    mirrored,
    noise,
    pulled_back,
    refined,
    resampled,
    reshaped,
    shifts,
    smoothed,
    soft_peak,
)

__all__ = [
    "bumps",
    "descended",
    "disturbed",
    "horned",
    "level",
    "mirrored",
    "noise",
    "refined",
    "resampled",
    "reshaped",
    "smoothed",
]

LOW, HIGH = 0.0, np.inf


def value(f: Array) -> float:
    """Returns minus the flatness |f*f|_2^2 / (|f*f|_1 |f*f|_inf)."""
    c = np.concatenate([[0.0], np.convolve(f, f), [0.0]])
    if c.sum() < 1e-12:
        return 0.0
    square = (c[1:] ** 2 + c[1:] * c[:-1] + c[:-1] ** 2).sum() / 3
    return -float(square / (c.sum() * c.max()))


def square_slope(c: Array) -> tuple[float, Array]:
    """Returns the integral of the squared piecewise linear function, and its slope by the nodes."""
    ends = np.concatenate([[0.0], c, [0.0]])
    square = float((ends[1:] ** 2 + ends[1:] * ends[:-1] + ends[:-1] ** 2).sum() / 3)
    return square, (4 * c + ends[:-2] + ends[2:]) / 3


def model(f: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move: more square, less peak, in relative terms."""
    c = np.convolve(f, f)
    rows = np.column_stack([2 * shifts(f), -np.ones(len(c))])
    square, slope = square_slope(c)
    return rows, -c, np.append(-2 * slope @ shifts(f) / square, 1 / c.max())


def slope(f: Array, sharpness: float) -> tuple[float, Array]:
    """Returns a smooth stand-in for log of the inverse flatness, and its slope."""
    total = f.sum()
    c = folded(f) / total**2
    soft, weight = soft_peak(c * len(f), sharpness)
    square, change = square_slope(c)
    back = pulled_back(weight * len(f) / soft - change / square, f) / total**2
    inward = 2 * (float(weight @ c) * len(f) / soft - float(change @ c) / square) / total
    return float(np.log(soft) - np.log(square * len(f))), back - inward


def better(first: Array, second: Array) -> Array:
    """Returns the function with the better objective."""
    return first if value(first) <= value(second) else second
