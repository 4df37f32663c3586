"""Parts of programs that look for cap sets."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.set_parts import (
    Array,
    Reals,
    Rng,
    index_of,
    orbits_under,
    searched,
    thinned,
)

__all__ = ["index_of", "orbits_under", "searched", "thinned"]


def points_of(n: int) -> Array:
    """Returns all vectors of length n over {0, 1, 2}; the k-th has the ternary digits of k."""
    return np.arange(3**n)[:, None] // 3 ** np.arange(n) % 3


def place_of(vectors: Array) -> Array:
    """Returns where vectors stand in the list of all."""
    return np.asarray(vectors @ 3 ** np.arange(vectors.shape[1]))


def clashes(points: Array, p: int, members: Array) -> tuple[Array, Array]:
    """Returns, for each member, the one point that is in line with it and p."""
    third = -(points[members] + points[p]) % 3
    return np.arange(len(members)), place_of(third)


def negation(points: Array) -> Array:
    """The symmetry x -> -x."""
    return place_of(-points % 3)


def rotation(points: Array, shift: int) -> Array:
    """The symmetry that turns the coordinates round."""
    return place_of(np.roll(points, shift, axis=1))


def linear(points: Array, order: int, rng: Rng) -> Array:
    """A random linear symmetry of a given order; the identity where none is met."""
    n = points.shape[1]
    one = np.eye(n, dtype=np.int64)
    for _ in range(200):
        matrix = rng.integers(0, 3, (n, n))
        power, count = matrix.copy(), 1
        while (power != one).any() and count < 3**n:
            power, count = power @ matrix % 3, count + 1
        if count < 3**n and count % order == 0:
            root = one
            for _ in range(count // order):
                root = root @ matrix % 3
            return place_of(points @ root % 3)
    return np.arange(len(points))


def translation(points: Array, rng: Rng) -> Array:
    """The symmetry x -> v - x for a random v."""
    return place_of((rng.integers(0, 3, points.shape[1]) - points) % 3)


def counted(points: Array, zeros: float, twos: float, pairs: float) -> Reals:
    """A priority from the number of zeros, of twos, and of equal neighbours."""
    equal = (points == np.roll(points, 1, axis=1)).sum(axis=1)
    zero, two = (points == 0).sum(axis=1), (points == 2).sum(axis=1)
    return np.asarray(zeros * zero + twos * two + pairs * equal)
