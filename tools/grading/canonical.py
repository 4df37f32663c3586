"""The canonical form of a scalar: a quotient of polynomials in atoms that know their relations.

Exponentials are atoms indexed by the monomials of the exponent, e^{2x+y/2} = E_x^2 E_y^{1/2}, and
trigonometric and hyperbolic functions are written with them, so identities between them become
identities of rational functions and are proved exactly. Roots of sums are atoms whose whole powers
are put back. A difference that vanishes proves equality; a difference in nothing but free names,
i and radicals proves that the two sides differ. Everything else is left to numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from tools.errors import BadInput
from tools.grading.monomials import Atom, GradingLimit, Monomial
from tools.grading.polynomial import IMAGINARY as IMAGINARY_UNIT
from tools.grading.polynomial import Polynomial
from tools.grading.ratio import (
    HALF,
    ONE,
    NotCanonical,
    NoValue,
    Ratio,
    bits,
    content,
    power,
    product,
    quotient,
    unit_root,
)
from tools.grading.tree import Add, Const, Func, Mul, Node, Num, Pow, Quantity, Sym

MAX_EXPONENT = 5_000
MAX_BITS = 12_000
MAX_FACTORIAL = 500
_FREE = frozenset({"sym", "i", "prime"})


class Canonical:
    """Turns trees into quotients of polynomials.

    Args:
        positive: tells which names are declared positive, so that roots and logarithms of
            products of them split.
    """

    def __init__(self, positive: Callable[[Sym], bool] = lambda symbol: False) -> None:
        self._positive = positive
        self._names: dict[Atom, Sym] = {}
        self._roots: dict[Atom, Ratio] = {}

    def ratio(self, node: Node) -> Ratio:
        """Returns the canonical form of a scalar.

        Raises:
            NotCanonical: where there is none within the bounds.
            NoValue: where a denominator vanishes identically.
        """
        try:
            return self._ratio(node)
        except (GradingLimit, BadInput, ValueError):
            # Python refuses to print integers of more than 4300 digits; names need printing.
            raise NotCanonical from None

    def compare(self, left: Node, right: Node) -> bool | None:
        """Says whether two scalars are equal; None when this form does not settle it."""
        a, b = self.ratio(left), self.ratio(right)
        try:
            if a.bottom == b.bottom:
                gap = a.top - b.top
            else:
                gap = product(a.top, b.bottom) - product(b.top, a.bottom)
            gap = self._settle(gap)
        except (GradingLimit, BadInput, ValueError):
            raise NotCanonical from None
        if not gap:
            return True
        if gap.is_number() or all(atom[0] in _FREE for atom in gap.atoms()):
            return False
        return None

    def _settle(self, poly: Polynomial) -> Polynomial:
        """Puts whole powers of roots back and clears their denominators."""
        for _ in range(8):
            roots = [a for a in poly.atoms() if a in self._roots]
            worst = {
                a: min((e for m in poly.table for b, e in m if b == a), default=0) for a in roots
            }
            for atom, low in worst.items():
                if low < 0:
                    poly = product(poly, Polynomial.atom(atom, -low))
            over = [a for a in roots if any(b == a and e >= 1 for m in poly.table for b, e in m)]
            if not over:
                return poly
            atom = over[0]
            base = self._roots[atom]
            highest = max(int(e) for m in poly.table for b, e in m if b == atom)
            total = Polynomial({})
            for monomial, c in poly.table.items():
                height = next((e for b, e in monomial if b == atom), Fraction(0))
                whole = math.floor(height)
                rest = Polynomial({tuple(f for f in monomial if f[0] != atom): c})
                if height - whole:
                    rest = product(rest, Polynomial.atom(atom, height - whole))
                rest = product(rest, power(base.top, whole))
                total = total + product(rest, power(base.bottom, highest - whole))
            poly = total
        return poly

    def _ratio(self, node: Node) -> Ratio:
        match node:
            case Num(value=value):
                return Ratio(Polynomial.number(value), ONE)
            case Sym():
                atom: Atom = ("sym", node.name)
                self._names[atom] = node
                return Ratio(Polynomial.atom(atom), ONE)
            case Const(name="pi"):
                return Ratio(Polynomial.symbol("pi"), ONE)
            case Const(name="i"):
                return Ratio(IMAGINARY_UNIT, ONE)
            case Const(name="e"):
                return self._exponential(Ratio(ONE, ONE))
            case Add():
                return self._sum(node)
            case Mul():
                top, bottom = ONE, ONE
                for factor in node.factors:
                    part = self._ratio(factor)
                    top, bottom = product(top, part.top), product(bottom, part.bottom)
                return quotient(top, bottom)
            case Pow():
                return self._power(node.base, node.exponent)
            case Func():
                return self._function(node)
            case Quantity():
                raise NotCanonical
        raise NotCanonical

    def _sum(self, node: Add) -> Ratio:
        top, bottom = Polynomial({}), ONE
        for term in node.terms:
            part = self._ratio(term)
            if part.bottom == bottom:
                top = top + part.top
            else:
                top = product(top, part.bottom) + product(part.top, bottom)
                bottom = product(bottom, part.bottom)
        return quotient(top, bottom)

    def _positive_atom(self, atom: Atom) -> bool:
        if atom == ("sym", "pi") or atom[0] == "ln":
            return True
        if atom[0] == "exp":
            return isinstance(atom[1], tuple) and all(part[0] != ("i",) for part in atom[1])
        return atom in self._names and self._positive(self._names[atom])

    def _power(self, base: Node, exponent: Node) -> Ratio:
        if base == Const("e"):
            return self._exponential(self._ratio(exponent))
        power = self._ratio(exponent)
        root = self._ratio(base)
        if power.bottom == 1 and power.top.table.keys() <= {()}:
            return self._rational_power(root, Fraction(power.top.value()))
        if root.bottom != 1 or power.bottom != 1 or not root.top:
            raise NotCanonical
        if root.top.table.keys() == {()} and root.top.value() > 0:
            log = self._log_number(Fraction(root.top.value()))
            return self._exponential(Ratio(product(power.top, log), ONE))
        result = Ratio(ONE, ONE)
        for monomial, c in power.top.table.items():
            if not monomial:
                part = self._rational_power(root, Fraction(c))
            else:
                key = ("pow", str(root), str(Polynomial({monomial: 1})))
                part = Ratio(Polynomial.atom(key, c), ONE)
            result = quotient(product(result.top, part.top), product(result.bottom, part.bottom))
        return result

    def _rational_power(self, root: Ratio, exponent: Fraction) -> Ratio:
        if exponent == 0 and not root.top:
            raise NoValue("zero to the power zero")
        if exponent.denominator == 1:
            n = abs(exponent.numerator)
            if n > MAX_EXPONENT or n * bits(root.top) > MAX_BITS:
                return Ratio(Polynomial.atom(("pow", str(root), str(exponent))), ONE)
            top, bottom = power(root.top, n), power(root.bottom, n)
            return quotient(top, bottom) if exponent > 0 else quotient(bottom, top)
        wound = any(a[0] == "exp" and not self._positive_atom(a) for a in root.top.atoms())
        if root.bottom == 1 and len(root.top.table) == 1 and not wound:
            try:
                return Ratio(root.top.power(exponent, self._positive_atom), ONE)
            except BadInput:
                pass
        if not root.top:
            if exponent < 0:
                raise NoValue("division by zero")
            return root
        common = content(root.top) / content(root.bottom)
        inner = Ratio(root.top * (1 / content(root.top)), root.bottom * (1 / content(root.bottom)))
        whole = math.floor(exponent)
        atom: Atom = ("root", str(inner))
        self._roots[atom] = inner
        part = Polynomial.atom(atom, exponent - whole) * Polynomial.root(
            common.numerator, exponent.denominator
        ).power(exponent.numerator - whole * exponent.denominator)
        if common.denominator != 1:
            scale = Polynomial.root(common.denominator, exponent.denominator)
            part = part * scale.power(exponent.numerator - whole * exponent.denominator).inverse()
        outside = self._rational_power(root, Fraction(whole))
        return quotient(product(outside.top, part), outside.bottom)

    def _exponential(self, exponent: Ratio) -> Ratio:
        """Returns e to a power, one atom for every monomial of the exponent."""
        if exponent.bottom != 1:
            return Ratio(Polynomial.atom(("call", "exp", str(exponent))), ONE)
        result = ONE
        for monomial, c in exponent.top.table.items():
            result = product(result, self._exp_term(monomial, Fraction(c)))
        return Ratio(result, ONE)

    def _exp_term(self, monomial: Monomial, c: Fraction) -> Polynomial:
        if set(monomial) == {(("i",), 1), (("sym", "pi"), 1)}:
            return unit_root(c)
        if len(monomial) == 1 and monomial[0][0][0] == "ln" and monomial[0][1] == 1:
            prime = monomial[0][0][1]
            if isinstance(prime, int):
                return Polynomial.number(prime).power(c)
        return Polynomial.atom(("exp", monomial), c)

    def _log_number(self, value: Fraction) -> Polynomial:
        total = Polynomial({})
        for part, sign in ((value.numerator, 1), (value.denominator, -1)):
            n, p = part, 2
            while n > 1 and p < 2_000:
                while n % p == 0:
                    n //= p
                    total = total + Polynomial.atom(("ln", p)) * sign
                p += 1
            if n > 1:
                total = total + Polynomial.atom(("ln", n)) * sign
        return total

    def _function(self, node: Func) -> Ratio:
        args = [self._ratio(x) for x in node.args]
        name, first = node.name, args[0] if args else Ratio(ONE, ONE)
        number = _rational(first)
        if name in _EXPONENTIAL:
            return self._trigonometric(name, first)
        match name:
            case "percent":
                return Ratio(first.top * Fraction(1, 100), first.bottom)
            case "log":
                top = self._log(first)
                return top if len(args) == 1 else self._over(top, self._log(args[1]))
            case "abs" if number is not None:
                return Ratio(Polynomial.number(abs(number)), ONE)
            case "factorial" if number is not None and _small(number):
                return Ratio(Polynomial.number(math.factorial(int(number))), ONE)
            case "gamma" if number is not None and number > 0 and _small(number):
                return Ratio(Polynomial.number(math.factorial(int(number) - 1)), ONE)
            case "factorial2" if number is not None and _small(number):
                return Ratio(Polynomial.number(math.prod(range(int(number), 0, -2))), ONE)
            case "binom" if number is not None:
                lower = _rational(args[1])
                if lower is not None and _small(number) and _small(lower):
                    return Ratio(Polynomial.number(math.comb(int(number), int(lower))), ONE)
            case "dot" | "max" | "min" | "gcd" | "lcm":
                args.sort(key=str)
        return Ratio(Polynomial.atom(("call", name, *(str(x) for x in args))), ONE)

    def _over(self, a: Ratio, b: Ratio) -> Ratio:
        return quotient(product(a.top, b.bottom), product(a.bottom, b.top))

    def _log(self, x: Ratio) -> Ratio:
        if x.bottom != 1:
            parts = [self._log(Ratio(x.top, ONE)), self._log(Ratio(x.bottom, ONE))]
            number = _rational(Ratio(x.bottom, ONE))
            if number is not None and number > 0:
                return Ratio(parts[0].top - parts[1].top, ONE)
            return Ratio(Polynomial.atom(("call", "log", str(x))), ONE)
        if not x.top:
            raise NoValue("the logarithm of zero")
        if len(x.top.table) == 1:
            ((monomial, c),) = x.top.table.items()
            if c > 0 and all(a[0] == "prime" or self._positive_atom(a) for a, _ in monomial):
                total = self._log_number(Fraction(c))
                for atom, power in monomial:
                    if atom[0] == "prime":
                        total = total + Polynomial.atom(("ln", atom[1])) * power
                    elif atom == ("exp", ()):
                        total = total + power
                    else:
                        total = total + Polynomial.atom(("call", "log", repr(atom))) * power
                return Ratio(total, ONE)
        return Ratio(Polynomial.atom(("call", "log", str(x))), ONE)

    def _trigonometric(self, name: str, x: Ratio) -> Ratio:
        circular = not name.endswith("h")
        unit = IMAGINARY_UNIT if circular else ONE
        plus = self._exponential(quotient(product(x.top, unit), x.bottom)).top
        minus = self._exponential(quotient(product(-x.top, unit), x.bottom)).top
        sine = Ratio((plus - minus) * HALF / unit, ONE)
        cosine = Ratio((plus + minus) * HALF, ONE)
        kind = name.removesuffix("h")
        one = Ratio(ONE, ONE)
        table = {
            "sin": (sine, one),
            "cos": (cosine, one),
            "tan": (sine, cosine),
            "cot": (cosine, sine),
            "sec": (one, cosine),
            "csc": (one, sine),
        }
        return self._over(*table[kind])


_EXPONENTIAL = frozenset("sin cos tan cot sec csc sinh cosh tanh coth sech csch".split())


def _small(value: Fraction) -> bool:
    return value.denominator == 1 and 0 <= value <= MAX_FACTORIAL


def _rational(x: Ratio) -> Fraction | None:
    if x.bottom == 1 and x.top.table.keys() <= {()}:
        return Fraction(x.top.value())
    return None
