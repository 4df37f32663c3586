"""Families of special functions that carry their order as a subscript, such as J_{1/2}(x).

The same notation with a whole number or a letter is a product in much of physics, J_1(x + y) for a
coupling J_1, so it is a function only where a convention says so. A fraction or nu as the order is
unmistakable for Bessel functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tools.grading.tokens import Token

BESSEL = {"J": "besselj", "Y": "bessely", "I": "besseli", "K": "besselk"}
"""Letters of the Bessel functions and their names in the tree."""

OF_AN_ORDER = frozenset(BESSEL.values()) | frozenset(
    "hermite legendre laguerre chebyt chebyu polylog".split()
)
"""Functions of an order, which may be a subscript, and an argument."""

_WORDS = {
    "bessel": "besselj",
    "neumann": "bessely",
    "hermite": "hermite",
    "legendre": "legendre",
    "laguerre": "laguerre",
    "chebyshev": "chebyt",
}
_STATEMENT = re.compile(
    r"^(?P<letters>[A-Za-z](?:_(?:\\?\w+|\{[^{}]*\}))?(?:\(\w+\))?"
    r"(?:\s*(?:,|and|,\s*and)\s*[A-Za-z](?:_(?:\\?\w+|\{[^{}]*\}))?(?:\(\w+\))?)*)\s*"
    r"(?::|=|\b(?:is|are|denotes?|means?)\b)?\s*(?:an?\s+|the\s+)?(?:modified\s+|ordinary\s+)?"
    r"(?P<word>bessel|neumann|hermite|legendre|laguerre|chebyshev)\b"
    r"(?:\s+(?:functions?|polynomials?|of|the|first|second|third|kinds?|and))*$",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"(?<![A-Za-z\\])(?P<letter>[JYIK])_(?P<order>\w|\{\w+\})(?P<call>(?:\\left)?\()?"
)


def read_families(statement: str) -> tuple[tuple[str, str], ...]:
    """Reads `J_n Bessel functions` and its kin; nothing for any other statement."""
    match = _STATEMENT.match(statement)
    if match is None:
        return ()
    word = match["word"].lower()
    letters = re.findall(r"(?<![\w{(\\])[A-Za-z](?![A-Za-z])", match["letters"])
    found: list[tuple[str, str]] = []
    for letter in letters:
        name = _WORDS[word]
        if word == "bessel":
            if letter not in (*BESSEL, "N"):
                return ()
            name = BESSEL.get(letter, "bessely")
        elif word == "chebyshev" and letter == "U":
            name = "chebyu"
        found.append((letter, name))
    return tuple(found)


def unmistakable(letter: str, order: Sequence[Token]) -> bool:
    """Tells whether a letter with this subscript before a bracket can only be a Bessel function."""
    return letter in BESSEL and any(t.text in ("/", "frac", "tfrac", "dfrac", "nu") for t in order)


def two_readings(texts: Sequence[str], names: Sequence[str], declared: Mapping[str, str]) -> str:
    """Finds J_0(x) where it may be a Bessel function as well as a product; empty where none is.

    The same name without a bracket after it, or among the declared names, shows that it is a name.
    """
    calls, bare = set(), {name.strip("\\ ")[:1] for name in names} | set(declared)
    for text in texts:
        for match in _CALL.finditer(text):
            whole = f"{match['letter']}_{match['order'].strip('{}')}"
            if match["call"]:
                calls.add(whole)
            else:
                bare.add(whole)
    left = sorted(call for call in calls if call not in bare and call[0] not in bare)
    return left[0] if left else ""
