"""Explicit matrices of spins, fermions and bosons on a few sites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tools.grading.problems.recompute.sample import Matrix

X: Matrix = np.array([[0, 1], [1, 0]], dtype=complex)
Y: Matrix = np.array([[0, -1j], [1j, 0]], dtype=complex)
Z: Matrix = np.array([[1, 0], [0, -1]], dtype=complex)
ONE: Matrix = np.eye(2, dtype=complex)


def product(factors: Iterable[Matrix]) -> Matrix:
    """Kronecker product, the first factor being the most significant."""
    total: Matrix = np.ones((1, 1), dtype=complex)
    for factor in factors:
        total = np.asarray(np.kron(total, factor), dtype=complex)
    return total


def on_site(operator: Matrix, site: int, sites: int) -> Matrix:
    """Embeds a spin-1/2 operator at `site` (from 0) of `sites`."""
    return product(operator if j == site else ONE for j in range(sites))


def heisenberg(bonds: Iterable[tuple[int, int]], sites: int) -> Matrix:
    """Sum over bonds of S_i . S_j for spins one half."""
    total = np.zeros((2**sites, 2**sites), dtype=complex)
    for i, j in bonds:
        for pauli in (X, Y, Z):
            total += on_site(pauli, i, sites) @ on_site(pauli, j, sites) / 4
    return total


def ring(sites: int) -> list[tuple[int, int]]:
    """Nearest-neighbour bonds of a periodic chain."""
    return [(j, (j + 1) % sites) for j in range(sites)]


def fermions(modes: int) -> list[Matrix]:
    """Annihilators c_1, ..., c_modes by the Jordan-Wigner strings Z ... Z (X + iY)/2."""
    lower = (X + 1j * Y) / 2
    return [product([Z] * mode + [lower] + [ONE] * (modes - mode - 1)) for mode in range(modes)]


def hubbard(bonds: Sequence[tuple[int, int]], sites: int, t: float, u: float) -> Matrix:
    """Hubbard Hamiltonian; mode 2j is spin up and mode 2j + 1 spin down on site j."""
    c = fermions(2 * sites)
    total = np.zeros_like(c[0])
    for i, j in bonds:
        for spin in (0, 1):
            hop = c[2 * i + spin].conj().T @ c[2 * j + spin]
            total -= t * (hop + hop.conj().T)
    for j in range(sites):
        total += u * number(c[2 * j]) @ number(c[2 * j + 1])
    return total


def number(annihilator: Matrix) -> Matrix:
    """The number operator of an annihilator."""
    return annihilator.conj().T @ annihilator


def boson(levels: int) -> Matrix:
    """The annihilator of one boson mode, cut off at `levels` number states."""
    return np.diag(np.sqrt(np.arange(1.0, levels)), 1).astype(complex)


def spin(length: float) -> tuple[Matrix, Matrix]:
    """S^z and S^+ of one spin, states ordered from m = +S down to -S."""
    m = length - np.arange(round(2 * length) + 1)
    raising = np.sqrt(length * (length + 1) - m[1:] * (m[1:] + 1))
    return np.diag(m).astype(complex), np.diag(raising, 1).astype(complex)


def in_sector(operator: Matrix, counter: Matrix, value: float) -> Matrix:
    """Restricts an operator to the basis states where a diagonal counter has one value."""
    keep = np.flatnonzero(np.abs(np.diag(counter).real - value) < 1e-9)
    return operator[np.ix_(keep, keep)]


def commute(a: Matrix, b: Matrix) -> bool:
    """Tells whether two matrices commute to rounding."""
    return bool(np.allclose(a @ b, b @ a, atol=1e-10))
