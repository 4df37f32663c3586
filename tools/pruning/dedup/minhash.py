"""The search for texts with shingles in common: MinHash signatures, banded, verified exactly.

For a random order of all shingles two texts have the same first shingle with a probability equal to
their Jaccard similarity J = |A and B| / |A or B| (Broder 1997). A signature holds the first shingle
under 128 orders. Its b bands of r values agree in at least one band with probability
1 - (1 - J^r)^b; r is the largest for which that reaches the wanted recall at the threshold itself,
and so more above it. What agrees in a band is verified by the true Jaccard similarity of the hashed
shingle sets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.dedup.pairs import (
    BUDGET,
    TOLERANCE,
    Pairs,
    Rows,
    TooManyPairs,
    best_of,
)
from tools.pruning.dedup.progress import Progress, silent
from tools.pruning.dedup.shingles import Hashes, ShingleSets, mixed

PERMUTATIONS = 128
_STEP = 1 << 16  # candidates that are verified at a time
_DOUBT = 5.0  # standard errors by which an estimate may miss the threshold

Signatures = NDArray[np.uint32]


def bands(threshold: float, recall: float, permutations: int = PERMUTATIONS) -> tuple[int, int]:
    """Returns (b, r): the longest bands whose recall at the threshold suffices.

    Args:
        threshold: Jaccard similarity, 0 < threshold <= 1.
        recall: wanted probability that a pair at the threshold is found, below 1.
        permutations: length of a signature.

    Raises:
        BadInput: if not even bands of one value do.
    """
    for r in range(permutations, 0, -1):
        b = permutations // r
        if 1 - (1 - threshold**r) ** b >= recall:
            return b, r
    raise BadInput(
        f"{permutations} hashes cannot find {recall:g} of the pairs at a similarity of "
        f"{threshold:g}.",
        "Ask for a higher threshold or a lower recall.",
    )


def found_at(similarity: float, b: int, r: int) -> float:
    """Returns the probability 1 - (1 - J^r)^b that a pair agrees in a band."""
    return 1 - (1 - similarity**r) ** b


def signatures(
    sets: ShingleSets, rng: np.random.Generator, permutations: int = PERMUTATIONS
) -> Signatures:
    """Returns the MinHash signature of each text, shape (n, permutations).

    Order i sorts shingles x by the upper half of a_i x + b_i modulo 2^64, a_i odd, of the mixed x.
    """
    x = mixed(sets.hashes.astype(np.uint64))
    starts = sets.starts[:-1]
    found = np.empty((len(sets), permutations), np.uint32)
    factors = rng.integers(0, 1 << 64, (permutations, 2), dtype=np.uint64)
    for i, (a, b) in enumerate(factors):
        values = ((x * (a | np.uint64(1)) + b) >> np.uint64(32)).astype(np.uint32)
        found[:, i] = np.minimum.reduceat(values, starts)
    return found


class NearSearch:
    """Pairs of texts whose Jaccard similarity reaches a threshold.

    Memory for n texts with s distinct shingles on average, in bytes: 4 n 128 + 9 n s + 72 E while
    E pairs are held.

    Attributes:
        size: n.
        threshold: least Jaccard similarity.
        bands: (b, r).
    """

    def __init__(
        self,
        sets: ShingleSets,
        signature: Signatures,
        threshold: float,
        *,
        recall: float = 0.999,
        progress: Progress = silent,
    ) -> None:
        """Takes the shingles and signatures of all texts.

        Args:
            sets: shingles, every set with at least one.
            signature: of `sets`, shape (n, permutations).
            threshold: least similarity, 0 < threshold <= 1.
            recall: wanted probability to find a pair at the threshold, below 1.
            progress: shows it.
        """
        if not 0 < threshold <= 1:
            raise BadInput(f"A Jaccard similarity of {threshold} cannot be asked for.", "Give 0-1.")
        from scipy.sparse import csr_array

        self.size, self.threshold = len(sets), threshold
        self.progress = progress
        self.bands = bands(threshold, recall, signature.shape[1])
        self._signature = signature
        self._counts = np.diff(sets.starts)
        ones = np.ones(len(sets.hashes), np.int8)
        shape = (len(sets), np.iinfo(np.int64).max)
        self._sets = csr_array((ones, sets.hashes, sets.starts), shape=shape)

    def within(self, rows: Rows) -> Iterator[Pairs]:
        """Yields the pairs among `rows`, each once."""
        for band in self.progress(range(self.bands[0]), "comparing texts"):
            key = self._key(rows, band)
            order = np.argsort(key, kind="stable")
            sizes = np.diff(np.flatnonzero(np.r_[True, np.diff(key[order]) != 0, True]))
            if int((sizes * (sizes - 1) // 2).sum()) > 2 * BUDGET:
                raise TooManyPairs
            yield from self._runs(rows[order], sizes, band)

    def _runs(self, rows: Rows, sizes: Rows, band: int) -> Iterator[Pairs]:
        """Yields the pairs of neighbouring rows that share a key; `sizes` are those of the runs."""
        end = np.repeat(np.cumsum(sizes), sizes)
        at = np.flatnonzero(np.repeat(sizes, sizes) > 1)
        for apart in range(1, int(sizes.max(initial=1))):
            at = at[at + apart < end[at]]
            yield from self._verified(rows[at], rows[at + apart], band)

    def between(self, rows: Rows, others: Rows) -> Iterator[Pairs]:
        """Yields the most similar of `others` for each of `rows` that has one, part by part."""
        for band in self.progress(range(self.bands[0]), "comparing with kept texts"):
            key = self._key(others, band)
            order = np.argsort(key, kind="stable")
            mine, sorted_key = self._key(rows, band), key[order]
            low = np.searchsorted(sorted_key, mine, "left")
            counts = np.searchsorted(sorted_key, mine, "right") - low
            for part in _cut(counts, _STEP):
                n = counts[part]
                left = np.repeat(rows[part], n)
                offset = np.arange(len(left)) - np.repeat(np.cumsum(n) - n, n)
                right = others[order[np.repeat(low[part], n) + offset]]
                for found in self._verified(left, right, band):
                    yield best_of(found)

    def similarity(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """Returns true Jaccard similarities of the hashed shingle sets."""
        found = np.empty(len(left))
        for start in range(0, len(left), _STEP // 8):
            part = slice(start, start + _STEP // 8)
            i, j = left[part], right[part]
            common = self._sets[i].multiply(self._sets[j]).sum(axis=1).astype(np.int64)
            found[part] = common / (self._counts[i] + self._counts[j] - common)
        return found

    def _key(self, rows: Rows, band: int) -> Hashes:
        """Returns one number for the values of each row in a band."""
        r = self.bands[1]
        key = np.full(len(rows), band, np.uint64)
        for column in range(band * r, (band + 1) * r):
            key = mixed(key + self._signature[rows, column].astype(np.uint64))
        return key

    def _verified(self, left: Rows, right: Rows, band: int) -> Iterator[Pairs]:
        """Yields those candidates that reach the threshold and did not agree in an earlier band."""
        b, r = self.bands
        error = math.sqrt(self.threshold * (1 - self.threshold) / self._signature.shape[1])
        for start in range(0, len(left), _STEP):
            i, j = left[start : start + _STEP], right[start : start + _STEP]
            same = self._signature[i] == self._signature[j]
            first = same[:, : b * r].reshape(len(i), b, r).all(axis=2).argmax(axis=1) == band
            likely = first & (same.mean(axis=1) >= self.threshold - _DOUBT * error)
            i, j = i[likely], j[likely]
            if len(i):
                pairs = Pairs(i, j, self.similarity(i, j))
                yield pairs.where(pairs.similarity >= self.threshold - TOLERANCE)


def _cut(counts: Rows, step: int) -> Iterator[slice]:
    """Cuts rows so that the counts of each part add up to about `step`."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts) and total[-1] > (before := int(total[start - 1]) if start else 0):
        stop = max(start + 1, int(np.searchsorted(total, before + step, "right")))
        yield slice(start, stop)
        start = stop
