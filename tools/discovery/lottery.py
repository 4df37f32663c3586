"""Drawing members in proportion to weights that change slowly while the archive grows."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tools.discovery.candidate import Member

_STEP = 50  # weights are computed anew when the archive has grown by 1/50
_LARGEST = 60.0  # e^60 above the best at the last renewal: such a newcomer takes nearly every draw


class Schedule:
    """Says when to renew what costs O(n): at each size up to 50, later at growth by 2 %.

    The sizes are a fixed sequence, so that a resumed run renews where the first one did, and n
    steps cost O(n) in all for each unit of renewal work.
    """

    def __init__(self) -> None:
        self._size = 0
        self._next = 1

    def step(self) -> bool:
        """Counts one more member; returns whether to renew now."""
        self._size += 1
        if self._size < self._next:
            return False
        self._next = self._size + max(1, self._size // _STEP)
        return True


class Lottery:
    """Members drawn with probability proportional to exp(exponent)."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._cumulative: list[float] = []
        self._shift = 0.0

    def __len__(self) -> int:
        return len(self._ids)

    def renew(self, exponents: NDArray[np.float64]) -> None:
        """Replaces the exponents of all members, shape (len(self),)."""
        self._shift = float(exponents.max(initial=-math.inf))
        self._cumulative = np.cumsum(np.exp(exponents - self._shift)).tolist()

    def append(self, id: int, exponent: float) -> None:
        """Adds a member, its exponent on the scale of the last renewal."""
        weight = math.exp(min(exponent - self._shift, _LARGEST)) if self._ids else 1.0
        self._shift = self._shift if self._ids else exponent
        self._cumulative.append((self._cumulative[-1] if self._ids else 0.0) + weight)
        self._ids.append(id)

    def draw(self, rng: np.random.Generator) -> int:
        """Returns the id of one member."""
        at = bisect_right(self._cumulative, rng.random() * self._cumulative[-1])
        return self._ids[min(at, len(self._ids) - 1)]


def distinct(
    draw: Callable[[], int], count: int, pool: Sequence[Member], rng: np.random.Generator
) -> tuple[int, ...]:
    """Draws until there are `count` different ids; repeats are thrown back.

    That is drawing without replacement, one after another. A distribution so narrow that repeats
    do not end within 32 draws for each id has the rest filled uniformly from the pool.

    Args:
        draw: returns one id.
        count: how many.
        pool: members to fill from; if it holds fewer than `count`, all of them are returned.
        rng: source of the filling.
    """
    count = min(count, len(pool))
    if count == 1:
        return (draw(),)
    chosen: dict[int, None] = {}
    for _ in range(32 * count):
        if len(chosen) == count:
            return tuple(chosen)
        chosen[draw()] = None
    while len(chosen) < count:
        chosen[pool[int(rng.integers(len(pool)))].id] = None
    return tuple(chosen)
