"""Compares equations, inequalities and assignments."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tools.grading.canonical import Canonical
from tools.grading.errors import Undecided
from tools.grading.monomials import Atom
from tools.grading.outcome import Outcome, every, no, open_question, yes
from tools.grading.polynomial import Polynomial
from tools.grading.ratio import NotCanonical, NoValue
from tools.grading.roots import coefficients, roots
from tools.grading.scalars import Scalars
from tools.grading.sets import equal_sets, only_name, real_set
from tools.grading.tree import Apply, Func, Listing, Node, Relation, Sym, div, sub
from tools.grading.walk import substitute, symbols

_EQUALITIES = frozenset({"=", "approx"})
_SCALINGS = frozenset({"sim", "propto"})
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def assigned(node: Node) -> Node | None:
    """Returns the left side of an assignment such as `x = 5` or `f(x) = x^2`, else None."""
    if not isinstance(node, Relation) or node.ops[0] not in _EQUALITIES | _SCALINGS | {"to"}:
        return None
    if any(op not in _EQUALITIES for op in node.ops[1:]):
        return None
    head = node.sides[0]
    if isinstance(head, Sym):
        return None if any(head in symbols(s) for s in node.sides[1:]) else head
    if isinstance(head, Apply) or (isinstance(head, Func) and head.name in ("mean", "norm")):
        return head
    return None


def values(node: Relation) -> tuple[Node, ...]:
    """Returns what an assignment sets its name to: every further side of the chain."""
    return node.sides[1:]


def assigned_against_value(relation: Relation, other: Node, scalars: Scalars) -> Outcome:
    """Compares an assignment with a bare value."""
    sides = values(relation)
    first = scalars.same(sides[-1], other)
    if len(sides) == 1 or first.equal is not True:
        return first
    agree = every((scalars.same(sides[-1], s) for s in sides[:-1]), first.reason)
    if agree.equal is False:
        return no(agree.method, "The chain of equations contradicts itself.")
    return agree


def compare_relations(gold: Relation, answer: Relation, scalars: Scalars) -> Outcome:
    """Compares two relations."""
    ops = set(gold.ops) | set(answer.ops)
    heads = assigned(gold), assigned(answer)
    if ops & _SCALINGS:
        return _scalings(gold, answer, scalars)
    if heads[0] is not None and heads[1] is not None and ops <= _EQUALITIES | {"to"}:
        words = any(isinstance(h, Sym) and "word" in h.marks for h in heads)
        if words or scalars.same(heads[0], heads[1]).equal:
            last = scalars.same(gold.sides[-1], answer.sides[-1])
            if last.equal is not True or len(gold.sides) + len(answer.sides) == 4:
                return last
            inner = [scalars.same(r.sides[-1], s) for r in (gold, answer) for s in r.sides[1:-1]]
            return every([last, *inner], last.reason)
    if ops <= _EQUALITIES:
        if len(gold.ops) == 1 and len(answer.ops) == 1:
            return _equations(gold, answer, scalars)
        if len(gold.ops) == len(answer.ops):
            pairs = zip(gold.sides, answer.sides, strict=True)
            same = every((scalars.same(a, b) for a, b in pairs), "All sides agree.")
            if same.equal:
                return same
        return open_question("Chains of equations of different shape were not compared.")
    return _inequalities(gold, answer, scalars)


def _scalings(gold: Relation, answer: Relation, scalars: Scalars) -> Outcome:
    if len(gold.ops) != 1 or len(answer.ops) != 1:
        return open_question("Chains of scaling relations were not compared.")
    left = scalars.same(gold.sides[0], answer.sides[0])
    if left.equal is not True:
        return left
    right = scalars.same(gold.sides[1], answer.sides[1])
    if right.equal is not False or "propto" not in (gold.ops[0], answer.ops[0]):
        return right
    if constant_ratio(gold.sides[1], answer.sides[1]):
        return yes("exact", "The right sides are proportional.")
    return right


def constant_ratio(a: Node, b: Node) -> Fraction | None:
    """Returns the number a/b when the quotient of two expressions is a rational number."""
    try:
        ratio = Canonical().ratio(div(a, b))
    except (NotCanonical, NoValue):
        return None
    if ratio.bottom == 1 and ratio.top.table.keys() == {()}:
        return Fraction(ratio.top.value())
    lead = _proportion(ratio.top, ratio.bottom)
    return lead


def _proportion(a: Polynomial, b: Polynomial) -> Fraction | None:
    if not a or not b or a.table.keys() != b.table.keys():
        return None
    ratios = {Fraction(c) / Fraction(b.table[m]) for m, c in a.table.items()}
    return ratios.pop() if len(ratios) == 1 else None


def _cleared(node: Node) -> Polynomial:
    """Returns the numerator of an equation's difference, with negative powers multiplied up."""
    top = Canonical().ratio(node).top
    lowest: dict[Atom, Fraction] = {}
    for monomial in top.table:
        for atom, power in monomial:
            lowest[atom] = min(lowest.get(atom, Fraction(0)), Fraction(power))
    for atom, power in lowest.items():
        if power < 0 and atom[0] not in ("i", "prime"):
            top = top * Polynomial.atom(atom, -power)
    return top


def _equations(gold: Relation, answer: Relation, scalars: Scalars) -> Outcome:
    """Compares the zero sets of two equations."""
    f, g = sub(*gold.sides), sub(*answer.sides)
    sides = list(zip(gold.sides, answer.sides, strict=True))
    if all(scalars.same(a, b).equal for a, b in sides) or all(
        scalars.same(a, b).equal for a, b in zip(gold.sides, reversed(answer.sides), strict=True)
    ):
        return yes("exact", "Both equations have the same sides.")
    names = symbols(f) | symbols(g)
    if symbols(f) != symbols(g):
        return no("structure", "The equations relate different names.")
    polynomial = False
    try:
        p, q = _cleared(f), _cleared(g)
        if _proportion(p, q) is not None:
            return yes("exact", "The equations are multiples of each other.")
        polynomial = all(a[0] in ("sym", "i", "prime") for a in p.atoms() | q.atoms())
        if polynomial and len(names) == 1:
            return _same_roots(p, q, next(iter(names)))
    except (NotCanonical, NoValue, Undecided):
        pass
    if polynomial:
        return no("exact", "The equations are not multiples of each other.")
    ratio = div(f, g)
    shifted = substitute(ratio, {n: Sym(n.base, (*n.marks, "copy"), n.sub, n.sup) for n in names})
    same = scalars.same(ratio, shifted)
    if same.equal:
        return yes(same.method, "The two equations differ by a constant factor.")
    return _solved(gold, answer, scalars)


def _same_roots(p: Polynomial, q: Polynomial, name: Sym) -> Outcome:
    a, b = roots(coefficients(p, name)), roots(coefficients(q, name))
    if len(a) == len(b) and all(_among(x, b) for x in a) and all(_among(x, a) for x in b):
        return yes("exact", "The equations have the same roots.")
    return no("exact", "The equations have different roots.")


def _among(value: Any, known: list[Any]) -> bool:
    return any(abs(value - x) <= 1e-25 * max(1, abs(x)) for x in known)


def _solved(gold: Relation, answer: Relation, scalars: Scalars) -> Outcome:
    """Puts the solution that one equation states into the other one."""
    for one, other in ((gold, answer), (answer, gold)):
        head = assigned(one)
        if isinstance(head, Sym):
            table: dict[Sym, Node] = {head: one.sides[-1]}
            left, right = (substitute(s, table) for s in other.sides)
            outcome = scalars.same(left, right)
            if outcome.equal is False:
                return no(outcome.method, "The solution of one equation does not solve the other.")
            return open_question("One equation implies the other; the reverse was not decided.")
    return open_question("The two equations could not be reduced to each other.")


def _oriented(relation: Relation) -> list[tuple[Node, str]]:
    """Writes a chain as differences that are positive or non-negative."""
    out = []
    for left, op, right in zip(relation.sides, relation.ops, relation.sides[1:], strict=False):
        if op in ("<", "<="):
            left, right, op = right, left, _FLIPPED[op]
        out.append((sub(left, right), op))
    return out


def _inequalities(gold: Relation, answer: Relation, scalars: Scalars) -> Outcome:
    name = only_name(gold)
    if name is not None and only_name(answer) == name:
        try:
            if equal_sets(real_set(gold, name), real_set(answer, name)):
                return yes("exact", "Both describe the same set of numbers.")
            return no("exact", "They describe different sets of numbers.")
        except Undecided:
            pass
    elif name is not None and only_name(answer) is not None:
        return no("structure", "The relations are about different names.")
    ours, theirs = _oriented(gold), _oriented(answer)
    if len(ours) != len(theirs):
        return open_question("Relations of different length were not compared.")
    outcomes = []
    for (f, op), (g, other) in zip(ours, theirs, strict=True):
        if op != other:
            return no("structure", "The relations have different signs.")
        outcomes.append(_same_side(f, g, op, scalars))
    straight = every(outcomes, "The relations are positive multiples of each other.")
    if straight.equal is not True and len(ours) == 2:
        crossed = [
            _same_side(f, g, op, scalars)
            for (f, op), (g, _) in zip(ours, reversed(theirs), strict=True)
        ]
        return max(straight, every(crossed, "The relations agree."), key=_strength)
    return straight


def _strength(outcome: Outcome) -> int:
    return 2 if outcome.equal else 1 if outcome.equal is None else 0


def _same_side(f: Node, g: Node, op: str, scalars: Scalars) -> Outcome:
    factor = constant_ratio(f, g)
    if factor is not None:
        if factor > 0 or op in ("!=", "="):
            return yes("exact", "The relations are multiples of each other.")
        return no("exact", "The relations point in opposite directions.")
    outcome = scalars.same(f, g)
    return outcome if outcome.equal is not None else open_question("Not reduced to each other.")


def relation_against_set(relation: Node, other: Node) -> Outcome:
    """Compares a relation in one name with an interval or set."""
    name = only_name(relation)
    try:
        if equal_sets(real_set(relation, name), real_set(other)):
            return yes("exact", "Both describe the same set of numbers.")
        return no("exact", "They describe different sets of numbers.")
    except Undecided as error:
        if isinstance(relation, Listing):
            return open_question(error.problem)
        return no("structure", "A relation is not the same kind of thing as this set.")
