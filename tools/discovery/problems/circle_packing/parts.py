"""Parts of programs that pack circles into the unit square."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.circle_parts import (
    Array,
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
    "jittered",
    "np",
    "polish",
    "relocated",
    "rings",
    "scattered",
    "springs",
    "staggered",
    "with_radii",
]


def better(first: Array, second: Array) -> Array:
    """Returns the packing with the larger sum of radii."""
    return first if first[:, 2].sum() >= second[:, 2].sum() else second
