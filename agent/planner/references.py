"""Recorded runs that a text points at: "run 3", "the last two", "lusab-babad-gutih"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.planner.text import normalise

_COUNTS = {"two": 2, "both": 2, "three": 3, "four": 4, "five": 5}
_ID = r"\b[bdfghjklmnprstvz][aiou][a-z]{3}-[a-z]{5}-[a-z]{5}\b"
_NOUN = r"(?:runs?|results?|experiments?|ones?|attempts?|comparisons?|tests?|trials?)"
_LATEST = r"(?:last|latest|previous|most recent|newest|recent|preceding|prior)"
_NUMBERED = re.compile(r"\bruns?\s*(?:no\.?|nr\.?|number|id)?\s*#?\s*(\d+)\b|#\s*(\d+)\b", re.I)
_MORE = re.compile(r"\s*(?:,|and|&|vs\.?|versus|with|to|against|or|,\s*and)\s*(?:run\s*)?#?(\d+)\b")
_SEVERAL = re.compile(
    rf"\b{_LATEST}\s+(\d+|two|three|four|five)\b(?:\s+{_NOUN})?"
    rf"|\b(two|three|four|five|both|\d+)\s+(?:{_LATEST}\s+)(?:{_NOUN})?"
    rf"|\b(?:the|these|those|my|our|of|all)\s+(two|three|four|five)\s+{_NOUN}\b"
    rf"|\b(?:of\s+(?:the|these|those))\s+(two|three|four|five)\b(?=\s+(?:was|is|were|did|had|does)"
    rf"|\W*$)|\b(both)\s+(?:of\s+(?:them|these|those)|(?:the\s+)?{_NOUN})\b",
    re.I,
)
_BEFORE = re.compile(
    rf"\b(?:{_NOUN}\s+before(?:\s+(?:that|it|the last(?:\s+one)?))?|the one before(?: that)?|"
    rf"second[- ]to[- ]last(?:\s+{_NOUN})?|(?:last|latest)\s+but\s+one|penultimate(?:\s+{_NOUN})?|"
    r"last~1)",
    re.I,
)
_LAST = re.compile(
    rf"\b{_LATEST}\s+(?:pruning\s+|completed\s+|finished\s+)?"
    r"(?:run|result|experiment|one|attempt|comparison|test|trial)\b|\bthe last one\b|"
    rf"\b(?:show|open|display|see)\s+(?:me\s+)?(?:the\s+)?{_LATEST}\b"
    rf"|\b(?:that|this)\s+(?:run|result|experiment|comparison|test)\b",
    re.I,
)
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
_PLACE = re.compile(
    rf"\b(?:the|my|our)\s+(?:very\s+)?({'|'.join(PLACES)})\s+(?:run|experiment|result|one again)\b"
    rf"|\b(?:run|rerun|repeat|redo|explain|show)\s+the\s+({'|'.join(PLACES)})\s+one\b",
    re.I,
)


@dataclass(frozen=True)
class References:
    """Runs a text points at, as the run tools take them.

    Attributes:
        runs: an id, a number, one of `PLACES`, `last`, or `last~1`, oldest first where they are
            relative.
        spans: the character ranges that said so.
    """

    runs: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def references(text: str) -> References:
    """Finds the runs that a text points at."""
    text = normalise(text)
    runs: list[tuple[int, str]] = []
    spans: list[tuple[int, int]] = []
    for match in re.finditer(_ID, text):
        runs.append((match.start(), match[0]))
        spans.append(match.span())
    for match in _NUMBERED.finditer(text):
        runs.append((match.start(), match[1] or match[2]))
        end = match.end()
        while more := _MORE.match(text, end):
            # "run 3 with 10 seeds": the second number has a unit of its own.
            if re.match(r"\s*(%|per\s?cent|[a-z]+s\b)", text[more.end() :], re.I) and not re.match(
                rf"\s*{_NOUN}?\s*(?:[?.!,]|$|in|please)", text[more.end() :], re.I
            ):
                break
            runs.append((more.start(1), more[1]))
            end = more.end()
        spans.append((match.start(), end))
    runs.sort()
    found = [run for _, run in runs]
    if several := _SEVERAL.search(text):
        word = next(g for g in several.groups() if g).lower().split()[-1]
        count = int(word) if word.isdigit() else _COUNTS[word]
        if not found and 2 <= count <= 9:
            found = [f"last~{i}" if i else "last" for i in reversed(range(count))]
        spans.append(several.span())
    if before := _BEFORE.search(text):
        found.append("last~1")
        spans.append(before.span())
    rest = (
        text if not before else text[: before.start()] + " " * len(before[0]) + text[before.end() :]
    )
    if not several and (last := _LAST.search(rest)):
        found.append("last")
        spans.append(last.span())
    for place in _PLACE.finditer(text):
        found.append((place[1] or place[2]).lower())
        spans.append(place.span())
    return References(tuple(dict.fromkeys(found)), tuple(spans))
