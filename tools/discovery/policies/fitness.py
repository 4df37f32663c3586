"""Policies that look at the score alone: uniform, greedy, k-elites, softmax."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tools.discovery.candidate import Member
from tools.discovery.lottery import Lottery, Schedule, distinct
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.archive import Archive


def sample(archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
    """Draws different eligible members uniformly."""
    pool = archive.eligible
    return distinct(lambda: pool[int(rng.random() * len(pool))].id, count, pool, rng)


@dataclass(frozen=True)
class Uniform:
    """Every eligible member is as likely as any other."""

    name = "uniform"

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws uniformly."""
        return sample(archive, rng, count)


@dataclass(frozen=True)
class Greedy:
    """The best, always; further parents are the next best."""

    name = "greedy"

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Takes the first `count` of the ranking."""
        return tuple(archive.top(count)) or sample(archive, rng, count)


@dataclass(frozen=True)
class Elites:
    """Uniform among the k best.

    Attributes:
        k: how many, at least 1; a request for more parents than k widens it.
    """

    k: int = 5
    name = "k-elites"

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BadInput(f"k-elites: k = {self.k}.", "Give a whole number of at least 1.")

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws uniformly from the first k of the ranking."""
        top = archive.top(max(self.k, count))
        if not top:
            return sample(archive, rng, count)
        if count == 1:
            return (top[int(rng.random() * len(top))],)
        return tuple(int(i) for i in rng.permutation(top)[:count])


class Moments:
    """Mean and spread of the scores of all OK members (Welford's recurrence)."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        if member.score is None:
            return
        self.count += 1
        gap = member.score - self.mean
        self.mean += gap / self.count
        self._squares += gap * (member.score - self.mean)

    @property
    def spread(self) -> float:
        """The standard deviation; 1 while all scores are equal, for every z is 0 then."""
        variance = self._squares / self.count if self.count else 0.0
        return math.sqrt(variance) or 1.0


class FitnessLottery:
    """Members with weights exp(z / temperature), z the score in standard units."""

    def __init__(self, temperature: float) -> None:
        self._temperature = temperature
        self._moments = Moments()
        self._scores = array("d")
        self._schedule = Schedule()
        self._scale = 1.0
        self.lottery = Lottery()

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        if member.score is None:
            return
        self._moments.add(member)
        self._scores.append(member.score)
        self.lottery.append(member.id, member.score * self._scale)
        if self._schedule.step():
            self._scale = 1.0 / (self._moments.spread * self._temperature)
            self.lottery.renew(np.frombuffer(self._scores) * self._scale)


@dataclass(frozen=True)
class Softmax:
    """P(i) proportional to exp(z_i / T), z the score in units of the archive's standard deviation.

    Mean and deviation are those of the last renewal (`lottery.Schedule`), at most 2 % ago.

    Attributes:
        temperature: T > 0; towards 0 it is greedy, towards infinity uniform.
    """

    temperature: float = 0.3
    name = "softmax"

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise BadInput(f"softmax: temperature = {self.temperature}.", "Give a number above 0.")

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws by fitness."""
        lottery = archive.index(FitnessLottery, self.temperature).lottery
        if not lottery:
            return sample(archive, rng, count)
        return distinct(lambda: lottery.draw(rng), count, archive.eligible, rng)
