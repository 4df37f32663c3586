"""Tensor products: monomials over several algebras and free symbols at once.

A mixed monomial is a tuple of items (number of the sector, monomial of that sector), sorted by
number and without identities; the product over sectors is the Z2-graded tensor product: two odd
monomials of one group change sign when they pass each other, everything else commutes.

Free symbols commute with nothing. They enter as items (WORD, letter) that split the tuple into
segments, each sorted as above: the free product of the mode algebra with a free algebra, whose
alternating words are a basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.sector import Sector, Table, check_pairs, check_terms, without_zeros

Item: TypeAlias = tuple[int, Any]
Mixed: TypeAlias = tuple[Item, ...]

WORD = -1
MAX_PAIRS = 100_000


class Space:
    """The sectors of one algebra, in the order in which they were opened."""

    def __init__(self, adjoint: Callable[[Letter], Letter]) -> None:
        self.sectors: list[Sector] = []
        self.adjoint = adjoint

    def open(self, sector: Sector) -> int:
        """Adds a sector and returns its number."""
        self.sectors.append(sector)
        return len(self.sectors) - 1

    def lift(self, where: int | None, table: Mapping[Any, Scalar]) -> Table:
        """Rewrites a table of one sector (or None: already mixed) with mixed monomials."""
        if where is None:
            return dict(table)
        one = self.sectors[where].one
        return {((where, k),) if k != one else (): c for k, c in table.items()}

    def multiply(self, left: Mapping[Mixed, Scalar], right: Mapping[Mixed, Scalar]) -> Table:
        """Returns the product of two mixed sums."""
        check_pairs(left, right, MAX_PAIRS)
        result: Table = {}
        for k1, c1 in left.items():
            for k2, c2 in right.items():
                c = c1 * c2
                for key, factor in self.times(k1, k2):
                    result[key] = result.get(key, 0) + c * factor
            check_terms(result)
        return without_zeros(result)

    def times(self, left: Mixed, right: Mixed) -> Iterable[tuple[Mixed, Scalar]]:
        """Returns the product of two mixed monomials."""
        if not left or not right:
            return ((left or right, 1),)
        cut = len(left)
        while cut and left[cut - 1][0] != WORD:
            cut -= 1
        end = 0
        while end < len(right) and right[end][0] != WORD:
            end += 1
        head, tail = left[:cut], right[end:]
        inner = self._segments(left[cut:], right[:end])
        return [(head + key + tail, c) for key, c in inner]

    def _segments(self, left: Mixed, right: Mixed) -> list[tuple[Mixed, Scalar]]:
        if not left or not right:
            return [(left or right, 1)]
        sign = 1
        for n2, k2 in right:
            group = self.sectors[n2].group
            if group is not None and self.sectors[n2].odd(k2):
                passed = sum(
                    n1 > n2 and self.sectors[n1].group == group and self.sectors[n1].odd(k1)
                    for n1, k1 in left
                )
                sign = -sign if passed & 1 else sign
        on_left, on_right = dict(left), dict(right)
        terms: list[tuple[Mixed, Scalar]] = [((), sign)]
        for n in sorted(on_left.keys() | on_right.keys()):
            if n not in on_left or n not in on_right:
                item = (n, on_left.get(n, on_right.get(n)))
                terms = [((*key, item), c) for key, c in terms]
                continue
            sector = self.sectors[n]
            products = list(sector.times(on_left[n], on_right[n]))
            terms = [
                ((*key, (n, k)) if k != sector.one else key, c * factor)
                for key, c in terms
                for k, factor in products
            ]
        return terms

    def dagger(self, key: Mixed) -> Table:
        """Returns the adjoint of a mixed monomial: factors in reverse order, each daggered."""
        result: Table = {(): 1}
        for n, k in reversed(key):
            if n == WORD:
                factor: Table = {((WORD, self.adjoint(k)),): 1}
            else:
                factor = self.lift(n, dict(self.sectors[n].dagger(k)))
            result = self.multiply(result, factor)
        return result

    def word(self, key: Mixed) -> tuple[Letter, ...]:
        """Returns letters whose product is the monomial."""
        letters: list[Letter] = []
        for n, k in key:
            letters += [k] if n == WORD else self.sectors[n].word(k)
        return tuple(letters)
