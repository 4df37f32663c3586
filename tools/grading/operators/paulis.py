r"""Pauli operators and spins one half: strings as two bit masks.

A string is P(x, z) = prod_j i^{x_j z_j} X_j^{x_j} Z_j^{z_j}, hermitian, with Y = i X Z. Then

    P(x_1, z_1) P(x_2, z_2) = i^{|x_1 z_1| + |x_2 z_2| - |x_3 z_3|} (-1)^{|z_1 x_2|} P(x_3, z_3),

x_3 = x_1 ^ x_2, z_3 = z_1 ^ z_2 (S. Aaronson and D. Gottesman, PRA 70, 052328 (2004), sec. III).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from tools.grading.operators.conventions import Label, Letter, Scalar
from tools.grading.operators.sector import Sector, Table
from tools.grading.polynomial import IMAGINARY

String: TypeAlias = tuple[int, int]

_PHASES: tuple[Scalar, ...] = (1, IMAGINARY, -1, -IMAGINARY)


class Paulis(Sector):
    """All two-level sites.

    The species' scale (1 for sigma, hbar/2 for S) and ladder factors come with the letters'
    definitions in `Algebra`; here X, Y, Z square to one.
    """

    one = (0, 0)

    def __init__(self) -> None:
        super().__init__()
        self.scale: dict[str, Scalar] = {}
        self.sites: dict[str, str] = {}
        self.ladder: dict[str, tuple[Scalar, int]] = {}

    def declare(self, species: str, scale: Scalar, ladder: Scalar, z_sign: int) -> None:
        """Sets x = scale X and so on, and plus/minus = ladder (X +- i z_sign Y)."""
        self.scale[species] = scale
        self.ladder[species] = (ladder, z_sign)

    def mode(self, species: str, labels: tuple[Label, ...]) -> int:
        """Returns the number of a site, one for all species that live on it."""
        return super().mode(self.sites.get(species, species), labels)

    def generator(self, letter: Letter) -> Table:
        """Returns one of x, y, z, plus and minus of a site."""
        bit = 1 << self.mode(letter.species, letter.labels)
        x, y, z = (bit, 0), (bit, bit), (0, bit)
        if letter.op in ("x", "y", "z"):
            return {{"x": x, "y": y, "z": z}[letter.op]: self.scale[letter.species]}
        if letter.op in ("X", "Y", "Z"):
            return {{"X": x, "Y": y, "Z": z}[letter.op]: 1}
        factor, sign = self.ladder[letter.species]
        return {x: factor, y: IMAGINARY * factor * (sign if letter.op == "+" else -sign)}

    def times(self, left: String, right: String) -> Iterable[tuple[String, Scalar]]:
        """Returns the product of two strings: one string and a phase."""
        x1, z1 = left
        x2, z2 = right
        x3, z3 = x1 ^ x2, z1 ^ z2
        turns = (x1 & z1).bit_count() + (x2 & z2).bit_count() - (x3 & z3).bit_count()
        turns += 2 * (z1 & x2).bit_count()
        return (((x3, z3), _PHASES[turns & 3]),)

    def dagger(self, key: String) -> Iterable[tuple[String, Scalar]]:
        """Strings are hermitian."""
        return ((key, 1),)

    def word(self, key: String) -> tuple[Letter, ...]:
        """Returns x, y and z in order of the sites; X, Y and Z (squares one) where x is scaled."""
        x, z = key
        letters = []
        for p in range(max(x, z).bit_length()):
            if (x | z) >> p & 1:
                op = " xzy"[(x >> p & 1) + 2 * (z >> p & 1)]
                plain = self.scale[self.names[p][0]] == 1
                letters.append(self.letter(op if plain else op.upper(), p))
        return tuple(letters)
