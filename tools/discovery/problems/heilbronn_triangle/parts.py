"""Parts of programs for Heilbronn's problem in the triangle x >= 0, y >= 0, x + y <= 1."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.point_parts import (
    Array,
    Rng,
    climb,
    determinants,
    jittered,
    mirrored,
    moved,
    triple_rows,
)

__all__ = ["jittered", "mirrored", "moved"]


def scattered(n: int, rng: Rng) -> Array:
    """Points drawn evenly from the triangle."""
    return rng.dirichlet([1.0, 1.0, 1.0], n)[:, :2]


def on_sides(n: int, share: float, rng: Rng) -> Array:
    """Points drawn from the triangle, a share of them on its sides."""
    weights = rng.dirichlet([1.0, 1.0, 1.0], n)
    for row in weights[: round(share * n)]:
        row[rng.integers(3)] = 0.0
    return np.asarray((weights / weights.sum(axis=1, keepdims=True))[:, :2])


def turned(n: int, rng: Rng) -> Array:
    """Points that keep their places, nearly, when the corners change round."""
    weights = rng.dirichlet([1.0, 1.0, 1.0], -(-n // 3))
    orbit = np.concatenate([np.roll(weights, shift, axis=1) for shift in range(3)])[:n]
    return inside(orbit[:, :2] + rng.normal(0, 0.003, (n, 2)))


def inside(x: Array) -> Array:
    """Brings points back into the triangle."""
    held = np.maximum(x, 0.0)
    return np.asarray(held / np.maximum(held.sum(axis=1, keepdims=True), 1.0))


def least(x: Array) -> float:
    """Returns the least determinant, or a negative number outside of the triangle."""
    if x.min() < -1e-15 or x.sum(axis=1).max() > 1 + 1e-15:
        return -1.0
    return float(np.abs(determinants(x)[3]).min())


def model(x: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move: raise the flattest triples, stay inside."""
    rows, values = triple_rows(x, most=20 * len(x))
    size = x.size
    flat = np.column_stack([-rows, np.ones(len(rows))])
    low = np.column_stack([-np.eye(size), np.zeros(size)])
    side = np.zeros((len(x), size + 1))
    point = np.arange(len(x))
    side[point, 2 * point] = side[point, 2 * point + 1] = 1.0
    limits = np.concatenate([values, x.ravel(), 1 - x.sum(axis=1)])
    return np.vstack([flat, low, side]), limits, np.eye(size + 1)[-1]


def raised(x: Array, steps: int, trust: float) -> Array:
    """Raises the least determinant by linear programs."""
    return inside(climb(inside(x), least, model, steps, trust))


def better(first: Array, second: Array) -> Array:
    """Returns the points whose flattest triangle is larger."""
    return first if least(first) >= least(second) else second
