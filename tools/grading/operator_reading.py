"""Turns trees into operators of one algebra and compares their normal forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from tools.errors import AnsatzError
from tools.grading.errors import Undecided
from tools.grading.operator_coefficients import Coefficients
from tools.grading.operator_factors import ARROWS, Label, cancelled, eigenvalue, is_number, label
from tools.grading.operators import (
    Algebra,
    Conventions,
    Index,
    Operator,
    Polynomial,
    anticommutator,
    commutator,
    compare,
)
from tools.grading.outcome import Outcome, every, no, open_question, yes
from tools.grading.polynomial import IMAGINARY
from tools.grading.spec import GradeSpec
from tools.grading.species import Cast, component, has_operator
from tools.grading.tree import (
    MINUS_ONE,
    Add,
    Apply,
    Binder,
    E,
    Func,
    Ket,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
    mul,
    number,
)
from tools.grading.walk import walk

_MAX_POWER = 16
_MAX_TERMS = 64
_HALF = Fraction(1, 2)


class OperatorReader(Coefficients):
    """Reads trees of one pair of answers as operators.

    Args:
        play: which names are operators.
        spec: the declared conventions.
        same: compares two scalars, for coefficients that polynomials cannot settle.
    """

    def __init__(self, play: Cast, spec: GradeSpec, same: Callable[[Node, Node], Outcome]) -> None:
        ops = spec.operators
        self.ops = ops
        hbar = Polynomial.symbol("hbar")
        qp = IMAGINARY if ops.commutator == "i" else IMAGINARY * hbar
        if ops.central:
            qp = Polynomial.symbol("[A,B]")
        algebra = Algebra(
            Conventions(
                sigma_ladder=Fraction(ops.sigma_ladder),
                z_sign=-1 if ops.z_sign < 0 else 1,
                majorana_square=Fraction(ops.majorana_square),
                spin=Fraction(ops.spin) if ops.spin else None,
                hbar=1 if ops.hbar_one else hbar,
                qp=qp,
                species="commute" if ops.commuting_species else "anticommute",
            )
        )
        super().__init__(algebra, play, same)
        self._central: list[str] = []
        for group in ops.distinct:
            labels = [label(x) for x in group]
            if any(isinstance(x, Index) for x in labels):
                self.algebra.declare_distinct(*labels)

    def compare(self, gold: Node, answer: Node) -> Outcome:
        """Compares two trees as operators."""
        try:
            self._declare_values(gold, answer)
            left, right = self.read(gold), self.read(answer)
            found = compare(left, right)
        except AnsatzError as error:
            return open_question(f"The operators could not be compared: {error.problem}")
        if found.equal:
            return yes("operator normal form", "Both sides have the same normal form.")
        if found.certain:
            return no("operator normal form", found.difference)
        if found.opaque:
            return open_question(f"Functions of operators are not related here. {found.difference}")
        outcomes = [self._same(self.tree(c), number(0)) for c in found.residue]
        settled = every(outcomes, "The coefficients of all normal-ordered terms agree.")
        if settled.equal is False:
            return no("operator normal form", found.difference)
        if settled.equal:
            return yes("operator normal form", settled.reason)
        return settled

    def _declare_values(self, *nodes: Node) -> None:
        """Lets a summed spin index run over the arrows where arrows are written out."""
        pieces = {p for n in nodes for x in walk(n) if isinstance(x, Sym) for p in x.sub}
        if not pieces & set(ARROWS):
            return
        for node in nodes:
            for part in walk(node):
                if isinstance(part, Binder) and part.var.base in ("sigma", "s", "alpha"):
                    self.algebra.declare_values(Index(part.var.base), ("up", "down"))

    def read(self, node: Node) -> Operator:
        """Turns a tree into an operator.

        Raises:
            Undecided: for a construction that no algebra here knows.
        """
        if not has_operator(node, self.play):
            return self.algebra.scalar(1) * self.scalar(node)
        match node:
            case Sym():
                return self._name(node)
            case Ket():
                ket = self.algebra.symbol(f"ket {node.label}")
                return ket.dagger() if node.bra else ket
            case Add():
                total = self.algebra.zero
                for term in node.terms:
                    total = total + self.read(term)
                return total
            case Mul():
                return self._product(node)
            case Pow():
                return self._power(node)
            case Func():
                return self._function(node)
            case Apply(args=(arg,)):
                return self.algebra.function(node.head.name, self.read(arg))
            case Binder(kind="sum"):
                return self.sum(node)
        raise Undecided("This construction of operators is not known here.")

    def _product(self, node: Mul) -> Operator:
        """Multiplies in order, carrying exponentials to the right and merging them.

        e^X e^Y = e^{X+Y+[X,Y]/2} where [X,Y] is a number, and e^X Y = e^l Y e^X where [X,Y] = l Y.
        """
        result = self.algebra.one
        exponent: Operator | None = None
        for factor in cancelled(node.factors):
            if isinstance(factor, Pow) and factor.base == E and has_operator(factor, self.play):
                following = self.read(factor.exponent)
                if exponent is None:
                    exponent = following
                    continue
                bracket = commutator(exponent, following)
                if is_number(bracket):
                    exponent = exponent + following + bracket / 2
                    continue
                result, exponent = result * self._exponential(exponent), following
                continue
            part = self.read(factor)
            if exponent is not None and has_operator(factor, self.play):
                scale = eigenvalue(commutator(exponent, part), part)
                if scale is None:
                    result, exponent = result * self._exponential(exponent), None
                elif scale:
                    result = result * self.scalar(Pow(E, self.tree(scale)))
            result = result * part
        return result if exponent is None else result * self._exponential(exponent)

    def _exponential(self, exponent: Operator) -> Operator:
        """Returns e^X with the number in X taken out as a coefficient."""
        if exponent.pending:
            return self.algebra.exp(exponent)
        constant = exponent.mixed().get((), 0)
        if not constant:
            return self.algebra.exp(exponent)
        value = Polynomial.number(1) * constant
        rest = exponent - self.algebra.scalar(value)
        return self.algebra.exp(rest) * self.scalar(Pow(E, self.tree(value)))

    def _power(self, node: Pow) -> Operator:
        if has_operator(node.exponent, self.play):
            if node.base == E:
                return self._exponential(self.read(node.exponent))
            if isinstance(node.base, Num) and node.base.value == -1:
                turn = self.algebra.scalar(IMAGINARY * Polynomial.symbol("pi"))
                return self.algebra.exp(turn * self.read(node.exponent))
            raise Undecided("An operator stands in the exponent of something else than e.")
        power = node.exponent
        if isinstance(node.base, Sym) and "vec" in node.base.marks and power == number(2):
            return self._dot(node.base, node.base)
        if isinstance(node.base, Mul) and power == MINUS_ONE:
            inverse = [Pow(f, MINUS_ONE) for f in reversed(node.base.factors)]
            return self.read(mul(*inverse))
        base = self.read(node.base)
        if isinstance(power, Num) and power.value.denominator == 1 and power.value >= 0:
            if power.value > _MAX_POWER:
                raise Undecided("The power of an operator is too large.")
            return base ** int(power.value)
        name = f"power {power.value}" if isinstance(power, Num) else f"power {power}"
        return self.algebra.function(name, base)

    def _function(self, node: Func) -> Operator:
        if node.name in ("commutator", "anticommutator"):
            first, second = (self.read(x) for x in node.args)
            combine = commutator if node.name == "commutator" else anticommutator
            return combine(first, second)
        if node.name == "mean" and len(node.args) == 1:
            return self.algebra.expectation(self.read(node.args[0]))
        if node.name == "swap":
            one, other = (label(x.sub[0]) for x in node.args if isinstance(x, Sym))
            swapped = self.algebra.pauli("sigma").swap(one, other)
            assert isinstance(swapped, Operator)
            return swapped
        if node.name == "dot":
            return self._dot(*node.args)
        if len(node.args) != 1:
            raise Undecided(f"The function {node.name} of several operators is not known here.")
        inner = self.read(node.args[0])
        if node.name in ("dagger", "conj"):
            return inner.dagger()
        imaginary = self.algebra.scalar(IMAGINARY)
        match node.name:
            case "cos" | "cosh":
                unit = imaginary if node.name == "cos" else self.algebra.one
                exp = self.algebra.exp
                return (exp(unit * inner) + exp(unit * inner * -1)) / 2
            case "sin" | "sinh":
                unit = imaginary if node.name == "sin" else self.algebra.one
                gap = self.algebra.exp(unit * inner) - self.algebra.exp(unit * inner * -1)
                return gap / 2 * (self.algebra.scalar(IMAGINARY * -1) if node.name == "sin" else 1)
        return self.algebra.function(node.name, inner)

    def sum(self, node: Binder) -> Operator:
        """Reads a sum over an index, a range of numbers, or pairs of indices."""
        if "range" in node.var.marks:
            return self._ranged(node)
        index = Index(node.var.base)
        body = self.read(node.body)
        low, high = node.lower, node.upper
        if low is None:
            return self.algebra.total(body, index)
        if isinstance(low, Num) and isinstance(high, Num):
            if high.value - low.value > _MAX_TERMS:
                raise Undecided("A sum over operators has too many terms.")
            values = range(int(low.value), int(high.value) + 1)
            return self.algebra.total(body, index, over=values)
        return self.algebra.total(body, index, over=f"{low}..{high}")

    def _ranged(self, node: Binder) -> Operator:
        """Reads sums over pairs: i < j, i != j, and neighbours in angles."""
        match = re.fullmatch(r"(\w)(<|ne|neq|!=)(\w)", node.var.base)
        body = self.read(node.body)
        if match:
            where = "less" if match[2] == "<" else "distinct"
            pair = Index(match[1]), Index(match[3])
            if where == "less":
                return self.algebra.total(body, *pair, where="less")
            return self.algebra.total(body, *pair, where="distinct")
        near = re.fullmatch(r"langle(\w),?(\w)rangle,?(\w*)", node.var.base)
        if near:
            if near[3]:
                body = self.algebra.total(body, Index(near[3]))
            pair = Index(near[1]), Index(near[2])
            return self.algebra.total(body, *pair, over="neighbours", where="distinct")
        raise Undecided(f"The range {node.var.base!r} of a sum is not known here.")

    def _labels(self, symbol: Sym) -> tuple[Label, ...]:
        pieces = list(symbol.sub)
        if self.play.kinds.get(symbol.base) in ("pauli", "spin"):
            named = component(symbol)
            pieces = [p for p in pieces if p != named or named in symbol.sup]
            pieces += [p for p in symbol.sup if p != named]
        else:
            pieces += [p for p in symbol.sup if p in ARROWS]
        return tuple(label(p) for p in pieces)

    def _name(self, symbol: Sym) -> Operator:
        kind = self.play.kind(symbol)
        labels = self._labels(symbol)
        base = symbol.base
        match kind:
            case "fermion":
                return self.algebra.fermion(base)(*labels)
            case "boson":
                return self.algebra.boson(base)(*labels)
            case "number":
                species = self.play.numbers
                if self.play.kinds.get(species) == "boson":
                    return self.algebra.boson(species).number(*labels)
                return self.algebra.fermion(species).number(*labels)
            case "majorana":
                return self.algebra.majorana(base)(*labels)
            case "position":
                return self.algebra.quadrature().q(*labels)
            case "momentum":
                return self.algebra.quadrature().p(*labels)
            case "pauli" | "spin":
                axis = base.lower() if base in ("X", "Y", "Z") else component(symbol)
                return self._spin(base, kind, axis, labels)
            case "free" if self.ops.central and not labels:
                return self._central_letter(base)
        name = base + "".join(f"~{m}" for m in symbol.marks if m not in ("hat", "vec"))
        own = base in self.ops.hermitian
        return self.algebra.symbol(name, *labels, hermitian=own)

    def _central_letter(self, base: str) -> Operator:
        """Reads two letters with a central commutator as a canonical pair."""
        if base not in self._central:
            self._central.append(base)
        if len(self._central) > 2:
            raise Undecided("More than two letters with a central commutator.")
        pair = self.algebra.quadrature()
        return pair.q() if base == min(self._central) and base == "A" else pair.p()

    def _spin(self, base: str, kind: str, axis: str, labels: tuple[Label, ...]) -> Operator:
        half = kind == "spin" and self.ops.spin == "1/2"
        if kind == "spin" and not half:
            species = self.algebra.spin(base)
        else:
            name = "tau" if base == "tau" else "sigma"
            species = self.algebra.pauli(name)
        match axis:
            case "x" | "y" | "z":
                operator = getattr(species, axis)(*labels)
            case "+" | "-":
                if half:
                    sign = 1 if axis == "+" else -1
                    turn = self.algebra.scalar(IMAGINARY * (sign * self.ops.z_sign))
                    operator = species.x(*labels) + turn * species.y(*labels)
                else:
                    operator = (species.plus if axis == "+" else species.minus)(*labels)
            case _:
                raise Undecided(f"The spin {base} has no component.")
        assert isinstance(operator, Operator)
        return operator * _HALF if half else operator

    def _dot(self, first: Node, second: Node) -> Operator:
        total = self.algebra.zero
        for axis in ("x", "y", "z"):
            parts = []
            for side in (first, second):
                if not isinstance(side, Sym) or self.play.kinds.get(side.base) not in (
                    "pauli",
                    "spin",
                ):
                    raise Undecided("A scalar product of something else than spins.")
                labels = tuple(label(p) for p in (*side.sub, *side.sup))
                parts.append(self._spin(side.base, self.play.kinds[side.base], axis, labels))
            total = total + parts[0] * parts[1]
        return total
