"""Parts of programs that look for sets with many differences and few sums."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.int64]]
Rng = np.random.Generator


def objective(u: Array) -> float:
    """Returns 1 + log(|U-U| / |U+U|) / log(2 max U + 1)."""
    if len(u) < 2:
        return 0.0
    top = int(u[-1])
    if top > 4 * len(u) ** 2:
        sums = len(np.unique(u[:, None] + u[None]))
        gaps = len(np.unique(u[:, None] - u[None]))
    else:
        seen, apart = np.zeros(2 * top + 1, bool), np.zeros(top + 1, bool)
        for k, value in enumerate(u):
            seen[value + u[k:]] = True
            apart[u[k:] - value] = True
        sums, gaps = int(seen.sum()), 2 * int(apart.sum()) - 1
    return float(1 + np.log(gaps / sums) / np.log(2 * top + 1))


def numbers(vectors: Array, base: int, largest: int) -> Array:
    """Reads vectors as digits of numbers, moved to begin at 0; those too large are left out."""
    found = np.unique(vectors @ base ** np.arange(vectors.shape[1]))
    found = found - found[0]
    return np.asarray(found[found <= largest][:4000])


def simplex(digits: int, total: int, cap: int, base: int, largest: int) -> Array:
    """Vectors of a fixed digit sum, no digit above a cap."""
    rows = np.zeros((1, 0), np.int64)
    for _ in range(digits):
        rows = np.concatenate(
            [np.column_stack([rows, np.full(len(rows), d)]) for d in range(cap + 1)]
        )
        rows = rows[rows.sum(axis=1) <= total]
        if len(rows) > 40000:
            break
    return numbers(rows[rows.sum(axis=1) == total], base, largest)


def filled(digits: int, total: int, cap: int, base: int, largest: int) -> Array:
    """Vectors with a digit sum up to a bound, no digit above a cap."""
    rows = np.zeros((1, 0), np.int64)
    for _ in range(digits):
        rows = np.concatenate(
            [np.column_stack([rows, np.full(len(rows), d)]) for d in range(cap + 1)]
        )
        rows = rows[rows.sum(axis=1) <= total]
        if len(rows) > 40000:
            break
    return numbers(rows, base, largest)


def scattered(count: int, span: int, rng: Rng) -> Array:
    """Random numbers in a short range, with 0."""
    return np.unique(np.append(rng.integers(0, span, count), 0))


def changed(u: Array, steps: int, share: float, largest: int, rng: Rng) -> Array:
    """Adds, drops or moves single numbers, and keeps what does not lower the objective."""
    best = objective(u)
    for _ in range(steps):
        draw = rng.random()
        if draw < share:
            fresh = int(rng.choice(u) + rng.choice(u) - rng.choice(u))
            made = np.unique(np.append(u, fresh))
        elif draw < (1 + share) / 2:
            made = np.delete(u, rng.integers(1, len(u))) if len(u) > 2 else u
        else:
            made = u.copy()
            made[rng.integers(1, len(u))] += rng.choice([-2, -1, 1, 2])
            made = np.unique(made)
        if made[0] != 0 or made[-1] > largest or len(made) > 4000:
            continue
        value = objective(made)
        if value >= best:
            u, best = made, value
    return u


def better(first: Array, second: Array) -> Array:
    """Returns the set with the larger objective."""
    return first if objective(first) >= objective(second) else second
