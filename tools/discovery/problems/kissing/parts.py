"""Parts of programs that look for kissing configurations on one shell of the integer lattice."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.int64]]
Rng = np.random.Generator


def shapes(norm: int, d: int) -> list[tuple[int, ...]]:
    """Returns the partitions of a norm into at most d squares, as decreasing tuples of roots."""
    found: list[tuple[int, ...]] = []

    def extend(parts: tuple[int, ...], rest: int) -> None:
        if rest == 0:
            found.append(parts)
        elif len(parts) < d:
            top = min(int(rest**0.5), parts[-1] if parts else rest)
            for root in range(top, 0, -1):
                extend((*parts, root), rest - root * root)

    extend((), norm)
    return found


def supports(d: int, weight: int, overlap: int, tries: int, rng: Rng) -> list[tuple[int, ...]]:
    """Returns many sets of `weight` places, two sharing at most `overlap`, by local search."""
    blocks = list(combinations(range(d), weight))
    bits = np.zeros((len(blocks), d), np.int64)
    for row, block in enumerate(blocks):
        bits[row, list(block)] = 1
    clash = bits @ bits.T > overlap
    np.fill_diagonal(clash, False)
    inside = np.zeros(len(blocks), bool)
    cost = np.zeros(len(blocks), np.int64)
    wait = np.zeros(len(blocks), np.int64)
    best: list[int] = []
    for step in range(tries):
        open_now = ~inside & (wait <= step)
        if not open_now.any():
            continue
        least = cost[open_now].min()
        ties = np.flatnonzero(open_now & (cost == least))
        k = int(ties[rng.integers(len(ties))])
        for out in np.flatnonzero(clash[k] & inside):
            inside[out] = False
            cost -= clash[out]
            wait[out] = step + 3 + int(rng.integers(8))
        inside[k] = True
        cost += clash[k]
        if inside.sum() > len(best):
            best = np.flatnonzero(inside).tolist()
    return [blocks[k] for k in best]


def signed(d: int, places: list[tuple[int, ...]], even: bool) -> Array:
    """Returns the vectors with entries 1 or -1 on each set of places, perhaps only even ones."""
    found = []
    for block in places:
        for signs in product((1, -1), repeat=len(block)):
            if even and np.prod(signs) < 0:
                continue
            row = np.zeros(d, np.int64)
            row[list(block)] = signs
            found.append(row)
    return np.array(found).reshape(-1, d)


def shell(d: int, norm: int, most: int, rng: Rng) -> Array:
    """Returns vectors of a squared length: all, or as many as allowed, drawn at random."""
    made: set[tuple[int, ...]] = set()
    kinds = shapes(norm, d)
    for _ in range(3 * most):
        shape = kinds[rng.integers(len(kinds))]
        row = np.zeros(d, np.int64)
        row[rng.permutation(d)[: len(shape)]] = np.array(shape) * rng.choice([-1, 1], len(shape))
        made.add(tuple(row.tolist()))
        if len(made) >= most:
            break
    return np.array(sorted(made)).reshape(-1, d)


def filled(chosen: Array, pool: Array, norm: int, rng: Rng) -> Array:
    """Adds vectors of the pool, in random order, that are far enough from all chosen."""
    pool = pool[rng.permutation(len(pool))]
    if len(chosen):
        pool = pool[(2 * (pool @ chosen.T) <= norm).all(axis=1)]
    found = [chosen.reshape(-1, pool.shape[1])]
    while len(pool):
        found.append(pool[:1])
        pool = pool[(2 * (pool @ pool[0]) <= norm) & (pool != pool[0]).any(axis=1)]
    return np.concatenate(found)


def exchanged(chosen: Array, pool: Array, norm: int, steps: int, rng: Rng) -> Array:
    """Exchanges single vectors for others of the pool that clash with no further one."""
    rows = {tuple(row) for row in chosen.tolist()}
    pool = np.array([row for row in pool.tolist() if tuple(row) not in rows]).reshape(
        -1, pool.shape[1]
    )
    for _ in range(steps):
        if not len(pool):
            break
        close = 2 * (pool @ chosen.T) > norm
        count = close.sum(axis=1)
        free = np.flatnonzero(count <= 1)
        if not len(free):
            break
        k = int(free[rng.integers(len(free))])
        out = chosen[close[k]]
        chosen = np.concatenate([chosen[~close[k]], pool[k : k + 1]])
        pool = np.concatenate([np.delete(pool, k, axis=0), out])
    return chosen


def with_axes(d: int, vectors: Array, norm: int) -> Array:
    """Adds the multiples of unit vectors of the same length, where they fit."""
    root = round(norm**0.5)
    if root * root != norm:
        return vectors
    axes = np.concatenate([np.eye(d, dtype=np.int64), -np.eye(d, dtype=np.int64)]) * root
    fits = (2 * (axes @ vectors.T) <= norm).all(axis=1) if len(vectors) else np.ones(2 * d, bool)
    return np.concatenate([vectors, axes[fits]])


def norm_of(vectors: Array) -> int:
    """Returns the largest squared length."""
    return int((vectors**2).sum(axis=1).max())
