"""Walks over trees: their parts, their names, and the same tree with parts replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tools.grading.tree import (
    Add,
    Apply,
    Binder,
    Brackets,
    Cases,
    Deriv,
    Func,
    Listing,
    Matrix,
    Mul,
    Node,
    PlusMinus,
    Pow,
    Quantity,
    Relation,
    Sym,
    add,
    mul,
)


def children(node: Node) -> tuple[Node, ...]:
    """Lists the direct parts of a node, bound variables and labels left out."""
    match node:
        case Add(terms=parts) | Mul(factors=parts) | Func(args=parts) | Apply(args=parts):
            return parts
        case Brackets(items=parts) | Listing(items=parts) | Relation(sides=parts):
            return parts
        case Pow(base=base, exponent=exponent):
            return (base, exponent)
        case PlusMinus(value=value) | Quantity(value=value):
            return (value,)
        case Binder():
            return tuple(x for x in (node.body, node.lower, node.upper) if x is not None)
        case Deriv():
            return (node.body, node.var)
        case Cases(branches=branches):
            return tuple(x for pair in branches for x in pair if x is not None)
        case Matrix(rows=rows):
            return tuple(x for row in rows for x in row)
        case _:
            return ()


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """Makes the same node with every direct part replaced by `change` of it."""
    match node:
        case Add():
            return add(*(change(x) for x in node.terms))
        case Mul():
            return mul(*(change(x) for x in node.factors))
        case Pow():
            return Pow(change(node.base), change(node.exponent))
        case Func() | Apply():
            return replace(node, args=tuple(change(x) for x in node.args))
        case PlusMinus() | Quantity():
            return replace(node, value=change(node.value))
        case Brackets() | Listing():
            return replace(node, items=tuple(change(x) for x in node.items))
        case Relation():
            return replace(node, sides=tuple(change(x) for x in node.sides))
        case Binder():
            return replace(
                node,
                body=change(node.body),
                lower=None if node.lower is None else change(node.lower),
                upper=None if node.upper is None else change(node.upper),
            )
        case Deriv():
            return replace(node, body=change(node.body), var=change(node.var))
        case Cases():
            return Cases(
                tuple((change(v), None if c is None else change(c)) for v, c in node.branches)
            )
        case Matrix():
            return Matrix(tuple(tuple(change(x) for x in row) for row in node.rows))
        case _:
            return node


def walk(node: Node) -> Iterator[Node]:
    """Yields the node and everything below it."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))


def size(node: Node) -> int:
    """Counts the nodes of a tree."""
    return sum(1 for _ in walk(node))


def symbols(node: Node) -> frozenset[Sym]:
    """Lists the free names of a tree."""
    match node:
        case Sym():
            return frozenset({node})
        case Binder():
            inner = symbols(node.body) - {node.var}
            bounds = [symbols(x) for x in (node.lower, node.upper) if x is not None]
            return inner.union(*bounds)
        case Apply():
            return frozenset({node.head}).union(*(symbols(x) for x in node.args))
        case _:
            return frozenset().union(*(symbols(x) for x in children(node)))


def substitute(node: Node, values: dict[Sym, Node]) -> Node:
    """Replaces free names; a bound variable shadows a name of the same spelling."""
    if isinstance(node, Sym):
        return values.get(node, node)
    if isinstance(node, Binder) and node.var in values:
        values = {k: v for k, v in values.items() if k != node.var}
    return rebuild(node, lambda part: substitute(part, values))
