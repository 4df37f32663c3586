"""Parts of programs that even out distances."""

from __future__ import annotations

import numpy as np

from tools.discovery.problems.shared.point_parts import Array, Rng, climb, jittered, mirrored, moved

__all__ = ["jittered", "mirrored", "moved"]


def scattered(n: int, d: int, rng: Rng) -> Array:
    """Points drawn evenly from a cube."""
    return rng.random((n, d))


def shells(n: int, d: int, layers: int, rng: Rng) -> Array:
    """Points on nested spheres about the origin."""
    ways = rng.normal(size=(n, d))
    radius = np.arange(n) % layers + (1.0 if layers == 1 else 0.3)
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True) * radius[:, None])


def lattice(n: int, d: int, rng: Rng) -> Array:
    """Points of a dense lattice near a random centre."""
    basis = np.array([[1, 0.5, 0.5], [0, 3**0.5 / 2, 3**0.5 / 6], [0, 0, (2 / 3) ** 0.5]])[:d, :d]
    cells = np.stack(np.meshgrid(*[np.arange(-5, 6)] * d), axis=-1).reshape(-1, d)
    places = cells @ basis.T
    nearest = np.argsort(np.linalg.norm(places - rng.random(d), axis=1))[:n]
    return np.asarray(places[nearest] + rng.normal(0, 0.02, (n, d)))


def squares(x: Array) -> Array:
    """Returns the squared distances of all pairs, in the order of `np.triu_indices`."""
    i, j = np.triu_indices(len(x), 1)
    return np.asarray(((x[i] - x[j]) ** 2).sum(axis=1))


def evenness(x: Array) -> float:
    """Returns minus the squared ratio of largest to smallest distance."""
    square = squares(x)
    return -float(square.max() / max(square.min(), 1e-30))


def model(x: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move: none below the least, the largest smaller."""
    n, d = x.shape
    i, j = np.triu_indices(n, 1)
    gap = x[i] - x[j]
    square = (gap**2).sum(axis=1)
    rows = np.zeros((len(i), n * d + 1))
    t = np.arange(len(i))
    for axis in range(d):
        rows[t, d * i + axis] = 2 * gap[:, axis]
        rows[t, d * j + axis] = -2 * gap[:, axis]
    close, wide = square < 3 * square.min(), square > 0.5 * square.max()
    # The last column is minus the largest square.
    large = rows[wide]
    large[:, -1] = 1.0
    limits = np.concatenate([square[close] - square.min(), -square[wide]])
    return np.vstack([-rows[close], large]), limits, np.eye(n * d + 1)[-1]


def raised(x: Array, steps: int, trust: float) -> Array:
    """Evens out the distances by linear programs, on points scaled to a least distance of 1."""
    return climb(x / max(squares(x).min(), 1e-12) ** 0.5, evenness, model, steps, trust)


def pushed(x: Array, steps: int, rng: Rng) -> Array:
    """Lets near points repel and far ones attract until they are spread, before finer work."""
    made = (x - x.mean(axis=0)) / max(float(x.std()), 1e-9)
    for step in range(steps):
        gap = made[:, None] - made[None]
        square = (gap**2).sum(axis=2) + np.eye(len(made))
        force = (gap / square[..., None] ** 3).sum(axis=1)
        force /= np.linalg.norm(force, axis=1).max() + 1e-12
        made = made * 0.99 + force * 0.1 * (1 - step / steps)
    return np.asarray(made + rng.normal(0, 1e-4, made.shape))


def better(first: Array, second: Array) -> Array:
    """Returns the points with the smaller ratio."""
    return first if evenness(first) >= evenness(second) else second
