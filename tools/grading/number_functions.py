r"""Functions of boson number operators moved past ladder operators: a f(n) = f(n+1) a.

With n = a^dagger a every product of ladder operators and functions of n has a unique form
F(n) L_k, where L_k is (a^dagger)^k for k > 0 and a^{-k} for k < 0, and F is an ordinary function
of the whole number n. Two operators are equal when their F agree for each k, which is a question
about scalars. Several modes have one n and one k each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.grading.errors import Undecided
from tools.grading.outcome import Outcome, every, no, yes
from tools.grading.species import Cast, has_operator
from tools.grading.tree import Add, Apply, Const, Func, Mul, Node, Num, Pow, Sym, add, mul, number
from tools.grading.walk import size, substitute, walk

_MAX_TERMS = 64
_MAX_SIZE = 600
_MAX_POWER = 12
Mode = tuple[str, tuple[str, ...]]
Weights = tuple[tuple[Mode, int], ...]
Form = dict[Weights, Node]


def compare_number_functions(
    gold: Node,
    answer: Node,
    play: Cast,
    scalars: Callable[[Mapping[Sym, str]], Callable[[Node, Node], Outcome]],
) -> Outcome | None:
    """Compares two operators of boson modes; None where they hold anything else.

    Args:
        gold: one side.
        answer: the other side.
        play: which names are operators.
        scalars: makes a comparison of scalars from the kinds of the numbers n.
    """
    reader = NumberFunctions(play)
    try:
        left, right = reader.read(gold), reader.read(answer)
        reader.settle_modes()
    except Undecided:
        return None
    same = scalars(dict.fromkeys((_n(mode) for mode in reader.modes), "whole"))
    outcomes = []
    for key in sorted(left.keys() | right.keys()):
        # F(n) (a^dagger)^k acts on nothing below n = k, so that n - k is the free number.
        up = {mode: k for mode, k in key if k > 0}
        pair = [_shifted(form.get(key, number(0)), up) for form in (left, right)]
        outcomes.append(same(pair[0], pair[1]))
    settled = every(outcomes, "")
    if settled.equal is False:
        return no("operator normal form", "The functions of number operators differ.")
    if settled.equal:
        return yes("operator normal form", "Both sides agree, functions of number operators first.")
    return None


class NumberFunctions:
    """Reads trees as sums of F(n) L_k, and collects the modes they are made of.

    Args:
        play: which names are operators.
    """

    def __init__(self, play: Cast) -> None:
        self.play = play
        self.modes: set[Mode] = set()

    def settle_modes(self) -> None:
        """Checks that different labels are different modes.

        Raises:
            Undecided: when two labels might be the same site.
        """
        if len(self.modes) > 1 and not all(
            piece.isdigit() for _, labels in self.modes for piece in labels
        ):
            raise Undecided("Two symbolic labels might be equal.")

    def read(self, node: Node) -> Form:
        """Reads a tree.

        Raises:
            Undecided: for anything but bosons and functions of their numbers.
        """
        if not has_operator(node, self.play):
            return {(): node}
        match node:
            case Sym():
                return self._name(node)
            case Add():
                return _sum([self.read(term) for term in node.terms])
            case Mul():
                form: Form = {(): number(1)}
                for factor in node.factors:
                    form = _product(form, self.read(factor))
                return form
            case Pow():
                return self._power(node)
            case Apply():
                return {(): Apply(node.head, tuple(self._number(x) for x in node.args))}
            case Func(name="dagger", args=(x,)):
                return _adjoint(self.read(x))
            case Func(name="commutator", args=(x, y)):
                one, other = self.read(x), self.read(y)
                turned = _product({(): number(-1)}, _product(other, one))
                return _sum([_product(one, other), turned])
            case Func() if node.name not in ("anticommutator", "mean", "trace", "swap", "conj"):
                return {(): Func(node.name, tuple(self._number(x) for x in node.args))}
        raise Undecided("This is no function of number operators.")

    def _name(self, symbol: Sym) -> Form:
        kind = self.play.kind(symbol)
        if kind == "boson":
            mode = symbol.base, symbol.sub
            self.modes.add(mode)
            return {((mode, -1),): number(1)}
        if kind == "number" and self.play.kinds.get(self.play.numbers) == "boson":
            mode = self.play.numbers, symbol.sub
            self.modes.add(mode)
            return {(): _n(mode)}
        raise Undecided("This is no boson.")

    def _number(self, node: Node) -> Node:
        """Reads an argument, which has to be a function of numbers itself."""
        form = {key: f for key, f in self.read(node).items() if f != number(0)}
        if form.keys() - {()}:
            raise Undecided("A function of ladder operators.")
        return form.get((), number(0))

    def _power(self, node: Pow) -> Form:
        power = node.exponent
        whole = isinstance(power, Num) and power.value.denominator == 1
        if isinstance(power, Num) and whole and 0 <= power.value <= _MAX_POWER:
            base = self.read(node.base)
            form: Form = {(): number(1)}
            for _ in range(int(power.value)):
                form = _product(form, base)
            return form
        return {(): Pow(self._number(node.base), self._number(power))}


def _n(mode: Mode) -> Sym:
    return Sym("n", ("of", mode[0]), mode[1])


def _shifted(node: Node, by: Mapping[Mode, int]) -> Node:
    moved: dict[Sym, Node] = {_n(mode): add(_n(mode), number(k)) for mode, k in by.items() if k}
    return substitute(node, moved) if moved else node


def _sum(forms: list[Form]) -> Form:
    terms: dict[Weights, list[Node]] = {}
    for form in forms:
        for key, f in form.items():
            terms.setdefault(key, []).append(f)
    return _bounded({key: add(*found) for key, found in terms.items()})


def _product(one: Form, other: Form) -> Form:
    """Multiplies by L_k G(n) = G(n-k) L_k and the products of ladders on one mode."""
    terms: dict[Weights, list[Node]] = {}
    for left, f in one.items():
        for right, g in other.items():
            k, l = dict(left), dict(right)  # noqa: E741  (the weights of the formula)
            factors = [f, _shifted(g, {mode: -weight for mode, weight in left})]
            total: dict[Mode, int] = {}
            for mode in sorted(k.keys() | l.keys()):
                factors.append(_ladders(_n(mode), k.get(mode, 0), l.get(mode, 0)))
                total[mode] = k.get(mode, 0) + l.get(mode, 0)
            key = tuple((mode, weight) for mode, weight in total.items() if weight)
            terms.setdefault(key, []).append(mul(*factors))
    return _bounded({key: add(*found) for key, found in terms.items()})


def _ladders(n: Sym, k: int, l: int) -> Node:  # noqa: E741
    """Returns the polynomial P(n) in L_k L_l = P(n) L_{k+l}."""
    if k * l >= 0:
        return number(1)
    pairs = min(abs(k), abs(l))
    # (a^dagger)^m a^m = n (n-1) ... (n-m+1) and a^m (a^dagger)^m = (n+1) ... (n+m).
    inner = range(0, -pairs, -1) if k > 0 else range(1, pairs + 1)
    rest = k + l if abs(k) > abs(l) else 0
    return mul(*(add(n, number(step - rest)) for step in inner))


def _adjoint(form: Form) -> Form:
    """Returns the adjoint, (F(n) L_k)^dagger = F(n+k) L_{-k} for real F."""
    found: Form = {}
    for key, f in form.items():
        if any(x == Const("i") for x in walk(f)):
            raise Undecided("The adjoint of a complex function.")
        found[tuple((mode, -k) for mode, k in key)] = _shifted(f, dict(key))
    return found


def _bounded(form: Form) -> Form:
    if len(form) > _MAX_TERMS or sum(size(f) for f in form.values()) > _MAX_SIZE:
        raise Undecided("There are too many terms.")
    return form
