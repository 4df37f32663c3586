"""Islands: populations that evolve side by side and now and then send each other their best.

Where a member lives follows from ids and parents alone, never from the order in which answers
happened to come back, so a replay puts everybody on the same island.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.discovery.candidate import Member
from tools.discovery.lottery import distinct
from tools.discovery.policies.fitness import sample
from tools.discovery.ranking import SortedKeys
from tools.errors import BadInput

if TYPE_CHECKING:
    import numpy as np

    from tools.discovery.archive import Archive


class Islands:
    """Who lives where.

    - A member without parents (a seed) lives on every island, so none waits for a first one.
    - A child lives on one island where all its parents live (or, without such, its first parent):
      of several on the one whose turn it was, id mod count, or else on one dealt out by the id.
    - After every `interval` members the best of island j also settles on island j + 1 mod count.
    """

    def __init__(self, count: int, interval: int) -> None:
        self.count, self._interval = count, interval
        self.rankings: list[SortedKeys[tuple[float, int]]] = [SortedKeys() for _ in range(count)]
        self.homes: list[tuple[int, ...]] = []  # by id, ascending
        self.migrations: list[tuple[int, int]] = []  # (member, island it settled on)

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        home = self._home(member)
        self.homes.append(home)
        if member.score is not None:
            for island in home:
                self.rankings[island].add((-member.score, member.id))
        if len(self.homes) % self._interval == 0:
            self._migrate()

    def _home(self, member: Member) -> tuple[int, ...]:
        if not member.parents:
            return tuple(range(self.count))
        first = self.homes[member.parents[0]]
        shared = [i for i in first if all(i in self.homes[p] for p in member.parents[1:])] or first
        turn = member.id % self.count
        return (turn if turn in shared else shared[member.id % len(shared)],)

    def _migrate(self) -> None:
        best = [ranking.first(1) for ranking in self.rankings]  # all leave before any arrives
        for island, found in enumerate(best):
            target = (island + 1) % self.count
            if found and target not in self.homes[found[0][1]]:
                id = found[0][1]
                self.homes[id] = tuple(sorted((*self.homes[id], target)))
                self.rankings[target].add(found[0])
                self.migrations.append((id, target))


@dataclass(frozen=True)
class IslandElites:
    """k-elites on one island after another, in turn by the size of the archive.

    Attributes:
        islands: how many, at least 2.
        interval: members between migrations, at least 1.
        k: elites of an island, at least 1.
    """

    islands: int = 4
    interval: int = 40
    k: int = 5
    name = "islands"

    def __post_init__(self) -> None:
        if self.islands < 2 or self.interval < 1 or self.k < 1:
            raise BadInput(
                f"islands: islands {self.islands}, interval {self.interval}, k {self.k}.",
                "Give at least 2 islands; interval and k at least 1.",
            )

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws uniformly from the elites of the island whose turn it is."""
        islands = archive.index(Islands, self.islands, self.interval)
        top = islands.rankings[len(archive) % self.islands].first(max(self.k, count))
        if not top:
            return sample(archive, rng, count)
        return distinct(lambda: top[int(rng.random() * len(top))][1], count, archive.eligible, rng)
