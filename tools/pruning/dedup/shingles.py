"""Texts as sets of hashed shingles: runs of words, or of characters.

Everything works on a block of texts at once, in NumPy. A word is hashed by a polynomial in its
characters modulo 2^64, read off prefix sums: hash = (S_end - S_start) p^-start. A shingle mixes the
hashes of its words with their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.pairs import Rows

Unit = Literal["word", "character"]
Hashes = NDArray[np.uint64]

_P = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_SPACE, _END = 32, 10


@dataclass(frozen=True)
class ShingleSets:
    """The shingles of each text, hashed to 63 bits, each once and ascending.

    Attributes:
        starts: those of text i are hashes[starts[i] : starts[i + 1]], shape (n + 1,).
        hashes: int64, at least 0.
    """

    starts: Rows
    hashes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def join(cls, parts: Sequence[ShingleSets]) -> ShingleSets:
        """Puts blocks of texts one after another."""
        sizes = np.concatenate([np.diff(part.starts) for part in parts])
        return cls(
            np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]),
            np.concatenate([part.hashes for part in parts]),
        )


def shingle_sets(texts: Sequence[str], length: int, unit: Unit = "word") -> ShingleSets:
    """Returns the shingles of a block of texts.

    A text of fewer units than `length` has one shingle: all of it.

    Args:
        texts: canonical (`exact.canonical`) and not empty.
        length: words or characters in a shingle, at least 1.
        unit: what a shingle is made of.
    """
    codes = np.frombuffer("".join(text + "\n" for text in texts).encode("utf-32-le"), np.uint32)
    ends_of_text = codes == _END
    text_of = np.cumsum(ends_of_text) - ends_of_text
    if unit == "word":
        gap = ends_of_text | (codes == _SPACE)
        word = ~gap
        starts = np.flatnonzero(word & np.r_[True, gap[:-1]])
        ends = np.flatnonzero(word & np.r_[gap[1:], True]) + 1
        hashes = _spans(codes, starts, ends)
    else:
        starts = np.flatnonzero(~ends_of_text)
        hashes = mixed(codes[starts].astype(np.uint64) + np.uint64(1))
    return _sets(hashes, text_of[starts], len(texts), length)


def mixed(x: Hashes) -> Hashes:
    """Returns the splitmix64 finaliser of each number: a bijection that leaves no pattern."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _spans(codes: NDArray[np.uint32], starts: Rows, ends: Rows) -> Hashes:
    """Hashes codes[start:end] for each span."""
    powers = _powers(_P, len(codes))
    sums = np.concatenate(
        [np.zeros(1, np.uint64), np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers)]
    )
    inverse = _powers(pow(_P, -1, 1 << 64), len(codes))
    return mixed((sums[ends] - sums[starts]) * inverse[starts])


def _powers(base: int, count: int) -> Hashes:
    """Returns base^0 .. base^(count - 1) modulo 2^64."""
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _sets(hashes: Hashes, text_of: Rows, texts: int, length: int) -> ShingleSets:
    """Combines the hashes of neighbouring units of one text into shingles."""
    units = np.bincount(text_of, minlength=texts)
    place = np.arange(len(hashes)) - (np.cumsum(units) - units)[text_of]
    left = units[text_of] - place
    # Where the text is shorter than a shingle, its first unit stands for all of it.
    begins = np.flatnonzero((left >= length) | (place == 0))
    size = np.minimum(left[begins], length)
    shingles = np.zeros(len(begins), np.uint64)
    for k, factor in enumerate(_powers(_P, length + 1)[1:]):
        inside = size > k
        shingles[inside] += mixed(hashes[begins[inside] + k] + factor)
    values = (mixed(shingles) >> np.uint64(1)).astype(np.int64)
    owner = text_of[begins]
    order = np.lexsort((values, owner))
    values, owner = values[order], owner[order]
    new = np.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (owner[1:] != owner[:-1])
    counts = np.bincount(owner[new], minlength=texts)
    return ShingleSets(np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]), values[new])


def batched(texts: Iterable[str], characters: int = 1 << 22) -> Iterable[list[str]]:
    """Cuts texts into blocks of a few million characters."""
    block: list[str] = []
    held = 0
    for text in texts:
        block.append(text)
        held += len(text)
        if held >= characters:
            yield block
            block, held = [], 0
    if block:
        yield block
