"""Exact polynomials in commuting atoms: the fast path of the scalar grader and the coefficient
ring of the operators.

A polynomial is a sum of coefficient times monomial, c prod_a a^{e_a}, with rational c and rational
exponents e_a. The table {monomial: coefficient} without zeros is unique, so equality is equality of
tables. `tools.grading.monomials` says what atoms are and which of them carry relations.

Everything else is taken as algebraically independent: two polynomials in `("call", "sin", x)` and
`("call", "cos", x)` may differ here and still be equal as functions.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from tools.errors import BadInput
from tools.grading.monomials import (
    I_ATOM,
    MAX_BITS,
    Atom,
    GradingLimit,
    Monomial,
    Rational,
    factors,
    reduced,
    times,
)

MAX_TERMS = 20_000
MAX_EXPONENT = 10_000


class Polynomial:
    """An immutable polynomial in unique normal form; see the module for atoms and relations.

    Build with `Polynomial.symbol("t")`, `Polynomial.atom(key)`, `Polynomial.number(3)`,
    `Polynomial.root(2)` and `IMAGINARY`, then use +, -, *, /, **. Ints and Fractions mix freely.

    Attributes:
        table: {monomial: coefficient}; a monomial is a tuple of (atom, exponent) in canonical
            order; no coefficient and no exponent is zero. Not to be changed.
    """

    __slots__ = ("_hash", "table")

    def __init__(self, table: dict[Monomial, Rational]) -> None:
        self.table = table
        self._hash: int | None = None

    @staticmethod
    def number(value: Rational) -> Polynomial:
        """Returns a constant."""
        return Polynomial({(): value} if value else {})

    @staticmethod
    def atom(key: Atom, exponent: Rational = 1) -> Polynomial:
        """Returns one atom raised to a rational power."""
        monomial, factor = reduced({key: exponent})
        return Polynomial({monomial: factor})

    @staticmethod
    def symbol(name: str) -> Polynomial:
        """Returns the atom ("sym", name)."""
        return Polynomial({((("sym", name), 1),): 1})

    @staticmethod
    def root(value: Rational, degree: int = 2) -> Polynomial:
        """Returns the principal root value^(1/degree) as a product of prime radicals.

        Raises:
            BadInput: for a negative value unless degree is 2, or a number too long to factor.
        """
        value = Fraction(value)
        if value < 0:
            if degree != 2:
                raise BadInput(f"({value})^(1/{degree}) has several branches.", "Keep it opaque.")
            return IMAGINARY * Polynomial.root(-value)
        if not value:
            return Polynomial({})
        powers: dict[Atom, Rational] = {}
        for number, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, count in factors(number):
                powers["prime", prime] = Fraction(sign * count, degree)
        monomial, factor = reduced(powers)
        return Polynomial({monomial: factor})

    def __add__(self, other: Polynomial | Rational) -> Polynomial:
        if isinstance(other, (int, Fraction)):
            other = Polynomial.number(other)
        if not isinstance(other, Polynomial):
            return NotImplemented
        if len(self.table) < len(other.table):
            self, other = other, self
        table = dict(self.table)
        for monomial, c in other.table.items():
            if total := table.get(monomial, 0) + c:
                table[monomial] = total
            else:
                del table[monomial]
        return Polynomial(table)

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial({m: -c for m, c in self.table.items()})

    def __sub__(self, other: Polynomial | Rational) -> Polynomial:
        return self + (-other)

    def __rsub__(self, other: Rational) -> Polynomial:
        return -self + other

    def __mul__(self, other: Polynomial | Rational) -> Polynomial:
        if isinstance(other, (int, Fraction)):
            return Polynomial({m: c * other for m, c in self.table.items()} if other else {})
        if not isinstance(other, Polynomial):
            return NotImplemented
        if len(self.table) * len(other.table) > 50 * MAX_TERMS:
            raise GradingLimit("A product has too many terms.", "Shorten the answer.")
        table: dict[Monomial, Rational] = {}
        for m1, c1 in self.table.items():
            for m2, c2 in other.table.items():
                monomial, factor = times(m1, m2)
                c = c1 * c2 * factor
                if total := table.get(monomial, 0) + c:
                    table[monomial] = total
                else:
                    del table[monomial]
        _check(table)
        return Polynomial(table)

    __rmul__ = __mul__

    def __truediv__(self, other: Polynomial | Rational) -> Polynomial:
        if not isinstance(other, Polynomial):
            return self * Fraction(1, other)
        return self * other.inverse()

    def __rtruediv__(self, other: Rational) -> Polynomial:
        return self.inverse() * other

    def inverse(self) -> Polynomial:
        """Returns 1/self for a single term or a Gaussian rational.

        Raises:
            BadInput: for zero, or for a sum: the inverse of a sum is no polynomial.
        """
        if not self.table:
            raise BadInput("Division by zero.", "Check the denominator.")
        if len(self.table) == 1:
            ((monomial, c),) = self.table.items()
            inverted, factor = reduced({a: -e for a, e in monomial})
            if any(a[0] == "delta" for a, _ in monomial):
                raise BadInput("Division by a Kronecker delta.", "Check the denominator.")
            return Polynomial({inverted: Fraction(1, c) * factor})
        if self.atoms() == {I_ATOM}:
            conjugate = self.conjugate()
            return conjugate * Fraction(1, (self * conjugate).value())
        raise BadInput(f"1/({self}) is not a polynomial.", "Keep the inverse as an opaque atom.")

    def __pow__(self, exponent: int) -> Polynomial:
        return self.power(exponent)

    def power(
        self, exponent: Rational, positive: Callable[[Atom], bool] = lambda atom: False
    ) -> Polynomial:
        """Returns self^exponent.

        A fractional exponent needs one term c x_1 x_2...: c > 0 always splits off, (c x)^r =
        c^r x^r on the principal branch, but at most one of the remaining atoms may be other than
        positive, and that one only to the first power, because sqrt(x^2) is not x.

        Raises:
            BadInput: where the result is no polynomial or the branch is not decided.
            GradingLimit: where it would be too large.
        """
        exponent = Fraction(exponent)
        if abs(exponent) > MAX_EXPONENT:
            raise GradingLimit(f"Exponent {exponent} exceeds {MAX_EXPONENT}.", "Shorten it.")
        if len(self.table) == 1:
            return self._monomial_power(exponent, positive)
        if exponent.denominator != 1:
            raise BadInput(f"({self})^({exponent}) is not a polynomial.", "Keep it as an atom.")
        n = exponent.numerator
        if n < 0:
            return self.inverse().power(-n)
        if len(self.table) > 1 and math.comb(n + len(self.table) - 1, n) > 50 * MAX_TERMS:
            raise GradingLimit(
                f"Power {n} of {len(self.table)} terms is too large.", "Shorten the answer."
            )
        result, square = Polynomial({(): 1}), self
        while n:
            if n & 1:
                result = result * square
            n >>= 1
            square = square * square if n else square
        return result

    def _monomial_power(self, exponent: Fraction, positive: Callable[[Atom], bool]) -> Polynomial:
        ((monomial, c),) = self.table.items()
        whole = exponent.denominator == 1
        size = c.numerator.bit_length() + c.denominator.bit_length()
        if abs(exponent) * size > MAX_BITS and abs(c) != 1:
            raise GradingLimit(f"{c}^{exponent} has too many digits.", "Give a smaller power.")
        if not whole:
            known = ("prime", "delta")
            doubtful = [e for a, e in monomial if a[0] not in known and not positive(a)]
            # e^{i x} turns: the root of the power is not the power of the root.
            turning = any(a[0] == "exp" for a, _ in monomial)
            if c < 0 or turning or doubtful not in ([], [1]):
                raise BadInput(f"({self})^({exponent}) has two branches.", "Keep it as an atom.")
        if exponent < 0 and any(a[0] == "delta" for a, _ in monomial):
            raise BadInput("Division by a Kronecker delta.", "Check the denominator.")
        return self._formal(exponent)

    def _formal(self, exponent: Rational) -> Polynomial:
        """Returns the power of one term, exponents multiplied without a look at branches."""
        ((monomial, c),) = self.table.items()
        powered, factor = reduced({a: e * exponent for a, e in monomial})
        result = Polynomial({powered: factor}) if exponent else Polynomial({(): 1})
        if exponent.denominator == 1:
            return result * Fraction(c) ** exponent.numerator
        return result * Polynomial.root(Fraction(c) ** exponent.numerator, exponent.denominator)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Polynomial):
            return self.table == other.table
        if isinstance(other, (int, Fraction)):
            return self.table == ({(): other} if other else {})
        return NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            # A constant must hash like its number because it compares equal to it.
            number = not self.table or self.table.keys() == {()}
            self._hash = hash(self.table.get((), 0) if number else frozenset(self.table.items()))
        return self._hash

    def __bool__(self) -> bool:
        return bool(self.table)

    def __iter__(self) -> Iterator[tuple[Monomial, Rational]]:
        return iter(sorted(self.table.items(), key=lambda term: (term[0] != (), repr(term[0]))))

    def atoms(self) -> set[Atom]:
        """Returns the atoms that appear."""
        return {a for monomial in self.table for a, _ in monomial}

    def is_number(self) -> bool:
        """Says whether only i and radicals appear."""
        return all(a[0] in ("i", "prime") for a in self.atoms())

    def value(self) -> Rational:
        """Returns the rational number that this is.

        Raises:
            BadInput: if it is none.
        """
        if not self.table:
            return 0
        if self.table.keys() != {()}:
            raise BadInput(f"{self} is not a rational number.", "Ask `is_number` first.")
        return self.table[()]

    def substitute(self, rule: Callable[[Atom], Polynomial | None]) -> Polynomial:
        """Replaces atoms: `rule(atom)` gives the new value, or None to keep the atom."""
        new = {a: v for a in self.atoms() if (v := rule(a)) is not None}
        if not new:
            return self
        result = Polynomial({})
        for monomial, c in self.table.items():
            term = Polynomial({tuple(f for f in monomial if f[0] not in new): c})
            for a, e in monomial:
                if a in new:
                    # (e^m)^r stands for e^{r m}, no branch to decide.
                    formal = a[0] == "exp" and len(new[a].table) == 1
                    term = term * (new[a]._formal(e) if formal else new[a].power(e))
            result = result + term
        _check(result.table)
        return result

    def evaluate(self, values: Mapping[Atom, complex]) -> complex:
        """Returns the value at a point; i, radicals and exponentials need no entry."""

        def power(atom: Any, e: Rational) -> complex:
            match atom:
                case ("i",):
                    return 1j ** int(e)
                case ("prime", p):
                    return complex(p ** float(e))
                case ("exp", monomial):
                    return cmath.exp(float(e) * Polynomial({monomial: 1}).evaluate(values))
            return complex(values[atom] ** (int(e) if e.denominator == 1 else float(e)))

        return sum(
            (
                float(c) * math.prod((power(a, e) for a, e in m), start=1 + 0j)
                for m, c in self.table.items()
            ),
            start=0j,
        )

    def conjugate(
        self, rule: Callable[[Atom], Polynomial | None] = lambda atom: None
    ) -> Polynomial:
        """Returns the complex conjugate: i -> -i, and `rule(atom)` or, where that is None, the atom
        itself, which is then taken as real (and positive where it stands under a root)."""
        return self.substitute(lambda a: -IMAGINARY if a == I_ATOM else rule(a))

    def __str__(self) -> str:
        return render(self)

    def __repr__(self) -> str:
        return f"Polynomial({render(self)})"


IMAGINARY = Polynomial({((I_ATOM, 1),): 1})
"""The imaginary unit."""


def delta(i: Hashable, j: Hashable) -> Polynomial:
    """Returns delta_ij: 1 for equal keys, 0 for distinct integers, else one symmetric atom.

    Keys of other types, names of indices for instance, may stand for the same value; what a delta
    does to indexed operators is decided in `tools.grading.operators`.
    """
    if i == j:
        return Polynomial({(): 1})
    if isinstance(i, int) and isinstance(j, int):
        return Polynomial({})
    first, second = sorted((i, j), key=repr)
    return Polynomial({((("delta", first, second), 1),): 1})


def _check(table: Mapping[Monomial, Rational]) -> None:
    if len(table) > MAX_TERMS:
        raise GradingLimit(f"A polynomial has more than {MAX_TERMS} terms.", "Shorten the answer.")


def atom_text(atom: Atom) -> str:
    """Returns an atom as people write it: symbols by name, the rest as kind(arguments)."""
    kind, *rest = atom
    if kind in ("i", "sym"):
        return str(rest[0]) if rest else "i"
    if kind == "prime":
        return str(rest[0])
    if kind == "exp":
        monomial: Any = rest[0]
        return f"exp({'*'.join(_factor_text(a, e) for a, e in monomial)})"
    inner = ",".join(
        atom_text(part)
        if isinstance(part, tuple) and part and isinstance(part[0], str)
        else str(part)
        for part in rest
    )
    return f"{kind}({inner})"


def _factor_text(atom: Atom, exponent: Rational) -> str:
    text = atom_text(atom)
    if atom[0] == "prime" and exponent == Fraction(1, 2):
        return f"sqrt({text})"
    if exponent == 1:
        return text
    plain = exponent.denominator == 1 and exponent > 0
    return f"{text}^{exponent}" if plain else f"{text}^({exponent})"


def render(p: Polynomial) -> str:
    """Returns the polynomial in plain code syntax, terms in canonical order."""
    return join_terms(("*".join(_factor_text(a, e) for a, e in m), c) for m, c in p)


def join_terms(terms: Iterable[tuple[str, Rational | Polynomial]]) -> str:
    """Writes a sum of coefficient times text with signs as people set them; 0 when empty."""
    text = ""
    for body, c in terms:
        if isinstance(c, Polynomial) and (not c.table or c.table.keys() == {()}):
            c = c.value()
        if isinstance(c, Polynomial):
            number = str(c) if len(c.table) == 1 else f"({c})"
            negative = number.startswith("-")
            number = number.removeprefix("-")
        else:
            negative, number = c < 0, str(abs(c))
            number = "" if number == "1" and body else number
        piece = f"{number}*{body}" if number and body else number or body
        sign = ("-" if negative else "") if not text else (" - " if negative else " + ")
        text += sign + piece
    return text or "0"
