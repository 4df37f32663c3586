"""Translates trees to sympy, node by node and without any parsing of text.

Only small trees with small numbers are translated, so that nothing explodes on construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, factorial, prod
from typing import Any

from tools.grading.domains import Domain
from tools.grading.errors import Undecided
from tools.grading.tree import Add, Binder, Const, Func, Mul, Node, Num, Pow, Sym
from tools.grading.walk import walk

_MAX_NUMBER = 10**6
_MAX_EXPONENT = 24
_MAX_TERMS = 2_000
_MAX_RANGE = 60
_HUGE = 10**9
_INTEGERS = frozenset({"integer", "natural", "whole", "negative integer", "even", "odd"})
_GROWING = frozenset(
    "factorial factorial2 binom gamma digamma zeta beta polylog besselj bessely besseli "
    "besselk hermite legendre laguerre chebyt chebyu".split()
)
_FUNCTIONS = {
    "abs": "Abs",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "binom": "binomial",
    "conj": "conjugate",
    "ceil": "ceiling",
    "max": "Max",
    "min": "Min",
    "arccot": "acot",
    "arcsec": "asec",
    "arccsc": "acsc",
    "arccoth": "acoth",
    "chebyt": "chebyshevt",
    "chebyu": "chebyshevu",
} | {
    name: name
    for name in (
        "sin cos tan cot sec csc sinh cosh tanh coth log factorial factorial2 gamma digamma zeta "
        "beta erf erfc sign floor re im besselj bessely besseli besselk airyai airybi polylog "
        "hermite legendre laguerre"
    ).split()
}


def small(node: Node) -> bool:
    """Tells whether a tree can be translated and nothing in it grows when sympy evaluates it."""
    for part in walk(node):
        if not isinstance(part, Num | Const | Sym | Add | Mul | Pow | Func | Binder) or (
            isinstance(part, Func) and part.name not in _FUNCTIONS
        ):
            return False
        if isinstance(part, Const) and part.name not in ("pi", "e", "i", "inf"):
            return False
        if isinstance(part, Num) and (
            abs(part.value.numerator) > _MAX_NUMBER or part.value.denominator > _MAX_NUMBER
        ):
            return False
        if isinstance(part, Pow) and not any(isinstance(x, Sym) for x in walk(part)):
            numbers = [x for x in walk(part.exponent) if isinstance(x, Num | Pow)]
            if any(isinstance(x, Pow) or abs(x.value) > _MAX_EXPONENT for x in numbers):
                return False
        if isinstance(part, Func) and part.name in _GROWING:
            inside = [x for x in walk(part) if isinstance(x, Num | Pow)]
            if any(isinstance(x, Pow) or abs(x.value) > _MAX_EXPONENT for x in inside):
                return False
        if isinstance(part, Binder) and not _short(part):
            return False
    return _terms(node) <= _MAX_TERMS


def _short(node: Binder) -> bool:
    """Tells whether a sum or product of numbers stays small: no product up to 10^9 is."""
    if node.kind in ("integral", "limit"):
        return True
    bounds = [x for x in (node.lower, node.upper) if x is not None]
    parts = [x for bound in bounds for x in walk(bound)]
    if any(isinstance(x, Pow) and isinstance(x.base, Num) for x in parts):
        return False
    if all(not isinstance(x, Num) or abs(x.value) <= _MAX_RANGE for x in parts):
        return True
    # A sum of powers has a closed form whatever its range is.
    return node.kind == "sum" and all(
        isinstance(x, Num | Sym | Add | Mul)
        or (isinstance(x, Pow) and isinstance(x.exponent, Num) and 0 < x.exponent.value <= 8)
        for x in walk(node.body)
    )


def _terms(node: Node) -> int:
    """Bounds the number of terms a tree has when it is multiplied out."""
    match node:
        case Add():
            return min(_HUGE, sum(_terms(t) for t in node.terms))
        case Mul():
            return min(_HUGE, prod(_terms(f) for f in node.factors))
        case Pow(base=base, exponent=Num(value=n)) if (t := _terms(base)) > 1:
            power = min(abs(n.numerator) // n.denominator, 1_000)
            return min(_HUGE, comb(t + power - 1, power))
        case Func():
            return min(_HUGE, prod(_terms(x) for x in node.args))
        case Binder():
            return _terms(node.body)
    return 1


def to_sympy(node: Node, domain: Domain, signs: Mapping[Sym, int]) -> Any:
    """Translates a tree.

    Args:
        node: what to translate.
        domain: the declared kinds of names.
        signs: names to be read as positive (1) or as minus a positive name (-1).

    Raises:
        Undecided: for a node that is not translated.
    """
    import sympy

    match node:
        case Num(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case Const(name="pi"):
            return sympy.pi
        case Const(name="e"):
            return sympy.E
        case Const(name="i"):
            return sympy.I
        case Const(name="inf"):
            return sympy.oo
        case Sym():
            return _symbol(node, domain, signs.get(node, 0))
        case Add():
            return sympy.Add(*(to_sympy(t, domain, signs) for t in node.terms))
        case Mul():
            return sympy.Mul(*(to_sympy(f, domain, signs) for f in node.factors))
        case Pow():
            return sympy.Pow(
                to_sympy(node.base, domain, signs), to_sympy(node.exponent, domain, signs)
            )
        case Func() if node.name in _FUNCTIONS:
            args = [to_sympy(x, domain, signs) for x in node.args]
            if node.name.startswith("bessel"):
                return _bessel(node.name, *args)
            return getattr(sympy, _FUNCTIONS[node.name])(*args)
        case Func(name="log", args=(x, base)):
            return sympy.log(to_sympy(x, domain, signs)) / sympy.log(to_sympy(base, domain, signs))
        case Binder():
            return _binder(node, domain, signs)
    raise Undecided("This part is not translated.")


def _bessel(name: str, order: Any, x: Any) -> Any:
    """Puts elementary formulas in for half-integer orders, and lowers whole ones.

    K_{n+1/2}(x) = sqrt(pi/2x) e^{-x} sum_k a_k x^{-k} and I_{n+1/2}(x) =
    [e^x sum_k (-1)^k a_k x^{-k} - (-1)^n e^{-x} sum_k a_k x^{-k}] / sqrt(2 pi x), with
    a_k = (n+k)! / (2^k k! (n-k)!) (DLMF 10.47, 10.49).
    """
    import sympy

    half = order - sympy.Rational(1, 2)
    if name == "besselk" and order.is_negative:
        return _bessel(name, -order, x)
    if name not in ("besselk", "besseli") or not (half.is_Integer and half >= 0):
        return sympy.expand_func(getattr(sympy, name)(order, x))
    n = int(half)
    a = [
        sympy.Rational(factorial(n + k), 2**k * factorial(k) * factorial(n - k))
        for k in range(n + 1)
    ]
    falling = sympy.exp(-x) * sympy.Add(*(c * x**-k for k, c in enumerate(a)))
    if name == "besselk":
        return sympy.sqrt(sympy.pi / (2 * x)) * falling
    rising = sympy.exp(x) * sympy.Add(*(c * (-x) ** -k for k, c in enumerate(a)))
    return (rising - (-1) ** n * falling) / sympy.sqrt(2 * sympy.pi * x)


def _symbol(node: Sym, domain: Domain, sign: int) -> Any:
    import sympy

    kind = domain.kinds.get(node, domain.default or "real")
    known: dict[str, bool] = {} if kind == "complex" else {"real": True}
    if sign or domain.positive(node):
        known["positive"] = True
    elif kind == "nonnegative" or kind == "whole":
        known["nonnegative"] = True
    elif kind == "negative" or kind == "negative integer":
        known["negative"] = True
    if kind in _INTEGERS:
        known["integer"] = True
    if kind in ("even", "odd"):
        known[kind] = True
    low, high = domain.bounds(node)
    if kind == "real" and (high is not None or low):
        # A name between bounds is a formula of a positive one, which keeps all of the interval.
        t = sympy.Symbol(f"{node.name} above its bound", positive=True)
        low, high = (None if x is None else sympy.Rational(x.numerator, x.denominator)
                     for x in (low, high))  # fmt: skip
        if high is None:
            return low + t
        return high - t if low is None else (low + high * t) / (1 + t)
    symbol = sympy.Symbol(node.name, **known)
    return -symbol if sign < 0 else symbol


def _binder(node: Binder, domain: Domain, signs: Mapping[Sym, int]) -> Any:
    """Works out a sum, product, integral or limit in closed form.

    Raises:
        Undecided: when sympy leaves it as it is.
    """
    import sympy

    if node.lower is None or (node.upper is None and node.kind != "limit"):
        raise Undecided("There are no bounds.")
    lower = to_sympy(node.lower, domain, signs)
    summed = node.kind in ("sum", "product")
    kinds = dict(domain.kinds) | {node.var: "integer" if summed else "real"}
    inner = Domain(kinds, domain.relations, domain.default)
    others = {name: sign for name, sign in signs.items() if name != node.var}
    body, var = (to_sympy(x, inner, others) for x in (node.body, node.var))
    if node.kind == "limit":
        value = sympy.limit(body, var, lower)
    else:
        assert node.upper is not None
        bounds = (var, lower, to_sympy(node.upper, domain, signs))
        match node.kind:
            case "sum":
                value = sympy.summation(body, bounds)
            case "product":
                value = sympy.product(body, bounds)
            case _:
                value = sympy.integrate(body, bounds, conds="none")
    if value.has(sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit, sympy.Piecewise):
        raise Undecided("No closed form was found.")
    return value
