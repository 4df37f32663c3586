"""The small parts of operator products: index labels, inverses, numbers and eigenvalues."""

from __future__ import annotations

import re
from fractions import Fraction

from tools.errors import AnsatzError
from tools.grading.operators import Index, Operator, Polynomial
from tools.grading.tree import MINUS_ONE, Mul, Node, Num, Pow, Sym, number

ARROWS = {"uparrow": "up", "downarrow": "down", "up": "up", "down": "down"}
_INDEX = re.compile(r"^\(?([A-Za-z]+(?:_\w+)?'*)([-+]\d+)?\)?$")
Label = int | str | Index


def label(piece: str) -> Label:
    """Reads one index piece: a number, an arrow, a symbolic index with its shift, or a word."""
    piece = piece.strip()
    if re.fullmatch(r"\(?-?\d+\)?", piece):
        return int(piece.strip("()"))
    if piece in ARROWS:
        return ARROWS[piece]
    match = _INDEX.match(piece)
    if match and not (len(match[1]) == 1 and match[1].isupper()):
        return Index(match[1], int(match[2] or 0))
    return piece


def is_number(operator: Operator) -> bool:
    """Tells whether an operator is a multiple of the identity."""
    try:
        operator.scalar_value()
    except AnsatzError:
        return False
    return True


def eigenvalue(bracket: Operator, operator: Operator) -> Polynomial | None:
    """Returns l where [X, Y] = l Y for the commutator and Y, else None."""
    if bracket.is_zero():
        return Polynomial({})
    ours, theirs = bracket.canonical(), operator.canonical()
    if ours.keys() != theirs.keys():
        return None
    key = next(iter(theirs))
    try:
        scale = ours[key] / theirs[key]
    except AnsatzError:
        return None
    return scale if (bracket - operator * scale).is_zero() else None


def cancelled(factors: tuple[Node, ...]) -> list[Node]:
    """Merges neighbouring powers of the same factor, so that A A^{-1} is one."""
    out: list[Node] = []
    for factor in opened(factors):
        base, power = base_power(factor)
        if out and power is not None:
            before, known = base_power(out[-1])
            if before == base and known is not None and (known < 0 or power < 0):
                out.pop()
                total = known + power
                if total:
                    out.append(base if total == 1 else Pow(base, number(total)))
                continue
        out.append(factor)
    return out


def opened(factors: tuple[Node, ...]) -> list[Node]:
    """Writes the inverse of a product as the product of inverses in reverse order."""
    out: list[Node] = []
    for factor in factors:
        if (
            isinstance(factor, Pow)
            and isinstance(factor.base, Mul)
            and factor.exponent == MINUS_ONE
        ):
            out.extend(Pow(f, MINUS_ONE) for f in reversed(factor.base.factors))
        else:
            out.append(factor)
    return out


def base_power(node: Node) -> tuple[Node, Fraction | None]:
    """Splits a power of a name into the name and its whole exponent, None for other trees."""
    if isinstance(node, Sym):
        return node, Fraction(1)
    if isinstance(node, Pow) and isinstance(node.exponent, Num) and isinstance(node.base, Sym):
        value = node.exponent.value
        return node.base, value if value.denominator == 1 else None
    return node, None
