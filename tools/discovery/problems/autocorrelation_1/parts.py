"""Parts of programs for the first autocorrelation constant."""

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
    peak_model,
    peak_ratio,
    peak_slope,
    refined,
    resampled,
    reshaped,
    smoothed,
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
    """Returns the peak of f*f over the squared integral."""
    return peak_ratio(f) if f.sum() > 1e-9 else np.inf


def model(f: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move."""
    return peak_model(f)


def slope(f: Array, sharpness: float) -> tuple[float, Array]:
    """Returns a smooth stand-in for the value, and its slope."""
    return peak_slope(f, sharpness)


def better(first: Array, second: Array) -> Array:
    """Returns the function with the smaller objective."""
    return first if value(first) <= value(second) else second
