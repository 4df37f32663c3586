"""Short answers in words, compared conservatively: the same words, or a stated synonym."""

from __future__ import annotations

import re

from tools.grading.tree import Const, Node, number
from tools.grading.vocabulary import FUNCTIONS, SPOKEN

_WRAP = re.compile(r"\\(?:text|textbf|textit|mathrm|textrm|mbox|emph)\s*\{([^{}]*)\}")
_ARTICLES = frozenset({"the", "a", "an"})
_SHORT = frozenset(
    "yes no true false odd even none all never always both neither nothing undefined dne "
    "divergent convergent stable unstable increases decreases zero".split()
)
_MATH_WORDS: dict[str, Node] = {
    "infinity": Const("inf"),
    "positive infinity": Const("inf"),
    "pi": Const("pi"),
    "zero": number(0),
    "one": number(1),
    "two": number(2),
    "three": number(3),
    "four": number(4),
    "five": number(5),
    "six": number(6),
    "seven": number(7),
    "eight": number(8),
    "nine": number(9),
    "ten": number(10),
    "empty set": Const("empty"),
    "all real numbers": Const("R"),
    "reals": Const("R"),
}
_WORDY = re.compile(r"[A-Za-z][A-Za-z' -]*")


def math_word(text: str) -> Node | None:
    """Returns the mathematics that a word names, as infinity does; None for other words."""
    return _MATH_WORDS.get(normal(text))


def is_words(text: str) -> bool:
    """Tells whether a text is words: a text box of words, a phrase, or a short verdict."""
    bare = text.strip()
    inner = _WRAP.fullmatch(bare)
    if inner:
        content = inner[1].strip()
        return bool(_WORDY.fullmatch(content)) and len(content) > 1
    mixed = _WRAP.sub(lambda m: m[1], bare)
    if not _WORDY.fullmatch(mixed.rstrip(".!")):
        return False
    words = re.findall(r"[A-Za-z']+", mixed)
    if mixed.rstrip(".!").lower() in _SHORT or math_word(mixed) is not None:
        return True
    # One run of letters in mixed case, or without a vowel, is a product of letters.
    return any(len(w) > 3 and SPOKEN.match(w) and w not in FUNCTIONS for w in words)


def normal(text: str) -> str:
    """Normalises a phrase: lower case, no punctuation, no articles, single spaces."""
    bare = _WRAP.sub(lambda m: m[1], text).lower()
    words = re.findall(r"[a-z0-9]+", bare)
    return " ".join(w for w in words if w not in _ARTICLES)
