"""Tells which names of a pair of answers are operators, and of which kind.

Declared species come first. Without a declaration only unmistakable notation counts: a dagger, the
component of a spin (`S^z`, `sigma^+`), a hat on x, q or p, a ket.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tools.grading.spec import GradeSpec
from tools.grading.tree import MINUS_ONE, Add, Brackets, E, Func, Ket, Node, Pow, Sym, add
from tools.grading.walk import rebuild, walk

COMPONENTS = frozenset({"x", "y", "z", "+", "-"})
_SPIN_LETTERS = {"sigma": "pauli", "tau": "pauli", "S": "spin", "s": "spin"}
_BOSONS = frozenset({"a", "b"})
_PAULI_LETTERS = frozenset({"X", "Y", "Z"})
_HERMITIAN = Sym("hc", ("word",))
_COMPLEX = Sym("cc", ("word",))
_NUMBERS = frozenset({"n", "N"})


@dataclass
class Cast:
    """Who plays what in one pair of answers.

    Attributes:
        kinds: the kind of each operator letter.
        inferred: the letters whose kind was read off the notation.
        numbers: the species whose number operator the letter n stands for, empty for none.
        capitals: whether every capital letter is a free symbol.
        lower: whether every small letter is one.
        kets: whether kets appear, which are free vectors.
        swaps: whether P_12 exchanges two spins.
        unitary: letters whose adjoint is their inverse.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)
    numbers: str = ""
    capitals: bool = False
    lower: bool = False
    kets: bool = False
    swaps: bool = False
    unitary: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        """Whether any operator appears at all."""
        return bool(self.kinds or self.kets or self.capitals or self.lower)

    def described(self) -> str:
        """Says in words which algebra is used and where it comes from."""
        parts = []
        for letter, kind in sorted(self.kinds.items()):
            how = "inferred from notation" if letter in self.inferred else "declared"
            parts.append(f"{letter}: {kind} ({how})")
        if self.numbers:
            parts.append(f"n: number operator of {self.numbers}")
        if self.capitals or self.lower:
            parts.append("letters: free symbols (declared)")
        if self.kets:
            parts.append("kets: free vectors")
        return "; ".join(parts)

    def kind(self, symbol: Sym) -> str:
        """Returns the kind of a name, empty for a commuting one."""
        base = symbol.base
        found = self.kinds.get(base, "")
        if found in ("pauli", "spin") and base not in _PAULI_LETTERS:
            return found if component(symbol) or "vec" in symbol.marks else ""
        if found:
            return found
        if (
            base in _NUMBERS
            and self.numbers
            and (symbol.sub or "hat" in symbol.marks or base == "n")
        ):
            return "number"
        if len(base) == 1 and base.isalpha() and not symbol.sub:
            if self.capitals and base.isupper():
                return "free"
            if self.lower and base.islower():
                return "free"
        if "hat" in symbol.marks and self.present:
            return "free"
        return ""


def component(symbol: Sym) -> str:
    """Returns the component that a spin's superscript or subscript names, empty for none."""
    for part in (*symbol.sup, *symbol.sub):
        if part in COMPONENTS:
            return part
    return ""


def _inside(nodes: Iterable[Node]) -> list[Node]:
    return [part for node in nodes for part in walk(node)]


def cast(gold: Node, answer: Node, spec: GradeSpec) -> Cast:
    """Finds the operators of a pair of answers."""
    parts = _inside((gold, answer))
    declared = dict(spec.operators.species)
    names = [p for p in parts if isinstance(p, Sym)]
    bases = {s.base for s in names}
    daggered = {
        p.args[0].base
        for p in parts
        if isinstance(p, Func) and p.name == "dagger" and isinstance(p.args[0], Sym)
    }
    play = Cast(swaps=spec.operators.swaps, unitary=spec.operators.unitary)
    _declared(play, declared, bases)
    _free(play, declared, names, spec)
    for base in sorted(daggered - set(play.kinds)):
        if (play.capitals and base.isupper()) or play.lower:
            continue
        known = declared.get("*") or _shared(declared)
        play.kinds[base] = known or _statistics(base, spec)
        if not known:
            play.inferred[base] = play.kinds[base]
    _spins(play, names)
    _hats(play, names, parts)
    kets = [p for p in parts if isinstance(p, Ket)]
    if kets:
        play.kets = True
        play.capitals = play.capitals or any(k.bra for k in kets)
    modes = [b for b, k in play.kinds.items() if k in ("fermion", "boson")]
    if not modes:
        modes = [b for b, k in declared.items() if k in ("fermion", "boson") and b != "*"]
    if len(modes) == 1 and bases & _NUMBERS and not _exponents(parts):
        play.numbers = modes[0]
        play.kinds.setdefault(modes[0], declared.get(modes[0], "fermion"))
    return play


def _declared(play: Cast, declared: dict[str, str], bases: set[str]) -> None:
    for base in bases:
        if base in declared and base != "X":
            play.kinds[base] = declared[base]
    if declared.get("X") == "pauli":
        for base in bases & _PAULI_LETTERS:
            play.kinds[base] = "pauli"


def _free(play: Cast, declared: dict[str, str], names: list[Sym], spec: GradeSpec) -> None:
    if declared.get("*") != "free":
        return
    listed = {n.lstrip("\\") for n in spec.parameters}
    letters = {s.base for s in names if len(s.base) == 1} - listed
    if any(x.isupper() for x in letters):
        play.capitals = True
    else:
        play.lower = True


def _shared(declared: dict[str, str]) -> str:
    kinds = {k for b, k in declared.items() if k in ("fermion", "boson", "free")}
    return kinds.pop() if len(kinds) == 1 else ""


def _statistics(base: str, spec: GradeSpec) -> str:
    """Guesses statistics from the letter, the one convention that every text follows.

    A benchmark that declares non-commuting names means fermions, as its own grader does.
    """
    if spec.noncommuting:
        return "fermion"
    if base.isupper():
        return "free"
    return "boson" if base in _BOSONS else "fermion"


def _spins(play: Cast, names: list[Sym]) -> None:
    for symbol in names:
        if symbol.base in play.kinds or symbol.base not in _SPIN_LETTERS:
            continue
        marked = any(part in COMPONENTS for part in symbol.sup)
        vector = "vec" in symbol.marks and symbol.base in ("sigma", "S")
        if marked or vector:
            play.kinds[symbol.base] = play.inferred[symbol.base] = _SPIN_LETTERS[symbol.base]


def _hats(play: Cast, names: list[Sym], parts: list[Node]) -> None:
    hatted = {s.base for s in names if "hat" in s.marks}
    for position in ("x", "q"):
        if position in hatted and "p" in hatted:
            play.kinds.setdefault(position, "position")
            play.kinds.setdefault("p", "momentum")
            play.inferred.setdefault(position, "position")
            play.inferred.setdefault("p", "momentum")
    for base in hatted - set(play.kinds) - _NUMBERS:
        play.kinds[base] = play.inferred[base] = "free"


def _exponents(parts: list[Node]) -> bool:
    """Tells whether a bare n stands in the exponent of something else than e."""
    for part in parts:
        if not isinstance(part, Pow) or part.base == E:
            continue
        names = (x for x in walk(part.exponent) if isinstance(x, Sym))
        if any(x.base in _NUMBERS and not x.sub for x in names):
            return True
    return False


def bracketed(node: Node, play: Cast) -> Node:
    """Reads brackets of two operators as commutators and anticommutators."""
    node = rebuild(node, lambda part: bracketed(part, play))
    if (
        isinstance(node, Func)
        and node.name == "dagger"
        and isinstance(node.args[0], Sym)
        and node.args[0].base in play.unitary
    ):
        return Pow(node.args[0], MINUS_ONE)
    if isinstance(node, Add):
        node = _conjugates(node)
    if isinstance(node, Func) and node.name == "dot":
        return Func("dot", tuple(_vector(x, play) for x in node.args))
    if isinstance(node, Sym) and node.base == "P" and play.swaps and len(node.sub) in (1, 2):
        pair = tuple(node.sub[0]) if len(node.sub) == 1 else node.sub
        if len(pair) == 2:
            return Func("swap", tuple(Sym("label", (), (x,)) for x in pair))
    if isinstance(node, Brackets) and len(node.items) == 2 and has_operator(node, play):
        if (node.left, node.right) == ("[", "]"):
            return Func("commutator", node.items)
        if node.left == "\\{":
            return Func("anticommutator", node.items)
    return node


def _conjugates(node: Add) -> Node:
    """Writes out `+ h.c.` and `+ c.c.` as the adjoint of the other terms of the sum."""
    rest = [t for t in node.terms if t not in (_HERMITIAN, _COMPLEX)]
    if len(rest) == len(node.terms):
        return node
    name = "dagger" if _HERMITIAN in node.terms else "conj"
    return add(*rest, Func(name, (add(*rest),)))


def _vector(node: Node, play: Cast) -> Node:
    """Marks a spin inside a scalar product as a vector, which tells it from a number S."""
    if isinstance(node, Sym) and play.kinds.get(node.base) in ("pauli", "spin"):
        return node if "vec" in node.marks else replace(node, marks=(*node.marks, "vec"))
    return node


def has_operator(node: Node, play: Cast) -> bool:
    """Tells whether an operator appears in a tree."""
    return any(
        isinstance(part, Ket)
        or (isinstance(part, Sym) and bool(play.kind(part)))
        or (isinstance(part, Func) and part.name in ("commutator", "anticommutator", "swap"))
        for part in walk(node)
    )
