"""Decides whether two scalars are equal: structure, canonical form, then numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tools.grading.calculus import expand_derivatives
from tools.grading.canonical import Canonical
from tools.grading.domains import Domain
from tools.grading.errors import OverLimit
from tools.grading.evaluate import Evaluation, NoNumber
from tools.grading.indices import index_bounds, put_index, renamed, written_out
from tools.grading.numeric import compare_numbers
from tools.grading.outcome import Outcome, every, no, open_question, yes
from tools.grading.powers import folded
from tools.grading.ratio import NotCanonical, NoValue
from tools.grading.tree import (
    Apply,
    Binder,
    Const,
    Deriv,
    Func,
    Ket,
    Mul,
    Node,
    Num,
    PlusMinus,
    Pow,
    Sym,
    add,
    func,
    mul,
    number,
)
from tools.grading.walk import rebuild, substitute, symbols, walk

_OPAQUE = frozenset({"mean", "dot", "cross", "norm", "dagger", "transpose", "rank", "trace"})
_OPAQUE_MARK = "opaque"
_SUM_MARK = "opaque sum"
_INSTANCES = (2, 3, 4, 5, 7, 11)


class Scalars:
    """Compares scalars of one pair of answers, remembering the opaque parts it has met.

    Args:
        domain: what the free names may be.
        relative: a relative tolerance for numbers, None for exactness.
        decimals: decimals to which the answer is rounded before it is compared with the gold.
        gold_decimals: whether the decimals written in the gold play that part.
        significant: significant digits of the gold that the answer has to match.
        absolute: an absolute tolerance for numbers.
        strict: whether equality has to be proved; else agreement of the values is enough.
    """

    def __init__(
        self,
        domain: Domain,
        relative: Fraction | None = None,
        decimals: int | None = None,
        gold_decimals: bool = False,
        significant: int | None = None,
        absolute: Fraction | None = None,
        strict: bool = True,
    ) -> None:
        self.strict = strict
        self.domain = domain
        self.relative = relative
        self.decimals = decimals
        self.gold_decimals = gold_decimals
        self.significant = significant
        self.absolute = absolute
        self.operators: Callable[[Node, Node], Outcome | None] | None = None
        self._met: list[tuple[Node, Sym]] = []

    def same(self, gold: Node, answer: Node, depth: int = 0) -> Outcome:
        """Compares two scalars."""
        if gold == answer and not _undefined(gold):
            return yes("exact", "Both sides are written alike.")
        if depth > 4:
            return open_question("Functions are nested too deeply to compare their arguments.")
        signs = [x for x in (gold, answer) if any(isinstance(p, PlusMinus) for p in walk(x))]
        if signs:
            return self._signed(gold, answer, depth)
        if self.operators is not None:
            found = self.operators(gold, answer)
            if found is not None:
                return found
        infinite = _infinite(gold), _infinite(answer)
        if any(infinite):
            if infinite[0] == infinite[1]:
                return yes("exact", "Both sides are the same infinity.")
            return no("exact", "Only one side is this infinity.")
        left, right = renamed(written_out(gold)), renamed(written_out(answer))
        bounds = index_bounds(left) | index_bounds(right)
        if bounds:
            return self._instances(gold, answer, sorted(bounds), depth)
        left, right = folded(left), folded(right)
        left = self._named(expand_derivatives(left), depth)
        right = self._named(expand_derivatives(right), depth)
        return self._compare(left, right)

    def _compare(self, left: Node, right: Node) -> Outcome:
        if left == right and not _undefined(left):
            return yes("exact", "Both sides are the same expression.")
        rounded = self._rounded(left, right)
        if rounded is not None:
            return rounded
        verdict: bool | None = None
        names = symbols(left) | symbols(right)
        try:
            verdict = Canonical(self.domain.positive).compare(left, right)
        except NotCanonical:
            pass
        except NoValue as error:
            return self._without_value(left, right, str(error))
        sums = any(_SUM_MARK in s.marks for s in names)
        if verdict:
            return yes("exact", "Both sides have the same canonical form.")
        if verdict is False and not sums and not self._constrained(names):
            return no("exact", "The canonical forms differ.")
        if sums:
            return open_question("A sum or integral of unknown terms could not be compared.")
        found = compare_numbers(left, right, self.domain)
        if found.equal is False or (found.equal and not self.strict):
            return found
        # Sympy costs more than everything before it, so it is asked last.
        from tools.grading.symbolic import prove

        proved = prove(left, right, self.domain)
        if proved is not None or found.equal is None:
            return proved or found
        return open_question(f"{found.reason} No proof was found, and the spec asks for one.")

    def _constrained(self, names: frozenset[Sym]) -> bool:
        """Tells whether an equation between names, or integers, might make formulas equal."""
        return any("=" in r.ops for r in self.domain.relations if symbols(r) & names)

    def _without_value(self, left: Node, right: Node, why: str) -> Outcome:
        values = []
        for node in (left, right):
            try:
                Canonical(self.domain.positive).ratio(node)
                values.append(True)
            except NoValue:
                values.append(False)
            except NotCanonical:
                values.append(True)
        if values[0] != values[1]:
            side = "gold" if values[1] else "answer"
            return no("exact", f"The {side} has no value: {why}.")
        return open_question(f"Neither side has a value: {why}.")

    def _rounded(self, gold: Node, answer: Node) -> Outcome | None:
        """Compares numbers by the declared tolerance or the decimals asked for."""
        decimals = self.decimals
        if decimals is None and self.gold_decimals and isinstance(gold, Num):
            decimals = gold.decimals
        tolerances = (decimals, self.relative, self.significant, self.absolute)
        if all(x is None for x in tolerances):
            return None
        if symbols(gold) or symbols(answer):
            return None
        try:
            ours, theirs = Evaluation({}, 40), Evaluation({}, 40)
            a, b = ours.run(gold), theirs.run(answer)
        except (NoNumber, OverLimit):
            return None
        gap = abs(a - b)
        if self.absolute is not None:
            if gap * self.absolute.denominator <= self.absolute.numerator:
                return yes("exact", "The values agree within the declared absolute tolerance.")
            return no("exact", "The values differ by more than the declared tolerance.")
        if self.significant is not None and a != 0:
            magnitude = int(ours.ctx.floor(ours.ctx.log10(abs(a))))
            decimals = self.significant - 1 - magnitude
        if decimals is not None:
            unit = (
                Fraction(1, 2) / Fraction(10) ** decimals * Fraction(1_000_000_001, 1_000_000_000)
            )
            if gap * unit.denominator <= unit.numerator:
                return yes("exact", f"The answer rounds to the gold at {decimals} decimals.")
            return no("exact", f"The values differ at {decimals} decimals.")
        if self.relative is None:
            return None
        scale = max(abs(a), abs(b))
        if gap * self.relative.denominator <= scale * self.relative.numerator:
            return yes("exact", "The values agree within the declared relative tolerance.")
        return no("exact", "The values differ by more than the declared relative tolerance.")

    def _signed(self, gold: Node, answer: Node, depth: int) -> Outcome:
        """Compares values with two signs as sets of two values."""
        ours = [self._chosen(gold, s) for s in (1, -1)]
        theirs = [self._chosen(answer, s) for s in (1, -1)]
        straight = every(
            (self.same(a, b, depth + 1) for a, b in zip(ours, theirs, strict=True)), ""
        )
        if straight.equal:
            return yes(straight.method, "Both signs agree.")
        crossed = every(
            (self.same(a, b, depth + 1) for a, b in zip(ours, reversed(theirs), strict=True)), ""
        )
        if crossed.equal:
            return yes(crossed.method, "Both signs agree, in the other order.")
        if straight.equal is False and crossed.equal is False:
            return no(straight.method, "The values for the two signs differ.")
        return open_question("The values for the two signs could not be compared.")

    def _chosen(self, node: Node, sign: int) -> Node:
        if isinstance(node, PlusMinus):
            inner = self._chosen(node.value, sign)
            positive = (sign > 0) != node.flip
            return inner if positive else mul(number(-1), inner)
        return rebuild(node, lambda part: self._chosen(part, sign))

    def _instances(self, gold: Node, answer: Node, bounds: list[str], depth: int) -> Outcome:
        """Compares sums over indexed names by writing them out for several upper bounds."""
        if len(bounds) > 2:
            return open_question("Sums over several unknown ranges could not be compared.")
        method = "exact"
        for value in _INSTANCES:
            sides = []
            for node in (gold, answer):
                for offset, name in enumerate(bounds):
                    put = value + 2 * offset
                    node = put_index(node, name, str(put))
                    node = substitute(node, {Sym(name): number(put)})
                sides.append(written_out(node))
            if any(index_bounds(side) for side in sides):
                return open_question("A sum over unknown terms could not be written out.")
            outcome = self.same(sides[0], sides[1], depth + 1)
            if outcome.equal is False:
                return no(outcome.method, f"For {bounds[0]} = {value} the two sides differ.")
            if outcome.equal is None:
                return outcome
            method = "numeric agreement"
        if self.strict:
            return open_question(
                f"The two sides agree for {bounds[0]} = {_INSTANCES}, which is no proof."
            )
        return yes(method, f"The two sides agree for {bounds[0]} = {_INSTANCES}.")

    def _named(self, node: Node, depth: int) -> Node:
        """Replaces parts without a number by names, the same name for equal parts."""
        if isinstance(node, Func) and node.name == "mean" and len(node.args) == 1:
            return self._mean(node.args[0], depth)
        if isinstance(node, Sym) and node.base == "delta" and len(node.sub) == 2:
            # A Kronecker delta is symmetric.
            return replace(node, sub=tuple(sorted(node.sub)))
        node = rebuild(node, lambda part: self._named(part, depth))
        opaque = (
            (
                isinstance(node, Apply | Deriv | Ket | Const)
                and (
                    not isinstance(node, Const)
                    or node.name in ("ellipsis", "R", "Z", "N", "Q", "C")
                )
            )
            or (isinstance(node, Func) and node.name in _OPAQUE)
            or (isinstance(node, Binder) and not _evaluable(node))
        )
        if not opaque:
            return node
        return self._register(node, depth)

    def _mean(self, inner: Node, depth: int) -> Node:
        """Reads an average as a linear functional over sums and numerical factors."""
        inner = self._named(inner, depth)
        try:
            ratio = Canonical().ratio(inner)
        except (NotCanonical, NoValue):
            return self._register(func("mean", inner), depth)
        names = {s.name: s for s in symbols(inner)}
        if ratio.bottom != 1 or any(a[0] not in ("sym", "i", "prime") for a in ratio.top.atoms()):
            return self._register(func("mean", inner), depth)
        terms: list[Node] = []
        for monomial, c in ratio.top:
            fixed: list[Node] = [Num(Fraction(c))]
            moving: list[Node] = []
            for atom, power in monomial:
                factor = _constant_atom(atom) or names[str(atom[1])]
                constant = not isinstance(factor, Sym) or _OPAQUE_MARK in factor.marks
                (fixed if constant else moving).append(Pow(factor, Num(Fraction(power))))
            if moving:
                fixed.append(self._register(func("mean", mul(*moving)), depth))
            terms.append(mul(*fixed))
        return add(*terms)

    def _register(self, node: Node, depth: int) -> Sym:
        for known, name in self._met:
            if self._equivalent(known, node, depth):
                return name
        marks = (_SUM_MARK,) if isinstance(node, Binder) else (_OPAQUE_MARK,)
        name = Sym(f"part{len(self._met) + 1}", marks)
        self._met.append((node, name))
        return name

    def _equivalent(self, a: Node, b: Node, depth: int) -> bool:
        if a == b:
            return True
        match a, b:
            case Func(), Func() if a.name == b.name and len(a.args) == len(b.args):
                pairs = list(zip(a.args, b.args, strict=True))
                if self._all_same(pairs, depth):
                    return True
                crossed = list(zip(a.args, reversed(b.args), strict=True))
                return a.name == "dot" and self._all_same(crossed, depth)
            case Apply(), Apply() if a.head == b.head and len(a.args) == len(b.args):
                return self._all_same(list(zip(a.args, b.args, strict=True)), depth)
            case Deriv(), Deriv() if a.var == b.var and a.order == b.order:
                return self._all_same([(a.body, b.body)], depth)
            case Binder(), Binder() if a.kind == b.kind and a.var == b.var:
                pairs = [(a.body, b.body)]
                for x, y in ((a.lower, b.lower), (a.upper, b.upper)):
                    if (x is None) != (y is None):
                        return False
                    if x is not None and y is not None:
                        pairs.append((x, y))
                return self._all_same(pairs, depth)
        return False

    def _all_same(self, pairs: list[tuple[Node, Node]], depth: int) -> bool:
        return all(self.same(x, y, depth + 1).equal for x, y in pairs)


def _constant_atom(atom: tuple[object, ...]) -> Node | None:
    """Returns the tree of an atom that is a number."""
    match atom:
        case ("i",):
            return Const("i")
        case ("prime", int() as p):
            return number(p)
        case ("sym", "pi"):
            return Const("pi")
    return None


def _evaluable(node: Binder) -> bool:
    """Tells whether a sum or integral has bounds and a body made of known functions."""
    if node.kind != "limit" and (node.lower is None or node.upper is None):
        return False
    return not any(
        isinstance(part, Apply | Deriv | Ket)
        or (isinstance(part, Func) and part.name in _OPAQUE)
        or (isinstance(part, Sym) and (_OPAQUE_MARK in part.marks or _SUM_MARK in part.marks))
        or (isinstance(part, Sym) and any("bound" in piece for piece in part.sub))
        for part in walk(node)
    )


def _infinite(node: Node) -> str:
    """Returns + or - for an infinity standing alone, else an empty string."""
    if node == Const("inf"):
        return "+"
    if isinstance(node, Mul) and len(node.factors) == 2 and node.factors[1] == Const("inf"):
        scale = node.factors[0]
        if isinstance(scale, Num) and scale.value:
            return "+" if scale.value > 0 else "-"
    return ""


def _undefined(node: Node) -> bool:
    return any(part == Const("undefined") for part in walk(node))
