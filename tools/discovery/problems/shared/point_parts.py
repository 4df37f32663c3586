"""Parts of programs that place points so that the worst of many smooth functions is best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog

Array = np.ndarray[Any, np.dtype[np.float64]]
Indices = np.ndarray[Any, np.dtype[np.int64]]
Rng = np.random.Generator
Model = Callable[[Array], tuple[Array, Array, Array]]


def climb(
    x: Array, value: Callable[[Array], float], model: Model, steps: int, trust: float
) -> Array:
    """Raises a value by linear programs, each trusted in a box that grows with success.

    `model(x)` returns (rows, limits, goal): a move d with rows @ d <= limits and the largest
    goal @ d, where d has one entry more than x, the linearised value itself.
    """
    best = value(x)
    for _ in range(steps):
        rows, limits, goal = model(x)
        box = [(-trust, trust)] * x.size + [(None, None)]
        found = linprog(-goal, A_ub=rows, b_ub=limits, bounds=box)
        if found.status != 0:
            break
        moved = x + found.x[:-1].reshape(x.shape)
        reached = value(moved)
        if reached > best:
            small = reached - best < 1e-14 * abs(best)
            x, best = moved, reached
            trust *= 1.5
            if small:
                break
        else:
            trust /= 3
        if trust < 1e-14:
            break
    return x


def jittered(x: Array, size: float, rng: Rng) -> Array:
    """Disturbs every point."""
    return x + rng.normal(0, size, x.shape)


def moved(x: Array, count: int, rng: Rng) -> Array:
    """Throws a few points to random places among the others."""
    made = x.copy()
    low, high = x.min(axis=0), x.max(axis=0)
    for k in rng.choice(len(x), min(count, len(x)), replace=False):
        made[k] = low + rng.random(x.shape[1]) * (high - low)
    return made


def mirrored(x: Array, axis: int, rng: Rng) -> Array:
    """Replaces half of the points by mirror images of the other half, with a little noise."""
    made = x.copy()
    middle = (x[:, axis].min() + x[:, axis].max()) / 2
    order = np.argsort(x[:, axis] * (1 if rng.random() < 0.5 else -1))
    half = len(x) // 2
    made[order[half : 2 * half]] = x[order[:half]]
    made[order[half : 2 * half], axis] = 2 * middle - x[order[:half], axis]
    return made + rng.normal(0, 0.005 * np.ptp(x), x.shape)


def determinants(x: Array) -> tuple[Indices, Indices, Indices, Array]:
    """Returns i < j < k and the determinants, twice the signed areas, of all triples of points."""
    i, j, k = _triples(len(x))
    a, b = x[j] - x[i], x[k] - x[i]
    return i, j, k, a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def triple_rows(x: Array, most: int) -> tuple[Array, Array]:
    """Returns the linearised areas (doubled) of the flattest triples: rows and present values.

    Row t of a triple is the slope of its |determinant| by all coordinates.
    """
    i, j, k, det = determinants(x)
    flat = np.argsort(np.abs(det))[:most]
    i, j, k, det = i[flat], j[flat], k[flat], det[flat]
    sign = np.where(det < 0, -1.0, 1.0)
    rows = np.zeros((len(flat), x.size))
    t = np.arange(len(flat))
    for p, q, r in ((i, j, k), (j, k, i), (k, i, j)):
        rows[t, 2 * p] = sign * (x[q, 1] - x[r, 1])
        rows[t, 2 * p + 1] = sign * (x[r, 0] - x[q, 0])
    return rows, np.abs(det)


def _triples(n: int) -> tuple[Indices, Indices, Indices]:
    i, j, k = np.meshgrid(*[np.arange(n, dtype=np.int64)] * 3, indexing="ij")
    keep = (i < j) & (j < k)
    return i[keep], j[keep], k[keep]
