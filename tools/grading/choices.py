"""Reads answers to multiple choice questions: a letter, or a set of letters."""

from __future__ import annotations

import re

from tools.grading.outcome import Outcome, no, yes

_WRAP = re.compile(r"\\(?:text|textbf|mathbf|mathrm|textrm|boldsymbol|mathit|textit|mbox)\s*\{")
_SPACING = re.compile(r"\\(?:[,;:! ]|quad|qquad|left|right)|[{}$*]|~")
_SPLIT = re.compile(r"\s*(?:;|,|&|/|\band\b|\s)\s*")
_LETTER = re.compile(r"^\(?\[?([A-Za-z])\]?\)?[.:]?$")
_LABELLED = re.compile(
    r"^\(([A-Za-z])\)|^([A-Za-z])[).:]\s|^(?:option|choice|answer)\s*\(?([A-Za-z])\b\)?", re.I
)
CAPITALS = re.compile(r"^[A-J]$")


def is_choice_list(names: tuple[str, ...]) -> bool:
    """Tells whether declared names are the letters a, b, c, ... of the options."""
    letters = [n.lower() for n in names]
    return len(letters) > 1 and letters == [chr(ord("a") + i) for i in range(len(letters))]


def read_choices(text: str, among: frozenset[str]) -> frozenset[str] | None:
    """Reads a set of option letters; None when the text is no such set.

    Args:
        text: the answer.
        among: the declared options in lower case, empty when none are declared.
    """
    plain = _SPACING.sub(" ", _WRAP.sub(" ", text)).strip().strip(".")
    parts = [p for p in _SPLIT.split(plain) if p]
    letters = [m[1] for p in parts if (m := _LETTER.match(p))]
    if parts and len(letters) == len(parts):
        return frozenset(x.lower() if among else x for x in letters)
    labelled = _LABELLED.match(plain)
    if labelled:
        letter = next(g for g in labelled.groups() if g)
        return frozenset({letter.lower() if among else letter})
    if among and len(parts) == 1 and len(set(parts[0].lower())) == len(parts[0]) > 1:
        run = frozenset(parts[0].lower())
        return run if run <= among else None
    return None


def compare_choices(gold: frozenset[str], answer: frozenset[str] | None) -> Outcome:
    """Compares two sets of options."""
    if answer is None:
        return no("choice set", "The answer names no option.")
    if gold == answer:
        return yes("choice set", "The same options are chosen.")
    return no("choice set", f"Chosen {_shown(answer)} instead of {_shown(gold)}.")


def _shown(letters: frozenset[str]) -> str:
    return ";".join(sorted(letters))
