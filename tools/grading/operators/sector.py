"""What every algebra on concrete modes has in common: monomials, their product and adjoint."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sized
from typing import Any, TypeAlias

from tools.grading.monomials import GradingLimit
from tools.grading.operators.conventions import Label, Letter, Scalar

Table: TypeAlias = dict[Any, Scalar]
"""A sum: {monomial: coefficient}, without zeros."""

MAX_TERMS = 50_000
MAX_MODES = 256


class Sector:
    """One algebra with a basis of monomials; a monomial is a small hashable key.

    Subclasses give `one`, `generator`, `times`, `dagger` and `word`, and may replace `multiply`
    and `commutator` by something faster.

    Attributes:
        one: the key of the identity.
        group: sectors of the same group anticommute where both monomials are odd; None for an
            algebra that commutes with all others.
        max_pairs: how many pairs of monomials one product may have, about a second's work.
    """

    one: Hashable
    group: str | None = None
    max_pairs = 300_000

    def __init__(self) -> None:
        self.modes: dict[tuple[str, tuple[Label, ...]], int] = {}
        self.names: list[tuple[str, tuple[Label, ...]]] = []

    def mode(self, species: str, labels: tuple[Label, ...]) -> int:
        """Returns the number of a mode, the same for the lifetime of the algebra."""
        name = (species, labels)
        if name not in self.modes:
            if len(self.names) >= MAX_MODES:
                raise GradingLimit(f"More than {MAX_MODES} modes.", "Use fewer.")
            self.modes[name] = len(self.names)
            self.names.append(name)
        return self.modes[name]

    def letter(self, op: str, mode: int) -> Letter:
        """Returns a generator's name."""
        species, labels = self.names[mode]
        return Letter(species, op, labels)

    def generator(self, letter: Letter) -> Table:
        """Returns one generator as a table."""
        raise NotImplementedError

    def times(self, left: Any, right: Any) -> Iterable[tuple[Any, Scalar]]:
        """Returns the product of two monomials as (monomial, coefficient) pairs, all different."""
        raise NotImplementedError

    def dagger(self, key: Any) -> Iterable[tuple[Any, Scalar]]:
        """Returns the adjoint of a monomial."""
        raise NotImplementedError

    def word(self, key: Any) -> tuple[Letter, ...]:
        """Returns letters whose product is the monomial."""
        raise NotImplementedError

    def odd(self, key: Any) -> bool:
        """Says whether the monomial changes the fermion parity."""
        return False

    def multiply(self, left: Mapping[Any, Scalar], right: Mapping[Any, Scalar]) -> Table:
        """Returns the product of two sums."""
        check_pairs(left, right, self.max_pairs)
        result: Table = {}
        get = result.get
        for k1, c1 in left.items():
            for k2, c2 in right.items():
                c = c1 * c2
                for key, factor in self.times(k1, k2):
                    result[key] = get(key, 0) + c * factor
            check_terms(result)
        return without_zeros(result)

    def commutator(self, left: Mapping[Any, Scalar], right: Mapping[Any, Scalar]) -> Table:
        """Returns left right - right left."""
        return add(self.multiply(left, right), self.multiply(right, left), -1)


def add(left: Mapping[Any, Scalar], right: Mapping[Any, Scalar], factor: Scalar = 1) -> Table:
    """Returns left + factor right."""
    result = dict(left)
    for key, c in right.items():
        if total := result.get(key, 0) + factor * c:
            result[key] = total
        else:
            result.pop(key, None)
    return result


def without_zeros(table: Table) -> Table:
    """Returns the table without vanishing coefficients."""
    return table if all(table.values()) else {k: c for k, c in table.items() if c}


def check_pairs(left: Sized, right: Sized, most: int) -> None:
    """Refuses a product that would take too long.

    Raises:
        GradingLimit: with the numbers of terms.
    """
    if len(left) * len(right) > most:
        raise GradingLimit(
            f"A product of {len(left)} by {len(right)} operator terms is too large.",
            "Shorten the answer.",
        )


def check_terms(table: Mapping[Any, Scalar]) -> None:
    """Refuses a sum that has grown too long.

    Raises:
        GradingLimit: with the bound.
    """
    if len(table) > MAX_TERMS:
        raise GradingLimit(f"More than {MAX_TERMS} operator terms.", "Shorten the answer.")
