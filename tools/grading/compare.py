"""Compares two trees of any kind by choosing the comparison that fits their shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from tools.grading.domains import Domain
from tools.grading.errors import Undecided
from tools.grading.linear import has_matrix, worked_out
from tools.grading.lists import (
    both_signs,
    compare_ordered,
    compare_unordered,
    distinct,
    names_of,
    spread,
    stripped,
)
from tools.grading.orders import compare_orders, has_order
from tools.grading.outcome import Outcome, every, no, open_question, yes
from tools.grading.relations import (
    assigned,
    assigned_against_value,
    compare_relations,
    relation_against_set,
)
from tools.grading.scalars import Scalars
from tools.grading.sets import equal_sets, real_set
from tools.grading.spec import GradeSpec
from tools.grading.species import Cast, has_operator
from tools.grading.tree import Brackets, Const, Func, Listing, Matrix, Node, Relation, Sym, Text
from tools.grading.units import compare_quantities, has_unit
from tools.grading.walk import walk
from tools.grading.words import normal

_SET_NAMES = frozenset("R Z N Q C empty".split())
_SET_FUNCTIONS = frozenset({"union", "intersection", "difference"})
_VALUE = frozenset({"=", "approx", "sim", "propto", "to"})


class Comparison:
    """Compares trees under one spec.

    Args:
        spec: what the question fixes.
        domain: the declared domains of names.
    """

    def __init__(self, spec: GradeSpec, domain: Domain) -> None:
        self.spec = spec
        self.scalars = Scalars(
            domain,
            spec.tolerance,
            spec.decimals,
            spec.gold_decimals and spec.decimals is None,
            spec.significant,
            Fraction(spec.absolute) if spec.absolute else None,
            spec.proof == "required",
        )

    def with_operators(self, play: Cast) -> None:
        """Lets operators of a cast be compared by their normal forms."""
        # The algebras are loaded only for the pairs that hold operators.
        from tools.grading.number_functions import compare_number_functions
        from tools.grading.operator_reading import OperatorReader

        def decide(gold: Node, answer: Node) -> Outcome | None:
            if not (has_operator(gold, play) or has_operator(answer, play)):
                return None
            plain = Scalars(self.scalars.domain, strict=self.scalars.strict)
            reader = OperatorReader(play, self.spec, plain.same)
            reader.note_indices(gold, answer)
            found = reader.compare(gold, answer)
            if found.equal is not None:
                return found
            return compare_number_functions(gold, answer, play, self._with_numbers) or found

        self.scalars.operators = decide

    def _with_numbers(self, kinds: Mapping[Sym, str]) -> Callable[[Node, Node], Outcome]:
        known = self.scalars.domain
        domain = Domain({**known.kinds, **kinds}, known.relations, known.default)
        return Scalars(domain, strict=self.scalars.strict).same

    def compare(self, gold: Node, answer: Node) -> Outcome:
        """Compares the gold with an answer.

        The gold is named only because decimals may be counted in it; every comparison else is
        symmetric.
        """
        gold, answer = spread(gold), spread(answer)
        if gold == answer and not any(x == Const("undefined") for x in walk(gold)):
            return yes("exact", "Both sides are written alike.")
        if isinstance(gold, Text) or isinstance(answer, Text):
            return self._words(gold, answer)
        if isinstance(gold, Listing) or isinstance(answer, Listing):
            return self._listings(gold, answer)
        if has_order(gold) or has_order(answer):
            return self._orders(gold, answer)
        if has_unit(gold) or has_unit(answer):
            return self._quantities(gold, answer)
        if isinstance(gold, Relation) or isinstance(answer, Relation):
            return self._relations(gold, answer)
        if has_matrix(gold) or has_matrix(answer):
            return self._matrices(gold, answer)
        if _set_like(gold) or _set_like(answer):
            return self._brackets(gold, answer)
        if self.spec.percent == "strict" and _percent(gold) != _percent(answer):
            return no("structure", "Only one side is a percentage.")
        return self.scalars.same(gold, answer)

    def _words(self, gold: Node, answer: Node) -> Outcome:
        if isinstance(gold, Text) and isinstance(answer, Text):
            if normal(gold.words) == normal(answer.words):
                return yes("text", "The words are the same.")
            return no("text", "The words differ.")
        return no("text", "One side is words, the other is mathematics.")

    def _orders(self, gold: Node, answer: Node) -> Outcome:
        pair = []
        for node in (gold, answer):
            if isinstance(node, Relation) and assigned(node) is not None:
                node = node.sides[-1]
            pair.append(node)
        return compare_orders(pair[0], pair[1], self.scalars)

    def _quantities(self, gold: Node, answer: Node) -> Outcome:
        for one, other in ((gold, answer), (answer, gold)):
            if isinstance(one, Relation) and assigned(one) is not None:
                inner = one.sides[-1]
                if isinstance(other, Relation):
                    if assigned(other) is None or assigned(one) != assigned(other):
                        return open_question("Relations between quantities are not compared.")
                    other = other.sides[-1]
                pair = (inner, other) if one is gold else (other, inner)
                return self.compare(*pair)
        if isinstance(gold, Relation) or isinstance(answer, Relation):
            return open_question("Relations between quantities are not compared.")
        if isinstance(gold, Brackets) and isinstance(answer, Brackets):
            return self._brackets(gold, answer)
        return compare_quantities(gold, answer, self.scalars, self.spec.units)

    def _relations(self, gold: Node, answer: Node) -> Outcome:
        if isinstance(gold, Relation) and isinstance(answer, Relation):
            return self._two_relations(gold, answer)
        relation, other = (gold, answer) if isinstance(gold, Relation) else (answer, gold)
        assert isinstance(relation, Relation)
        head = assigned(relation)
        if set(relation.ops) <= _VALUE and head is not None:
            value = relation.sides[-1]
            if _set_like(other) or has_matrix(other) or _set_like(value) or has_matrix(value):
                pair = (value, other) if relation is gold else (other, value)
                return self.compare(*pair)
            if relation is gold:
                return assigned_against_value(relation, other, self.scalars)
            return _turned(relation, other, self.scalars)
        if _set_like(other):
            return relation_against_set(relation, other)
        if set(relation.ops) <= _VALUE:
            return no("structure", "An equation is not the value of one of its sides.")
        return no("structure", "A relation is not a value.")

    def _two_relations(self, gold: Relation, answer: Relation) -> Outcome:
        heads = assigned(gold), assigned(answer)
        if heads[0] is not None and heads[0] == heads[1]:
            values = gold.sides[-1], answer.sides[-1]
            if any(_set_like(v) or has_matrix(v) for v in values):
                return self.compare(*values)
        if "in" in gold.ops or "in" in answer.ops:
            name = gold.sides[0]
            if not isinstance(name, Sym) or name != answer.sides[0]:
                for r in (gold, answer):
                    if isinstance(r.sides[0], Sym):
                        name = r.sides[0]
            try:
                assert isinstance(name, Sym)
                same = equal_sets(real_set(gold, name), real_set(answer, name))
            except (Undecided, AssertionError):
                if gold.ops == answer.ops == ("in",):
                    return every(
                        (self.compare(a, b) for a, b in zip(gold.sides, answer.sides, strict=True)),
                        "Both sides of the relation agree.",
                    )
                return open_question("A membership relation could not be worked out.")
            return yes("exact", "The same set.") if same else no("exact", "Different sets.")
        return compare_relations(gold, answer, self.scalars)

    def _matrices(self, gold: Node, answer: Node) -> Outcome:
        try:
            ours, theirs = worked_out(gold), worked_out(answer)
        except Undecided as error:
            return open_question(error.problem)
        if isinstance(ours, Matrix) and isinstance(theirs, Matrix):
            if [len(r) for r in ours.rows] != [len(r) for r in theirs.rows]:
                return no("structure", "The matrices have different shapes.")
            pairs = (
                self.scalars.same(a, b)
                for x, y in zip(ours.rows, theirs.rows, strict=True)
                for a, b in zip(x, y, strict=True)
            )
            return every(pairs, "All entries agree.")
        if isinstance(ours, Matrix) or isinstance(theirs, Matrix):
            return self._vector(ours, theirs)
        if has_matrix(ours) or has_matrix(theirs):
            return open_question("Matrix arithmetic was not carried out completely.")
        return self.scalars.same(ours, theirs)

    def _vector(self, ours: Node, theirs: Node) -> Outcome:
        """Compares a single column or row with a tuple, else refuses."""
        matrix, other = (ours, theirs) if isinstance(ours, Matrix) else (theirs, ours)
        assert isinstance(matrix, Matrix)
        flat: Sequence[Node] | None = None
        if all(len(row) == 1 for row in matrix.rows):
            flat = [row[0] for row in matrix.rows]
        elif len(matrix.rows) == 1:
            flat = matrix.rows[0]
        if flat is None or not (isinstance(other, Brackets) and other.left in "(["):
            return no("structure", "Only one side is a matrix.")
        if matrix is ours:
            return compare_ordered(flat, other.items, self.scalars.same)
        return compare_ordered(other.items, flat, self.scalars.same)

    def _brackets(self, gold: Node, answer: Node) -> Outcome:
        if isinstance(gold, Brackets) and isinstance(answer, Brackets):
            kinds = {_kind(gold), _kind(answer)}
            if kinds == {"set"} and not _described(gold) and not _described(answer):
                return compare_unordered(
                    distinct(gold.items, self.compare),
                    distinct(answer.items, self.compare),
                    self.compare,
                )
            if "set" not in kinds:
                if (gold.left, gold.right) == (answer.left, answer.right):
                    return compare_ordered(gold.items, answer.items, self.compare)
                half_open = {gold.left + gold.right, answer.left + answer.right}
                if "][" not in half_open:
                    return no("structure", "The brackets differ, and so do their meanings.")
        if not (_set_like(gold) and _set_like(answer)):
            single = gold if isinstance(gold, Brackets) else answer
            other = answer if single is gold else gold
            if _kind(single) == "set" and isinstance(single, Brackets) and len(single.items) == 1:
                pair = (single.items[0], other) if single is gold else (other, single.items[0])
                return self.compare(*pair)
            return no("structure", "A set, interval or tuple is not a single value.")
        try:
            if equal_sets(real_set(gold), real_set(answer)):
                return yes("exact", "Both are the same set of numbers.")
            return no("exact", "They are different sets of numbers.")
        except Undecided as error:
            return self._set_arithmetic(gold, answer, error.problem)

    def _set_arithmetic(self, gold: Node, answer: Node, problem: str) -> Outcome:
        """Compares unions with symbolic ends piece by piece."""
        if isinstance(gold, Func) and isinstance(answer, Func) and gold.name == answer.name:
            if gold.name == "difference":
                return compare_ordered(gold.args, answer.args, self.compare)
            outcome = compare_unordered(_parts(gold), _parts(answer), self.compare)
            if outcome.equal:
                return outcome
            return open_question(problem)
        if isinstance(gold, Const) and isinstance(answer, Const):
            return no("exact", "They are different sets.")
        if isinstance(gold, Brackets) and isinstance(answer, Brackets):
            if _described(gold) and _described(answer):
                return open_question(problem)
            return no("structure", "The sets have different descriptions.")
        return open_question(problem)

    def _listings(self, gold: Node, answer: Node) -> Outcome:
        for one, other in ((gold, answer), (answer, gold)):
            if isinstance(one, Listing) and isinstance(other, Brackets | Const | Func | Relation):
                found = self._listing_against(one, other, one is gold)
                if found is not None:
                    return found
        ours: list[Node] = list(gold.items) if isinstance(gold, Listing) else [gold]
        theirs: list[Node] = list(answer.items) if isinstance(answer, Listing) else [answer]
        before = len(ours), len(theirs)
        ours, theirs = both_signs(ours, theirs)
        if before != (len(ours), len(theirs)):
            # The values of a two-signed item have no order.
            return compare_unordered(ours, theirs, self.compare)
        if len(ours) != len(theirs):
            if _ranges(gold) and _ranges(answer):
                return relation_against_set(gold, answer)
            return no("structure", f"There are {len(ours)} items in the gold, {len(theirs)} here.")
        return self._items(ours, theirs)

    def _listing_against(self, listing: Listing, other: Node, first: bool) -> Outcome | None:
        """Compares a bare list with a set, a tuple, an equation or an interval."""
        if isinstance(other, Brackets) and _kind(other) == "set" and not _described(other):
            items = stripped(listing.items)
            pair = (items, list(other.items)) if first else (list(other.items), items)
            return compare_unordered(
                distinct(pair[0], self.compare), distinct(pair[1], self.compare), self.compare
            )
        if isinstance(other, Brackets) and other.left == "(" and len(other.items) > 1:
            if len(other.items) != len(listing.items):
                return None
            pair = (list(listing.items), list(other.items))
            if any(isinstance(x, Brackets) for x in listing.items):
                return None
            return compare_ordered(*(pair if first else pair[::-1]), self.compare)
        if isinstance(other, Relation) and other.ops == ("=",) and assigned(other) is None:
            return relation_against_set(listing, other)
        if _ranges(listing) and (_set_like(other) or isinstance(other, Relation)):
            return relation_against_set(listing, other)
        return None

    def _items(self, ours: list[Node], theirs: list[Node]) -> Outcome:
        names = names_of(ours), names_of(theirs)
        alike = [len({str(n) for n in side}) == 1 and side[0] is not None for side in names]
        named = [all(n is not None for n in side) for side in names]
        if named[0] and named[1] and not (alike[0] and alike[1]):
            return compare_unordered(ours, theirs, self.compare)
        if any(alike) and len(ours) > 1:
            # One name set to several values is a list of solutions.
            if all(alike) and str(names[0][0]) != str(names[1][0]):
                return no("structure", "The values belong to different names.")
            if named[0] != named[1] or all(alike):
                return compare_unordered(stripped(ours), stripped(theirs), self.compare)
        some = any(n is not None for side in names for n in side)
        if self._ordered(ours, some):
            return compare_ordered(ours, theirs, self.compare)
        return compare_unordered(ours, theirs, self.compare)

    def _ordered(self, items: list[Node], named: bool) -> bool:
        if self.spec.order != "auto":
            return self.spec.order == "ordered"
        if self.spec.choices or any(isinstance(x, Brackets | Listing) for x in items):
            return False
        if any(
            isinstance(p, Func) and p.name in ("mean", "dagger") for x in items for p in walk(x)
        ):
            return False
        return named or self.spec.gold_decimals


def _turned(relation: Relation, other: Node, scalars: Scalars) -> Outcome:
    """Compares a bare gold with an assigned answer, the gold first."""
    sides = relation.sides[1:]
    first = scalars.same(other, sides[-1])
    if len(sides) == 1 or first.equal is not True:
        return first
    agree = every((scalars.same(s, sides[-1]) for s in sides[:-1]), first.reason)
    if agree.equal is False:
        return no(agree.method, "The chain of equations contradicts itself.")
    return agree


def _kind(node: Node) -> str:
    return "set" if isinstance(node, Brackets) and node.left == "\\{" else "ordered"


def _described(node: Node) -> bool:
    return isinstance(node, Brackets) and any(
        isinstance(x, Func) and x.name == "such_that" for x in node.items
    )


def _set_like(node: Node) -> bool:
    return (
        isinstance(node, Brackets)
        or (isinstance(node, Const) and node.name in _SET_NAMES)
        or (isinstance(node, Func) and node.name in _SET_FUNCTIONS)
    )


def _parts(node: Node) -> list[Node]:
    if isinstance(node, Func) and node.name in _SET_FUNCTIONS:
        return [p for x in node.args for p in _parts(x)]
    return [node]


def _ranges(node: Node) -> bool:
    """Tells whether a tree is made of relations that describe sets of numbers."""
    items = node.items if isinstance(node, Listing) else (node,)
    return all(isinstance(x, Relation) for x in items) or _set_like(node)


def _percent(node: Node) -> bool:
    return isinstance(node, Func) and node.name == "percent"
