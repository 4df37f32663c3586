"""Parts: where a document is cut into passages, and how long one may be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.card import Card

# About 200 WordPieces of prose: below the 256 that the embedder reads, formulas included.
LONGEST = 900

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_ITEM = re.compile(r"\n(?=[-*] |\d+\. )")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s")
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Part:
    """A stretch `source[start:end]` of a document under a heading."""

    heading: str
    start: int
    end: int


def parts_of_card(card: Card) -> list[Part]:
    """Cuts a card at its sections, then by length."""
    return [
        Part(section.name, section.start + start, section.start + end)
        for section in card.sections
        for start, end in cut(section.text)
    ]


def parts_of_text(source: str) -> list[Part]:
    """Cuts plain text or Markdown at its headings, then by length."""
    headings = list(_HEADING.finditer(source))
    stretches = [("Text", 0, headings[0].start() if headings else len(source))]
    for index, heading in enumerate(headings):
        end = headings[index + 1].start() if index + 1 < len(headings) else len(source)
        stretches.append((heading[1], heading.end(), end))
    return [
        Part(name, first + start, first + end)
        for name, first, last in stretches
        for start, end in cut(source[first:last])
    ]


def ids_of(key: str, parts: list[Part]) -> list[str]:
    """Names the parts: `key:heading`, and `key:heading-2` for the second under one heading."""
    ids: dict[str, None] = {}
    for part in parts:
        stem = f"{key}:{slug(part.heading)}"
        id, number = stem, 1
        while id in ids:
            number += 1
            id = f"{stem}-{number}"
        ids[id] = None
    return list(ids)


def slug(heading: str) -> str:
    """Turns a heading into the part of an id: "Headline figures" gives "headline-figures"."""
    return "-".join(_WORD.findall(heading.lower())) or "text"


def cut(text: str, longest: int = LONGEST) -> list[tuple[int, int]]:
    """Cuts a text into pieces of at most `longest` characters.

    Cuts fall between paragraphs where possible, else between list items, else between
    sentences, else between words, else anywhere. Pieces carry no surrounding white space,
    and white space between them is all that is lost.

    Args:
        text: the text to cut.
        longest: most characters a piece may have, at least 1.

    Returns:
        Offsets `(start, end)` of the pieces, in order.
    """
    pieces: list[tuple[int, int]] = []
    start, stop = _trim(text, 0, len(text))
    while stop - start > longest:
        end = _best_cut(text, start, start + longest)
        pieces.append(_trim(text, start, end))
        start, _ = _trim(text, end, stop)
    if stop > start:
        pieces.append((start, stop))
    return pieces


def _best_cut(text: str, start: int, limit: int) -> int:
    """Returns the best place to cut in `(start, limit]`."""
    # A cut in the first third would leave a stump, so a weaker break further on wins over it.
    earliest = start + (limit - start) // 3
    for pattern in (_PARAGRAPH, _ITEM, _SENTENCE):
        # A break may begin at the limit itself, hence the look a little past it.
        places = [match.start() for match in pattern.finditer(text, earliest, limit + 3)]
        places = [place for place in places if start < place <= limit]
        if places:
            return places[-1]
    space = max(text.rfind(mark, start + 1, limit + 1) for mark in " \n\t")
    return space if space > start else limit


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Shrinks a range until it neither begins nor ends with white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
