"""Exact proofs with sympy, for the few pairs that neither canonical forms nor numbers settle.

Sympy is loaded here and nowhere else, trees are translated node by node without any parsing of
text, and only small trees with small numbers are sent, so that nothing explodes on construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tools.grading.domains import Domain
from tools.grading.errors import OverLimit, Undecided
from tools.grading.evaluate import spend
from tools.grading.outcome import Outcome, yes
from tools.grading.tree import Add, Const, Func, Mul, Node, Num, Pow, Sym
from tools.grading.walk import size, walk

_MAX_NODES = 60
_PRICE = 15_000
_MAX_NUMBER = 10**6
_MAX_EXPONENT = 24
_GROWING = frozenset(
    "factorial factorial2 binom gamma digamma zeta beta polylog besselj bessely besseli "
    "besselk".split()
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
} | {
    name: name
    for name in (
        "sin cos tan cot sec csc sinh cosh tanh coth log factorial factorial2 gamma digamma zeta "
        "beta erf erfc sign floor re im besselj bessely besseli besselk airyai airybi polylog"
    ).split()
}


def prove(left: Node, right: Node, domain: Domain) -> Outcome | None:
    """Tries to prove two scalars equal; None when no proof was found."""
    if size(left) + size(right) > _MAX_NODES or not (_small(left) and _small(right)):
        return None
    try:
        # Sympy's work cannot be counted from here, so a proof attempt has a flat price.
        spend(_PRICE)
    except OverLimit:
        return None
    try:
        difference = _sympy(left, domain) - _sympy(right, domain)
    except Undecided:
        return None
    for step in _steps():
        difference = step(difference)
        if difference == 0 or difference.is_zero:
            return yes("symbolic", "The difference of the two sides reduces to zero.")
    return None


def _steps() -> Iterator[Callable[[Any], Any]]:
    import sympy

    yield lambda x: x
    yield sympy.expand
    yield lambda x: sympy.expand(sympy.gammasimp(x))
    yield lambda x: sympy.expand(x.rewrite(sympy.exp))
    yield lambda x: sympy.expand_log(x)
    yield sympy.powsimp


def _small(node: Node) -> bool:
    """Tells whether a tree can be translated and nothing in it grows when sympy evaluates it."""
    for part in walk(node):
        if not isinstance(part, Num | Const | Sym | Add | Mul | Pow | Func) or (
            isinstance(part, Func) and part.name not in _FUNCTIONS
        ):
            return False
        if isinstance(part, Const) and part.name not in ("pi", "e", "i"):
            return False
        if isinstance(part, Num) and (
            abs(part.value.numerator) > _MAX_NUMBER or part.value.denominator > _MAX_NUMBER
        ):
            return False
        if isinstance(part, Pow) and not any(isinstance(x, Sym) for x in walk(part.base)):
            numbers = [x for x in walk(part.exponent) if isinstance(x, Num | Pow)]
            if any(isinstance(x, Pow) or abs(x.value) > _MAX_EXPONENT for x in numbers):
                return False
        if isinstance(part, Func) and part.name in _GROWING:
            inside = [x for x in walk(part) if isinstance(x, Num | Pow)]
            if any(isinstance(x, Pow) or abs(x.value) > _MAX_EXPONENT for x in inside):
                return False
    return True


def _sympy(node: Node, domain: Domain) -> Any:
    """Translates a tree.

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
        case Sym():
            kind = domain.kinds.get(node, domain.default or "real")
            positive = True if domain.positive(node) else None
            integer = True if kind in ("integer", "natural", "even", "odd") else None
            real = None if kind == "complex" else True
            return sympy.Symbol(node.name, real=real, positive=positive, integer=integer)
        case Add():
            return sympy.Add(*(_sympy(t, domain) for t in node.terms))
        case Mul():
            return sympy.Mul(*(_sympy(f, domain) for f in node.factors))
        case Pow():
            return sympy.Pow(_sympy(node.base, domain), _sympy(node.exponent, domain))
        case Func() if node.name in _FUNCTIONS:
            function = getattr(sympy, _FUNCTIONS[node.name])
            return function(*(_sympy(x, domain) for x in node.args))
    raise Undecided("This part is not translated.")
