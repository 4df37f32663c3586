"""Parts of programs that shape a step function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import linprog, minimize

Array = np.ndarray[Any, np.dtype[np.float64]]
Rng = np.random.Generator
Model = Callable[[Array], tuple[Array, Array, Array]]
Slope = Callable[[Array, float], tuple[float, Array]]


def level(cells: int, rng: Rng) -> Array:
    """A constant, a little disturbed."""
    return 0.5 + 0.05 * rng.random(cells)


def horned(cells: int, power: float) -> Array:
    """A function that grows towards both ends like a power of the distance to them."""
    edges = np.linspace(-1, 1, cells + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    raised: Array = (1 - middle**2) ** -power
    return np.asarray(raised / raised.max())


def bumps(cells: int, count: int, rng: Rng) -> Array:
    """A sum of smooth bumps at random places."""
    x = np.linspace(0, 1, cells)
    made = np.zeros(cells)
    for _ in range(count):
        made += rng.random() * np.exp(-(((x - rng.random()) / rng.uniform(0.03, 0.3)) ** 2))
    return np.asarray((made + 0.02) / (made.max() + 0.02))


def noise(cells: int, rng: Rng) -> Array:
    """Heights drawn at random."""
    return rng.random(cells)


def resampled(f: Array, cells: int) -> Array:
    """The same function on another number of steps."""
    sums = np.concatenate([[0.0], np.cumsum(f)]) / len(f)
    ends = np.interp(np.linspace(0, 1, cells + 1), np.linspace(0, 1, len(f) + 1), sums)
    return np.diff(ends) * cells


def refined(f: Array, most: int) -> Array:
    """The same function on twice as many steps, where so many are allowed."""
    return np.repeat(f, 2) if 2 * len(f) <= most else f


def disturbed(f: Array, size: float, rng: Rng) -> Array:
    """Multiplies every height by a random factor near 1."""
    return f * np.exp(rng.normal(0, size, len(f)))


def reshaped(f: Array, size: float, rng: Rng) -> Array:
    """Adds a random bump, or takes one away."""
    x = np.linspace(0, 1, len(f))
    bump = np.exp(-(((x - rng.random()) / rng.uniform(0.01, 0.2)) ** 2))
    return np.asarray(f + rng.choice([-1.0, 1.0]) * size * float(np.abs(f).max()) * bump)


def mirrored(f: Array, share: float) -> Array:
    """Moves a function towards its mirror image."""
    return (1 - share) * f + share * f[::-1]


def descended(
    f: Array,
    value: Callable[[Array], float],
    model: Model,
    low: float,
    high: float,
    rounds: int,
    trust: float,
) -> Array:
    """Lowers a value by linear programs, each trusted in a box that grows with success.

    `model(f)` returns (rows, limits, goal): a move d that keeps the sum, with rows @ d <= limits
    and the least goal @ d, where d has one more entry, the peak. Heights stay between low and high.
    """
    f = f / np.abs(f).max() if high == np.inf else f
    best = value(f)
    trust *= float(np.abs(f).mean())
    for _ in range(rounds):
        rows, limits, goal = model(f)
        box = list(zip(np.maximum(-trust, low - f), np.minimum(trust, high - f), strict=True))
        keep = np.append(np.ones(len(f)), 0.0)[None]
        found = linprog(goal, rows, limits, keep, [0.0], bounds=[*box, (None, None)])
        if found.status != 0:
            break
        moved = np.clip(f + found.x[:-1], low, high)
        reached = value(moved)
        if reached < best:
            f, best, trust = moved, reached, trust * 1.5
        else:
            trust /= 4
        if trust < 1e-12:
            break
    return f


def smoothed(
    f: Array, slope: Slope, low: float, high: float, sharpness: float, iterations: int
) -> Array:
    """Lowers a smooth stand-in for the peak by L-BFGS, ever sharper, within bounds."""
    f = f / np.abs(f).max() if high == np.inf else f
    bounds = [(low if np.isfinite(low) else None, high if np.isfinite(high) else None)] * len(f)
    for power in (0.1, 0.3, 1.0):
        found = minimize(
            slope,
            f,
            args=(power * sharpness,),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": iterations},
        )
        f = found.x
    return f


def soft_peak(c: Array, sharpness: float) -> tuple[float, Array]:
    """Returns a smooth bound on the largest entry, log-sum-exp, and its slope."""
    top = float(c.max())
    weight = np.exp(sharpness * (c - top))
    total = float(weight.sum())
    return top + float(np.log(total)) / sharpness, weight / total


def shifts(f: Array) -> Array:
    """Returns the rows s_k with s_k @ d = sum_i f_(k-i) d_i: convolution with f as a matrix."""
    n = len(f)
    rows = np.zeros((2 * n - 1, n))
    for i in range(n):
        rows[i : i + n, i] = f
    return rows


def folded(f: Array) -> Array:
    """Returns the autoconvolution at its nodes."""
    size = 1 << (2 * len(f) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(f, size) ** 2, size)[: 2 * len(f) - 1]


def pulled_back(weight: Array, f: Array) -> Array:
    """Returns sum_k weight_k d(f*f)_k / df_i = 2 sum_k weight_k f_(k-i)."""
    n = len(f)
    size = 1 << (3 * n).bit_length()
    spectrum = np.fft.rfft(weight, size) * np.conj(np.fft.rfft(f, size))
    return 2 * np.fft.irfft(spectrum, size)[:n]


def peak_ratio(f: Array) -> float:
    """Returns 2n max(f*f) / (sum f)^2."""
    return float(2 * len(f) * np.convolve(f, f).max() / f.sum() ** 2)


def peak_model(f: Array) -> tuple[Array, Array, Array]:
    """Returns the linear program of a small move that lowers the peak of f*f."""
    rows = np.column_stack([2 * shifts(f), -np.ones(2 * len(f) - 1)])
    return rows, -np.convolve(f, f), np.eye(len(f) + 1)[-1]


def peak_slope(f: Array, sharpness: float) -> tuple[float, Array]:
    """Returns a smooth stand-in for `peak_ratio` and its slope."""
    total = f.sum()
    scale = 2 * len(f) / total**2
    soft, weight = soft_peak(folded(f) * scale, sharpness)
    slope = pulled_back(weight, f) * scale - 2 * float(weight @ folded(f)) * scale / total
    return soft, slope
