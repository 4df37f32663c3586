"""Commuting coefficients inside operators: exact polynomials, or named parts for the scalars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction

from tools.grading.canonical import Canonical
from tools.grading.operator_factors import label
from tools.grading.operators import Algebra, Index, Operator, Polynomial
from tools.grading.outcome import Outcome
from tools.grading.ratio import NotCanonical, NoValue
from tools.grading.species import Cast
from tools.grading.tree import IMAGINARY as IMAGINARY_NODE
from tools.grading.tree import PI, Add, Binder, E, Mul, Node, Num, Pow, Sym, add, mul, number
from tools.grading.walk import symbols, walk


class Coefficients(ABC):
    """Reads the parts of a pair that commute, and turns coefficients back into trees.

    Args:
        algebra: the algebra that both sides are read in.
        play: which names are operators.
        same: compares two scalars, for coefficients that polynomials cannot settle.
    """

    def __init__(self, algebra: Algebra, play: Cast, same: Callable[[Node, Node], Outcome]) -> None:
        self.algebra = algebra
        self.play = play
        self._same = same
        self._coefficients: list[Node] = []
        self._symbols: dict[str, Sym] = {}
        self._index_names: set[str] = set()

    @abstractmethod
    def sum(self, node: Binder) -> Operator:
        """Reads a sum over an index."""

    def scalar(self, node: Node) -> Operator | Polynomial:
        """Reads a commuting part: exactly where it is polynomial, else as a named coefficient."""
        if isinstance(node, Mul):
            result = self.algebra.one
            for factor in node.factors:
                result = result * self.scalar(factor)
            return result
        if isinstance(node, Add):
            total = self.algebra.zero
            for term in node.terms:
                total = total + self.scalar(term)
            return total
        if isinstance(node, Sym):
            special = self._indexed(node)
            if special is not None:
                return special
        if isinstance(node, Binder) and node.kind == "sum":
            return self.sum(node)
        try:
            ratio = Canonical().ratio(node)
            plain = all(a[0] in ("sym", "i", "prime") for a in ratio.top.atoms())
            if ratio.bottom == 1 and plain:
                self._symbols.update({s.name: s for s in symbols(node)})
                return ratio.top
        except (NotCanonical, NoValue):
            pass
        return self._coefficient(node)

    def _indexed(self, symbol: Sym) -> Operator | None:
        """Reads deltas, exchange operators and coefficients with indices."""
        labels = tuple(label(p) for p in symbol.sub)
        if symbol.base == "delta" and len(labels) == 2 and not symbol.marks:
            return self.algebra.delta(*labels)
        if symbol.base == "I" and not symbol.sub and "pauli" in self.play.kinds.values():
            return self.algebra.one
        if any(isinstance(x, Index) and x.name in self._index_names for x in labels):
            return self.algebra.indexed(symbol.base + "".join(symbol.marks), *labels)
        return None

    def note_indices(self, *nodes: Node) -> None:
        """Remembers which index names operators and sums carry."""
        found: set[str] = set()
        for node in nodes:
            for part in walk(node):
                if isinstance(part, Binder):
                    found.add(part.var.base)
        self._index_names = found

    def _coefficient(self, node: Node) -> Polynomial:
        for place, known in enumerate(self._coefficients):
            if known == node or self._same(known, node).equal:
                return Polynomial.atom(("coefficient", place))
        self._coefficients.append(node)
        return Polynomial.atom(("coefficient", len(self._coefficients) - 1))

    def tree(self, poly: Polynomial) -> Node:
        """Turns a coefficient back into a tree."""
        terms: list[Node] = []
        for monomial, c in poly:
            factors: list[Node] = [Num(Fraction(c))]
            for atom, power in monomial:
                factors.append(Pow(self._atom(atom), Num(Fraction(power))))
            terms.append(mul(*factors))
        return add(*terms)

    def _atom(self, atom: tuple[object, ...]) -> Node:
        match atom:
            case ("i",):
                return IMAGINARY_NODE
            case ("prime", int() as p):
                return number(p)
            case ("coefficient", int() as place):
                return self._coefficients[place]
            case ("sym", "pi"):
                return PI
            case ("exp", tuple() as monomial):
                parts = [Pow(self._atom(a), Num(Fraction(e))) for a, e in monomial]
                return Pow(E, mul(*parts))
            case ("sym", str() as name):
                return self._symbols.get(name, Sym(name))
        return Sym(repr(atom), ("opaque sum",))
