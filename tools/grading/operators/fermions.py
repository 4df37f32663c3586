r"""Fermions: normal-ordered monomials as bit masks.

A monomial is M(C, A) = prod_{p in C, ascending} c_p^dag prod_{p in A, descending} c_p, packed in
one whole number: bit 2p says that p is in A, bit 2p + 1 that it is in C. With K = A_1 & C_2,

    M(C_1, A_1) M(C_2, A_2) = +- M(C_0, A_0) prod_{t in K - C_1 - A_2} (1 - n_t),

C_0 = C_1 | (C_2 - K), A_0 = (A_1 - K) | A_2, and 0 if one of these unions is not disjoint. Number
operators join a monomial one by one, n_t M(C, A) = (-1)^{#C above t + #A above t} M(C + t, A + t),
so a product of k contractible pairs costs the 2^k terms it has and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tools.grading.monomials import GradingLimit
from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.sector import (
    MAX_MODES,
    MAX_TERMS,
    Sector,
    Table,
    check_pairs,
    check_terms,
    without_zeros,
)

_EVEN = sum(1 << (2 * p) for p in range(MAX_MODES))


class Fermions(Sector):
    """All fermion modes of one Fock space; see the module for the monomials."""

    one = 0

    def __init__(self, group: str) -> None:
        super().__init__()
        self.group = group

    def generator(self, letter: Letter) -> Table:
        """Returns c_p or c_p^dag."""
        p = self.mode(letter.species, letter.labels)
        return {1 << (2 * p + (letter.op == "c")): 1}

    def odd(self, key: int) -> bool:
        """Says whether the number of letters is odd."""
        return bool(key.bit_count() & 1)

    def times(self, left: int, right: int) -> Iterable[tuple[int, Scalar]]:
        """Returns the normal form of a product of two monomials."""
        found = _contract(left, right)
        if found is None:
            return ()
        key, sign, free = found
        if not free:
            return ((key, sign),)
        keys, signs = _expand(key, sign, free)
        return zip(keys, signs, strict=True)

    def multiply(self, left: Mapping[int, Scalar], right: Mapping[int, Scalar]) -> Table:
        """Returns the product of two sums."""
        check_pairs(left, right, self.max_pairs)
        if len(left) == 1 == len(right):
            ((k1, c1),) = left.items()
            ((k2, c2),) = right.items()
            c = c1 * c2
            if isinstance(c, int) and c == 1:
                return dict(self.times(k1, k2))
            return {key: c * sign for key, sign in self.times(k1, k2)}
        result: Table = {}
        for k1, c1 in left.items():
            for k2, c2 in right.items():
                _accumulate(result, _contract(k1, k2), c1 * c2)
            check_terms(result)
        return without_zeros(result)

    def commutator(self, left: Mapping[int, Scalar], right: Mapping[int, Scalar]) -> Table:
        """Returns left right - right left, computing contracted terms alone.

        If one of two monomials is even, everything uncontracted cancels between the two orders,
        and a pair without a common contractible mode commutes: it is skipped unseen.
        """
        check_pairs(left, right, self.max_pairs)
        result: Table = {}
        ones = [((k >> 1) & _EVEN, k & _EVEN, k.bit_count() & 1, c) for k, c in left.items()]
        others = [((k >> 1) & _EVEN, k & _EVEN, k.bit_count() & 1, c) for k, c in right.items()]
        for c1, a1, odd1, x in ones:
            for c2, a2, odd2, y in others:
                there, back = a1 & c2, c1 & a2
                both_odd = odd1 & odd2
                if not (there or back or both_odd):
                    continue
                # Modes that both sides create, or both annihilate, survive only if contracted.
                forced = (c1 & c2) | (a1 & a2)
                if (there or both_odd) and not forced & ~there:
                    _contracted(result, c1, a1, c2, a2, there, forced, both_odd, x * y)
                if (back or both_odd) and not forced & ~back:
                    _contracted(result, c2, a2, c1, a1, back, forced, both_odd, -(x * y))
            check_terms(result)
        return without_zeros(result)

    def dagger(self, key: int) -> Iterable[tuple[int, Scalar]]:
        """Exchanges creators and annihilators: with this order of factors there is no sign."""
        return ((((key & _EVEN) << 1) | ((key >> 1) & _EVEN), 1),)

    def word(self, key: int) -> tuple[Letter, ...]:
        """Returns creators ascending, then annihilators descending."""
        creators, annihilators = (key >> 1) & _EVEN, key & _EVEN
        return (
            *(self.letter("c", p) for p in _places(creators)),
            *(self.letter("a", p) for p in reversed(_places(annihilators))),
        )


def _contract(left: int, right: int) -> tuple[int, int, int] | None:
    """Returns (monomial, sign, K - C_1 - A_2) of a product, or None where it vanishes."""
    c1, a1 = (left >> 1) & _EVEN, left & _EVEN
    c2, a2 = (right >> 1) & _EVEN, right & _EVEN
    k = a1 & c2
    a1 ^= k
    c2 ^= k
    if c1 & c2 or a1 & a2:
        return None
    swaps = a1.bit_count() * c2.bit_count() if a1 and c2 else 0
    if k:
        swaps += _below(k, a1) + _below(k, c2)
    if c1 and c2:
        swaps += _below(c1, c2)
    if a1 and a2:
        swaps += _below(a2, a1)
    return ((c1 | c2) << 1) | a1 | a2, -1 if swaps & 1 else 1, k & ~(c1 | a2)


def _contracted(
    result: Table, c1: int, a1: int, c2: int, a2: int, k: int, forced: int, empty: int, c: Scalar
) -> None:
    """Adds c M(C_1, A_1) M(C_2, A_2), only the terms in which something is contracted.

    By Wick's theorem these are the non-empty subsets S of k = A_1 & C_2; a subset must contain
    `forced`. With `empty` the uncontracted term is added too.
    """
    free = part = k ^ forced
    while True:
        s = forced | part
        if s or empty:
            b1, d2 = a1 ^ s, c2 ^ s
            swaps = b1.bit_count() * d2.bit_count() if b1 and d2 else 0
            if s:
                swaps += _below(s, b1) + _below(s, d2)
            if c1 and d2:
                swaps += _below(c1, d2)
            if a2 and b1:
                swaps += _below(a2, b1)
            key = ((c1 | d2) << 1) | b1 | a2
            result[key] = result.get(key, 0) + (-c if swaps & 1 else c)
        if not part:
            return
        part = (part - 1) & free


def _below(x: int, y: int) -> int:
    """Counts pairs of a bit of x and a lower bit of y."""
    count = 0
    if x & (x - 1) and not y & (y - 1):
        # One bit in y: count the bits of x above it.
        return (x & ~(2 * y - 1)).bit_count()
    while x:
        bit = x & -x
        count += (y & (bit - 1)).bit_count()
        x ^= bit
    return count


def _expand(key: int, sign: int, free: int) -> tuple[list[int], list[int]]:
    """Multiplies a monomial by prod_{t in free} (1 - n_t), doubling the terms at each t."""
    if free.bit_count() > 15:
        raise GradingLimit(f"A product has more than {MAX_TERMS} terms.", "Shorten the answer.")
    keys, signs = [key], [sign]
    while free:
        bit = free & -free
        free ^= bit
        # Members of `free` come in pairs (one creator, one annihilator) and leave no sign.
        minus = not (key & ~(bit * 4 - 1)).bit_count() & 1
        pair = bit * 3
        keys += [k | pair for k in keys]
        signs += [-s for s in signs] if minus else signs
    return keys, signs


def _accumulate(result: Table, found: tuple[int, int, int] | None, c: Scalar) -> None:
    if found is None:
        return
    key, sign, free = found
    if sign < 0:
        c = -c
    if not free:
        result[key] = result.get(key, 0) + c
        return
    keys, signs = _expand(key, 1, free)
    for k, s in zip(keys, signs, strict=True):
        result[k] = result.get(k, 0) + (c if s > 0 else -c)


def _places(mask: int) -> list[int]:
    places = []
    while mask:
        bit = mask & -mask
        places.append((bit.bit_length() - 1) // 2)
        mask ^= bit
    return places
