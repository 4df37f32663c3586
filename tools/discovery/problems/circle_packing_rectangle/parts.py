"""Parts of programs that pack circles into the rectangle of perimeter 4."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.circle_parts import (
    Array,
    Rng,
    exchanged,
    jittered,
    polish,
    relocated,
    rings,
    scattered,
    springs,
    staggered,
    with_radii,
)

__all__ = [
    "better",
    "exchanged",
    "fitted",
    "jittered",
    "np",
    "polish",
    "relocated",
    "rings",
    "scattered",
    "springs",
    "staggered",
    "width_near",
    "with_radii",
]


def better(first: tuple[Array, float], second: tuple[Array, float]) -> tuple[Array, float]:
    """Returns the packing, with its width, that has the larger sum of radii."""
    return first if first[0][:, 2].sum() >= second[0][:, 2].sum() else second


def width_near(width: float, size: float, rng: Rng) -> float:
    """Returns a width near another, or on the other side of the square."""
    other = width if rng.random() < 0.8 else 2 - width
    return float(np.clip(other + rng.normal(0, size), 0.5, 1.5))


def fitted(circles: Array, old: float, new: float) -> Array:
    """Stretches the centres with their rectangle."""
    return with_radii(circles[:, :2] * (new / old, (2 - new) / (2 - old)), new)
