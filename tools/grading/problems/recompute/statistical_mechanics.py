"""Recomputes the statistical-mechanics golds by enumeration and thermodynamic limits."""

from __future__ import annotations

import math
from itertools import product as words

import mpmath
import numpy as np

from tools.grading.problems.recompute.sample import Sample, Script, confirm


def alternating_ising_ring(rng: np.random.Generator) -> list[Sample]:
    """Sums over all spin configurations of rings of 6 and 8 spins."""
    samples = []
    for cells in (3, 4):
        k_1, k_2 = rng.uniform(0.2, 1.2, size=2)
        spins = np.array(list(words((1, -1), repeat=2 * cells)))
        strengths = np.array([k_1, k_2] * cells)
        weight = np.exp(np.sum(strengths * spins * np.roll(spins, -1, axis=1), axis=1))
        u = math.tanh(k_1) * math.tanh(k_2)
        for r in range(cells + 1):
            mean = float(np.average(spins[:, 0] * spins[:, 2 * r % (2 * cells)], weights=weight))
            samples.append(Sample(mean, {"u": u, "r": r, "M": cells}))
    return samples


def ladder_colourings(rng: np.random.Generator) -> list[Sample]:
    """Tries every assignment of states to the ladder."""
    samples = []
    for states, rungs in ((2, 1), (2, 4), (3, 2), (3, 4), (4, 3), (5, 2)):
        colours = np.indices((states,) * (2 * rungs)).reshape(2 * rungs, -1)
        proper = np.ones(colours.shape[1], dtype=bool)
        for rung in range(rungs):
            proper &= colours[2 * rung] != colours[2 * rung + 1]
            if rung:
                for leg in (0, 1):
                    proper &= colours[2 * rung + leg] != colours[2 * rung - 2 + leg]
        samples.append(Sample(int(proper.sum()), {"q": states, "N": rungs}))
    return samples


def three_column_ice(rng: np.random.Generator) -> list[Sample]:
    """Orients the edges row by row, keeping count of the partial configurations.

    A row is extended by all 2^6 orientations of its edges and kept only if every vertex has two
    arrows in; the rows in between are forgotten, the first is kept to close the torus.
    """
    steps = []
    for below, above, around in words(words((0, 1), repeat=3), repeat=3):
        # An arrow is 1 when it points up or right; a vertex takes in below and from the left.
        if all(below[x] + (1 - above[x]) + around[x - 1] + (1 - around[x]) == 2 for x in range(3)):
            steps.append((below, above))
    samples = []
    for rows in (3, 4, 5, 6):
        total = 0
        for first in words((0, 1), repeat=3):
            counts = {first: 1}
            for _ in range(rows):
                after: dict[tuple[int, ...], int] = {}
                for below, above in steps:
                    if below in counts:
                        after[above] = after.get(above, 0) + counts[below]
                counts = after
            total += counts.get(first, 0)
        samples.append(Sample(total, {"N": rows}))
    confirm(_ice_by_hand() == samples[0].value, "both counts agree for three rows")
    return samples


def _ice_by_hand() -> int:
    """Counts the ice states of the 3 x 3 torus over all 2^18 orientations at once."""
    arrows = np.arange(2**18)

    def bit(kind: int, x: int, y: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return (arrows >> (9 * kind + 3 * (x % 3) + y % 3)) & 1

    good = np.ones(2**18, dtype=bool)
    for x, y in words(range(3), range(3)):
        entering = bit(0, x - 1, y) + 1 - bit(0, x, y) + bit(1, x, y - 1) + 1 - bit(1, x, y)
        good &= entering == 2
    return int(good.sum())


def neighbour_exclusion_gas(rng: np.random.Generator) -> list[Sample]:
    """Averages over all ways to place k particles on a ring of 600 sites, counted exactly.

    There are L/(L-k) binomial(L-k, k) ways; the ring differs from the infinite lattice by a term
    that falls exponentially with L, here far below rounding.
    """
    length = 600
    samples = []
    for z in rng.uniform(0.1, 3, size=4):
        weights = [
            mpmath.mpf(length) / (length - k) * mpmath.binomial(length - k, k) * mpmath.mpf(z) ** k
            for k in range(length // 2 + 1)
        ]
        mean = mpmath.fsum(k * w for k, w in enumerate(weights)) / mpmath.fsum(weights)
        samples.append(Sample(float(mean / length), {"z": z}))
    return samples


def bethe_threshold(rng: np.random.Generator) -> list[Sample]:
    """Bisects for the coupling at which a small boundary bias is just passed on to the root.

    The partition sums of a branch with its end spin up and down are carried level by level.
    """
    samples = []
    for neighbours in (3, 4, 5, 8):
        low, high = 0.0, 3.0
        for _ in range(60):
            k = (low + high) / 2
            low, high = (low, k) if _bias_grows(k, neighbours - 1) else (k, high)
        samples.append(Sample(None, {"K_c": low, "q": neighbours}, 1e-6))
    return samples


def _bias_grows(k: float, branches: int, start: float = 1e-8) -> bool:
    up, down = 1 + start, 1 - start
    for _ in range(3):
        up, down = (
            (math.exp(k) * up + math.exp(-k) * down) ** branches,
            (math.exp(-k) * up + math.exp(k) * down) ** branches,
        )
        up, down = 2 * up / (up + down), 2 * down / (up + down)
    return (up - down) / 2 > start


def blume_capel_tricritical(rng: np.random.Generator) -> list[Sample]:
    """Differentiates the free energy per spin numerically in m until m^2 and m^4 both vanish.

    f(m) = J m^2/2 - T ln(1 + 2 e^{-D/T} cosh(J m/T)), the saddle point of the Gaussian transform.
    """

    def coefficients(t: mpmath.mpf, d: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
        def free_energy(m: mpmath.mpf) -> mpmath.mpf:
            weight = 2 * mpmath.exp(-d / t) * mpmath.cosh(m / t)
            return m**2 / 2 - t * mpmath.log(1 + weight)

        series = mpmath.taylor(free_energy, 0, 4)
        return series[2], series[4]

    with mpmath.workdps(30):
        solution = mpmath.findroot(coefficients, (0.4, 0.5), tol=1e-16)
    t, d = float(solution[0]), float(solution[1])
    return [Sample((t * j, d * j), {"J": j}, 1e-8) for j in rng.uniform(0.5, 2, size=3)]


SCRIPTS: dict[str, Script] = {
    script.__name__: script
    for script in (
        alternating_ising_ring,
        ladder_colourings,
        three_column_ice,
        neighbour_exclusion_gas,
        bethe_threshold,
        blume_capel_tricritical,
    )
}
