"""Recomputes the Hartree-Fock golds."""

from __future__ import annotations

import math

import mpmath
import numpy as np
from scipy.integrate import quad
from scipy.linalg import expm, logm
from scipy.optimize import minimize
from scipy.special import ellipk

from tools.grading.problems.recompute.matrices import X, Y, Z, fermions, hubbard, number, on_site
from tools.grading.problems.recompute.sample import Matrix, Real, Sample, Script, confirm


def dimer_symmetry_breaking(rng: np.random.Generator) -> list[Sample]:
    """Minimises the energy over all two-electron Slater determinants, as vectors in Fock space.

    The threshold is where the lowest curvature of the energy at the symmetric determinant, which
    is linear in U (Thouless 1960), changes sign.
    """
    samples = []
    for _ in range(3):
        t = rng.uniform(0.5, 1.5)
        threshold = _stability_threshold(t)
        u = threshold * rng.uniform(1.3, 3)
        energy = min(_best_determinant(t, u, rng) for _ in range(4))
        samples.append(Sample((threshold, energy), {"t": t, "U": u}, 1e-6))
    return samples


def _determinant(orbitals: Real) -> Matrix:
    """The Fock vector of two electrons in the columns of a 4 x 2 matrix of spin orbitals."""
    c = fermions(4)
    state = np.zeros(16, dtype=complex)
    state[0] = 1
    for column in orbitals.T[::-1]:
        state = sum(x * a.conj().T for x, a in zip(column, c, strict=True)) @ state
    return state


def _mean(operator: Matrix, state: Matrix) -> float:
    norm = np.vdot(state, state).real
    return float(np.vdot(state, operator @ state).real / norm)


def _best_determinant(t: float, u: float, rng: np.random.Generator) -> float:
    h = hubbard([(0, 1)], 2, t, u)

    def energy(x: Real) -> float:
        orbitals, _ = np.linalg.qr(x.reshape(4, 2))
        return _mean(h, _determinant(orbitals))

    return float(minimize(energy, rng.normal(size=8), options={"gtol": 1e-7}).fun)


def _stability_threshold(t: float) -> float:
    """Where the curvature along opposite rotations of the two spins' orbitals vanishes."""

    def curvature(u: float, step: float = 2e-3) -> float:
        h = hubbard([(0, 1)], 2, t, u)

        def energy(angle: float) -> float:
            up, down = math.pi / 4 + angle, math.pi / 4 - angle
            columns = [[math.cos(up), 0, math.sin(up), 0], [0, math.cos(down), 0, math.sin(down)]]
            return _mean(h, _determinant(np.array(columns).T))

        near, far = energy(step) - energy(0), energy(2 * step) - energy(0)
        return (16 * near - far) / (6 * step**2)

    at_zero, at_one = curvature(0.0), curvature(1.0)
    return at_zero / (at_zero - at_one)


def exchange_self_energy(rng: np.random.Generator) -> list[Sample]:
    """Integrates over the occupied disc, the angle by an elliptic integral, the radius by rule.

    Sigma(k) = -int_{|q|<k_F} d^2q/(2 pi)^2 2 pi e^2/|k - q| with
    int dphi / |k - q| = 4 K(m)/(k + q), m = 4kq/(k + q)^2.
    """
    samples = []
    for e, k_f in rng.uniform(0.5, 2, size=(3, 2)):

        def shell(q: float, k: float) -> float:
            m = 4 * k * q / (k + q) ** 2
            return float(q * 4 * ellipk(m) / (k + q))

        slots = []
        for k in (0.0, k_f):
            integral, _ = quad(shell, 0, k_f, args=(k,), epsabs=1e-11, limit=400)
            slots.append(-(e**2) * integral / (2 * math.pi))
        samples.append(Sample(tuple(slots), {"e": e, "k_F": k_f}, 1e-7))
    return samples


def chain_gap(rng: np.random.Generator) -> list[Sample]:
    """Solves the gap equation of the infinite chain at weak coupling.

    The equation is first confirmed on a ring of 34 sites, where the self-consistent magnetisation
    found by iterating the real-space mean-field matrix must satisfy it.
    """
    size, t, u = 34, 1.0, 4.0
    m = _iterate_magnetisation(size, t, u)
    eps = -2 * t * np.cos(2 * np.pi * np.arange(size) / size)
    lattice_sum = float(np.mean(1 / np.sqrt(eps**2 + (u * m) ** 2)) / 2)
    confirm(abs(lattice_sum * u - 1) < 1e-8, "the gap equation describes the ring")
    samples = []
    for ratio in rng.uniform(0.35, 0.45, size=2):
        hop = rng.uniform(0.5, 2)
        delta = _infinite_gap(ratio) * hop
        samples.append(Sample(delta, {"t": hop, "U": ratio * hop}, 1e-7))
    return samples


def _iterate_magnetisation(size: int, t: float, u: float) -> float:
    hop = np.zeros((size, size))
    for j in range(size):
        hop[j, (j + 1) % size] = hop[(j + 1) % size, j] = -t
    stagger = (-1.0) ** np.arange(size)
    m = 0.3
    for _ in range(200):
        # Electrons of one spin feel U times the density of the other, 1/2 - (-1)^j m.
        _, orbitals = np.linalg.eigh(hop + np.diag(u * (0.5 - stagger * m)))
        density = np.sum(orbitals[:, : size // 2] ** 2, axis=1)
        m = float(np.mean(stagger * (density - 0.5)))
    return m


def _infinite_gap(ratio: float) -> float:
    """Delta/t from 1/U = (1/2) int dk/(2 pi) / E_k, integrated decade by decade from k = pi/2."""
    with mpmath.workdps(30):

        def excess(log_delta: mpmath.mpf) -> mpmath.mpf:
            delta = mpmath.exp(log_delta)
            decades = [delta * 10**k for k in range(40) if delta * 10**k < 1]
            integral = mpmath.quad(
                lambda p: 1 / mpmath.sqrt(delta**2 + 4 * mpmath.sin(p) ** 2),
                [0, *decades, mpmath.pi / 2],
            )
            return integral / mpmath.pi - 1 / mpmath.mpf(ratio)

        guess = -2 * mpmath.pi / ratio + 2
        return float(mpmath.exp(mpmath.findroot(excess, (guess, guess + 0.2), tol=1e-20)))


def bond_order_decoupling(rng: np.random.Generator) -> list[Sample]:
    """Differentiates the interaction energy of Gaussian states by their correlation matrix.

    The one-body operator sum h_ij c_i^dagger c_j with h = dE/dG reproduces the energy to first
    order around the state, and the constant makes the means equal; this fixes the replacement.
    """
    c = fermions(2)
    samples = []
    for _ in range(3):
        v = rng.uniform(0.5, 2)
        rho_1, rho_2 = rng.uniform(0.3, 0.7, size=2)
        chi = rng.uniform(-0.25, 0.25)

        def energy(x: Real, v: float = v) -> float:
            state = _gaussian_state(np.array([[x[0], x[2]], [x[2], x[1]]]))
            return float(np.trace(state @ number(c[0]) @ number(c[1])).real * v)

        at, step = np.array([rho_1, rho_2, chi]), 1e-3
        # The energy is quadratic in these three numbers, so central differences are exact.
        slope = [(energy(at + d) - energy(at - d)) / (2 * step) for d in step * np.eye(3)]
        hop = c[0].conj().T @ c[1]
        total = slope[0] * number(c[0]) + slope[1] * number(c[1])
        total = total + slope[2] / 2 * (hop + hop.conj().T)
        constant = energy(at) - slope[0] * rho_1 - slope[1] * rho_2 - slope[2] * chi
        point = {"V": v, r"\rho_1": rho_1, r"\rho_2": rho_2, r"\chi": chi}
        names = {"c_1": c[0], "c_2": c[1]}
        samples.append(Sample(total + constant * np.eye(4), point | names))
    return samples


def _gaussian_state(g: Real) -> Matrix:
    """The density matrix exp(-sum h_ij c_i^dagger c_j)/Z with <c_i^dagger c_j> = g_ij, real."""
    c = fermions(2)
    h = np.real(logm(np.linalg.inv(g) - np.eye(2)))
    weight = expm(-sum(h[i, j] * c[i].conj().T @ c[j] for i in range(2) for j in range(2)))
    state: Matrix = weight / np.trace(weight)
    return state


def lipkin_energy(rng: np.random.Generator) -> list[Sample]:
    """Minimises over product states in which every particle has a spinor of its own."""
    samples = []
    for particles in (2, 3, 4):
        epsilon = rng.uniform(0.5, 1.5)
        v = epsilon / (particles - 1) * rng.uniform(1.3, 3)
        raising = [on_site((X + 1j * Y) / 2, j, particles) for j in range(particles)]
        up = sum(raising, np.zeros_like(raising[0]))
        z = sum((on_site(Z, j, particles) / 2 for j in range(particles)), np.zeros_like(up))
        h = epsilon * z - v / 2 * (up @ up + (up @ up).conj().T)

        def energy(x: Real, h: Matrix = h, particles: int = particles) -> float:
            state = np.ones(1, dtype=complex)
            for theta, phi in x.reshape(particles, 2):
                spinor = np.array([math.cos(theta), math.sin(theta) * np.exp(1j * phi)])
                state = np.kron(state, spinor)
            return _mean(h, state)

        starts = rng.normal(size=(6, 2 * particles))
        best = min(float(minimize(energy, x, options={"gtol": 1e-7}).fun) for x in starts)
        samples.append(Sample(best, {"N": particles, "V": v, r"\epsilon": epsilon}, 1e-8))
    return samples


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        dimer_symmetry_breaking,
        exchange_self_energy,
        chain_gap,
        bond_order_decoupling,
        lipkin_energy,
    )
}
