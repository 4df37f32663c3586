"""Pairs of similar rows, and what a search for them must offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

TOLERANCE = 1e-9
"""Similarities this far under the threshold still reach it: rounding in float64."""

BYTES_A_PAIR = 24
"""Memory of one pair: two row numbers and a similarity, eight bytes each."""

BUDGET = 1 << 24
"""Pairs that are held at a time: 16.8 million, 403 MB, three times that while they are sorted."""


class TooManyPairs(Exception):
    """More similar pairs than are held at a time; fewer rows must be looked at together."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows that reach a similarity.

    Attributes:
        left: row numbers, shape (m,).
        right: row numbers, shape (m,); never equal to `left` at the same place.
        similarity: shape (m,), float64.
    """

    left: Rows
    right: Rows
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    @classmethod
    def none(cls) -> Pairs:
        """Returns no pairs."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    @classmethod
    def join(cls, parts: Iterable[Pairs], budget: int = BUDGET) -> Pairs:
        """Joins pairs, each unordered pair once, as left < right and sorted.

        Raises:
            TooManyPairs: as soon as there are more than `budget`.
        """
        held, count = [], 0
        for part in parts:
            held.append(part)
            count += len(part)
            if count > budget:
                raise TooManyPairs
        if not count:
            return cls.none()
        left, right = (np.concatenate([getattr(p, s) for p in held]) for s in ("left", "right"))
        similarity = np.concatenate([p.similarity for p in held])
        low, high = np.minimum(left, right), np.maximum(left, right)
        order = np.lexsort((high, low))
        low, high, similarity = low[order], high[order], similarity[order]
        new = np.ones(len(low), bool)
        new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        return cls(low[new], high[new], similarity[new])

    def where(self, chosen: NDArray[np.bool_]) -> Pairs:
        """Returns the pairs of a mask."""
        return Pairs(self.left[chosen], self.right[chosen], self.similarity[chosen])


class Search(Protocol):
    """Finds pairs that reach a threshold.

    Attributes:
        size: number of rows, n; rows are 0 .. n - 1.
        threshold: the least similarity of a pair that is reported.
    """

    size: int
    threshold: float

    def within(self, rows: Rows) -> Iterator[Pairs]:
        """Yields the pairs among `rows`, in parts of bounded size; a pair may come twice."""
        ...

    def between(self, rows: Rows, others: Rows) -> Iterator[Pairs]:
        """Yields the pairs with left in `rows` and right in `others`; the two share no row."""
        ...

    def similarity(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """Computes the similarities of given pairs from the data itself."""
        ...


def best_of(pairs: Pairs) -> Pairs:
    """Keeps the most similar pair of each left row, ties by the right row's number."""
    if not len(pairs):
        return pairs
    order = np.lexsort((pairs.right, -pairs.similarity, pairs.left))
    left = pairs.left[order]
    best = order[np.r_[True, left[1:] != left[:-1]]]
    return Pairs(pairs.left[best], pairs.right[best], pairs.similarity[best])


def stacked(parts: list[Pairs]) -> Pairs:
    """Puts pairs one after another as they are."""
    left, right, similarity = (
        np.concatenate([getattr(p, name) for p in parts])
        for name in ("left", "right", "similarity")
    )
    return Pairs(left, right, similarity)
