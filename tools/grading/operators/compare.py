"""Are two operators the same, and if not, where do they differ?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.grading.monomials import Atom
from tools.grading.operators.operator import Operator
from tools.grading.operators.text import term_text
from tools.grading.polynomial import Polynomial


@dataclass(frozen=True)
class Comparison:
    """The outcome of comparing two operators.

    Attributes:
        equal: whether they are the same operator for all values of parameters and indices.
        certain: False where unequal rests on letters or atoms that may be related in ways not
            known here: opaque functions of operators, or of parameters in the coefficients.
        difference: the first difference in words, empty if equal.
        residue: the coefficients of a - b; all of them must vanish for the two to be equal. A
            scalar decision method can finish what is not certain when only atoms are at issue.
        opaque: whether a function of an operator appears in a - b.
    """

    equal: bool
    certain: bool
    difference: str
    residue: tuple[Polynomial, ...] = ()
    opaque: bool = False


def compare(a: Operator, b: Operator) -> Comparison:
    """Compares two operators of one algebra by their canonical tables."""
    gap = a - b
    if gap.is_zero():
        return Comparison(True, True, "")
    table = gap.canonical()
    opaque = any(letter in a.algebra.opaque for key in table for letter in key[2])
    plain = all(_independent(atom) for c in table.values() for atom in c.atoms())
    return Comparison(False, plain and not opaque, differs_at(a, b), tuple(table.values()), opaque)


def _independent(atom: Atom) -> bool:
    """Says whether an atom is related to no other: parameters, and exponentials of them.

    Powers of e^{i pi} are not: roots of unity of one order add up to zero.
    """
    if atom[0] == "exp":
        inner: Any = atom[1]
        return any(a[0] == "sym" and a[1] != "pi" for a, _ in inner)
    return atom[0] in ("i", "prime", "sym")


def equal(a: Operator, b: Operator) -> bool:
    """Decides whether two operators are the same."""
    return (a - b).is_zero()


def differs_at(a: Operator, b: Operator) -> str:
    """Returns the first difference in words, or an empty string."""
    gap = (a - b).canonical()
    if not gap:
        return ""
    key = min(gap, key=lambda k: (len(k[2]), repr(k)))
    body = term_text(key) or "the identity"
    left = a.canonical().get(key, Polynomial({}))
    right = b.canonical().get(key, Polynomial({}))
    if left == right:
        return f"The difference contains {gap[key]} times {body}."
    return f"The coefficient of {body} is {left} on one side and {right} on the other."
