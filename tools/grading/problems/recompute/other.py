"""Recomputes the remaining golds: operator algebra, Majoranas, topology."""

from __future__ import annotations

import math

import numpy as np

from tools.grading.problems.recompute.matrices import (
    X,
    Y,
    Z,
    boson,
    fermions,
    hubbard,
    number,
    on_site,
    spin,
)
from tools.grading.problems.recompute.sample import Matrix, Sample, Script, Value, confirm


def resummed_spin_wave(rng: np.random.Generator) -> list[Sample]:
    """Fits the normal-ordered series to the true matrix of S^+ on the three lowest bosons.

    S^+ = sqrt(2S) (1 + c_1 a^dagger a + c_2 a^dagger^2 a^2 + ...) a; the terms left out vanish
    between states with at most three bosons.
    """
    samples = []
    for length in (1.5, 2.0, 3.5, 6.0):
        _, raising = spin(length)
        a = boson(4)
        terms = [
            np.linalg.matrix_power(a.T, k) @ np.linalg.matrix_power(a, k + 1) for k in (0, 1, 2)
        ]
        columns = np.array([term.reshape(-1) for term in terms]).T
        target = raising[:4, :4].reshape(-1) / math.sqrt(2 * length)
        fit, _, _, _ = np.linalg.lstsq(columns, target, rcond=None)
        confirm(np.abs(columns @ fit - target).max() < 1e-12, "the series reproduces S^+")
        confirm(abs(fit[0] - 1) < 1e-12, "the series starts with one")
        samples.append(Sample((fit[1], fit[2]), {"S": length}))
    return samples


def kerr_pair_commutator(rng: np.random.Generator) -> list[Sample]:
    """Multiplies truncated matrices and keeps the columns that the cut-off cannot reach."""
    a = boson(14)
    squared, pair = number(a) @ number(a), a.conj().T @ a.conj().T
    return [Sample(squared @ pair - pair @ squared, {"a": a}, columns=9)]


def eta_pairing(rng: np.random.Generator) -> list[Sample]:
    """Multiplies the 16 x 16 matrices."""
    c = fermions(4)
    names: dict[str, Value] = {
        r"c_{1\uparrow}": c[0],
        r"c_{1\downarrow}": c[1],
        r"c_{2\uparrow}": c[2],
        r"c_{2\downarrow}": c[3],
    }
    electrons = sum((number(x) for x in c), np.zeros_like(c[0]))
    eta = (c[1] @ c[0] - c[3] @ c[2]).conj().T
    samples = []
    for t, u, mu in rng.uniform(0.5, 3, size=(3, 3)):
        h = hubbard([(0, 1)], 2, t, u) - mu * electrons
        samples.append(Sample(h @ eta - eta @ h, {"t": t, "U": u, r"\mu": mu} | names))
    return samples


def xx_energy_current(rng: np.random.Generator) -> list[Sample]:
    """Multiplies the 8 x 8 matrices."""
    at = {
        f"{name}_{site + 1}": on_site(pauli, site, 3)
        for name, pauli in (("X", X), ("Y", Y), ("Z", Z))
        for site in range(3)
    }
    samples = []
    for j in rng.uniform(0.5, 2, size=3):
        left = j * (at["X_1"] @ at["X_2"] + at["Y_1"] @ at["Y_2"])
        right = j * (at["X_2"] @ at["X_3"] + at["Y_2"] @ at["Y_3"])
        point: dict[str, Value] = {"J": j, **at}
        samples.append(Sample(1j * (left @ right - right @ left), point))
    return samples


def four_majoranas(rng: np.random.Generator) -> list[Sample]:
    """Diagonalises the 4 x 4 matrix built from two fermion modes."""
    c = fermions(2)
    g: list[Matrix] = []
    for mode in c:
        g += [mode + mode.conj().T, -1j * (mode - mode.conj().T)]
    samples = []
    for a, b, s, u in rng.uniform(-2, 2, size=(4, 4)):
        h = 1j * (a * g[0] @ g[1] + b * g[1] @ g[2] + s * g[2] @ g[3])
        h = h + u * g[0] @ g[1] @ g[2] @ g[3]
        levels = tuple(float(x) for x in np.linalg.eigvalsh(h))
        samples.append(Sample(levels, {"a": a, "b": b, "c": s, "u": u}))
    return samples


def chiral_chain_windings(rng: np.random.Generator) -> list[Sample]:
    """Counts end states of an open chain and confirms the count by the phase of f(k).

    The hopping between the sublattices of an open chain is the Toeplitz matrix of f; as many of its
    singular values are exponentially small as f winds. The sense of rotation comes from the phase.
    """
    windings = []
    for t_0, t_1, t_2 in ((1.0, 0.5, 2.0), (2.0, 1.0, 0.5), (1.0, -3.0, 1.0)):
        size = 120
        hop = t_0 * np.eye(size) + t_1 * np.eye(size, k=-1) + t_2 * np.eye(size, k=-2)
        end_states = int(np.sum(np.linalg.svd(hop, compute_uv=False) < 1e-9))
        k = np.linspace(-np.pi, np.pi, 4001)
        phase = np.unwrap(np.angle(t_0 + t_1 * np.exp(1j * k) + t_2 * np.exp(2j * k)))
        winding = round((phase[-1] - phase[0]) / (2 * np.pi))
        confirm(abs(winding) == end_states, "end states and phase agree")
        windings.append(winding)
    return [Sample(tuple(windings))]


def projected_identities(rng: np.random.Generator) -> list[Sample]:
    """Compares both sides of every identity as 4 x 4 matrices."""
    up, down = fermions(2)
    n_up, n_down, one = number(up), number(down), np.eye(4)
    projector = one - n_up @ n_down
    z, raising = (n_up - n_down) / 2, up.conj().T @ down
    lowering = raising.conj().T
    kept = projector @ up @ projector
    sides = {
        "a": (kept.conj().T, (one - n_down) @ up.conj().T),
        "b": (z @ z, (n_up + n_down) / 4),
        "c": (raising @ lowering + lowering @ raising, n_up + n_down - 2 * n_up @ n_down),
        "d": (kept @ kept.conj().T + kept.conj().T @ kept, projector),
        "e": (n_up @ n_down @ up.conj().T - up.conj().T @ n_up @ n_down, n_down @ up.conj().T),
        "f": (projector @ raising @ projector, raising),
    }
    holds = {letter: np.allclose(left, right) for letter, (left, right) in sides.items()}
    return [Sample(frozenset(letter for letter, true in holds.items() if true))]


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        resummed_spin_wave,
        kerr_pair_commutator,
        eta_pairing,
        xx_energy_current,
        four_majoranas,
        chiral_chain_windings,
        projected_identities,
    )
}
