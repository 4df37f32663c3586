"""The lexical index: BM25 over stemmed words, in memory."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# British endings become American ones, so that "initialisation" finds "initialization". Words
# that merely look alike ("noise") change on both sides and still match themselves.
_BRITISH = re.compile(r"(?<=\w{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """How n texts match a question.

    Attributes:
        scores: BM25, shape (n,).
        coverage: share of the question's words that each text has, shape (n,), in [0, 1]; words
            count by rarity, log(1 + (n - f + 1/2) / (f + 1/2)) for a word of f texts.
    """

    scores: NDArray[np.float32]
    coverage: NDArray[np.float32]


class LexicalIndex:
    """Ids and the words of their texts. Threads may share one."""

    def __init__(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Indexes n texts under n ids; takes about a millisecond for 20 passages."""
        import bm25s

        self._ids = list(ids)
        self._index: Any = None
        tokens = stems(list(texts))
        # bm25s divides by the average length, which is 0 where no text has a word left.
        if any(tokens):
            self._index = bm25s.BM25()
            self._index.index(tokens, show_progress=False)

    def match(self, question: str) -> Match:
        """Returns how every text matches the words of a question."""
        import numpy as np

        n = len(self._ids)
        scores = np.zeros(n, dtype=np.float32)
        covered = np.zeros(n, dtype=np.float32)
        whole = 0.0
        # A word of the question that no text has weighs as much as the rarest one.
        for word, times in Counter(stems([question])[0]).items():
            if self._index is None or word not in self._index.vocab_dict:
                whole += _rarity(n, 0)
                continue
            of_word = self._index.get_scores([word])
            has = of_word > 0
            weight = _rarity(n, int(np.count_nonzero(has)))
            whole += weight
            scores += times * of_word
            covered += np.float32(weight) * has
        return Match(scores, covered / np.float32(whole) if whole else covered)

    def query(self, question: str, n: int) -> list[tuple[str, float]]:
        """Returns the n best texts that share a word, as (id, BM25 score), best first."""
        import numpy as np

        scores = self.match(question).scores
        order = np.argsort(-scores, kind="stable")[:n]
        return [(self._ids[place], float(scores[place])) for place in order if scores[place] > 0]


def _rarity(n: int, f: int) -> float:
    return math.log(1 + (n - f + 0.5) / (f + 0.5))


def stems(texts: list[str]) -> list[list[str]]:
    """Splits into lower-case words, drops English stop words, stems the rest."""
    import bm25s
    import Stemmer

    # A stemmer keeps state and must not be shared among threads; making one costs nothing.
    tokens: list[list[str]] = bm25s.tokenize(
        [_BRITISH.sub("iz", text) for text in texts],
        stopwords="en_plus",
        stemmer=Stemmer.Stemmer("english"),
        return_ids=False,
        show_progress=False,
    )
    return tokens
