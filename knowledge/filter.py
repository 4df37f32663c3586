"""The filter: which documents a search may answer from."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.document import Document
from knowledge.errors import KnowledgeError


@dataclass(frozen=True)
class Filter:
    """Conditions on documents; all that are given must hold, in any case of letters.

    Attributes:
        since, until: first and last year; a document without a year fails both.
        author: part of the name of one of its authors.
        method: the method folder of a card.
        tag: one of its tags.
    """

    since: int | None = None
    until: int | None = None
    author: str | None = None
    method: str | None = None
    tag: str | None = None

    def __post_init__(self) -> None:
        """Refuses years that leave nothing."""
        if self.since is not None and self.until is not None and self.since > self.until:
            raise KnowledgeError(
                f"filter: since {self.since} is after until {self.until}; swap them"
            )

    def accepts(self, document: Document) -> bool:
        """Whether a document fulfils the conditions."""
        year, author, tag = document.year, self.author, self.tag
        return (
            (self.since is None or (year is not None and year >= self.since))
            and (self.until is None or (year is not None and year <= self.until))
            and (author is None or any(author.lower() in a.lower() for a in document.authors))
            and (self.method is None or document.method == self.method)
            and (tag is None or any(tag.lower() == t.lower() for t in document.tags))
        )
