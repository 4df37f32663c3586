"""The lexical index: BM25 over stemmed words, in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# British endings become American ones, so that "initialisation" finds "initialization". Words
# that merely look alike ("noise") change on both sides and still match themselves.
_BRITISH = re.compile(r"(?<=\w{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)", re.IGNORECASE)


class LexicalIndex:
    """Ids and the words of their texts. Threads may share one."""

    def __init__(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Indexes n texts under n ids; takes about a millisecond for 20 passages."""
        import bm25s

        self._ids = list(ids)
        self._index: Any = None
        tokens = _tokens(list(texts))
        # bm25s divides by the average length, which is 0 where no text has a word left.
        if any(tokens):
            self._index = bm25s.BM25()
            self._index.index(tokens, show_progress=False)

    def query(self, question: str, n: int) -> list[tuple[str, float]]:
        """Returns the n best texts that share a word, as (id, BM25 score), best first."""
        import numpy as np

        words = _tokens([question])[0]
        if self._index is None or not words:
            return []
        known = [word for word in words if word in self._index.vocab_dict]
        if not known:
            return []
        scores = self._index.get_scores(known)
        order = np.argsort(-scores, kind="stable")[:n]
        return [(self._ids[place], float(scores[place])) for place in order if scores[place] > 0]


def _tokens(texts: list[str]) -> list[list[str]]:
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
