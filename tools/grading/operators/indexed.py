"""Terms with symbolic indices: words of letters, bound indices, and coefficients that carry labels.

A term is ((ranges of its bound indices), word) with a polynomial coefficient. Bound indices are
called `#0`, `#1`, ... in the order of the ranges, so renaming a summation index by hand changes
nothing; which of them is which is settled in `resolve`. Atoms of a coefficient that carry labels:
("delta", i, j), ("indexed", name, symmetry, labels) and ("expect", state, word).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from tools.errors import BadInput
from tools.grading.monomials import I_ATOM, Atom, Monomial
from tools.grading.operators.conventions import Index, Label, Letter
from tools.grading.operators.sector import check_pairs, check_terms
from tools.grading.polynomial import Polynomial

if TYPE_CHECKING:
    from tools.grading.operators.algebra import Algebra

Range: TypeAlias = Hashable
Word: TypeAlias = tuple[Letter, ...]
Pending: TypeAlias = dict[tuple[tuple[Range, ...], Word], Any]
Deltas: TypeAlias = tuple[tuple[Index, Label], ...]
Canonical: TypeAlias = dict[tuple[Deltas, tuple[Range, ...], Word, Monomial], Polynomial]

MAX_PAIRS = 30_000
LABELLED = frozenset({"delta", "indexed", "expect"})


def bound(number: int) -> Index:
    """Returns the name of a bound index."""
    return Index(f"#{number}")


def label_order(label: Label) -> tuple[int, str, int]:
    """Sorts whole numbers first, then names, then indices."""
    if isinstance(label, Index):
        return (2, label.name, label.shift)
    return (1, label, 0) if isinstance(label, str) else (0, "", label)


def atom_labels(atom: Atom) -> tuple[Label, ...]:
    """Returns the labels that an atom carries."""
    parts: Any = atom
    match parts:
        case ("delta", i, j):
            return (i, j)
        case ("indexed", _, _, labels):
            return tuple(labels)
        case ("expect", _, word):
            return tuple(label for letter in word for label in letter.labels)
    return ()


def symbolic_atoms(coefficient: Polynomial) -> bool:
    """Says whether some atom carries a symbolic index."""
    return any(
        isinstance(label, Index)
        for atom in coefficient.atoms()
        if atom[0] in LABELLED
        for label in atom_labels(atom)
    )


def kronecker(i: Label, j: Label) -> Polynomial:
    """Returns delta_ij: labels that are not indices differ unless they are the same."""
    if i == j:
        return Polynomial.number(1)
    fixed = not isinstance(i, Index) and not isinstance(j, Index)
    if fixed or (isinstance(i, Index) and isinstance(j, Index) and i.name == j.name):
        return Polynomial({})
    first, second = sorted((i, j), key=label_order)
    return Polynomial.atom(("delta", first, second))


def coefficient(name: str, labels: tuple[Label, ...], symmetry: str) -> Polynomial:
    """Returns a coefficient such as t_ij; `symmetry` is as in `Algebra.indexed`."""
    sign = 1
    if symmetry in ("symmetric", "antisymmetric"):
        ordered = tuple(sorted(labels, key=label_order))
        if symmetry == "antisymmetric":
            if len(set(labels)) < len(labels):
                return Polynomial({})
            order = [ordered.index(label) for label in labels]
            crossings = sum(a > b for n, a in enumerate(order) for b in order[n + 1 :])
            sign = -1 if crossings & 1 else 1
        labels = ordered
    return Polynomial.atom(("indexed", name, symmetry, labels)) * sign


class Substitution:
    """The relabelling index -> label, shifts carried along."""

    def __init__(self, index: Index, label: Label) -> None:
        self.index, self.label = index, shifted(label, -index.shift)

    def __call__(self, label: Label) -> Label:
        """Returns the label or what replaces it."""
        if isinstance(label, Index) and label.name == self.index.name:
            return shifted(self.label, label.shift)
        return label


def shifted(label: Label, by: int) -> Label:
    """Returns the label `by` places further.

    Raises:
        BadInput: for a site that is named and not numbered.
    """
    if not by:
        return label
    if isinstance(label, Index):
        return label.shifted(by)
    if isinstance(label, int):
        return label + by
    raise BadInput(f"The site {label!r} has no neighbour {by:+d}.", "Use numbers for sites.")


def ordered_pair(u: Label, v: Label) -> tuple[Label, Label]:
    """Returns the statement about u and v in one form: the first label unshifted, an index last."""
    u, v = sorted((u, v), key=label_order)
    assert isinstance(v, Index)
    if isinstance(u, Index):
        return Index(u.name), v.shifted(-u.shift)
    return shifted(u, -v.shift), Index(v.name)


def relabel_word(word: Iterable[Letter], rule: Callable[[Label], Label]) -> Word:
    """Returns the word with other labels."""
    return tuple(
        letter._replace(labels=tuple(rule(label) for label in letter.labels)) for letter in word
    )


def relabel(value: Polynomial, rule: Callable[[Label], Label]) -> Polynomial:
    """Returns the coefficient with other labels."""

    def replaced(atom: Atom) -> Polynomial | None:
        parts: Any = atom
        match parts:
            case ("delta", i, j):
                return kronecker(rule(i), rule(j))
            case ("indexed", name, symmetry, labels):
                return coefficient(name, tuple(rule(label) for label in labels), symmetry)
            case ("expect", state, word):
                return Polynomial.atom(("expect", state, relabel_word(word, rule)))
        return None

    return value.substitute(replaced)


def _renumbered(by: int) -> Callable[[Label], Label]:
    def rule(label: Label) -> Label:
        if isinstance(label, Index) and label.name.startswith("#"):
            return Index(f"#{int(label.name[1:]) + by}", label.shift)
        return label

    return rule


def multiply(left: Pending, right: Pending, skip: tuple[int, int]) -> Pending:
    """Returns the products of all words but those of concrete terms alone.

    `skip` tells how many terms of each side are symbolic; they come first.
    """
    check_pairs(left, right, MAX_PAIRS)
    result: Pending = {}
    for n1, ((ranges1, word1), c1) in enumerate(left.items()):
        rule = _renumbered(len(ranges1))
        for n2, ((ranges2, word2), c2) in enumerate(right.items()):
            if n1 >= skip[0] and n2 >= skip[1]:
                continue
            if ranges1 and ranges2:
                word, c = relabel_word(word2, rule), relabel(Polynomial.number(1) * c2, rule)
            else:
                word, c = word2, c2
            entry = (ranges1 + ranges2, word1 + word)
            result[entry] = result.get(entry, 0) + c1 * c
        check_terms(result)
    return {entry: c for entry, c in result.items() if c}


def dagger(pending: Pending, algebra: Algebra) -> Pending:
    """Returns the adjoint term by term."""
    return {
        (ranges, tuple(algebra.adjoint(letter) for letter in reversed(word))): algebra.conjugate(c)
        for (ranges, word), c in pending.items()
    }


def bind(pending: Pending, index: Index, over: Range) -> Pending:
    """Returns the sum over an index: it becomes the next bound index of every term.

    Raises:
        BadInput: if the index hides in an atom that carries no labels, such as cos(k): summing
            such a coefficient as if it were constant would be wrong.
    """
    hidden = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(index.name)}(?![A-Za-z0-9_])")
    result: Pending = {}
    for (ranges, word), c in pending.items():
        c = Polynomial.number(1) * c
        for atom in c.atoms():
            if atom[0] not in LABELLED and atom != I_ATOM and hidden.search(repr(atom)):
                raise BadInput(
                    f"The summation index {index.name} appears inside {atom!r}.",
                    f"Write it as an indexed coefficient of {index.name}.",
                )

        def rule(label: Label, number: int = len(ranges)) -> Label:
            if isinstance(label, Index) and label.name == index.name:
                return bound(number).shifted(label.shift)
            return label

        entry = ((*ranges, over), relabel_word(word, rule))
        result[entry] = result.get(entry, Polynomial({})) + relabel(c, rule)
    return {entry: c for entry, c in result.items() if c}


def resolve(words: Pending, algebra: Algebra) -> Canonical:
    """Returns the unique normal form of the terms; see `resolve.py`."""
    from tools.grading.operators.resolve import Resolution

    return Resolution(algebra).run(words)
