"""Recomputes the quantum Monte Carlo golds."""

from __future__ import annotations

import math
from itertools import product as words

import mpmath
import numpy as np
from scipy.linalg import expm
from scipy.optimize import fsolve

from tools.grading.problems.recompute.matrices import (
    X,
    Y,
    Z,
    fermions,
    heisenberg,
    number,
    on_site,
    ring,
)
from tools.grading.problems.recompute.sample import Interval, Matrix, Real, Sample, Script, confirm


def triangle_average_sign(rng: np.random.Generator) -> list[Sample]:
    """Divides two traces; the second has the absolute value of every worldline weight.

    In continuous time each off-diagonal element of -H contributes its sign, so |W| belongs to the
    matrix whose off-diagonal elements are all non-positive.
    """
    h = heisenberg(ring(3), 3)
    diagonal = np.diag(np.diag(h))
    positive = diagonal - np.abs(h - diagonal)
    samples = []
    for beta, j in rng.uniform(0.3, 2, size=(4, 2)):
        signed, unsigned = (np.trace(expm(-beta * j * m)).real for m in (h, positive))
        samples.append(Sample(signed / unsigned, {r"\beta": beta, "J": j}))
    return samples


def bond_hopping_decoupling(rng: np.random.Generator) -> list[Sample]:
    """Solves the matrix identity for A and lambda numerically and checks every element of it."""
    c = fermions(2)
    hop = c[0].conj().T @ c[1] + c[1].conj().T @ c[0]
    shifted = [number(a) - np.eye(4) / 2 for a in c]
    samples = []
    for v, tau in rng.uniform(0.4, 1.5, size=(3, 2)):
        left = expm(-tau * v * shifted[0] @ shifted[1])

        def mismatch(x: Real, left: Matrix = left) -> Matrix:
            right = x[0] * (expm(x[1] * hop) + expm(-x[1] * hop))
            difference: Matrix = left - right
            return difference

        def equations(x: Real) -> list[float]:
            difference = mismatch(x)
            return [difference[0, 0].real, difference[1, 1].real]

        solution = fsolve(equations, [0.5, 1.0], xtol=1e-13)
        confirm(np.abs(mismatch(solution)).max() < 1e-9, "the decoupling is an identity")
        samples.append(Sample(tuple(np.abs(solution)), {"V": v, r"\tau": tau}, 1e-8))
    return samples


def trotter_error(rng: np.random.Generator) -> list[Sample]:
    """Multiplies a million slices at 60 digits; the next order is smaller by M^-2."""
    samples = []
    with mpmath.workdps(60):
        for _ in range(3):
            beta, j, h = (mpmath.mpf(x) for x in rng.uniform(0.4, 1.5, size=3))
            slices = 2**20
            x, y = beta * j / slices, beta * h / slices
            step = mpmath.matrix([[mpmath.exp(x), 0], [0, mpmath.exp(-x)]]) * mpmath.matrix(
                [[mpmath.cosh(y), mpmath.sinh(y)], [mpmath.sinh(y), mpmath.cosh(y)]]
            )
            for _ in range(20):
                step = step * step
            exact = mpmath.expm(beta * mpmath.matrix([[j, h], [h, -j]]))
            error = mpmath.log((step[0, 0] + step[1, 1]) / (exact[0, 0] + exact[1, 1]))
            point = {r"\beta": float(beta), "J": float(j), "h": float(h), "M": slices}
            samples.append(Sample(float(error), point, 1e-9))
    return samples


def correlated_mean(rng: np.random.Generator) -> list[Sample]:
    """Sums the covariance matrix entry by entry."""
    samples = []
    for count in (1, 2, 7, 40):
        v, rho = rng.uniform(0.5, 2), rng.uniform(0.2, 0.9)
        lag = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
        variance = float(np.sum(v * rho**lag)) / count**2
        samples.append(Sample(variance, {"N": count, "v": v, r"\rho": rho}))
    return samples


def stoquastic_window(rng: np.random.Generator) -> list[Sample]:
    """Intersects the linear inequalities of all off-diagonal elements on rings of 4 and 6."""
    found = []
    for sites in (4, 6):
        fixed, slope = np.zeros((2**sites,) * 2), np.zeros((2**sites,) * 2)
        for a, b in ring(sites):
            pair = [(on_site(p, a, sites) @ on_site(p, b, sites)).real for p in (X, Y, Z)]
            fixed += -2 * pair[0] + pair[2]
            slope += pair[1]
        off = ~np.eye(2**sites, dtype=bool)
        f, s = fixed[off], slope[off]
        confirm(not np.any(f[s == 0] > 0), "no element is positive for every g")
        bounds = -f[s != 0] / s[s != 0]
        high = float(bounds[s[s != 0] > 0].min())
        low = float(bounds[s[s != 0] < 0].max())
        closed = [bool(np.all(f + g * s <= 1e-12)) for g in (low, high)]
        found.append(Sample(Interval(low, high, *closed)))
    return found


def determinant_signs(rng: np.random.Generator) -> list[Sample]:
    """Enumerates every field on small clusters and looks for negative weights.

    A negative weight refutes a case rigorously. For the cases without one the absence on these
    clusters agrees with the theorems in the stated derivation.
    """
    ring_of_four, triangle = ring(4), ring(3)
    chain = [(0, 1), (1, 2)]
    clear = {
        "a": all(_sign_free(triangle, 3, -4, mu) for mu in (-1.0, 0.0, 0.5)),
        "b": _sign_free(ring_of_four, 4, 4, 0.0),
        "c": all(_sign_free(ring_of_four, 4, 4, mu) for mu in (0.0, 0.5)),
        "d": _sign_free(triangle, 3, 4, 0.0),
        "e": all(_sign_free(chain, 3, 4, mu) for mu in (-1.0, 0.0, 0.5, 2.0)),
    }
    return [Sample(frozenset(letter for letter, true in clear.items() if true))]


def _sign_free(
    bonds: list[tuple[int, int]], sites: int, u: float, mu: float, slices: int = 4, step: float = 1
) -> bool:
    """Tells whether no field configuration has a clearly negative product of determinants."""
    hop = np.zeros((sites, sites))
    for i, j in bonds:
        hop[i, j] = hop[j, i] = -1.0
    kinetic = expm(-step * (hop - mu * np.eye(sites)))
    strength = math.acosh(math.exp(step * abs(u) / 2))
    patterns = np.array(list(words((1.0, -1.0), repeat=sites)))
    weights = []
    for spin in (1.0, -1.0):
        coupling = strength * (spin if u > 0 else 1.0)
        slice_matrix = np.exp(coupling * patterns)[:, :, None] * kinetic
        chain = slice_matrix
        for _ in range(slices - 1):
            chain = np.einsum("aij,bjk->abik", slice_matrix, chain).reshape(-1, sites, sites)
        weights.append(np.linalg.det(np.eye(sites) + chain))
    total = weights[0] * weights[1]
    return bool(total.min() > -1e-9 * np.abs(total).max())


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        triangle_average_sign,
        bond_hopping_decoupling,
        trotter_error,
        correlated_mean,
        stoquastic_window,
        determinant_signs,
    )
}
