"""Sets of real numbers as unions of intervals, from brackets, relations and set operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tools.grading.errors import OverLimit, Undecided
from tools.grading.evaluate import Evaluation, NoNumber, context
from tools.grading.roots import real_roots
from tools.grading.tree import Brackets, Const, Func, Listing, Node, Relation, Sym, sub
from tools.grading.walk import symbols

_DIGITS = 50
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(frozen=True)
class Piece:
    """One interval with its ends and whether they belong to it; a point has equal ends."""

    low: Any
    high: Any
    closed_low: bool
    closed_high: bool


def real_set(node: Node, variable: Sym | None = None) -> list[Piece]:
    """Returns a set of reals as sorted, merged intervals.

    Args:
        node: an interval, a finite set, a relation in one name, or a union of such.
        variable: the name whose values form the set, where a relation has to be read.

    Raises:
        Undecided: where the tree is no set of real numbers that can be worked out.
    """
    return _merged(_pieces(node, variable))


def _number(node: Node) -> Any:
    ctx = context()
    if node == Const("inf"):
        return ctx.inf
    try:
        value = Evaluation({}, _DIGITS).run(node)
    except NoNumber:
        # Infinite ends are the one value that an evaluation refuses and an interval accepts.
        return _infinite(node)
    except OverLimit as error:
        raise Undecided(error.problem) from None
    if ctx.im(value) != 0:
        raise Undecided("An end of an interval is not real.")
    return ctx.re(value)


def _infinite(node: Node) -> Any:
    from tools.grading.scalars import _infinite as sign_of

    sign = sign_of(node)
    if not sign:
        raise Undecided("An end of an interval has no value.")
    return context().inf if sign == "+" else -context().inf


def _pieces(node: Node, variable: Sym | None) -> list[Piece]:
    ctx = context()
    match node:
        case Const(name="R"):
            return [Piece(-ctx.inf, ctx.inf, False, False)]
        case Const(name="empty"):
            return []
        case Brackets(left="\\{", items=items):
            if len(items) == 1 and isinstance(items[0], Func) and items[0].name == "such_that":
                name, *conditions = items[0].args
                if not isinstance(name, Sym):
                    if isinstance(name, Relation) and isinstance(name.sides[0], Sym):
                        return _intersect(
                            _pieces(name, name.sides[0]), _all(conditions, name.sides[0])
                        )
                    raise Undecided("The element of a set must be a name.")
                return _all(conditions, name)
            return [Piece(v, v, True, True) for v in map(_number, items)]
        case Brackets(items=(low, high)):
            closed = node.left == "[", node.right == "]"
            a, b = _number(low), _number(high)
            if a > b or (a == b and closed != (True, True)):
                return []
            return [Piece(a, b, closed[0] and a != -ctx.inf, closed[1] and b != ctx.inf)]
        case Brackets(items=()):
            return []
        case Func(name="union" | "intersection" | "difference", args=(first, second)):
            a, b = _pieces(first, variable), _pieces(second, variable)
            if node.name == "union":
                return a + b
            return _intersect(a, b if node.name == "intersection" else _complement(b))
        case Func(name="all"):
            return _all(list(node.args), variable)
        case Relation():
            return _solve(node, variable)
        case Listing():
            parts = [_pieces(item, variable) for item in node.items]
            if node.separator == "or" or all(
                isinstance(i, Relation) and i.ops == ("=",) for i in node.items
            ):
                return [piece for part in parts for piece in part]
            whole = parts[0]
            for part in parts[1:]:
                whole = _intersect(whole, part)
            return whole
    raise Undecided("This is no set of real numbers.")


def _all(conditions: list[Node], variable: Sym | None) -> list[Piece]:
    ctx = context()
    whole = [Piece(-ctx.inf, ctx.inf, False, False)]
    for condition in conditions:
        whole = _intersect(whole, _pieces(condition, variable))
    return whole


def only_name(node: Node) -> Sym | None:
    """Returns the one free name of a tree, or None when there are none or several."""
    names = symbols(node)
    return next(iter(names)) if len(names) == 1 else None


def _solve(relation: Relation, variable: Sym | None) -> list[Piece]:
    name = variable or only_name(relation)
    if name is None or symbols(relation) != {name}:
        raise Undecided("A relation in exactly one name is needed for a set of numbers.")
    ctx = context()
    whole = [Piece(-ctx.inf, ctx.inf, False, False)]
    for left, op, right in zip(relation.sides, relation.ops, relation.sides[1:], strict=False):
        if op == "in" and left == name:
            part = _pieces(right, None)
        elif left == name and not symbols(right) and op in _FLIPPED:
            part = _ray(op, _number(right))
        elif right == name and not symbols(left) and op in _FLIPPED:
            part = _ray(_FLIPPED[op], _number(left))
        elif op in _FLIPPED:
            part = _signs(sub(left, right), op, name)
        else:
            raise Undecided("This relation does not describe a set of numbers.")
        whole = _intersect(whole, part)
    return whole


def _ray(op: str, end: Any) -> list[Piece]:
    inf = context().inf
    match op:
        case "<" | "<=":
            return [Piece(-inf, end, False, op == "<=" and end != inf)]
        case ">" | ">=":
            return [Piece(end, inf, op == ">=" and end != -inf, False)]
        case "=":
            return [Piece(end, end, True, True)]
    return [Piece(-inf, end, False, False), Piece(end, inf, False, False)]


def _signs(node: Node, op: str, name: Sym) -> list[Piece]:
    """Finds where a function of one name has the wanted sign, from its roots and poles."""
    ctx = context()
    marks = real_roots(node, name)
    ends = [-ctx.inf, *marks, ctx.inf]
    wanted: dict[str, Callable[[Any], bool]] = {
        "<": lambda v: v < 0,
        ">": lambda v: v > 0,
        "<=": lambda v: v < 0,
        ">=": lambda v: v > 0,
        "!=": lambda v: True,
        "=": lambda v: False,
    }
    holds = wanted[op]
    out: list[Piece] = []
    for low, high in pairwise(ends):
        value = _value(node, name, _between(ctx, low, high))
        if value is not None and holds(value):
            out.append(Piece(low, high, False, False))
    for mark in marks:
        value = _value(node, name, mark)
        if value is None:
            continue
        zero = abs(value) < ctx.mpf(10) ** -(_DIGITS // 2)
        if (zero and op in ("=", "<=", ">=")) or (not zero and holds(value)):
            out.append(Piece(mark, mark, True, True))
    return out


def _between(ctx: Any, low: Any, high: Any) -> Any:
    if low == -ctx.inf and high == ctx.inf:
        return ctx.mpf(0)
    if low == -ctx.inf:
        return high - 1
    return low + 1 if high == ctx.inf else (low + high) / 2


def _value(node: Node, name: Sym, at: Any) -> Any:
    evaluation = Evaluation({name: at}, _DIGITS)
    try:
        value = evaluation.run(node)
    except NoNumber:
        return None
    ctx = context()
    return None if ctx.im(value) != 0 else ctx.re(value)


def _merged(pieces: list[Piece]) -> list[Piece]:
    ordered = sorted(pieces, key=lambda p: (p.low, not p.closed_low))
    out: list[Piece] = []
    for piece in ordered:
        if out and (
            _less(piece.low, out[-1].high)
            or (_close(piece.low, out[-1].high) and (piece.closed_low or out[-1].closed_high))
        ):
            last = out[-1]
            if _close(piece.high, last.high):
                high, closed = last.high, last.closed_high or piece.closed_high
            elif piece.high > last.high:
                high, closed = piece.high, piece.closed_high
            else:
                high, closed = last.high, last.closed_high
            closed_low = last.closed_low or (_close(piece.low, last.low) and piece.closed_low)
            out[-1] = Piece(last.low, high, closed_low, closed)
        else:
            out.append(piece)
    return out


def _less(a: Any, b: Any) -> bool:
    return bool(a < b) and not _close(a, b)


def _close(a: Any, b: Any) -> bool:
    """Tells whether two ends are the same number, to far more digits than an answer has."""
    if a == b:
        return True
    ctx = context()
    if not (ctx.isfinite(a) and ctx.isfinite(b)):
        return False
    return bool(abs(a - b) <= max(abs(a), abs(b)) * Fraction(1, 10**25))


def _complement(pieces: list[Piece]) -> list[Piece]:
    inf = context().inf
    out: list[Piece] = []
    low, closed = -inf, False
    for piece in _merged(pieces):
        if _less(low, piece.low) or (low == piece.low and closed and not piece.closed_low):
            out.append(Piece(low, piece.low, closed, not piece.closed_low and piece.low != -inf))
        low, closed = piece.high, not piece.closed_high
    if low != inf:
        out.append(Piece(low, inf, closed and low != -inf, False))
    return out


def _intersect(a: list[Piece], b: list[Piece]) -> list[Piece]:
    out: list[Piece] = []
    for x in _merged(a):
        for y in _merged(b):
            if _close(x.low, y.low):
                low, closed_low = x.low, x.closed_low and y.closed_low
            else:
                low, closed_low = max((x.low, x.closed_low), (y.low, y.closed_low))
            if _close(x.high, y.high):
                high, closed_high = x.high, x.closed_high and y.closed_high
            elif x.high < y.high:
                high, closed_high = x.high, x.closed_high
            else:
                high, closed_high = y.high, y.closed_high
            if _less(low, high) or (_close(low, high) and closed_low and closed_high):
                out.append(Piece(low, high, closed_low, closed_high))
    return out


def equal_sets(a: list[Piece], b: list[Piece]) -> bool:
    """Tells whether two merged unions of intervals are the same set."""
    return len(a) == len(b) and all(
        _close(x.low, y.low)
        and _close(x.high, y.high)
        and (x.closed_low, x.closed_high) == (y.closed_low, y.closed_high)
        for x, y in zip(a, b, strict=True)
    )
