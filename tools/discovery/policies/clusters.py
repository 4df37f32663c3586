"""FunSearch's choice within one island: clusters of equal score, an annealed temperature.

Romera-Paredes et al. (2024), Nature 625, 468, Methods ("Programs database"). There a cluster is a
signature of scores on several inputs; a candidate here has one score, which is its signature.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tools.discovery.candidate import Member
from tools.discovery.lottery import distinct
from tools.discovery.policies.fitness import Moments, sample
from tools.discovery.ranking import SortedKeys
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.archive import Archive

_CLUSTERS = 64  # the best so many clusters, and the shortest so many programs of one, are
_PROGRAMS = 64  # considered; below them a weight is too small to matter, and the cost stays flat


def length(member: Member) -> int:
    """Returns the length of a program: characters in all its files."""
    return sum(map(len, member.candidate.files.values()))


class ScoreClusters:
    """OK members by score; within a cluster the shortest first."""

    def __init__(self) -> None:
        self.moments = Moments()
        self._members: dict[float, SortedKeys[tuple[int, int]]] = {}
        self._order: SortedKeys[float] = SortedKeys()  # negative scores

    def __len__(self) -> int:
        return len(self._members)

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        if member.score is None:
            return
        self.moments.add(member)
        if member.score not in self._members:
            self._members[member.score] = SortedKeys()
            self._order.add(-member.score)
        self._members[member.score].add((length(member), member.id))

    def best(self) -> list[float]:
        """Returns the scores of the best clusters, best first."""
        return [-key for key in self._order.first(_CLUSTERS)]

    def shortest(self, score: float) -> list[tuple[int, int]]:
        """Returns (length, id) of a cluster's programs, shortest first."""
        return self._members[score].first(_PROGRAMS)


@dataclass(frozen=True)
class Clusters:
    """A cluster by its score, then a program by its length.

    P(cluster c) ~ exp(z_c / T) with T = temperature (1 - (n mod period) / period), n the number of
    OK members and z the score in standard units; P(program) ~ exp(-l / program_temperature) with
    l = (length - shortest) / (longest + 1e-6) within the cluster. The published code uses raw
    scores, temperature 0.1 and period 30,000; standard units make one default fit all problems.

    Attributes:
        temperature: at the start of each period, > 0.
        period: OK members until the temperature starts anew, at least 1.
        program_temperature: of the length, > 0.
    """

    temperature: float = 0.5
    period: int = 1000
    program_temperature: float = 1.0
    name = "clusters"

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and self.program_temperature > 0 and self.period >= 1):
            raise BadInput(
                f"clusters: temperature {self.temperature}, program_temperature"
                f" {self.program_temperature}, period {self.period}.",
                "Temperatures lie above 0, the period is at least 1.",
            )

    def temperature_at(self, count: int) -> float:
        """Returns T when `count` members are OK."""
        return self.temperature * (1 - (count % self.period) / self.period)

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws a cluster and a program of it, for each parent."""
        clusters = archive.index(ScoreClusters)
        if not len(clusters):
            return sample(archive, rng, count)
        scores = clusters.best()
        scale = clusters.moments.spread * self.temperature_at(clusters.moments.count)
        cluster = _cumulative([score / scale for score in scores])

        def draw() -> int:
            programs = clusters.shortest(scores[_pick(cluster, rng)])
            if len(programs) == 1:
                return programs[0][1]
            low, high = programs[0][0], programs[-1][0]
            unit = (high + 1e-6) * self.program_temperature
            return programs[_pick(_cumulative([(low - size) / unit for size, _ in programs]), rng)][
                1
            ]

        return distinct(draw, count, archive.eligible, rng)


def _cumulative(exponents: Sequence[float]) -> list[float]:
    """Returns running sums of exp(exponent), scaled so that nothing overflows."""
    top, total, sums = max(exponents), 0.0, []
    for exponent in exponents:
        total += math.exp(exponent - top)
        sums.append(total)
    return sums


def _pick(sums: Sequence[float], rng: np.random.Generator) -> int:
    """Returns a place with probability proportional to its step in the running sums."""
    point = rng.random() * sums[-1]
    return next((i for i, value in enumerate(sums) if value > point), len(sums) - 1)
