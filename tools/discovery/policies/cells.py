"""MAP-Elites: the best of every niche, and every niche as likely as any other.

Mouret and Clune (2015), arXiv:1504.04909. What a niche is, is ours.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tools.discovery.candidate import Member
from tools.discovery.concepts import ROOT, ConceptTree
from tools.discovery.lottery import distinct
from tools.discovery.policies.clusters import length
from tools.discovery.policies.fitness import sample
from tools.errors import BadInput

if TYPE_CHECKING:
    import numpy as np

    from tools.discovery.archive import Archive


class Cells:
    """The elite of every cell: the OK member of highest score, the earliest of equals."""

    def __init__(self, tree: ConceptTree, niche: str) -> None:
        self._tree, self._niche = tree, niche
        self._elite: dict[Hashable, Member] = {}
        self.elites: list[int] = []  # ids, by the order in which the cells were first filled
        self._place: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self.elites)

    def cell(self, member: Member) -> Hashable:
        """Returns the cell of a member."""
        if self._niche == "concepts":
            return frozenset(v for v in member.concepts if self._tree.parent(v) == ROOT)
        return length(member).bit_length(), len(member.concepts).bit_length()

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        if member.score is None:
            return
        cell = self.cell(member)
        holder = self._elite.get(cell)
        if holder is None:
            self._place[cell] = len(self.elites)
            self.elites.append(member.id)
        elif holder.score is not None and holder.score >= member.score:
            return
        self._elite[cell] = member
        self.elites[self._place[cell]] = member.id


@dataclass(frozen=True)
class MapElites:
    """Uniform over the filled cells, from each its elite.

    Attributes:
        niche: `concepts`: the set of top-level concepts a program has; `size`: powers of two of
            its length in characters and of its number of concepts.
    """

    niche: Literal["concepts", "size"] = "concepts"
    name = "map-elites"

    def __post_init__(self) -> None:
        if self.niche not in ("concepts", "size"):
            raise BadInput(f"map-elites: niche = {self.niche!r}.", "One of concepts, size.")

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws a cell for each parent."""
        elites = archive.index(Cells, archive.tree, self.niche).elites
        if not elites:
            return sample(archive, rng, count)
        return distinct(
            lambda: elites[int(rng.random() * len(elites))], count, archive.eligible, rng
        )
