"""Quotients of polynomials, with every product charged to the budget of the pair."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from tools.grading.errors import OverLimit
from tools.grading.evaluate import spend
from tools.grading.monomials import Atom, Rational
from tools.grading.polynomial import IMAGINARY as IMAGINARY_UNIT
from tools.grading.polynomial import Polynomial

MAX_PRODUCT = 20_000
MAX_EXPANDED_POWER = 24
ONE = Polynomial.number(1)
HALF = Fraction(1, 2)
HALF_TURN: Atom = ("exp", ((("i",), 1), (("sym", "pi"), 1)))


class NotCanonical(Exception):
    """The expression has no canonical form within the bounds; numbers have to decide."""


class NoValue(Exception):
    """The expression has no value, as 0/0 or 1/0."""


class Ratio(NamedTuple):
    """A quotient of two polynomials, the denominator one wherever it can be divided out."""

    top: Polynomial
    bottom: Polynomial

    def __str__(self) -> str:
        return str(self.top) if self.bottom == 1 else f"({self.top})/({self.bottom})"


def product(a: Polynomial, b: Polynomial) -> Polynomial:
    """Multiplies within the bounds.

    Raises:
        NotCanonical: when the product is too large or the budget is used up.
    """
    work = len(a.table) * len(b.table)
    if work > MAX_PRODUCT:
        raise NotCanonical
    try:
        spend(1 + work // 8)
    except OverLimit:
        raise NotCanonical from None
    return a * b


def quotient(top: Polynomial, bottom: Polynomial) -> Ratio:
    """Divides, folding a one-term denominator into the numerator.

    Raises:
        NoValue: for a vanishing denominator.
    """
    if not bottom:
        raise NoValue("division by zero")
    if bottom == 1:
        return Ratio(top, ONE)
    if len(bottom.table) == 1 or bottom.atoms() == {("i",)}:
        return Ratio(product(top, bottom.inverse()), ONE)
    return Ratio(top, bottom)


def bits(poly: Polynomial) -> int:
    """Returns the digits of a lone coefficient that is raised to a power; 0 for a unit."""
    if len(poly.table) != 1:
        return 0
    (c,) = (Fraction(c) for c in poly.table.values())
    return 0 if abs(c) == 1 else c.numerator.bit_length() + c.denominator.bit_length()


def content(poly: Polynomial) -> Fraction:
    """Returns the positive common factor of the coefficients."""
    values = [Fraction(c) for c in poly.table.values()]
    return Fraction(
        math.gcd(*(v.numerator for v in values)), math.lcm(*(v.denominator for v in values))
    )


def power(poly: Polynomial, n: int) -> Polynomial:
    """Raises to a whole power within the bounds.

    Raises:
        NotCanonical: when the power is too large or the budget is used up.
    """
    terms = len(poly.table)
    if terms > 1 and (n > MAX_EXPANDED_POWER or math.comb(n + terms - 1, terms - 1) > 2_000):
        raise NotCanonical
    try:
        spend(1 + math.comb(n + terms - 1, terms - 1) // 8 if terms > 1 else 1)
    except OverLimit:
        raise NotCanonical from None
    return poly.power(n)


def unit_root(turns: Fraction) -> Polynomial:
    """Returns e^{i pi c}: exactly for multiples of a twelfth, else as a reduced power."""
    turns = turns % 2
    sign = 1
    if turns >= 1:
        turns, sign = turns - 1, -1
    degrees = turns * 180
    if degrees % 30 and degrees % 45:
        return Polynomial.atom(HALF_TURN, turns) * sign
    squares: dict[int, Rational] = {0: 1, 30: Fraction(3, 4), 45: HALF, 60: Fraction(1, 4), 90: 0}
    angle = int(degrees)
    cosine = Polynomial.root(squares[min(angle, 180 - angle)])
    if angle > 90:
        cosine = -cosine
    sine = Polynomial.root(squares[abs(90 - angle)])
    return (cosine + IMAGINARY_UNIT * sine) * sign
