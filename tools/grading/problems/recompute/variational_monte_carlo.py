"""Recomputes the variational Monte Carlo golds by full sums over configurations."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import mpmath
import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize_scalar

from tools.grading.problems.recompute.matrices import (
    X,
    Z,
    fermions,
    heisenberg,
    hubbard,
    number,
    on_site,
    ring,
)
from tools.grading.problems.recompute.sample import Matrix, Real, Sample, Script, confirm


def gutzwiller_dimer(rng: np.random.Generator) -> list[Sample]:
    """Minimises the energy of the explicit 16-component trial vector."""
    c = fermions(4)
    bonding = [(c[s].conj().T + c[2 + s].conj().T) / math.sqrt(2) for s in (0, 1)]
    vacuum = np.eye(16, dtype=complex)[:, 0]
    sea = bonding[0] @ bonding[1] @ vacuum
    doubled = np.diag(number(c[0]) @ number(c[1]) + number(c[2]) @ number(c[3])).real
    samples = []
    for t, u in rng.uniform(0.5, 3, size=(3, 2)):
        h = hubbard([(0, 1)], 2, t, u)

        def energy(g: float, h: Matrix = h) -> float:
            state = g**doubled * sea
            return float(np.vdot(state, h @ state).real / np.vdot(state, state).real)

        best = minimize_scalar(energy, bounds=(1e-3, 1), method="bounded", options={"xatol": 1e-9})
        samples.append(Sample(float(best.x), {"t": t, "U": u}, 1e-6))
    return samples


def jastrow_cusp(rng: np.random.Generator) -> list[Sample]:
    """Takes the slope at r = 0 of the regular Coulomb solution at a random negative energy.

    With the energy -kappa^2 of the relative motion, r^l e^{-kappa r} M(alpha, beta, 2 kappa r) with
    beta = 2l + d - 1 and alpha = beta/2 + 1/(2 kappa) solves the radial equation; that it does is
    checked at a random r before its slope is used.
    """
    samples = []
    with mpmath.workdps(30):
        for d in (2, 3, 4, 5):
            for angular in (0, 1, 3):
                kappa, r = (mpmath.mpf(x) for x in rng.uniform(0.4, 2, size=2))
                reduced = _coulomb(kappa, 2 * angular + d - 1)
                psi, slope, bend = (
                    mpmath.diff(lambda x, f=reduced, n=angular: x**n * f(x), r, order)
                    for order in (0, 1, 2)
                )
                centrifugal = angular * (angular + d - 2) / r**2
                residue = -bend - (d - 1) / r * slope + (centrifugal + 1 / r + kappa**2) * psi
                confirm(abs(residue) < 1e-10 * abs(psi), "the radial equation is solved")
                samples.append(Sample(float(mpmath.diff(reduced, 0)), {"d": d, "l": angular}))
    return samples


def _coulomb(kappa: Any, beta: int) -> Callable[[Any], Any]:
    """The regular solution without its factor r^l, equal to one at r = 0."""
    alpha = mpmath.mpf(beta) / 2 + 1 / (2 * kappa)

    def reduced(r: Any) -> Any:
        return mpmath.exp(-kappa * r) * mpmath.hyp1f1(alpha, beta, 2 * kappa * r)

    return reduced


def projected_sea(rng: np.random.Generator) -> list[Sample]:
    """Builds the projected state from two Slater determinants and applies the 64 x 64 matrix.

    Reordering "all up, then all down" creators into site order gives the sign of the permutation.
    """
    sites = 6
    waves = np.exp(2j * np.pi * np.outer([0, 1, -1], np.arange(sites)) / sites)
    state = np.zeros(2**sites, dtype=complex)
    for up in combinations(range(sites), 3):
        down = [j for j in range(sites) if j not in up]
        sign = (-1) ** sum(a > b for a, b in combinations([*up, *down], 2))
        amplitude = np.linalg.det(waves[:, list(up)]) * np.linalg.det(waves[:, down])
        index = sum(2 ** (sites - 1 - j) for j in down)
        state[index] = sign * amplitude
    h = heisenberg(ring(sites), sites)
    energy = np.vdot(state, h @ state).real / np.vdot(state, state).real
    return [Sample(energy * j, {"J": j}) for j in rng.uniform(0.5, 2, size=3)]


def valence_bond_span(rng: np.random.Generator) -> list[Sample]:
    """Solves the generalised eigenvalue problem with explicit 64-component covering states."""
    place = {(x, y): 2 * x + y for x in range(3) for y in range(2)}
    bonds = [
        (place[a], place[b])
        for a in place
        for b in place
        if (b[0] - a[0], b[1] - a[1]) in ((1, 0), (0, 1))
    ]
    h = heisenberg(bonds, 6).real
    coverings = [
        cover
        for cover in combinations(bonds, 3)
        if len({site for bond in cover for site in bond}) == 6
    ]
    states = np.array([_covering(cover) for cover in coverings])
    confirm(len(coverings) == 3, "the ladder has three coverings")
    lowest = eigh(states @ h @ states.T, states @ states.T, eigvals_only=True)[0]
    return [Sample(lowest * j, {"J": j}) for j in rng.uniform(0.5, 2, size=3)]


def _covering(cover: tuple[tuple[int, int], ...]) -> Real:
    """The product of singlets (up down - down up)/sqrt 2 on the bonds of a covering."""
    state = np.zeros([2] * 6)
    for word in np.ndindex(*state.shape):
        if all(word[i] != word[j] for i, j in cover):
            state[word] = math.prod(1 - 2 * word[i] for i, _ in cover) / math.sqrt(8)
    return state.reshape(-1)


def product_state_variance(rng: np.random.Generator) -> list[Sample]:
    """Minimises over the angle of the product vector on a ring and applies H once and twice."""
    samples = []
    for sites in (4, 6, 7):
        j = rng.uniform(0.5, 2)
        h = j * rng.uniform(0.3, 1.7)
        matrix = np.zeros((2**sites, 2**sites))
        for a, b in ring(sites):
            matrix -= j * (on_site(Z, a, sites) @ on_site(Z, b, sites)).real
            matrix -= h * on_site(X, a, sites).real

        def energy(angle: float, matrix: Real = matrix, sites: int = sites) -> float:
            vector = _tilted(angle, sites)
            return float(vector @ matrix @ vector)

        options = {"xatol": 1e-10}
        best = minimize_scalar(energy, bounds=(0, math.pi / 2), method="bounded", options=options)
        vector = _tilted(float(best.x), sites)
        applied = matrix @ vector
        mean = float(vector @ applied)
        variance = (float(applied @ applied) - mean**2) / sites
        samples.append(Sample((mean / sites, variance), {"J": j, "h": h}, 1e-6))
    return samples


def _tilted(angle: float, sites: int) -> Real:
    """The product of equal spins tilted from Z towards X by an angle."""
    vector: Real = np.ones(1)
    for _ in range(sites):
        vector = np.outer(vector, [math.cos(angle / 2), math.sin(angle / 2)]).reshape(-1)
    return vector


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        gutzwiller_dimer,
        jastrow_cusp,
        projected_sea,
        valence_bond_span,
        product_state_variance,
    )
}
