"""Recomputes the PEPS golds by contracting small tensor networks or listing their states."""

from __future__ import annotations

from itertools import permutations
from itertools import product as words

import numpy as np

from tools.grading.problems.recompute.matrices import X, on_site, spin
from tools.grading.problems.recompute.sample import Matrix, Real, Sample, Script, confirm

Site = tuple[int, int]
Bond = tuple[Site, str]


def torus_bonds(site: Site, width: int, height: int) -> tuple[Bond, Bond, Bond, Bond]:
    """The bonds east, north, west and south of a site, named by their western or southern end."""
    x, y = site
    west, south = ((x - 1) % width, y), (x, (y - 1) % height)
    return ((site, "east"), (site, "north"), (west, "east"), (south, "north"))


def contract(tensors: list[tuple[Real, tuple[object, ...]]]) -> float:
    """Contracts a closed network tensor by tensor; a label stands on two legs."""
    current, open_labels = np.ones(()), ()  # type: tuple[Real, tuple[object, ...]]
    for tensor, labels in tensors:
        shared = [label for label in labels if label in open_labels]
        axes = ([open_labels.index(s) for s in shared], [labels.index(s) for s in shared])
        current = np.tensordot(current, tensor, axes=axes)
        rest = [label for label in (*open_labels, *labels) if label not in shared]
        open_labels = tuple(rest)
    return float(current)


def _counting_tensor(allowed: set[int], legs: int) -> Real:
    """The tensor that is 1 where the number of set legs is allowed."""
    tensor = np.zeros([2] * legs)
    for word in np.ndindex(*tensor.shape):
        tensor[word] = float(sum(word) in allowed)
    return tensor


def parity_tensor_torus(rng: np.random.Generator) -> list[Sample]:
    """Contracts the network on three small tori."""
    samples = []
    for width, height in ((3, 3), (3, 4), (5, 3)):
        tensor = _counting_tensor({0, 2, 4}, 4)
        network: list[tuple[Real, tuple[object, ...]]] = [
            (tensor, torus_bonds((x, y), width, height))
            for x in range(width)
            for y in range(height)
        ]
        samples.append(Sample(contract(network), {"L_x": width, "L_y": height}))
    return samples


def loop_gas_entropy(rng: np.random.Generator) -> list[Sample]:
    """Lists all even configurations of a 3 x 3 torus and takes the Schmidt values of regions."""
    width = height = 3
    sites = list(words(range(width), range(height)))
    legs = {site: torus_bonds(site, width, height) for site in sites}
    bonds = sorted({bond for site in sites for bond in legs[site]})
    values = (np.arange(2 ** len(bonds))[:, None] >> np.arange(len(bonds))) & 1
    for site in sites:
        values = values[values[:, [bonds.index(b) for b in legs[site]]].sum(axis=1) % 2 == 0]
    samples = []
    regions = ([(0, 0)], [(0, 0), (1, 0)], [(0, 0), (1, 0), (0, 1)], list(words((0, 1), (0, 1))))
    for region in regions:
        inside = sorted({b for site in region for b in legs[site]})
        outside = sorted({b for site in sites if site not in region for b in legs[site]})
        rows, columns = (
            np.unique(values[:, [bonds.index(b) for b in part]], axis=0, return_inverse=True)[1]
            for part in (inside, outside)
        )
        amplitudes = np.zeros((rows.max() + 1, columns.max() + 1))
        amplitudes[rows, columns] = 1
        weights = np.linalg.svd(amplitudes, compute_uv=False) ** 2 / len(values)
        kept = weights[weights > 1e-12]
        cut = len(set(inside) & set(outside))
        samples.append(Sample(float(-np.sum(kept * np.log(kept))), {"n": cut}))
    return samples


def ising_weight_plaquette(rng: np.random.Generator) -> list[Sample]:
    """Contracts the four-site network into a vector and applies X to each site in turn."""
    samples = []
    for beta in (*rng.uniform(0.2, 1.2, size=2), -0.7):
        bond = np.exp(beta / 2 * np.array([[1.0, -1.0], [-1.0, 1.0]]))
        # The bond matrix goes to the second of its two legs; sites copy their spin to the legs.
        state = np.einsum("ab,bc,cd,da->abcd", bond, bond, bond, bond).reshape(16)
        norm = float(state @ state)
        for site in (0, 2):
            mean = float(state @ on_site(X, site, 4).real @ state) / norm
            samples.append(Sample(mean, {r"\beta": beta}))
    return samples


def _square_group() -> list[tuple[int, ...]]:
    """The eight permutations of four legs in cyclic order that keep neighbours neighbours."""
    return [
        p for p in permutations(range(4)) if all((p[i] - p[i - 1]) % 4 in (1, 3) for i in range(4))
    ]


def c4v_parameters(rng: np.random.Generator) -> list[Sample]:
    """Counts the orbits of leg values under the eight permutations."""
    samples = []
    for physical, virtual in ((1, 1), (2, 2), (3, 3), (2, 4), (4, 5)):
        orbits = {
            min(tuple(word[i] for i in p) for p in _square_group())
            for word in words(range(virtual), repeat=4)
        }
        samples.append(Sample(physical * len(orbits), {"d": physical, "D": virtual}))
    return samples


def singlet_tensors(rng: np.random.Generator) -> list[Sample]:
    """Finds the kernel of the total spin on 2 x 3^4 states, then its part fixed by the square."""
    z_half, up_half = spin(0.5)
    zero = np.zeros((1, 1), dtype=complex)
    z_leg, up_leg = _direct_sum(zero, z_half), _direct_sum(zero, up_half)
    generators = []
    for half, leg in ((z_half, z_leg), (up_half, up_leg), (up_half.T, up_leg.T)):
        parts = [half, leg, leg, leg, leg]
        total = np.zeros((162, 162), dtype=complex)
        for place in range(5):
            term = np.eye(1, dtype=complex)
            for j, part in enumerate(parts):
                term = np.kron(term, part if j == place else np.eye(part.shape[0]))
            total += term
        generators.append(total)
    stacked = np.vstack(generators)
    values, vectors = np.linalg.eigh(stacked.conj().T @ stacked)
    kernel = vectors[:, values < 1e-9]
    average = np.zeros_like(kernel)
    for permutation in _square_group():
        axes = [0, *(1 + p for p in permutation), 5]
        moved = kernel.reshape(2, 3, 3, 3, 3, -1).transpose(axes)
        average = average + moved.reshape(162, -1) / 8
    symmetric = np.linalg.matrix_rank(average, tol=1e-9)
    return [Sample((kernel.shape[1], int(symmetric)))]


def _direct_sum(a: Matrix, b: Matrix) -> Matrix:
    total = np.zeros((a.shape[0] + b.shape[0],) * 2, dtype=complex)
    total[: a.shape[0], : a.shape[0]] = a
    total[a.shape[0] :, a.shape[0] :] = b
    return total


def dimer_cylinder(rng: np.random.Generator) -> list[Sample]:
    """Contracts the network, and counts the matchings one by one as well."""
    around, along = 4, 3
    network: list[tuple[Real, tuple[object, ...]]] = []
    bonds: set[frozenset[Site]] = set()
    for site in words(range(around), range(along)):
        x, y = site
        near: list[Site] = [((x + 1) % around, y), ((x - 1) % around, y), (x, y + 1), (x, y - 1)]
        labels = tuple(frozenset({site, other}) for other in near if 0 <= other[1] < along)
        bonds.update(labels)
        network.append((_counting_tensor({1}, len(labels)), labels))
    value = contract(network)
    sites = frozenset(words(range(around), range(along)))
    confirm(round(value) == _matchings(sites, bonds), "the contraction counts matchings")
    return [Sample(value)]


def _matchings(free: frozenset[Site], bonds: set[frozenset[Site]]) -> int:
    if not free:
        return 1
    first = min(free)
    return sum(_matchings(free - b, bonds) for b in bonds if first in b and b <= free)


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        parity_tensor_torus,
        loop_gas_entropy,
        ising_weight_plaquette,
        c4v_parameters,
        singlet_tensors,
        dimer_cylinder,
    )
}
