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


def tightened(ruler: Array, rounds: int, nodes: int, rng: Rng) -> Array:
    """Asks again and again for a ruler shorter by one or two, with so many nodes in all."""
    for _ in range(rounds):
        length = int(ruler[-1]) - int(rng.integers(1, 3))
        shorter, nodes = shortened(len(ruler), length, nodes, rng)
        if not shorter:
            break
        ruler = np.array(shorter)
    return ruler


def shortened(marks: int, length: int, nodes: int, rng: Rng) -> tuple[list[int], int]:
    """Looks for a ruler no longer than `length`, first gap by first gap in random order.

    Returns its marks, none where there is none or the nodes ran out, and the nodes that are left.
    """
    longest = length - (marks - 2) * (marks - 1) // 2
    for gap in rng.permutation(np.arange(1, longest + 1)).tolist():
        ruler, nodes = completed(gap, marks, length, nodes)
        if ruler or nodes <= 0:
            return ruler, nodes
    return [], nodes


def completed(gap: int, marks: int, length: int, nodes: int) -> tuple[list[int], int]:
    """Backtracks over the rulers that begin with 0 and `gap`, each mark from near to far.

    Sets are the bits of numbers: differences used so far, distances from the last mark back to the
    others, distances ahead of it where a mark would repeat a difference. A step of `d` shifts the
    last two by `d`. The gaps still to come need at least the sum 1 + 2 + ...
    """
    ruler, used, back, barred, free = [0], [0], [0], [0], [1 << gap]
    while free:
        if not free[-1]:
            for stack in (ruler, used, back, barred, free):
                stack.pop()
            continue
        if nodes <= 0:
            return [], nodes
        nodes -= 1
        nearest = free[-1] & -free[-1]
        free[-1] ^= nearest
        step = nearest.bit_length() - 1
        mark = ruler[-1] + step
        if len(ruler) == marks - 1:
            return [*ruler, mark], nodes
        behind = back[-1] << step | nearest
        seen = used[-1] | behind
        closed = barred[-1] >> step | seen | 1
        gaps = marks - len(ruler) - 2
        room = length - mark - gaps * (gaps + 1) // 2
        ruler.append(mark)
        used.append(seen)
        back.append(behind)
        barred.append(closed)
        free.append(~closed & ((2 << room) - 1) if room > 0 else 0)
    return [], nodes


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
