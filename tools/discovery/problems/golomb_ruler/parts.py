"""Parts of programs that look for Golomb rulers."""

from __future__ import annotations

from math import gcd

import numpy as np

from tools.discovery.problems.shared.residue_parts import (
    Array,
    Rng,
    bose,
    prime_at_least,
    ruzsa,
    singer,
)

__all__ = ["bose", "prime_at_least", "ruzsa", "singer"]


def window(residues: Array, modulus: int, marks: int, multipliers: int) -> Array:
    """Returns the shortest run of consecutive residues, over multiples of them all.

    Multiplying residues of distinct differences by a unit keeps them so.
    """
    best = residues[:marks]
    shortest = 4 * modulus
    for factor in range(1, modulus):
        if gcd(factor, modulus) > 1:
            continue
        multipliers -= 1
        if multipliers < 0:
            break
        turned = np.sort(residues * factor % modulus)
        twice = np.concatenate([turned, turned + modulus])
        lengths = twice[marks - 1 : marks - 1 + len(turned)] - turned
        at = int(lengths.argmin())
        if lengths[at] < shortest:
            shortest, best = int(lengths[at]), twice[at : at + marks] - turned[at]
    return best


def greedy(marks: int, jump: float, rng: Rng) -> Array:
    """Adds mark by mark the least that repeats no difference, now and then a later one."""
    ruler, used, mark = [0], {0}, 0
    while len(ruler) < marks:
        mark += 1
        fresh = {mark - other for other in ruler}
        if used.isdisjoint(fresh) and rng.random() >= jump:
            ruler.append(mark)
            used |= fresh
    return np.array(ruler)


def shortened(ruler: Array, length: int, nodes: int, rng: Rng) -> Array:
    """Looks for a ruler no longer than `length` by backtracking over a limited number of nodes.

    Marks are chosen from the left; differences are the bits of a number.
    The marks still to come need at least the sum 1 + 2 + ... of distinct differences.
    """
    marks = len(ruler)
    left = nodes
    path = [0]
    order = rng.random() < 0.5

    def extend(used: int) -> bool:
        nonlocal left
        left -= 1
        rest = marks - len(path)
        if rest == 0:
            return True
        if left < 0:
            return False
        last = path[-1]
        spots = range(last + 1, length - rest * (rest - 1) // 2 + 1)
        for mark in spots if order or len(path) > 2 else reversed(spots):
            gaps = 0
            for other in path:
                gaps |= 1 << (mark - other)
            if gaps & used or gaps.bit_count() < len(path):
                continue
            path.append(mark)
            if extend(used | gaps):
                return True
            path.pop()
            if left < 0:
                return False
        return False

    return np.array(path) if extend(0) else ruler


def tightened(ruler: Array, rounds: int, nodes: int, rng: Rng) -> Array:
    """Asks again and again for a ruler shorter by one, or by a random few."""
    for _ in range(rounds):
        length = int(ruler[-1]) - int(rng.integers(1, 3))
        shorter = shortened(ruler, length, nodes, rng)
        if shorter is ruler:
            break
        ruler = shorter - shorter[0]
    return ruler


def repaired(ruler: Array, out: int, tries: int, rng: Rng) -> Array:
    """Takes a few marks out and looks for others that fit within a shorter ruler."""
    best = ruler - ruler.min()
    for _ in range(tries):
        keep = np.sort(rng.permutation(len(best))[: len(best) - out])
        kept = set((best[keep] - best[keep].min()).tolist())
        used = {abs(a - b) for a in kept for b in kept if a != b}
        shift = int(best[-1]) - 1 - max(kept)
        for mark in rng.permutation(np.arange(-max(shift, 0), int(best[-1]))).tolist():
            if len(kept) == len(best):
                break
            if max(*kept, mark) - min(*kept, mark) >= best[-1]:
                continue
            fresh = {abs(mark - other) for other in kept}
            if mark not in kept and len(fresh) == len(kept) and not fresh & used:
                kept.add(mark)
                used |= fresh
        if len(kept) == len(best):
            made = np.array(sorted(kept))
            best = made - made[0]
    return np.asarray(best)
