"""Operators in words: the canonical table as people would write it."""

from __future__ import annotations

from itertools import groupby

from tools.grading.operators.conventions import Index, Label, Letter
from tools.grading.operators.indexed import Canonical
from tools.grading.polynomial import join_terms

# Pauli matrices of a spin that is a multiple of them; ladder operators and S^z in units of hbar.
_BASIS = {"X": "X", "Y": "Y", "Z": "Z", "P": "raise", "M": "lower", "N": "m"}
_NAMES = ("i", "j", "k", "l", "m", "n")


def render(table: Canonical, limit: int = 40) -> str:
    """Returns the sum in plain syntax, terms in canonical order, cut after `limit` terms.

    In a term with indices all modes of the word are different; where two coincide a separate term
    with a delta says so.
    """
    ordered = sorted(table.items(), key=lambda item: repr(item[0]))
    terms = [(term_text(key), c) for key, c in ordered[:limit]]
    more = f" + ... ({len(ordered) - limit} more terms)" if len(ordered) > limit else ""
    return join_terms(terms) + more


def term_text(key: tuple[object, ...]) -> str:
    """Returns the part of a term that is not its plain coefficient."""
    deltas, ranges, word, labelled = key
    pieces = [f"delta({b},{a})" for a, b in deltas]  # type: ignore[attr-defined]
    pieces += [
        atom_words(atom) + (f"^{e}" if e != 1 else "")
        for atom, e in labelled  # type: ignore[attr-defined]
    ]
    pieces += word_text(word)  # type: ignore[arg-type]
    text = "*".join(pieces)
    if ranges:
        names = ",".join(_label(Index(f"#{n}")) for n in range(len(ranges)))  # type: ignore[arg-type]
        text = f"sum_{{{names}}}({text})"
    return text


def word_text(word: tuple[Letter, ...]) -> list[str]:
    """Returns the factors of a word, repeated letters as powers."""
    factors = []
    for letter, group in groupby(word):
        count = len(list(group))
        factors.append(letter_text(letter) + (f"^{count}" if count > 1 else ""))
    return factors


def letter_text(letter: Letter) -> str:
    """Returns one letter: c_{1,up}, dagger(c_{1,up}), sigma^x_{1}."""
    labels = ",".join(_label(label) for label in letter.labels)
    sub = f"_{{{labels}}}" if labels else ""
    if letter.op.startswith("exp "):
        names = letter.species.split("|")
        boson = (f"dagger({letter.species}{sub})", letter.species + sub)
        u, v = (n + sub for n in names) if len(names) == 2 else boson
        text = letter.op[4:].replace("{u}", u).replace("{v}", v)
        return "*".join(f"exp({part})" for part in text.split(" ; "))
    match letter.op:
        case "c" | "d":
            return f"dagger({letter.species}{sub})"
        case "a" | "g" | "s":
            return letter.species + sub
        case "q" | "p":
            names = letter.species.split("|")
            return (names[letter.op == "p"] if len(names) == 2 else letter.op) + sub
        case "f":
            return f"{letter.species}({labels})"
    if letter.op in _BASIS:
        return f"{_BASIS[letter.op]}({letter.species}{sub})"
    return f"{letter.species}^{letter.op}{sub}"


def atom_words(atom: tuple[object, ...]) -> str:
    """Returns t_{i,j} or <word>."""
    if atom[0] == "expect":
        state = f"_{atom[1]}" if atom[1] else ""
        return f"<{' '.join(word_text(atom[2]))}>{state}"  # type: ignore[arg-type]
    labels = ",".join(_label(label) for label in atom[3])  # type: ignore[attr-defined]
    return f"{atom[1]}_{{{labels}}}"


def _label(label: Label) -> str:
    if not isinstance(label, Index):
        return str(label)
    name = label.name
    if name.startswith("#"):
        number = int(name[1:])
        # Bound indices get letters of their own, primed so that no free index is meant.
        name = _NAMES[number % 6] + "'" * (1 + number // 6)
    return str(Index(name, label.shift))
