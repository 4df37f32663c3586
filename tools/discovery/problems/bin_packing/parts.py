"""Parts of programs that rank bins for an item."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def ratio(a: Array, b: Array) -> Array:
    """Returns a / b, with the divisor kept away from zero."""
    return np.asarray(a / np.where(np.abs(b) < 1e-3, 1e-3, b))


def first_of_best(priority: Array, spaces: list[int], item: int) -> int:
    """Returns the index of the highest priority among the bins with room."""
    rank = np.where(np.array(spaces) >= item, np.nan_to_num(priority, nan=-1e30), -np.inf)
    return int(np.argmax(rank))
