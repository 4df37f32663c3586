"""Parts of programs that look for difference bases."""

from __future__ import annotations

from math import gcd

import numpy as np

from tools.discovery.problems.shared.residue_parts import Array, Rng, is_prime, singer

__all__ = ["singer"]


def reach(basis: Array) -> int:
    """Returns the largest n with all of 1..n among the differences."""
    gaps = np.abs(basis[:, None] - basis[None]).ravel()
    reached = np.zeros(len(basis) ** 2 + 2, bool)
    reached[gaps[gaps < len(reached)]] = True
    return int(np.argmin(reached[1:]))


def ratio(basis: Array) -> float:
    """Returns |B|^2 / n."""
    n = reach(basis)
    return len(basis) ** 2 / n if n else np.inf


def prime_below(bound: int) -> int:
    """Returns the largest prime that is not larger, at least 2."""
    while bound > 2 and not is_prime(bound):
        bound -= 1
    return max(bound, 2)


def wichmann(marks: int, r: int) -> Array:
    """The ruler of Wichmann with parameter r, as long as the marks allow."""
    while 4 * r + 3 > marks and r > 0:
        r -= 1
    s = max(marks - 4 * r - 3, 0)
    gaps = [1] * r + [r + 1] + [2 * r + 1] * r + [4 * r + 3] * s + [2 * r + 2] * (r + 1) + [1] * r
    return np.concatenate([[0], np.cumsum(gaps)])[:marks]


def small(count: int, tries: int, rng: Rng) -> Array:
    """The best basis of few numbers that a random search meets."""
    best = np.arange(count)
    for _ in range(tries):
        made = best.copy()
        for k in rng.integers(0, count, int(rng.integers(1, 4))):
            made[k] = rng.integers(0, count * count)
        if len(set(made.tolist())) == count and reach(made) >= reach(best):
            best = made
    return np.asarray(best - best.min())


def product(inner: Array, residues: Array, modulus: int, multipliers: int) -> Array:
    """Returns {d + modulus * a}: residues d with each difference once, repeated by a basis of a's.

    Every number up to modulus * reach(inner) is a difference. How far it goes beyond depends on the
    place where the residues are cut open, and on the unit they are multiplied by: the number
    modulus * reach + x is missing if d - e = x - modulus for the residues with d - e = x modulo the
    modulus. For each unit the cut that is good for longest is found by striking out.
    """
    # Modulo singer's modulus q^2 + q + 1, multiplying by q only moves the set.
    q = len(residues) - 1
    best, furthest = residues, -1
    seen: set[int] = set()
    for unit in range(1, modulus):
        if gcd(unit, modulus) > 1 or unit in seen:
            continue
        seen.update(unit * power % modulus for power in (1, q, q * q))
        multipliers -= 1
        if multipliers < 0:
            break
        turned = residues * unit % modulus
        foot = np.empty(modulus, np.int64)
        foot[(turned[:, None] - turned[None]) % modulus] = turned[None]
        alive = np.ones(modulus, bool)
        x, last = 0, 0
        while alive.any():
            last = int(alive.argmax())
            x += 1
            # Shift s turns d - e = x into x - modulus when modulus - x <= e + s < modulus.
            start = (modulus - x - int(foot[x])) % modulus
            alive[start : start + x] = False
            if start + x > modulus:
                alive[: start + x - modulus] = False
        if x > furthest:
            furthest, best = x, (turned + last) % modulus
    return (best[None] + modulus * inner[:, None]).ravel()


def pruned(basis: Array, rng: Rng) -> Array:
    """Leaves out numbers as long as the ratio does not grow."""
    for k in rng.permutation(basis).tolist():
        rest = basis[basis != k]
        if len(rest) > 2 and ratio(rest) <= ratio(basis):
            basis = rest
    return basis


def extended(basis: Array, marks: int, count: int) -> Array:
    """Adds numbers that bring the first missing difference, while the ratio falls."""
    best = basis
    for _ in range(count):
        if len(basis) >= marks:
            break
        missing = reach(basis) + 1
        spots = np.unique(np.concatenate([basis + missing, basis - missing]))
        spots = spots[~np.isin(spots, basis)]
        spots = spots[spots >= basis.min() - missing][:: max(1, len(spots) // 60)]
        basis = max((np.append(basis, spot) for spot in spots), key=reach)
        if ratio(basis) < ratio(best):
            best = basis
    return np.asarray(best - best.min())


def moved(basis: Array, tries: int, rng: Rng) -> Array:
    """Moves single numbers, and keeps what does not make the ratio grow."""
    for _ in range(tries):
        made = basis.copy()
        k = rng.integers(len(made))
        near = made[k] + rng.integers(-4, 5)
        made[k] = near if rng.random() < 0.5 else rng.integers(0, 2 * int(basis.max()) + 2)
        if made[k] >= 0 and len(np.unique(made)) == len(made) and ratio(made) <= ratio(basis):
            basis = made
    return np.asarray(basis - basis.min())
