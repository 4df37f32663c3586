"""Parts of programs for the third autocorrelation constant, absolute variant."""

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
    peak_model,
    pulled_back,
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

LOW, HIGH = -np.inf, np.inf


def value(f: Array) -> float:
    """Returns the largest |f*f| over the squared integral."""
    if abs(f.sum()) < 1e-9:
        return np.inf
    return float(2 * len(f) * np.abs(np.convolve(f, f)).max() / f.sum() ** 2)


def model(f: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move: both f*f and -f*f stay below the peak."""
    rows, limits, goal = peak_model(f)
    below = np.column_stack([-rows[:, :-1], rows[:, -1:]])
    return np.vstack([rows, below]), np.concatenate([limits, -limits]), goal


def slope(f: Array, sharpness: float) -> tuple[float, Array]:
    """Returns a smooth stand-in for the value, and its slope."""
    total = f.sum()
    scale = 2 * len(f) / total**2
    c = folded(f)
    soft, weight = soft_peak(np.concatenate([c, -c]) * scale, sharpness)
    signed = weight[: len(c)] - weight[len(c) :]
    return soft, pulled_back(signed, f) * scale - 2 * float(signed @ c) * scale / total


def better(first: Array, second: Array) -> Array:
    """Returns the function with the smaller objective."""
    return first if value(first) <= value(second) else second
