"""Rows of the same content."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.keeper import Decisions
from tools.pruning.dedup.pairs import Rows


def canonical(text: str) -> str:
    """Returns text as it is compared: NFKC, case folded, blanks and line ends as one space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def digests(contents: Iterable[bytes]) -> NDArray[np.void]:
    """Returns the 128-bit BLAKE2b digest of each content, shape (n,).

    Two different contents of a million share one with a probability below 1e-26.
    """
    made = b"".join(blake2b(content, digest_size=16).digest() for content in contents)
    return np.frombuffer(made, dtype="V16")


def originals(keys: NDArray[np.void], order: Rows) -> Rows:
    """Returns for each row the first row in `order` that has the same key, itself for originals.

    Args:
        keys: shape (n,).
        order: all rows 0 .. n - 1.
    """
    _, label = np.unique(keys, return_inverse=True)
    place = np.full(int(label.max(initial=-1)) + 1, len(keys), np.int64)
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys))
    np.minimum.at(place, label, rank)
    found: Rows = order[place[label]]
    return found


def decide_exactly(original: Rows) -> Decisions:
    """Keeps each original and removes its copies."""
    rows = np.arange(len(original))
    decisions = Decisions.all_kept(len(original))
    copies = np.flatnonzero(original != rows)
    decisions.kept[copies] = False
    decisions.twin[copies] = original[copies]
    decisions.similarity[copies] = 1.0
    return decisions


def vector_keys(vectors: NDArray[np.float32], block: int = 4096) -> NDArray[np.void]:
    """Returns the digest of each row's bytes, shape (n,)."""

    def rows() -> Iterable[bytes]:
        for start in range(0, len(vectors), block):
            part = np.ascontiguousarray(vectors[start : start + block])
            yield from (row.tobytes() for row in part)

    return digests(rows())
