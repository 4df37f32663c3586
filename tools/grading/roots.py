"""Roots of polynomials and of quotients of polynomials in one name."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from tools.grading.canonical import Canonical
from tools.grading.errors import Undecided
from tools.grading.evaluate import context
from tools.grading.polynomial import Polynomial
from tools.grading.ratio import NotCanonical, NoValue
from tools.grading.tree import Func, Node, Sym, mul, number
from tools.grading.walk import rebuild, walk

_MAX_DEGREE = 24
_MAX_BARS = 3
_DIGITS = 60


def real_roots(node: Node, name: Sym) -> list[Any]:
    """Returns the sorted real roots and poles of a function of one name.

    Absolute values are resolved into both signs, which may add harmless extra marks.

    Raises:
        Undecided: where the function is no quotient of polynomials in the name.
    """
    marks: list[Any] = []
    for choice in _without_bars(node):
        for poly in _top_and_bottom(choice):
            marks.extend(r for r in roots(coefficients(poly, name)) if _is_real(r))
    ctx = context()
    out: list[Any] = []
    for mark in sorted(ctx.re(m) for m in marks):
        if not out or abs(mark - out[-1]) > ctx.mpf(10) ** -25 * max(1, abs(mark)):
            out.append(mark)
    return out


def _is_real(root: Any) -> bool:
    ctx = context()
    return bool(abs(ctx.im(root)) < ctx.mpf(10) ** -25 * max(1, abs(root)))


def _without_bars(node: Node) -> list[Node]:
    bars = list({p for p in walk(node) if isinstance(p, Func) and p.name == "abs"})
    if not bars:
        return [node]
    if len(bars) > _MAX_BARS:
        raise Undecided("Too many absolute values to resolve.")
    out: list[Node] = [bar.args[0] for bar in bars]
    for signs in itertools.product((1, -1), repeat=len(bars)):
        table: dict[Node, Node] = {
            bar: mul(number(s), bar.args[0]) for bar, s in zip(bars, signs, strict=True)
        }
        out.append(_put(node, table))
    return [choice for item in out for choice in _without_bars(item)]


def _put(node: Node, table: dict[Node, Node]) -> Node:
    return table[node] if node in table else rebuild(node, lambda part: _put(part, table))


def _top_and_bottom(node: Node) -> tuple[Polynomial, Polynomial]:
    try:
        ratio = Canonical().ratio(node)
    except (NotCanonical, NoValue):
        raise Undecided("The function is no quotient of polynomials.") from None
    return ratio.top, ratio.bottom


def coefficients(poly: Polynomial, name: Sym) -> list[Any]:
    """Returns the coefficients of a polynomial in one name, the highest first, exactly.

    Laurent terms are multiplied up, since a pole is a mark like a root.

    Raises:
        Undecided: where something else than the name and numbers appears.
    """
    table: dict[int, Any] = {}
    ctx = context()
    for monomial, c in poly.table.items():
        power = Fraction(0)
        value: Any = Fraction(c)
        for atom, exponent in monomial:
            if atom == ("sym", name.name):
                power = Fraction(exponent)
            elif atom[0] == "prime" or atom == ("sym", "pi") or atom[0] == "ln":
                with ctx.workdps(_DIGITS):
                    base = ctx.pi if atom == ("sym", "pi") else ctx.mpf(int(str(atom[1])))
                    base = ctx.ln(base) if atom[0] == "ln" else base
                    exact = Fraction(exponent)
                    factor = base ** (ctx.mpf(exact.numerator) / exact.denominator)
                    value = factor * (
                        ctx.mpf(value.numerator) / value.denominator
                        if isinstance(value, Fraction)
                        else value
                    )
            else:
                raise Undecided("The function is no polynomial in one name.")
        if power.denominator != 1:
            raise Undecided("The function holds a root of the name.")
        known = table.get(int(power))
        if known is not None and (
            not isinstance(known, Fraction) or not isinstance(value, Fraction)
        ):
            with ctx.workdps(_DIGITS):
                table[int(power)] = _as_number(known) + _as_number(value)
        else:
            table[int(power)] = value if known is None else known + value
    if not table:
        return []
    low, high = min(0, *table), max(0, *table)
    if high - low > _MAX_DEGREE:
        raise Undecided("The degree of the polynomial is too large.")
    zero = Fraction(0)
    out = [table.get(k, zero) for k in range(high, low - 1, -1)]
    if low < 0:
        # The pole at zero is a mark too.
        out.append(zero)
    while out and out[0] == 0:
        out.pop(0)
    return out


def _as_number(value: Any) -> Any:
    ctx = context()
    return ctx.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def roots(coeffs: list[Any]) -> list[Any]:
    """Returns the distinct complex roots of a polynomial given from the highest coefficient."""
    if len(coeffs) < 2:
        return []
    ctx = context()
    if all(isinstance(c, Fraction) for c in coeffs):
        coeffs = _squarefree(coeffs)
    with ctx.workdps(_DIGITS):
        numbers = [_as_number(c) for c in coeffs]
        if len(numbers) == 2:
            return [-numbers[1] / numbers[0]]
        if len(numbers) == 3:
            a, b, c = numbers
            root = ctx.sqrt(b * b - 4 * a * c)
            return [(-b + root) / (2 * a), (-b - root) / (2 * a)]
        try:
            return list(ctx.polyroots(numbers, maxsteps=200, extraprec=200))
        except ctx.NoConvergence:
            raise Undecided("The roots of a polynomial could not be found.") from None


def _squarefree(coeffs: list[Any]) -> list[Any]:
    """Divides a polynomial by its common factor with its derivative."""
    degree = len(coeffs) - 1
    slope = [c * (degree - i) for i, c in enumerate(coeffs[:-1])]
    common = _gcd(coeffs, slope)
    return _divide(coeffs, common)[0] if len(common) > 1 else coeffs


def _divide(a: list[Any], b: list[Any]) -> tuple[list[Any], list[Any]]:
    rest, out = list(a), []
    while len(rest) >= len(b):
        factor = rest[0] / b[0]
        out.append(factor)
        for i, c in enumerate(b):
            rest[i] -= factor * c
        rest.pop(0)
    while rest and rest[0] == 0:
        rest.pop(0)
    return out, rest


def _gcd(a: list[Any], b: list[Any]) -> list[Any]:
    while b:
        a, b = b, _divide(a, b)[1]
    return a
