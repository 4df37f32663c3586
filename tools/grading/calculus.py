"""Derivatives of trees, so that a written derivative is compared by its value."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tools.grading.errors import Undecided
from tools.grading.tree import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Binder,
    Cases,
    Const,
    Deriv,
    E,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
    add,
    div,
    func,
    mul,
    neg,
    number,
)
from tools.grading.walk import rebuild, size, symbols

_MAX = 2_000
_HALF = number(Fraction(1, 2))


def expand_derivatives(node: Node) -> Node:
    """Carries out every derivative with respect to a plain name of a known function.

    Derivatives of unknown functions stay as they are. So does one of names alone, such as dE/dk: a
    name whose derivative somebody writes down stands for a function of the variable. Beside the
    variable, as in d(a x^2)/dx, names are constants.
    """
    node = rebuild(node, expand_derivatives)
    if not isinstance(node, Deriv) or not isinstance(node.var, Sym):
        return node
    body = node.body
    if isinstance(body, Deriv) and body.var == node.var:
        return Deriv(body.body, node.var, body.order + node.order)
    names = symbols(body)
    if names and node.var not in names:
        return node
    try:
        for _ in range(node.order):
            body = derivative(body, node.var)
    except Undecided:
        return node
    return body


def derivative(node: Node, x: Sym) -> Node:
    """Returns the derivative of a tree with respect to a name.

    Raises:
        Undecided: where the rule is not known, or the result grows too large.
    """
    if x not in symbols(node):
        return ZERO
    if size(node) > _MAX:
        raise Undecided("A derivative grows too large.")
    match node:
        case Sym():
            return ONE
        case Add():
            return add(*(derivative(t, x) for t in node.terms if x in symbols(t)))
        case Mul():
            terms = []
            for i, factor in enumerate(node.factors):
                if x in symbols(factor):
                    parts = (*node.factors[:i], derivative(factor, x), *node.factors[i + 1 :])
                    terms.append(mul(*parts))
            return add(*terms)
        case Pow(base=base, exponent=exponent):
            if x not in symbols(exponent):
                lower = (
                    Num(exponent.value - 1)
                    if isinstance(exponent, Num)
                    else add(exponent, MINUS_ONE)
                )
                return mul(exponent, Pow(base, lower), derivative(base, x))
            log = ONE if base == E else func("log", base)
            inner = mul(exponent, log)
            return mul(node, derivative(inner, x))
        case Func(args=(u,)) if node.name in _RULES:
            return mul(_RULES[node.name](u), derivative(u, x))
        case Func(name="log", args=(u, base)) if x not in symbols(base):
            return div(derivative(u, x), mul(u, func("log", base)))
        case Cases():
            return Cases(tuple((derivative(v, x), c) for v, c in node.branches))
        case Binder(kind="sum") if all(
            b is None or x not in symbols(b) for b in (node.lower, node.upper)
        ):
            return Binder("sum", derivative(node.body, x), node.var, node.lower, node.upper)
        case Const() | Num():
            return ZERO
    raise Undecided("The derivative of this function is not known here.")


def _sq(u: Node) -> Node:
    return Pow(u, number(2))


def _root(u: Node) -> Node:
    return Pow(u, _HALF)


_RULES: dict[str, Callable[[Node], Node]] = {
    "sin": lambda u: func("cos", u),
    "cos": lambda u: neg(func("sin", u)),
    "tan": lambda u: Pow(func("cos", u), number(-2)),
    "cot": lambda u: neg(Pow(func("sin", u), number(-2))),
    "sec": lambda u: mul(func("sec", u), func("tan", u)),
    "csc": lambda u: neg(mul(func("csc", u), func("cot", u))),
    "sinh": lambda u: func("cosh", u),
    "cosh": lambda u: func("sinh", u),
    "tanh": lambda u: Pow(func("cosh", u), number(-2)),
    "coth": lambda u: neg(Pow(func("sinh", u), number(-2))),
    "log": lambda u: Pow(u, MINUS_ONE),
    "arcsin": lambda u: div(ONE, _root(add(ONE, neg(_sq(u))))),
    "arccos": lambda u: neg(div(ONE, _root(add(ONE, neg(_sq(u)))))),
    "arctan": lambda u: div(ONE, add(ONE, _sq(u))),
    "arcsinh": lambda u: div(ONE, _root(add(ONE, _sq(u)))),
    "arccosh": lambda u: div(ONE, _root(add(_sq(u), MINUS_ONE))),
    "arctanh": lambda u: div(ONE, add(ONE, neg(_sq(u)))),
    "abs": lambda u: func("sign", u),
    "erf": lambda u: mul(number(2), Pow(Const("pi"), number(Fraction(-1, 2))), Pow(E, neg(_sq(u)))),
    "gamma": lambda u: mul(func("gamma", u), func("digamma", u)),
}
