"""Parts of programs for Erdos' minimum overlap problem."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.step_parts import (
    Array,
    bumps,
    descended,
    disturbed,
    horned,
    level,
    mirrored,
    noise,
    refined,
    resampled,
    reshaped,
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

LOW, HIGH = 0.0, 1.0


def plateau(cells: int, width: float) -> Array:
    """High in the middle, low outside."""
    x = np.abs(np.linspace(-1, 1, cells))
    return np.where(x < width, 0.8, 0.1)


def levelled(h: Array) -> Array:
    """Scales h, or 1 - h, so that the mean is 1/2."""
    mean = float(h.mean())
    if mean >= 0.5:
        return h * (0.5 / mean)
    return 1 - (1 - h) * (0.5 / (1 - mean))


def value(h: Array) -> float:
    """Returns the largest overlap of h with 1 - h."""
    h = levelled(np.clip(h, 0, 1))
    return float(np.correlate(h, 1 - h, "full").max() * 2 / len(h))


def lags(f: Array) -> Array:
    """Returns the matrix T with T[k] @ d = sum_i d_i f_(i + n - 1 - k), f zero outside."""
    n = len(f)
    rows = np.zeros((2 * n - 1, n))
    for i in range(n):
        rows[i : i + n, i] = f[::-1]
    return rows


def model(h: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move that lowers the largest overlap."""
    n = len(h)
    inside = lags(np.ones(n))
    # overlap_k = sum_i h_i (1 - h_(i+s)), so it moves by (1 - h_(i+s)) d_i - h_(i-s) d_i.
    rows = inside - lags(h) - lags(h[::-1])[:, ::-1]
    present = inside @ h - lags(h) @ h
    return np.column_stack([rows, -np.ones(2 * n - 1)]), -present, np.eye(n + 1)[-1]


def slope(h: Array, sharpness: float) -> tuple[float, Array]:
    """Returns a smooth stand-in for the largest overlap, and its slope; a mean off 1/2 costs."""
    rows, minus, _ = model(h)
    scale = 2 / len(h)
    soft, weight = soft_peak(-minus * scale, sharpness)
    off = float(h.mean()) - 0.5
    return soft + 20 * off**2, weight @ rows[:, :-1] * scale + 40 * off / len(h)


def better(first: Array, second: Array) -> Array:
    """Returns the function with the smaller overlap."""
    return first if value(first) <= value(second) else second
