"""Statements of convention in a request: "for x > 0", "assuming n integer", "to 2 decimals"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from agent.planner.lexicon import words
from agent.planner.literals import literals

_OPENERS = re.compile(
    r"\b(?:for(?: all| any| every)?|with|assuming|assume|where|given|if|when|provided|under|"
    r"suppose|supposing|such that|in case|let|conventions?:?|convention is)\b(?: that\b)?|[,;(]",
    re.IGNORECASE,
)
_PRECISION = re.compile(
    r"\b(?:(?:rounded|correct|accurate|exact|precise)\s+)?to\s+\w+\s+(?:decimal places?|decimals?|"
    r"significant (?:digits|figures)|digits)\b",
    re.IGNORECASE,
)
_END = re.compile(
    r"\?|!(?!=)|\.(?=\s|$)|\b(?:against|versus|vs|compared|equals?|same as|please|instead)\b|"
    r",\s*(?:and\s+)?(?:is|are|does|do|can|would|will|check|grade|compare|mark|judge|verify|tell|"
    r"what|then|show|decide|so)\b|\s(?:is|are) (?=[^,]*\b(?:equal|same|equivalent|correct)\b)",
    re.IGNORECASE,
)
_RELATION = re.compile(r"[<>≤≥≠]|!=|\\(?:neq?|leq?|geq?|[lg]t|in)\b|\s(?:in|∈)\s*[\[({]")
_DEFINITION = re.compile(
    r"^\s*(?:\\?[A-Za-z]+(?:_\{?\w+\}?)?|[\[{(].{1,60}[\])}]|\S{1,12})\s*=(?!=)\s*\S"
)
_WORDS = re.compile(rf"\b(?:{'|'.join(words()['statements']['words'])})\b", re.IGNORECASE)
_TAKES_NO_EQUATION = ("if", "when", ",", ";", "in case")


def statements(text: str, announced: re.Pattern[str]) -> list[tuple[int, int, str]]:
    """Finds (start, end, statement) of what a text says about conventions, in order.

    Args:
        announced: words that announce another value; no statement reaches across them.
    """
    quoted = [one for one in literals(text) if one.kind == "quoted" or text[one.start] in "$'\"`"]
    inside = [(one.start, one.end) for one in quoted]
    found: list[tuple[int, int, str]] = []
    for start, body, end in _clauses(text, announced):
        taken = [*inside, *((a, b) for a, b, _ in found)]
        if any(a < end and start < b for a, b in taken if a <= start or (a, b) not in inside):
            continue
        said = text[body:end].strip(" ,;.")
        opener = text[start:body].strip().lower()
        if not _states(said, opener) or (opener == "if" and text[end:].strip(" ?.!")):
            continue
        if found and text[found[-1][1] : start].strip(" ,;.") == "":
            first = found.pop()  # "i != j, fermions" is one statement of two parts
            start, body = first[0], text.index(first[2], first[0])
            said = text[body:end].strip(" ,;.")
        found.append((start, end, said))
    return found


def separate(said: str) -> list[str]:
    """Parts "i != j, fermions" where each part is a statement of its own, unlike "x, y > 0"."""
    pieces = [""]
    for part in re.split(r"(,\s+(?:and\s+)?)", said):
        if part.startswith(",") and _depth(pieces[-1]) == 0 and _states(pieces[-1], "with"):
            pieces.append("")
        else:
            pieces[-1] += part
    if len(pieces) > 1 and not all(_states(p, "with") for p in pieces):
        return [said]
    return [p.strip() for p in pieces if p.strip()]


def _clauses(text: str, announced: re.Pattern[str]) -> Iterator[tuple[int, int, int]]:
    """Yields (start, start of the words, end) of the clauses that may state something."""
    openers = [m for m in _OPENERS.finditer(text) if not _within(text, m)]
    precise = list(_PRECISION.finditer(text))
    places = [(m.start(), m.end()) for m in openers]
    for at, (start, body) in enumerate(places):
        stops = [len(text)]
        stops += [m.start() for m in (_END.search(text, body), announced.search(text, body)) if m]
        stops += [m.start() for m in precise if m.start() > body]
        if text[start] == "(":
            closing = text.find(")", body)
            stops += [closing] if closing > 0 else []
        stops += [s for s, _ in places[at + 1 :] if s >= body and text[s] not in ",;("]
        yield start, body, _cut(text, body, min(stops))
    for m in precise:
        yield m.start(), m.start(), m.end()


def _cut(text: str, start: int, end: int) -> int:
    """Returns the end of the last part between commas that states something, or of the first."""
    commas = [
        m.start() + start
        for m in re.finditer(r"[,;]", text[start:end])
        if not _depth(text[start : start + m.start()])
    ]
    parts = [*pairwise([start, *(c + 1 for c in commas)]), ((commas or [start - 1])[-1] + 1, end)]
    telling = [b for a, b in parts if _states(text[a:b].strip(" ,;."), "with")]
    return min(end, telling[-1]) if telling else min([end, *commas])


def _depth(piece: str) -> int:
    return sum(c in "([{" for c in piece) - sum(c in ")]}" for c in piece)


def _within(text: str, match: re.Match[str]) -> bool:
    """Whether a comma or bracket belongs to a formula: "[a, b]", "f(x)"."""
    if match[0] == "(":
        return match.start() > 0 and not text[match.start() - 1].isspace()
    if match[0] not in (",", ";"):
        return False
    before = text[: match.start()]
    if _depth(before) <= 0:
        return False
    # "(x real, n > 0)": a bracket that holds statements, not a formula.
    bracket = max(before.rfind(c) for c in "([{")
    prose = before[bracket] == "(" and (bracket == 0 or before[bracket - 1] == " ")
    return not (prose and _depth(before) == 1 and _WORDS.search(text[bracket:]))


def _states(said: str, opener: str) -> bool:
    """Whether a clause says something about conventions."""
    if not said or len(said) > 200:
        return False
    if _WORDS.search(said):
        return len(said.split()) <= 12
    if not (_RELATION.search(said) or _DEFINITION.match(said)):
        return False
    return bool(_RELATION.search(said)) or opener not in _TAKES_NO_EQUATION
