"""Recomputes the exact-diagonalisation golds with explicit matrices and orbits."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from tools.grading.problems.recompute.matrices import (
    X,
    Y,
    Z,
    commute,
    fermions,
    heisenberg,
    hubbard,
    in_sector,
    number,
    on_site,
    product,
    ring,
)
from tools.grading.problems.recompute.sample import Matrix, Sample, Script, confirm


def momentum_sectors(rng: np.random.Generator) -> list[Sample]:
    """Walks the translation orbits of all 924 configurations.

    An orbit of period R carries momentum 2 pi m/12 exactly once if m R is a multiple of 12 and not
    at all otherwise.
    """
    sites, full = 12, 2**12 - 1
    seen: set[int] = set()
    counts = [0, 0]
    for places in combinations(range(sites), sites // 2):
        state = sum(1 << p for p in places)
        if state in seen:
            continue
        orbit = [state]
        while (after := ((orbit[-1] << 1) & full) | (orbit[-1] >> (sites - 1))) != state:
            orbit.append(after)
        seen.update(orbit)
        for m in (0, 1):
            counts[m] += m * len(orbit) % sites == 0
    return [Sample(tuple(counts))]


def octahedron_levels(rng: np.random.Generator) -> list[Sample]:
    """Diagonalises the 64 x 64 matrix and counts the first excited level."""
    bonds = [(i, j) for i, j in combinations(range(6), 2) if i + j != 5]
    levels = np.linalg.eigvalsh(heisenberg(bonds, 6))
    excited = levels[levels > levels[0] + 1e-9][0]
    degeneracy = int(np.sum(np.abs(levels - excited) < 1e-9))
    return [
        Sample((levels[0] * j, excited * j, degeneracy), {"J": j}) for j in rng.uniform(0.5, 2, 3)
    ]


def dimer_double_occupancy(rng: np.random.Generator) -> list[Sample]:
    """Takes the expectation value in the two-electron ground state of the 16 x 16 matrix."""
    c = fermions(4)
    electrons = sum((number(a) for a in c), np.zeros_like(c[0]))
    samples = []
    for _ in range(4):
        t, u = rng.uniform(0.5, 2), rng.uniform(-4, 6)
        h = in_sector(hubbard([(0, 1)], 2, t, u), electrons, 2)
        doubled = in_sector(number(c[0]) @ number(c[1]), electrons, 2)
        ground = np.linalg.eigh(h)[1][:, 0]
        samples.append(Sample(np.vdot(ground, doubled @ ground).real, {"t": t, "U": u}))
    return samples


def triangle_one_hole(rng: np.random.Generator) -> list[Sample]:
    """Diagonalises the projected hopping for both signs of t and measures the total spin."""
    c = fermions(6)
    electrons = sum((number(a) for a in c), np.zeros_like(c[0]))
    doubled = sum((number(c[2 * j]) @ number(c[2 * j + 1]) for j in range(3)), np.zeros_like(c[0]))
    raising = sum((c[2 * j].conj().T @ c[2 * j + 1] for j in range(3)), np.zeros_like(c[0]))
    z = sum((number(c[2 * j]) - number(c[2 * j + 1]) for j in range(3)), np.zeros_like(c[0])) / 2
    squared = raising.conj().T @ raising + z @ z + z
    # One counter singles out two electrons without double occupancy.
    counter = electrons + 10 * doubled
    s2 = in_sector(squared, counter, 2)
    samples = []
    for size in rng.uniform(0.5, 2, size=2):
        pairs = []
        for t in (size, -size):
            h = in_sector(hubbard(ring(3), 3, t, 0), counter, 2)
            levels, states = np.linalg.eigh(h)
            ground = states[:, levels < levels[0] + 1e-9]
            total = np.linalg.eigvalsh(ground.conj().T @ s2 @ ground)
            confirm(np.ptp(total) < 1e-9, "the ground level has one total spin")
            pairs.append((float(levels[0]) / t, (np.sqrt(1 + 4 * abs(total[0])) - 1) / 2))
        # The two energies are compared as multiples of t, which has another sign in each pair.
        samples += [
            Sample(tuple((energy * t, s) for energy, s in pairs), {"t": t}) for t in (size, -size)
        ]
    return samples


def twisted_ring_symmetries(rng: np.random.Generator) -> list[Sample]:
    """Tests every symmetry as a matrix acting on the 64 states."""
    sites = 6
    j, d = rng.uniform(0.5, 2, size=2)
    h = j * heisenberg(ring(sites), sites)
    for a, b in ring(sites):
        h = h + d / 4 * on_site(X, a, sites) @ on_site(Y, b, sites)
        h = h - d / 4 * on_site(Y, a, sites) @ on_site(X, b, sites)
    shift = _relabel([(p + 1) % sites for p in range(sites)])
    mirror = _relabel([-p % sites for p in range(sites)])
    flip = product([X] * sites)
    total = [
        sum((on_site(p, s, sites) for s in range(sites)), np.zeros_like(h)) / 2 for p in (X, Y, Z)
    ]
    # Time reversal is a product of i sigma_y followed by complex conjugation.
    reverse = product([1j * Y] * sites)
    holds = {
        "a": commute(h, total[2]),
        "b": commute(h, shift),
        "c": commute(h, mirror),
        "d": bool(np.allclose(reverse @ h.conj() @ reverse.conj().T, h)),
        "e": commute(h, mirror @ flip),
        "f": commute(h, sum((s @ s for s in total), np.zeros_like(h))),
    }
    return [Sample(frozenset(letter for letter, true in holds.items() if true))]


def _relabel(places: list[int]) -> Matrix:
    """The matrix that moves the spin of site p to site places[p]."""
    sites = len(places)
    axes = [places.index(p) for p in range(sites)]
    identity = np.eye(2**sites, dtype=complex).reshape([2] * sites + [2**sites])
    return np.transpose(identity, [*axes, sites]).reshape(2**sites, 2**sites)


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        momentum_sectors,
        octahedron_levels,
        dimer_double_occupancy,
        triangle_one_hole,
        twisted_ring_symmetries,
    )
}
