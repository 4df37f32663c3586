"""The typed tree that every answer is read into.

Nodes are frozen, hashable and compare by structure; products keep their order, because whether
factors commute is decided later and not by the reader. `children` and `rebuild` let one walk
serve every transformation.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Num:
    """A rational number, with the decimals it was written with (None when exact)."""

    value: Fraction
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Sym:
    """A name: base letter or word, accents, subscripts and name-like superscripts.

    Attributes:
        base: the letter, the Greek letter's name, or a word.
        marks: accents and fonts that make another name of the same letter.
        sub: subscript pieces, so that `c_{i,s}` and `c_{is}` are the same name.
        sup: superscript pieces that are part of the name (`S^z`, `A^{(0)}`).
    """

    base: str
    marks: tuple[str, ...] = ()
    sub: tuple[str, ...] = ()
    sup: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The whole name as one readable string."""
        text = self.base + "".join(f"~{mark}" for mark in self.marks)
        if self.sub:
            text += "_" + (self.sub[0] if len(self.sub) == 1 else "{" + ",".join(self.sub) + "}")
        if self.sup:
            text += "^" + (self.sup[0] if len(self.sup) == 1 else "{" + ",".join(self.sup) + "}")
        return text


@dataclass(frozen=True, slots=True)
class Const:
    """A mathematical constant or a named set: pi, e, i, inf, undefined, empty, R, Z, N, Q, C."""

    name: str


@dataclass(frozen=True, slots=True)
class Add:
    """A sum."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mul:
    """A product whose factors keep the order in which they were written."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pow:
    """A power."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Func:
    """A known function or operation of its arguments: sin, log, abs, dagger, mean, dot, ..."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """A function the grader knows nothing about, applied to arguments."""

    head: Sym
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """A value with two signs; `flip` tells the lower sign first, as in a minus-plus."""

    value: Node
    flip: bool = False


@dataclass(frozen=True, slots=True)
class Binder:
    """A sum, product, integral or limit that binds a variable.

    Attributes:
        kind: "sum", "product", "integral" or "limit".
        body: what is summed or integrated.
        var: the bound variable.
        lower: the lower bound or the point of a limit; None when none is written.
        upper: the upper bound; None when none is written.
    """

    kind: str
    body: Node
    var: Sym
    lower: Node | None = None
    upper: Node | None = None


@dataclass(frozen=True, slots=True)
class Deriv:
    """A derivative of order `order` with respect to one variable."""

    body: Node
    var: Node
    order: int = 1


@dataclass(frozen=True, slots=True)
class Brackets:
    """Delimited items: tuple, interval, set or (anti)commutator, told apart by the context."""

    left: str
    right: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Several answers side by side, with the separator that was written between them."""

    items: tuple[Node, ...]
    separator: str = ","


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain of relations: `sides[0] ops[0] sides[1] ops[1] ...`."""

    ops: tuple[str, ...]
    sides: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """A piecewise value: pairs of value and condition; a None condition means otherwise."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix by rows."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Ket:
    """A ket, or a bra when `bra` is set, with its label as text."""

    label: str
    bra: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit, the unit as a plain expression that pint reads."""

    value: Node
    unit: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words that are not mathematics."""

    words: str


Node: TypeAlias = (
    Num
    | Sym
    | Const
    | Add
    | Mul
    | Pow
    | Func
    | Apply
    | PlusMinus
    | Binder
    | Deriv
    | Brackets
    | Listing
    | Relation
    | Cases
    | Matrix
    | Ket
    | Quantity
    | Text
)

ZERO = Num(Fraction(0))
ONE = Num(Fraction(1))
MINUS_ONE = Num(Fraction(-1))
PI = Const("pi")
E = Const("e")
IMAGINARY = Const("i")
INFINITY = Const("inf")


def number(value: int | Fraction) -> Num:
    """Makes an exact number node."""
    return Num(Fraction(value))


def add(*terms: Node) -> Node:
    """Makes a flat sum; a sum of one term is that term."""
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    if not flat:
        return ZERO
    return flat[0] if len(flat) == 1 else Add(tuple(flat))


def mul(*factors: Node) -> Node:
    """Makes a flat product in the order given; a product of one factor is that factor."""
    flat: list[Node] = []
    for factor in factors:
        if isinstance(factor, Mul):
            flat.extend(factor.factors)
        elif factor != ONE or (isinstance(factor, Num) and factor.decimals is not None):
            flat.append(factor)
    if not flat:
        return ONE
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def neg(node: Node) -> Node:
    """Makes the negative; of a number, the negative number."""
    if isinstance(node, Num):
        return Num(-node.value, node.decimals)
    return mul(MINUS_ONE, node)


def div(top: Node, bottom: Node) -> Node:
    """Makes a quotient as a product with a power of minus one."""
    if (
        isinstance(top, Num)
        and isinstance(bottom, Num)
        and bottom.value != 0
        and top.decimals is None
        and bottom.decimals is None
    ):
        return Num(top.value / bottom.value)
    return mul(top, Pow(bottom, MINUS_ONE))


def sub(left: Node, right: Node) -> Node:
    """Makes a difference."""
    return add(left, neg(right))


def func(name: str, *args: Node) -> Func:
    """Makes a known function of its arguments."""
    return Func(name, args)
