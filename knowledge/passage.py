"""The passage: a piece of a document that can be found, quoted and cited."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Evidence below which a passage does not bear on a question.
RELEVANT = 0.5

# Logistic regression of "answers the question" on the two features, near the fit to the
# calibration half of evals/suites/data/relevance.jsonl and the older question sets, with the bias
# chosen on these; benchmarks/knowledge_unknown.py repeats the fit and tests these numbers on the
# other half.
_BIAS, _PER_COSINE, _PER_COVERAGE = -9.5, 12.5, 8.9


def evidence(cosine: float, coverage: float) -> float:
    """Returns the probability that a document answers a question, in (0, 1).

    The cosine alone cannot tell a paper from others of its field, which share its language;
    the share of the question's words that the document has, weighed by rarity, can.

    Args:
        cosine: of the question with the document's nearest passage.
        coverage: share of the question's words in the document, in [0, 1], by rarity.
    """
    return 1 / (1 + math.exp(-(_BIAS + _PER_COSINE * cosine + _PER_COVERAGE * coverage)))


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
        page: page number, from 1, where the document has pages.
        score: fused rank score of the search that found it, 0 when fetched by id.
        similarity: cosine between question and passage, 0 when fetched by id.
        evidence: how likely its document answers the question, 0 when fetched by id.
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
    page: int | None = None
    score: float = 0.0
    similarity: float = 0.0
    evidence: float = 0.0
    named: bool = False

    @property
    def relevant(self) -> bool:
        """Whether the passage is close enough to the question to be worth quoting.

        A question that names the paper counts whatever the cosine: the embedding knows no
        coined names, and would call "what did Kirsch find" unrelated.
        """
        return self.named or self.evidence >= RELEVANT
