"""The document: a text the library holds, and the views of it that others need."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.card import Card
from knowledge.parts import Part, parts_of_text


@dataclass(frozen=True)
class Document:
    """A text the library holds.

    Attributes:
        key: citation key, unique.
        kind: "card" for ours, "text" for the user's own.
        title, authors, year, venue, arxiv, url, tags: empty or None where unknown.
        source: the whole text, to which passage offsets refer.
        method: the method folder a card belongs to, else None.
        origin: the file it was read from, "" for a text handed over directly.
        pages: offset in `source` where each page begins; empty where there are no pages.
    """

    key: str
    kind: str
    title: str
    source: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str | None = None
    arxiv: str | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    method: str | None = None
    origin: str = ""
    pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A document about to be stored, and where it is cut into passages."""

    document: Document
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Sync:
    """What bringing the cards up to date did, by key."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """A passage as the indexes need it.

    Attributes:
        id: of the passage.
        key, title: of its document.
        embedded: what its vector is made from: section and text.
        about: what else it may be found by: key, names, year, venue, tags.
    """

    id: str
    key: str
    title: str
    embedded: str
    about: str

    @property
    def words(self) -> str:
        """Everything it may be found by."""
        return f"{self.title} {self.embedded} {self.about}"


def document_of_card(card: Card) -> Document:
    """Returns a card as a document."""
    return Document(
        key=card.key,
        kind="card",
        title=card.title,
        source=card.source,
        authors=card.authors,
        year=card.year,
        venue=card.venue,
        arxiv=card.arxiv,
        url=card.url,
        tags=card.tags,
        method=card.method,
    )


def draft_of_text(document: Document) -> Draft:
    """Cuts plain text or Markdown at its headings."""
    return Draft(document, tuple(parts_of_text(document.source)))
