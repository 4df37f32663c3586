"""Monomials: products of atoms to rational powers, in unique form.

An *atom* is an opaque hashable key, by habit a tuple whose first entry names its kind:
`("sym", "t")`, `("call", "cos", key)`, `("delta", i, j)`. A monomial is a tuple of (atom, exponent)
in canonical order without zero exponents, prod_a a^{e_a}; exponents are rational, so Laurent and
Puiseux monomials are included.

Some kinds of atoms carry relations that keep monomials unique:

* `("i",)`: the imaginary unit, i^2 = -1; it appears with exponent 1 or not at all;
* `("prime", p)`: a prime under a root; its exponent lies in [0, 1) and whole powers move into the
  coefficient. Such radicals are linearly independent over the Gaussian rationals
  (A. S. Besicovitch, J. London Math. Soc. 15, 3 (1940); they generate a real field, so i stays
  independent);
* `("delta", i, j)`: a Kronecker delta, delta^2 = delta;
* `("exp", monomial)`: e to that monomial; its exponent may be any rational, so that exponentials
  multiply and invert (made by `operators.phases`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from tools.errors import AnsatzError, BadInput

Atom: TypeAlias = tuple[Hashable, ...]
Rational: TypeAlias = int | Fraction
Monomial: TypeAlias = tuple[tuple[Atom, Rational], ...]

MAX_BITS = 20_000
I_ATOM: Atom = ("i",)
_RELATED = frozenset({"i", "prime", "delta"})


class GradingLimit(AnsatzError):
    """An answer is too large to decide within the bounds; names the bound."""


@lru_cache(maxsize=1 << 16)
def _rank(atom: Atom) -> str:
    return repr(atom)


def times(m1: Monomial, m2: Monomial) -> tuple[Monomial, Rational]:
    """Returns the product of two monomials: a monomial and a factor."""
    if not m1 or not m2:
        return m1 or m2, 1
    powers = dict(m1)
    related = False
    for a, e in m2:
        if a in powers:
            powers[a] += e
            related = True
        else:
            powers[a] = e
    if related:
        return reduced(powers)
    return tuple(sorted(powers.items(), key=lambda f: _rank(f[0]))), 1


def reduced(powers: Mapping[Atom, Rational]) -> tuple[Monomial, Rational]:
    """Applies the relations of i, radicals and deltas; returns the monomial and a factor."""
    factor: Rational = 1
    kept: list[tuple[Atom, Rational]] = []
    for a, e in powers.items():
        if not e:
            continue
        if e.denominator == 1:
            e = int(e)
        if a[0] in _RELATED:
            if a == I_ATOM:
                if e.denominator != 1:
                    raise BadInput(f"i^({e}) has no unique form.", "Keep it as an atom.")
                factor = -factor if e % 4 in (2, 3) else factor
                e = e % 2
            elif a[0] == "prime":
                whole = math.floor(e)
                base = a[1]
                assert isinstance(base, int)
                factor = factor * Fraction(base) ** whole
                e = e - whole
            else:
                e = 1
        if e:
            kept.append((a, e))
    kept.sort(key=lambda f: _rank(f[0]))
    return tuple(kept), factor


def factors(number: int) -> Iterator[tuple[int, int]]:
    """Yields (prime, multiplicity) by trial division up to 10^4.

    Raises:
        GradingLimit: if the number has too many digits.
        BadInput: if a large factor is left that may not be prime.
    """
    if number.bit_length() > MAX_BITS:
        raise GradingLimit("A number under a root has too many digits.", "Give a smaller one.")
    p = 2
    while p * p <= number and p < 10_000:
        count = 0
        while number % p == 0:
            number //= p
            count += 1
        if count:
            yield p, count
        p += 1 if p == 2 else 2
    if number > 1:
        if number >= 10_000**2:
            raise BadInput(f"{number} under a root is too long to factor.", "Keep it as an atom.")
        yield number, 1
