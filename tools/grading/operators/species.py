"""What an algebra hands out: callables that make generators of one species."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tools.errors import BadInput
from tools.grading.operators.conventions import Label, Letter, Scalar

if TYPE_CHECKING:
    from tools.grading.operators.algebra import Algebra
    from tools.grading.operators.operator import Operator


@dataclass(frozen=True)
class _Species:
    """One species of one algebra."""

    algebra: Algebra
    name: str

    def _make(self, op: str, labels: tuple[Label, ...]) -> Operator:
        return self.algebra.generator(Letter(self.name, op, labels))


class Modes(_Species):
    """Fermions or bosons: call with labels to annihilate."""

    def __call__(self, *labels: Label) -> Operator:
        """Returns the annihilation operator of a mode."""
        return self._make("a", labels)

    def create(self, *labels: Label) -> Operator:
        """Returns the creation operator of a mode."""
        return self._make("c", labels)

    def number(self, *labels: Label) -> Operator:
        """Returns n = c^dag c."""
        return self.create(*labels) * self(*labels)


class Majorana(_Species):
    """Majorana modes: call with labels."""

    def __call__(self, *labels: Label) -> Operator:
        """Returns the hermitian gamma of a mode."""
        return self._make("g", labels)


class Canonical(_Species):
    """Position and momentum."""

    def q(self, *labels: Label) -> Operator:
        """Returns the position of a mode."""
        return self._make("q", labels)

    def p(self, *labels: Label) -> Operator:
        """Returns the momentum of a mode."""
        return self._make("p", labels)


@dataclass(frozen=True)
class SpinSpecies(_Species):
    """Pauli matrices (scale 1), spins one half (scale hbar/2) or other spins (scale None)."""

    scale: Scalar | None

    def x(self, *labels: Label) -> Operator:
        """Returns the x component at a site."""
        return self._make("x", labels)

    def y(self, *labels: Label) -> Operator:
        """Returns the y component at a site."""
        return self._make("y", labels)

    def z(self, *labels: Label) -> Operator:
        """Returns the z component at a site."""
        return self._make("z", labels)

    def plus(self, *labels: Label) -> Operator:
        """Returns the plus ladder operator at a site, with the factor of the conventions."""
        return self._make("+", labels)

    def minus(self, *labels: Label) -> Operator:
        """Returns the minus ladder operator at a site, with the factor of the conventions."""
        return self._make("-", labels)

    def dot(self, one: Label, other: Label) -> Operator:
        """Returns S_1 . S_2 = x x + y y + z z."""
        parts = [s(one) * s(other) for s in (self.x, self.y, self.z)]
        return parts[0] + parts[1] + parts[2]

    def swap(self, one: Label, other: Label) -> Operator:
        """Returns the exchange of two spins one half, (1 + X X + Y Y + Z Z) / 2.

        Raises:
            BadInput: for other spins, where it is a polynomial of degree 2S in S_1 . S_2.
        """
        if self.scale is None:
            raise BadInput("The swap of spins above one half.", "Write it out in S_1 . S_2.")
        if one == other:
            return self.algebra.one
        unit = 1 / (self.scale * self.scale * Fraction(1))
        return (self.algebra.one + self.dot(one, other) * unit) / 2
