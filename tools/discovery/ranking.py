"""A sorted collection that stays cheap as it grows."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", tuple[float, int], tuple[int, int], float)

_LOAD = 512  # keys to a block; a full block of twice as many is cut in two


class SortedKeys(Generic[K]):
    """Keys in ascending order, kept in blocks.

    Adding costs a search and a shift within one block: microseconds from ten keys to a million.
    """

    def __init__(self) -> None:
        self._blocks: list[list[K]] = []
        self._last: list[K] = []  # the largest key of each block
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        for block in self._blocks:
            yield from block

    def add(self, key: K) -> None:
        """Inserts a key; equal keys are kept."""
        self._size += 1
        if not self._blocks:
            self._blocks.append([key])
            self._last.append(key)
            return
        at = min(bisect_left(self._last, key), len(self._blocks) - 1)
        block = self._blocks[at]
        insort(block, key)
        self._last[at] = block[-1]
        if len(block) > 2 * _LOAD:
            self._blocks[at : at + 1] = [block[:_LOAD], block[_LOAD:]]
            self._last.insert(at, block[_LOAD - 1])

    def first(self, count: int) -> list[K]:
        """Returns the `count` smallest keys, fewer if there are fewer."""
        if self._blocks and count <= len(self._blocks[0]):
            return self._blocks[0][:count]
        return list(islice(self, count))
