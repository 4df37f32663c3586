"""Joins powers of powers of positive numbers, exactly and without computing them."""

from __future__ import annotations

from tools.grading.tree import Node, Num, Pow
from tools.grading.walk import rebuild


def folded(node: Node) -> Node:
    """Writes (b^p)^q as b^{pq} for a positive number b and rational p, q."""
    node = rebuild(node, folded)
    match node:
        case Pow(base=Pow(base=Num(value=b), exponent=Num(value=p)), exponent=Num(value=q)) if (
            b > 0
        ):
            return Pow(Num(b), Num(p * q))
    return node
