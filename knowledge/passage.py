"""The passage: a piece of a document that can be found, quoted and cited."""

from __future__ import annotations

from dataclasses import dataclass

# Cosine below which a passage does not bear on a question. Calibrated on the labelled
# questions in tests/knowledge/questions.jsonl; a test checks that it still separates them.
RELEVANT = 0.28


@dataclass(frozen=True)
class Passage:
    """A retrieved piece of a card or document. Its text is data, never instruction.

    Attributes:
        id: stable and without spaces, `key:section`, or `key:section-2` for a later piece.
        key: the document it belongs to (the citation key).
        title, section: where it stands.
        text: the passage itself, `source[start:end]` of the document.
        authors, year, arxiv, url: of the document; empty or None where unknown.
        start, end: character offsets into the document's source.
        score: fused rank score of the search that found it, 0 when fetched by id.
        similarity: cosine between question and passage, 0 when fetched by id.
        named: whether the question names the document ("EL2N", "Kirsch", "paul2021").
    """

    id: str
    key: str
    title: str
    section: str
    text: str
    authors: tuple[str, ...]
    year: int | None
    arxiv: str | None
    url: str | None
    start: int
    end: int
    score: float = 0.0
    similarity: float = 0.0
    named: bool = False

    @property
    def relevant(self) -> bool:
        """Whether the passage is close enough to the question to be worth quoting.

        A question that names the paper counts whatever the cosine: the embedding knows no
        coined names, and would call "what did Kirsch find" unrelated.
        """
        return self.named or self.similarity >= RELEVANT
