r"""Majorana operators: {gamma_j, gamma_k} = 2 kappa delta_jk, gamma_j hermitian.

A monomial is a bit mask, the product of its gammas in ascending order. Two of them multiply to
one monomial: sign from the crossings, one kappa for each common gamma.
"""

from __future__ import annotations

from collections.abc import Iterable

from tools.grading.monomials import Rational
from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.sector import Sector, Table


class Majoranas(Sector):
    """All Majorana modes; `square` is kappa = gamma^2."""

    one = 0

    def __init__(self, group: str, square: Rational) -> None:
        super().__init__()
        self.group = group
        self.square = square

    def generator(self, letter: Letter) -> Table:
        """Returns gamma_p."""
        return {1 << self.mode(letter.species, letter.labels): 1}

    def odd(self, key: int) -> bool:
        """Says whether the number of gammas is odd."""
        return bool(key.bit_count() & 1)

    def times(self, left: int, right: int) -> Iterable[tuple[int, Scalar]]:
        """Returns +- kappa^|common| times the symmetric difference."""
        crossings, rest = 0, left >> 1
        # Each gamma on the right passes every larger one on the left.
        while rest:
            crossings += (rest & right).bit_count()
            rest >>= 1
        factor = self.square ** (left & right).bit_count()
        return ((left ^ right, -factor if crossings & 1 else factor),)

    def dagger(self, key: int) -> Iterable[tuple[int, Scalar]]:
        """Reverses the product: sign (-1)^{k (k - 1) / 2}."""
        return ((key, -1 if key.bit_count() & 2 else 1),)

    def word(self, key: int) -> tuple[Letter, ...]:
        """Returns the gammas in ascending order."""
        return tuple(self.letter("g", p) for p in range(key.bit_length()) if key >> p & 1)
