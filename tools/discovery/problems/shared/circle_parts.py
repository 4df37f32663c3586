"""Parts of programs that pack circles into a rectangle of half perimeter 2."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog, minimize
from scipy.sparse import coo_array

Array = np.ndarray[Any, np.dtype[np.float64]]
Rng = np.random.Generator


def scattered(n: int, width: float, rng: Rng) -> Array:
    """Centres drawn at random."""
    return rng.random((n, 2)) * (width, 2 - width)


def staggered(n: int, width: float, rows: int, rng: Rng) -> Array:
    """Centres in rows, every other one shifted by half a place, a little disturbed."""
    rows = min(rows, n)
    share = np.full(rows, n // rows)
    share[rng.permutation(rows)[: n % rows]] += 1
    centres = []
    for row, count in enumerate(share):
        shift = 0.25 + 0.5 * (row % 2) if rng.random() < 0.7 else 0.5
        for place in range(count):
            centres.append(((place + shift) / count * width, (row + 0.5) / rows * (2 - width)))
    made = np.array(centres) + rng.normal(0, 0.01, (n, 2))
    return np.clip(made, 0.01, np.array((width, 2 - width)) - 0.01)


def rings(n: int, width: float, layers: int, rng: Rng) -> Array:
    """Centres on nested rounds."""
    angle = rng.random(n) * 2 * np.pi
    radius = np.sqrt((rng.permutation(n) % layers + 0.5) / layers) * 0.48
    unit = 0.5 + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    return unit * (width, 2 - width)


def with_radii(centres: Array, width: float) -> Array:
    """Circles with half the distance to the nearest centre for a radius, or that to a wall."""
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    np.fill_diagonal(gaps, 9.0)
    walls = np.minimum(centres, np.array((width, 2 - width)) - centres).min(axis=1)
    radii = np.maximum(np.minimum(gaps.min(axis=1) / 2, walls), 0.0)
    return np.column_stack([centres, radii])


def polish(
    circles: Array, width: float, steps: int, trust: float, loose: bool = False
) -> tuple[Array, float]:
    """Improves a packing by linear programs until nothing moves.

    A distance is convex in the centres, so its linearisation is never above it: every step of the
    linear program is feasible, and the sum of radii never falls.
    """
    n = len(circles)
    for _ in range(steps):
        x, y, r = circles.T
        gap = x[:, None] - x, y[:, None] - y
        apart = np.hypot(*gap)
        near = np.triu(apart < 2 * r.max() + (2 + 2 * 2**0.5) * trust, 1)
        i, j = np.nonzero(near)
        d = np.maximum(apart[i, j], 1e-9)
        u, v = gap[0][i, j] / d, gap[1][i, j] / d
        one = np.ones(len(i))
        k = np.arange(len(i))
        # r_i + r_j <= d + (u, v) . (move_i - move_j); the columns are moves, radii, widening.
        pairs = coo_array(
            (
                np.concatenate([one, one, -u, u, -v, v]),
                (
                    np.tile(k, 6),
                    np.concatenate([2 * n + i, 2 * n + j, i, j, n + i, n + j]),
                ),
            ),
            shape=(len(i), 3 * n + 1),
        )
        walls = np.zeros((4 * n, 3 * n + 1))
        row = np.arange(n)
        for side, (offset, sign, widening) in enumerate(
            ((0, -1, 0), (0, 1, -1), (n, -1, 0), (n, 1, 1))
        ):
            walls[side * n + row, offset + row] = sign
            walls[side * n + row, 2 * n + row] = 1
            walls[side * n + row, 3 * n] = widening
        box = linprog(
            np.concatenate([np.zeros(2 * n), -np.ones(n), [0.0]]),
            A_ub=np.vstack([pairs.toarray(), walls]),
            b_ub=np.concatenate([d, x, width - x, y, 2 - width - y]),
            bounds=[(-trust, trust)] * (2 * n)
            + [(0, r.max() + trust)] * n
            + [(-trust, trust) if loose else (0, 0)],
        )
        if box.status != 0:
            break
        moved = np.column_stack([x + box.x[:n], y + box.x[n : 2 * n], box.x[2 * n : 3 * n]])
        gain = moved[:, 2].sum() - r.sum()
        circles, width = moved, width + float(box.x[-1])
        if gain < 1e-13:
            break
        trust = min(trust, 0.02 if gain < 1e-3 else trust)
    return circles, width


def springs(circles: Array, width: float, strength: float, steps: int) -> Array:
    """Lets circles push each other apart while their radii grow: a penalty method."""
    n = len(circles)
    i, j = np.triu_indices(n, 1)
    limits = np.array((width, 2 - width))

    def energy(flat: Array) -> tuple[float, Array]:
        centres, r = flat[: 2 * n].reshape(n, 2), flat[2 * n :]
        gap = centres[i] - centres[j]
        d = np.linalg.norm(gap, axis=1) + 1e-12
        over = np.maximum(r[i] + r[j] - d, 0)
        low = np.maximum(r[:, None] - centres, 0)
        high = np.maximum(centres + r[:, None] - limits, 0)
        force = strength * over[:, None] * gap / d[:, None]
        slope = strength * (high - low)
        np.add.at(slope, i, -force)
        np.add.at(slope, j, force)
        swell = strength * (low + high).sum(axis=1) - 1.0
        np.add.at(swell, i, strength * over)
        np.add.at(swell, j, strength * over)
        total = strength / 2 * (over @ over + (low**2).sum() + (high**2).sum()) - r.sum()
        return total, np.concatenate([slope.ravel(), swell])

    flat = np.concatenate([circles[:, :2].ravel(), circles[:, 2]])
    bounds = [(0.0, float(limits[k % 2])) for k in range(2 * n)] + [(0.0, 1.0)] * n
    found = minimize(
        energy, flat, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
    )
    return with_radii(found.x[: 2 * n].reshape(n, 2), width)


def jittered(circles: Array, width: float, size: float, rng: Rng) -> Array:
    """Disturbs every centre."""
    moved = circles[:, :2] + rng.normal(0, size, (len(circles), 2))
    return with_radii(np.clip(moved, 0.001, np.array((width, 2 - width)) - 0.001), width)


def relocated(circles: Array, width: float, count: int, rng: Rng) -> Array:
    """Moves a few circles, small ones rather than large, to where there is most room."""
    centres = circles[:, :2].copy()
    weight = 1 / (circles[:, 2] + 0.01)
    for k in rng.choice(
        len(centres), min(count, len(centres)), replace=False, p=weight / weight.sum()
    ):
        spots = rng.random((40, 2)) * (width, 2 - width)
        others = np.delete(np.arange(len(centres)), k)
        gaps = np.linalg.norm(spots[:, None] - centres[others], axis=2) - circles[others, 2]
        room = np.minimum(
            gaps.min(axis=1), np.minimum(spots, (width, 2 - width) - spots).min(axis=1)
        )
        centres[k] = spots[np.argsort(room)[-1 - int(rng.integers(3))]]
    return with_radii(centres, width)


def exchanged(circles: Array, width: float, count: int, rng: Rng) -> Array:
    """Lets pairs of circles of different size change places, then shakes a little."""
    centres = circles[:, :2].copy()
    for _ in range(count):
        a, b = rng.choice(len(centres), 2, replace=False)
        centres[[a, b]] = centres[[b, a]]
    centres += rng.normal(0, 0.01, centres.shape)
    packed = with_radii(np.clip(centres, 0.001, np.array((width, 2 - width)) - 0.001), width)
    packed[:, 2] = np.minimum(packed[:, 2], circles[:, 2])
    return packed
