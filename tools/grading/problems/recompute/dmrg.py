"""Recomputes the DMRG golds with explicit matrix product states and operator cuts."""

from __future__ import annotations

import math

import numpy as np

from tools.grading.problems.recompute.matrices import Z, on_site, spin
from tools.grading.problems.recompute.sample import Matrix, Real, Sample, Script, confirm


def aklt_block_purity(rng: np.random.Generator) -> list[Sample]:
    """Contracts the block and its environment on a ring of 60 further sites.

    The matrices are checked first: no pair of neighbours may have a spin-2 component, the property
    that defines the state (Affleck, Kennedy, Lieb and Tasaki 1987).
    """
    site = _vbs_tensor(1)
    pair = np.einsum("sab,tbc->stac", site, site).reshape(9, -1)
    z, up = spin(1)
    one = np.eye(3)
    raise_both = np.kron(up, one) + np.kron(one, up)
    lower = raise_both.conj().T
    z_both = np.kron(z, one) + np.kron(one, z)
    casimir = lower @ raise_both + z_both @ z_both + z_both
    values, vectors = np.linalg.eigh(casimir)
    quintet = vectors[:, np.abs(values - 6) < 1e-9]
    confirm(np.abs(quintet.conj().T @ pair).max() < 1e-12, "no pair of sites has spin 2")
    rest = np.linalg.matrix_power(_transfer(site) / np.linalg.norm(_transfer(site), 2), 60)
    samples = []
    block = np.eye(2)[None].astype(complex)
    for length in range(1, 6):
        block = np.einsum("sab,tbc->stac", block, site).reshape(-1, 2, 2)
        columns = block.reshape(-1, 4)
        # The environment closes the ring from the right end of the block to its left end.
        environment = rest.reshape(2, 2, 2, 2).transpose(2, 0, 3, 1).reshape(4, 4)
        gram = columns.conj().T @ columns
        weight = environment @ gram.T
        purity = np.trace(weight @ weight) / np.trace(weight) ** 2
        samples.append(Sample(purity.real, {"l": length}))
    return samples


def mpo_dimension(rng: np.random.Generator) -> list[Sample]:
    """Counts the singular values of H across the middle bond of a chain of 8 or 10 sites."""
    samples = []
    for reach, sites in ((1, 8), (2, 8), (3, 8), (4, 10)):
        j, k, h = rng.uniform(0.5, 2, size=3)
        q = rng.uniform(0.3, 0.8)
        sigma_z = [np.diag(on_site(Z, s, sites)).real for s in range(sites)]
        total = np.zeros((2**sites, 2**sites))
        diagonal: Real = np.zeros(2**sites)
        flips = np.arange(2**sites)
        for a in range(sites):
            total[flips ^ (1 << (sites - 1 - a)), flips] += h
            if a + reach < sites:
                mask = (1 << (sites - 1 - a)) | (1 << (sites - 1 - a - reach))
                total[flips ^ mask, flips] += k
            for b in range(a + 1, sites):
                diagonal += j * q ** (b - a) * sigma_z[a] * sigma_z[b]
        total += np.diag(diagonal)
        half = 2 ** (sites // 2)
        cut = total.reshape(half, half, half, half).transpose(0, 2, 1, 3).reshape(half**2, half**2)
        # Forty random vectors keep a rank below forty and make the decomposition cheap.
        values = np.linalg.svd(cut @ rng.normal(size=(half**2, 40)), compute_uv=False)
        samples.append(Sample(int(np.sum(values > 1e-9 * values[0])), {"r": reach}))
    return samples


def dicke_schmidt(rng: np.random.Generator) -> list[Sample]:
    """Splits the explicit 64-component vector."""
    state = np.array([float(index.bit_count() == 3) for index in range(64)]) / math.sqrt(20)
    values = np.linalg.svd(state.reshape(8, 8), compute_uv=False) ** 2
    kept = sorted((float(x) for x in values if x > 1e-12), reverse=True)
    return [Sample(tuple(kept))]


def mps_correlation_length(rng: np.random.Generator) -> list[Sample]:
    """Measures the decay of the connected correlation of a random observable at long distance."""
    samples = []
    for _ in range(4):
        u, w = rng.uniform(0.2, 0.5), rng.uniform(0.5, 0.8)
        site = np.array([[[1, 0], [0, u]], [[0, w], [w, 0]]], dtype=complex)
        observable = rng.normal(size=(2, 2))
        observable = observable + observable.T
        transfer = _transfer(site)
        dressed = np.einsum("st,sab,tcd->acbd", observable, site.conj(), site).reshape(4, 4)
        values, right = np.linalg.eig(transfer)
        top = int(np.argmax(np.abs(values)))
        transfer, dressed = transfer / values[top], dressed / values[top]
        r_vec, l_vec = right[:, top], np.linalg.inv(right)[top]
        # Without its leading part the transfer matrix carries the connected correlation alone.
        connected = transfer - np.outer(r_vec, l_vec)
        first, second = (
            l_vec @ dressed @ np.linalg.matrix_power(connected, n) @ dressed @ r_vec
            for n in (60, 61)
        )
        ratio = abs(second / first)
        samples.append(Sample(-1 / math.log(ratio), {"u": u, "w": w}, 1e-6))
    return samples


def vbs_length(rng: np.random.Generator) -> list[Sample]:
    """Builds the state from Clebsch-Gordan coefficients and measures <S^z S^z> at two distances."""
    samples = []
    for length in (1, 2, 3, 4):
        site = _vbs_tensor(length)
        size = site.shape[1]
        z, _ = spin(length)
        transfer = _transfer(site)
        transfer = transfer / np.abs(np.linalg.eigvals(transfer)).max()
        dressed = np.einsum("st,sab,tcd->acbd", z, site.conj(), site).reshape(size**2, size**2)
        correlations = []
        for distance in (6, 7):
            between = np.linalg.matrix_power(transfer, distance - 1)
            # The far ends are traced over a long rest, where only the leading vector survives.
            rest = np.linalg.matrix_power(transfer, 120)
            correlations.append(np.trace(rest @ dressed @ between @ dressed))
        ratio = abs(correlations[1] / correlations[0])
        samples.append(Sample(-1 / math.log(ratio), {"S": length}, 1e-8))
    return samples


def _vbs_tensor(length: int) -> Matrix:
    """Site matrices A^m of the valence-bond-solid state of integer spin `length`.

    Two virtual spins of half that length are joined to total spin `length` (the symmetric
    combination of 2S spins one half), and the singlet of two virtual spins sits on each bond.
    """
    half = length / 2
    z, up = spin(half)
    size = z.shape[0]
    lower = np.kron(up.T, np.eye(size)) + np.kron(np.eye(size), up.T)
    state = np.zeros(size**2, dtype=complex)
    state[0] = 1
    rows = []
    for _ in range(2 * length + 1):
        rows.append(state / np.linalg.norm(state))
        state = lower @ state
    joined = np.array(rows).reshape(-1, size, size)
    singlet = np.fliplr(np.diag((-1.0) ** np.arange(size))).astype(complex)
    tensor: Matrix = joined @ singlet
    return tensor


def _transfer(site: Matrix) -> Matrix:
    """sum_s conj(A^s) x A^s, acting on pairs of virtual indices."""
    size = site.shape[1]
    pairs: Matrix = np.einsum("sab,scd->acbd", site.conj(), site)
    return pairs.reshape(size**2, size**2)


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        aklt_block_purity,
        mpo_dimension,
        dicke_schmidt,
        mps_correlation_length,
        vbs_length,
    )
}
