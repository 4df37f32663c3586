"""Bound indices have no names: the one of all their orders that comes first names a term."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations, product
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.grading.monomials import GradingLimit
from tools.grading.operators.conventions import Index, Label, Letter
from tools.grading.operators.indexed import (
    Deltas,
    Range,
    Word,
    atom_labels,
    relabel,
    relabel_word,
)
from tools.grading.polynomial import Polynomial

if TYPE_CHECKING:
    from tools.grading.operators.algebra import Algebra

Pair = tuple[Label, Label]

MAX_RENAMINGS = 720


class Case(NamedTuple):
    """One term under stated coincidences.

    Attributes:
        ranges: bound index name -> range, as pairs.
        deltas: (eliminated free index, what it equals).
        distinct: pairs of labels stated to differ, in the form of `ordered_pair`.
        value: the coefficient, a single monomial.
        word: the operator letters.
    """

    ranges: tuple[tuple[str, Range], ...]
    deltas: Deltas
    distinct: frozenset[Pair]
    value: Polynomial
    word: Word


def smallest_name(case: Case, algebra: Algebra) -> tuple[Any, Polynomial] | None:
    """Returns (key of the canonical table, plain coefficient) of a settled case.

    Every order of the bound indices is tried (those that can be told apart by what they carry are
    not exchanged); None where an exchange changes the sign, because such a sum vanishes.
    """
    case = _started(case)
    over_of = dict(case.ranges)
    best: tuple[Any, ...] | None = None
    seen: dict[Any, Polynomial] = {}
    for names in _orders(case):
        value, word = _renamed(case, {name: Index(f"#{n}") for n, name in enumerate(names)})
        ((key, sign),) = algebra.word_table(word).items()
        word = algebra.space.word(key)
        ((monomial, c),) = (value * sign).table.items()
        labelled = tuple(f for f in monomial if f[0][0] in ("indexed", "expect"))
        plain = Polynomial({tuple(f for f in monomial if f not in labelled): c})
        entry = (word, labelled)
        if entry in seen and seen[entry] != plain:
            return None
        seen[entry] = plain
        over = tuple(over_of[name] for name in names)
        candidate = (repr(over), repr(word), repr(labelled), over, entry)
        if best is None or candidate[:3] < best[:3]:
            best = candidate
    assert best is not None
    over, entry = best[3], best[4]
    return (tuple(sorted(case.deltas, key=repr)), over, *entry), seen[entry]


def _started(case: Case) -> Case:
    """Lets sums over all sites of a lattice start where their first letter is."""
    first: dict[str, int] = {}
    for label in labels_of(case):
        if isinstance(label, Index):
            first[label.name] = min(label.shift, first.get(label.name, label.shift))
    start = {name: first[name] for name, over in case.ranges if over is None and first[name]}
    if not start:
        return case
    value, word = _renamed(case, {name: Index(name, -by) for name, by in start.items()})
    return case._replace(value=value, word=word)


def _orders(case: Case) -> list[tuple[str, ...]]:
    """Returns the orders of the bound indices that may give the smallest name."""
    names = [name for name, _ in case.ranges]
    if len(names) < 2:
        return [tuple(names)]
    marks: dict[str, list[str]] = {name: [repr(over)] for name, over in case.ranges}
    for letters in (case.word, *(_shell(atom) for atom in case.value.atoms())):
        for letter in letters:
            for slot, label in enumerate(letter.labels):
                if isinstance(label, Index) and label.name in marks:
                    rest = [x for x in letter.labels if not _named(x, marks)]
                    place = 0 if letter.op == "any place" else slot
                    mark = (letter.species, letter.op, place, label.shift, rest)
                    marks[label.name].append(repr(mark))
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        groups.setdefault(tuple(sorted(marks[name])), []).append(name)
    count = 1
    for group in groups.values():
        for n in range(2, len(group) + 1):
            count *= n
    if count > MAX_RENAMINGS:
        raise GradingLimit(f"{len(names)} summation indices are too many.", "Use fewer.")
    parts = [permutations(groups[signature]) for signature in sorted(groups)]
    return [tuple(n for part in choice for n in part) for choice in product(*parts)]


def words_of(case: Case) -> list[Word]:
    """Returns the operator word and the words inside expectation values."""
    atoms: Any = case.value.atoms()
    return [case.word, *(atom[2] for atom in atoms if atom[0] == "expect")]


def labels_of(case: Case) -> list[Label]:
    """Returns every label of a case, repeated as it is."""
    labels = [label for letter in case.word for label in letter.labels]
    for atom in case.value.atoms():
        labels += atom_labels(atom)
    return labels


def _shell(atom: Any) -> Word:
    """Returns the letters of an expectation value, or an indexed coefficient as one letter."""
    if atom[0] == "expect":
        word: Word = atom[2]
        return word
    if atom[0] == "indexed":
        # The places of a (anti)symmetric coefficient are alike: its labels are sorted by name.
        place = "any place" if atom[2] in ("symmetric", "antisymmetric") else ""
        return (Letter(f"{atom[1]} {atom[2]}", place, atom[3]),)
    return ()


def _named(label: Label, names: dict[str, list[str]]) -> bool:
    return isinstance(label, Index) and label.name in names


def _renamed(case: Case, new: Mapping[str, Index]) -> tuple[Polynomial, Word]:
    """Replaces index names, adding the shifts of old and new."""

    def rule(label: Label) -> Label:
        if isinstance(label, Index) and label.name in new:
            return new[label.name].shifted(label.shift)
        return label

    return relabel(case.value, rule), relabel_word(case.word, rule)
