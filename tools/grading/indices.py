"""Names with indices under sums: renaming bound indices, writing sums out, putting numbers in."""

from __future__ import annotations

import re
from dataclasses import replace

from tools.grading.canonical import Canonical
from tools.grading.ratio import NotCanonical, NoValue
from tools.grading.tree import Binder, Const, Node, Num, Sym, add, mul, number
from tools.grading.walk import rebuild, size, substitute, symbols, walk

MAX_TERMS = 60
_MAX_WRITTEN = 300
_PART = re.compile(r"[A-Za-z]+|\d+|[-+*/()]|.")


def reindexed(piece: str, name: str, value: str) -> str:
    """Puts a value for a name in one index piece and does integer arithmetic, as in n-1 -> 2."""
    parts = [value if p == name else p for p in _PART.findall(piece)]
    text = "".join(parts)
    if re.fullmatch(r"[-+]?\d+(?:[-+]\d+)*", text) and not text.isdigit():
        return str(sum(int(t) for t in re.findall(r"[-+]?\d+", text)))
    return text


def put_index(node: Node, name: str, value: str) -> Node:
    """Puts a value for an index name in the subscripts of every name of a tree."""
    if isinstance(node, Sym):
        if not any(name in piece for piece in node.sub):
            return node
        return replace(node, sub=tuple(reindexed(p, name, value) for p in node.sub))
    if isinstance(node, Binder) and node.var.base == name:
        return node
    return rebuild(node, lambda part: put_index(part, name, value))


def has_index(node: Node, name: str) -> bool:
    """Tells whether some name of a tree carries this index."""
    return any(
        isinstance(part, Sym) and any(name in _PART.findall(piece) for piece in part.sub)
        for part in walk(node)
    )


def constant_bound(node: Node | None) -> int | None:
    """Returns the integer that a bound is, or None."""
    if isinstance(node, Num) and node.value.denominator == 1:
        return int(node.value)
    if node is None or symbols(node):
        return None
    try:
        ratio = Canonical().ratio(node)
    except (NotCanonical, NoValue):
        return None
    if ratio.bottom == 1 and ratio.top.table.keys() <= {()}:
        value = ratio.top.value()
        return int(value) if value == int(value) else None
    return None


def written_out(node: Node) -> Node:
    """Writes out short sums and products over names that carry the bound index."""
    node = rebuild(node, written_out)
    if not isinstance(node, Binder) or node.kind not in ("sum", "product"):
        return node
    low, high = constant_bound(node.lower), constant_bound(node.upper)
    if low is None or high is None or high - low >= MAX_TERMS:
        return node
    indexed = has_index(node.body, node.var.base)
    if not indexed and size(node.body) * (high - low + 1) > _MAX_WRITTEN:
        return node
    terms = [
        put_index(substitute(node.body, {node.var: number(k)}), node.var.base, str(k))
        for k in range(low, high + 1)
    ]
    return add(*terms) if node.kind == "sum" else mul(*terms) if terms else number(1)


def renamed(node: Node, depth: int = 0) -> Node:
    """Gives every bound variable a name of its depth, so that only its place matters."""
    if isinstance(node, Binder) and node.var.marks == ():
        fresh = Sym("bound" + "abcdefghij"[min(depth, 9)], ("bound",))
        body = substitute(node.body, {node.var: fresh})
        if node.var.base in ("i", "e") and not node.var.sub:
            # A bound i is an index and not the imaginary unit.
            constant = Const(node.var.base)
            body = _replace_constant(body, constant, fresh)
        body = put_index(body, node.var.base, fresh.base)
        node = replace(node, body=body, var=fresh)
    return rebuild(node, lambda part: renamed(part, depth + 1))


def _replace_constant(node: Node, constant: Const, value: Node) -> Node:
    if node == constant:
        return value
    return rebuild(node, lambda part: _replace_constant(part, constant, value))


def index_bounds(node: Node) -> set[str]:
    """Lists names that bound a sum over indexed names, as the n of sum_k^n E_k."""
    found: set[str] = set()
    for part in walk(node):
        if isinstance(part, Binder) and part.kind in ("sum", "product"):
            carried = has_index(part.body, part.var.base)
            if carried:
                for bound in (part.lower, part.upper):
                    if bound is not None:
                        found |= {s.base for s in symbols(bound) if not s.sub and not s.marks}
    return found
