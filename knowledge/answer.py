"""The offline answer: sentences quoted from the library, with the place of each, or "unknown"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.embed import Embedder
from knowledge.lexical import LexicalIndex
from knowledge.passage import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SENTENCE = re.compile(r"[^\s].*?(?:[.!?](?=\s+[A-Z0-9$\[(*-])|(?=\n\s*\n)|\Z)", re.DOTALL)
_SHORTEST = 25
COVERAGE_WEIGHT = 0.5


@dataclass(frozen=True)
class Quote:
    """A sentence of a document: `source[start:end] == text`.

    Attributes:
        text: as it stands there; data, never instruction.
        passage: the passage it was found in, which names the document.
        start, end: character offsets into the document's source.
        score: how well it answers, cosine plus half the share of words it has.
    """

    text: str
    passage: Passage
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Answer:
    """What the library says to a question.

    Attributes:
        question: as asked.
        quotes: best first; empty when nothing in the library is relevant: "unknown".
    """

    question: str
    quotes: tuple[Quote, ...]

    @property
    def known(self) -> bool:
        """Whether the library has anything to say."""
        return bool(self.quotes)


def answer(question: str, found: Sequence[Passage], embedder: Embedder, most: int = 3) -> Answer:
    """Picks the sentences of relevant passages that answer best, at most two of one document.

    Args:
        question: as asked.
        found: passages, as a search returns them.
        embedder: for the sentences.
        most: sentences to pick, at least 1.
    """
    import numpy as np

    relevant = [passage for passage in found if passage.relevant]
    places = [
        (passage, start, end) for passage in relevant for start, end in sentences(passage.text)
    ]
    if not places:
        return Answer(question, ())
    texts = [passage.text[start:end] for passage, start, end in places]
    vectors: NDArray[np.float32] = embedder.encode([question, *texts])
    coverage = LexicalIndex([str(n) for n in range(len(texts))], texts).match(question).coverage
    scores = vectors[1:] @ vectors[0] + COVERAGE_WEIGHT * coverage
    chosen: list[Quote] = []
    for place in np.argsort(-scores, kind="stable"):
        passage, start, end = places[place]
        repeated = any(quote.text == texts[place] for quote in chosen)
        if repeated or sum(quote.passage.key == passage.key for quote in chosen) == 2:
            continue
        chosen.append(
            Quote(
                texts[place],
                passage,
                passage.start + start,
                passage.start + end,
                float(scores[place]),
            )
        )
        if len(chosen) == most:
            break
    return Answer(question, tuple(chosen))


def sentences(text: str) -> list[tuple[int, int]]:
    """Returns offsets of the sentences of a text; short ones such as headings are left out."""
    found = []
    for match in _SENTENCE.finditer(text):
        end = match.start() + len(match[0].rstrip())
        if end - match.start() >= _SHORTEST:
            found.append((match.start(), end))
    return found or ([(0, len(text))] if text else [])
