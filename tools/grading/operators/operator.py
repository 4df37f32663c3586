"""An operator: a sum in unique normal form, closed under the operations of the algebra."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from tools.errors import BadInput
from tools.grading.monomials import GradingLimit
from tools.grading.operators import indexed
from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.sector import Table, add
from tools.grading.operators.text import render
from tools.grading.polynomial import Polynomial

if TYPE_CHECKING:
    from tools.grading.operators.algebra import Algebra

MAX_POWER = 1_000


class Operator:
    """A sum of monomials over one algebra; immutable.

    Terms on concrete modes are kept in normal form at all times. Terms with symbolic indices or
    sums are kept as words and brought to normal form, with their Kronecker deltas, when asked
    for (`canonical`, comparison, text).

    Attributes:
        algebra: the algebra whose generators it is made of.
        where: the one sector its monomials are from, or None for mixed monomials.
        table: {monomial: coefficient} on concrete modes.
        pending: {(ranges of the bound indices, word): coefficient} with symbolic indices.
    """

    __slots__ = ("_canonical", "algebra", "pending", "table", "where")

    def __init__(
        self,
        algebra: Algebra,
        where: int | None,
        table: Table,
        pending: indexed.Pending | None = None,
    ) -> None:
        self.algebra = algebra
        self.where = where
        self.table = table
        self.pending: indexed.Pending = pending or {}
        self._canonical: indexed.Canonical | None = None

    def mixed(self) -> Table:
        """Returns the concrete part with mixed monomials."""
        return self.algebra.space.lift(self.where, self.table)

    def _same(self, other: object) -> Operator:
        if isinstance(other, Operator):
            if other.algebra is not self.algebra:
                raise BadInput(
                    "Operators of two different algebras meet.", "Build both from one Algebra."
                )
            return other
        if isinstance(other, (int, Fraction, Polynomial)):
            return self.algebra.scalar(other)
        raise BadInput(f"{other!r} is no operator.", "Give an Operator, a number or a Polynomial.")

    def _plus(self, other: Operator, factor: int) -> Operator:
        pending = add(self.pending, other.pending, factor) if other.pending else self.pending
        where, left, right = aligned(self, other)
        return Operator(self.algebra, where, add(left, right, factor), pending)

    def __add__(self, other: Operator | Scalar) -> Operator:
        return self._plus(self._same(other), 1)

    __radd__ = __add__

    def __sub__(self, other: Operator | Scalar) -> Operator:
        return self._plus(self._same(other), -1)

    def __rsub__(self, other: Scalar) -> Operator:
        return self._same(other)._plus(self, -1)

    def __neg__(self) -> Operator:
        return self * -1

    def __mul__(self, other: Operator | Scalar) -> Operator:
        if isinstance(other, (int, Fraction)) or (
            isinstance(other, Polynomial) and not indexed.symbolic_atoms(other)
        ):
            return Operator(
                self.algebra,
                self.where,
                {k: c * other for k, c in self.table.items()} if other else {},
                {k: c * other for k, c in self.pending.items()} if other else {},
            )
        return self._times(self._same(other))

    def __rmul__(self, other: Scalar) -> Operator:
        return self._same(other) * self if isinstance(other, Polynomial) else self * other

    def __truediv__(self, other: Operator | Scalar) -> Operator:
        divisor = other.scalar_value() if isinstance(other, Operator) else other
        return self * (Polynomial.number(1) / divisor)

    def _times(self, other: Operator) -> Operator:
        space = self.algebra.space
        pending: indexed.Pending = {}
        if self.pending or other.pending:
            pending = indexed.multiply(
                self.words(), other.words(), skip=(len(self.pending), len(other.pending))
            )
        if not self.table or not other.table:
            return Operator(self.algebra, None, {}, pending)
        where, left, right = aligned(self, other)
        kernel = space if where is None else space.sectors[where]
        return Operator(self.algebra, where, kernel.multiply(left, right), pending)

    def words(self) -> indexed.Pending:
        """Returns every term as a word of letters, the symbolic ones first."""
        result = dict(self.pending)
        for key, c in self.mixed().items():
            entry = ((), self.algebra.space.word(key))
            result[entry] = result.get(entry, Polynomial({})) + c
        return result

    def __pow__(self, exponent: int) -> Operator:
        if not isinstance(exponent, int) or exponent < 0:
            raise BadInput(f"Power {exponent} of an operator.", "Give a whole number from 0 on.")
        if exponent > MAX_POWER:
            raise GradingLimit(f"Power {exponent} exceeds {MAX_POWER}.", "Shorten the answer.")
        result, square = self.algebra.one, self
        while exponent:
            if exponent & 1:
                result = result * square
            exponent >>= 1
            square = square * square if exponent else square
        return result

    def dagger(self) -> Operator:
        """Returns the adjoint; parameters are real unless the conventions say otherwise."""
        space, conjugate = self.algebra.space, self.algebra.conjugate
        pending = indexed.dagger(self.pending, self.algebra)
        table: Table = {}
        if self.where is not None:
            sector = space.sectors[self.where]
            for key, c in self.table.items():
                table = add(table, dict(sector.dagger(key)), conjugate(c))
            return Operator(self.algebra, self.where, table, pending)
        for key, c in self.table.items():
            table = add(table, space.dagger(key), conjugate(c))
        return Operator(self.algebra, None, table, pending)

    def canonical(self) -> indexed.Canonical:
        """Returns the unique table over deltas, sums and normal-ordered words."""
        if self._canonical is None:
            self._canonical = indexed.resolve(self.words(), self.algebra)
        return self._canonical

    def is_zero(self) -> bool:
        """Decides whether this is the zero operator for every value of its indices."""
        return not self.table if not self.pending else not self.canonical()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Operator, int, Fraction, Polynomial)):
            return (self - other).is_zero()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self.canonical().items()))

    def scalar_value(self) -> Polynomial:
        """Returns the coefficient of the identity of an operator that is a number.

        Raises:
            BadInput: if it is not a multiple of the identity without sums and indices.
        """
        table = self.mixed()
        if self.pending or set(table) - {()}:
            raise BadInput(f"{self} is not a number.", "Divide by numbers and parameters only.")
        c = table.get((), 0)
        return c if isinstance(c, Polynomial) else Polynomial.number(c)

    def letters(self) -> Iterator[Letter]:
        """Yields every letter of every term."""
        for (_, word), _c in self.words().items():
            yield from word

    def __str__(self) -> str:
        return render(self.canonical())

    def __repr__(self) -> str:
        return f"Operator({self})"


def commutator(a: Operator, b: Operator) -> Operator:
    """Returns [A, B] = AB - BA, from contracted terms alone where the algebra allows it."""
    if a.algebra is b.algebra and not a.pending and not b.pending:
        where, left, right = aligned(a, b)
        if where is not None:
            return Operator(
                a.algebra, where, a.algebra.space.sectors[where].commutator(left, right)
            )
    return a * b - b * a


def anticommutator(a: Operator, b: Operator) -> Operator:
    """Returns {A, B} = AB + BA."""
    return a * b + b * a


def aligned(a: Operator, b: Operator) -> tuple[int | None, Table, Table]:
    """Returns two concrete parts over the same monomials: those of one sector where that can be.

    Numbers belong to every sector, so a number beside one sector does not make a mixture.
    """
    if a.where == b.where:
        return a.where, a.table, b.table
    for one, other in ((a, b), (b, a)):
        if one.where is None and other.where is not None and one.table.keys() <= {()}:
            identity = a.algebra.space.sectors[other.where].one
            number: Table = {identity: one.table[()]} if one.table else {}
            pair = (number, other.table) if one is a else (other.table, number)
            return other.where, *pair
    return None, a.mixed(), b.mixed()
