"""Parts of programs for Heilbronn's problem in a free convex region."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

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
    """Points drawn evenly from a square."""
    return rng.random((n, 2))


def ring(n: int, share: float, rng: Rng) -> Array:
    """Points of which a share lies near a circle, the others within."""
    angle = 2 * np.pi * rng.random(n)
    radius = np.where(np.arange(n) < share * n, 1.0, np.sqrt(rng.random(n)) * 0.8)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]


def turned(n: int, rng: Rng) -> Array:
    """Points that keep their places, nearly, in turns of a third."""
    base = rng.random(-(-n // 3)) * 2 * np.pi
    radius = np.sqrt(rng.random(len(base)))
    angle = np.concatenate([base + 2 * np.pi / 3 * k for k in range(3)])[:n]
    made = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.tile(radius, 3)[:n, None]
    return np.asarray(made + rng.normal(0, 0.003, (n, 2)))


def least(x: Array) -> float:
    """Returns the least triangle over the hull."""
    return float(np.abs(determinants(x)[3]).min() / 2 / ConvexHull(x).volume)


def model(x: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move: raise the flattest triples, keep the hull."""
    rows, values = triple_rows(x, most=20 * len(x))
    size = x.size
    flat = np.column_stack([-rows, np.ones(len(rows))])
    corners = ConvexHull(x).vertices
    before, after = np.roll(corners, 1), np.roll(corners, -1)
    area = np.zeros((1, size + 1))
    area[0, 2 * corners] = (x[after, 1] - x[before, 1]) / 2
    area[0, 2 * corners + 1] = (x[before, 0] - x[after, 0]) / 2
    return np.vstack([flat, area]), np.append(values, 0.0), np.eye(size + 1)[-1]


def raised(x: Array, steps: int, trust: float) -> Array:
    """Raises the least triangle by linear programs, on points scaled to a hull of area 1."""
    return climb(x / ConvexHull(x).volume ** 0.5, least, model, steps, trust)


def better(first: Array, second: Array) -> Array:
    """Returns the points whose flattest triangle is larger relative to the hull."""
    return first if least(first) >= least(second) else second
