"""Compares orders of growth: O(f) and expansions with a remainder."""

from __future__ import annotations

from fractions import Fraction

from tools.grading.errors import OverLimit
from tools.grading.evaluate import Evaluation, NoNumber
from tools.grading.outcome import Outcome, no, open_question, yes
from tools.grading.relations import constant_ratio
from tools.grading.scalars import Scalars
from tools.grading.tree import ZERO, Add, Func, Node, Sym, add, div
from tools.grading.walk import symbols, walk

_LARGE = frozenset("n N m M k K L d D V E p q T".split())


def has_order(node: Node) -> bool:
    """Tells whether a tree holds an order of growth."""
    return any(isinstance(part, Func) and part.name in ("O", "o") for part in walk(node))


def split_order(node: Node) -> tuple[Node, Func | None]:
    """Splits `1 - x^2/2 + O(x^4)` into the explicit part and the remainder."""
    terms = node.terms if isinstance(node, Add) else (node,)
    remainders = [t for t in terms if isinstance(t, Func) and t.name in ("O", "o")]
    rest = [t for t in terms if t not in remainders]
    if len(remainders) != 1:
        return node, None
    return (add(*rest) if rest else ZERO), remainders[0]


def compare_orders(gold: Node, answer: Node, scalars: Scalars) -> Outcome:
    """Compares two expressions of which at least one holds an order of growth."""
    if has_order(gold) != has_order(answer):
        return no("structure", "An order of growth is not a function.")
    ours, theirs = split_order(gold), split_order(answer)
    if ours[1] is None or theirs[1] is None:
        return open_question("Orders of growth inside a formula are not compared.")
    explicit = scalars.same(ours[0], theirs[0])
    if explicit.equal is not True:
        return explicit
    if ours[1].name != theirs[1].name:
        return no("structure", "One side is O and the other is o.")
    return _same_class(ours[1].args[0], theirs[1].args[0], scalars, ours[0] == ZERO)


def _same_class(f: Node, g: Node, scalars: Scalars, growing: bool) -> Outcome:
    if constant_ratio(f, g) is not None or scalars.same(f, g).equal:
        return yes("exact", "The orders of growth differ by a constant factor at most.")
    names = symbols(f) | symbols(g)
    if len(names) != 1:
        return no("structure", "The orders of growth are not proportional.")
    (name,) = names
    if not (growing and name.base in _LARGE):
        return no("structure", "The orders of growth are not proportional.")
    return _at_infinity(f, g, name)


def _at_infinity(f: Node, g: Node, name: Sym) -> Outcome:
    """Follows the ratio of two growing functions far out."""
    ratios = []
    for power in (9, 18, 36):
        try:
            value = Evaluation({name: Fraction(10**power)}, 60).run(div(f, g))
        except (NoNumber, OverLimit):
            return _exponential(f, g, name)
        ratios.append(abs(value))
    if ratios[2] and abs(ratios[2] - ratios[1]) <= 1e-6 * ratios[2]:
        return yes("numeric agreement", "The ratio of the two tends to a constant.")
    if ratios[2] > 1.5 * ratios[1] > 2 * ratios[0] or 1.5 * ratios[2] < ratios[1]:
        return no("numeric refutation", "The ratio of the two does not stay bounded.")
    return open_question("The ratio of the two orders did not settle.")


def _exponential(f: Node, g: Node, name: Sym) -> Outcome:
    """Follows the ratio at moderate sizes, for functions too large to follow far out."""
    ratios = []
    for n in (50, 100, 200):
        try:
            ratios.append(abs(Evaluation({name: Fraction(n)}, 40).run(div(f, g))))
        except (NoNumber, OverLimit):
            return open_question("The orders of growth could not be followed.")
    if max(ratios) > 100 * min(ratios):
        return no("numeric refutation", "The ratio of the two does not stay bounded.")
    return open_question("The ratio of the two orders did not settle.")
