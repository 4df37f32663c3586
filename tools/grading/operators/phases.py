"""Exponentials of numbers and parameters, in a form that multiplies."""

from __future__ import annotations

from fractions import Fraction

from tools.grading.monomials import I_ATOM, Atom, Monomial
from tools.grading.operators.conventions import Scalar
from tools.grading.polynomial import IMAGINARY, Polynomial

PI: Atom = ("sym", "pi")
_PHASE: Monomial = ((I_ATOM, 1), (PI, 1))


def scalar_exponential(value: Scalar) -> Polynomial:
    """Returns e^p as a product of powers of e^{monomial}; e^{i pi q} exactly where 12 q is whole
    and the value has a short radical form."""
    result = Polynomial.number(1)
    for monomial, c in Polynomial.number(1) * value:
        if monomial == _PHASE:
            result = result * _root_of_unity(Fraction(c))
        else:
            result = result * Polynomial.atom(("exp", monomial), c)
    return result


def _root_of_unity(q: Fraction) -> Polynomial:
    """Returns e^{i pi q}: powers of i, of e^{i pi / 4} and of e^{i pi / 3}, or an atom."""
    q = q % 2
    half = Fraction(1, 2)
    if q.denominator <= 2:
        return IMAGINARY ** int(2 * q)
    if q.denominator == 4:
        return (Polynomial.root(half) * (1 + IMAGINARY)) ** int(4 * q)
    if q.denominator == 3:
        return (half + IMAGINARY * Polynomial.root(3) * half) ** int(3 * q)
    if q.denominator == 6:
        return (Polynomial.root(3) * half + IMAGINARY * half) ** int(6 * q)
    return Polynomial.atom(("exp", _PHASE), q)
