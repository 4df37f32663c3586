"""The Pareto front of score and brevity."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.discovery.candidate import Member
from tools.discovery.lottery import distinct
from tools.discovery.policies.clusters import length
from tools.discovery.policies.fitness import sample

if TYPE_CHECKING:
    import numpy as np

    from tools.discovery.archive import Archive


class Front:
    """OK members that no other beats: none is as short and better, none shorter and as good."""

    def __init__(self) -> None:
        self._lengths: list[int] = []  # ascending, and with them the scores
        self._scores: list[float] = []
        self.ids: list[int] = []

    def add(self, member: Member) -> None:
        """Takes in the next member; of equals the earlier stays."""
        if member.score is None:
            return
        size = length(member)
        at = bisect_right(self._lengths, size)
        if at and self._scores[at - 1] >= member.score:
            return
        start = at - 1 if at and self._lengths[at - 1] == size else at
        end = at
        while end < len(self.ids) and self._scores[end] <= member.score:
            end += 1
        self._lengths[start:end] = [size]
        self._scores[start:end] = [member.score]
        self.ids[start:end] = [member.id]


@dataclass(frozen=True)
class Pareto:
    """Uniform over the front of score (higher) and length in characters (lower).

    GEPA's front is over the scores of many test instances; a candidate here has one score, so the
    second objective is brevity.
    """

    name = "pareto"

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws from the front."""
        front = archive.index(Front).ids
        if not front:
            return sample(archive, rng, count)
        return distinct(lambda: front[int(rng.random() * len(front))], count, archive.eligible, rng)
