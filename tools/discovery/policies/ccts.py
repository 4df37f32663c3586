"""Contrastive concept-tree search: parents whose concepts good programs have and bad ones lack.

After Leleu et al. (2026), arXiv:2602.03132. The loop and the family of models are the paper's; the
exact score and every constant here are ours (`tools.discovery.contrast`).
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tools.discovery.candidate import Member
from tools.discovery.concepts import ROOT, ConceptTree
from tools.discovery.contrast import Contrast, Part, Score, Split
from tools.discovery.lottery import Lottery, Schedule, distinct
from tools.discovery.policies.fitness import Moments, sample
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.archive import Archive


class Learned:
    """The split, the models fitted at the last renewal, and the lottery over all OK members."""

    def __init__(self, tree: ConceptTree, policy: CCTS) -> None:
        self._tree, self._policy = tree, policy
        self._split = Split(policy.gamma, policy.n_min)
        self._schedule = Schedule()
        self._moments = Moments()
        self._mean, self._spread = 0.0, 1.0  # of the scores at the last renewal
        self._scores = array("d")  # of OK members, in order
        self._concepts = array("q")  # of OK members, each led by the root
        self._starts = array("q")
        self.contrast = Contrast(self._split, tree, policy.score)
        self.lottery = Lottery()

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        self._split.add(member)
        self._moments.add(member)
        everyone = self._policy.top is None
        if member.score is not None and everyone:
            self._scores.append(member.score)
            self._starts.append(len(self._concepts))
            self._concepts.append(ROOT)
            self._concepts.extend(member.concepts)
            self.lottery.append(member.id, self.exponent(member.concepts, member.score))
        if self._schedule.step():
            self.contrast = Contrast(self._split, self._tree, self._policy.score)
            self._mean, self._spread = self._moments.mean, self._moments.spread
            if everyone and self._scores:
                self.lottery.renew(self._exponents())

    def exponent(self, concepts: frozenset[int], score: float) -> float:
        """Returns (s(b) + beta z(y)) / tau of one program."""
        z = (score - self._mean) / self._spread
        return (self.contrast.score(concepts) + self._policy.fitness * z) / self._policy.tau

    def _exponents(self) -> NDArray[np.float64]:
        concepts = np.frombuffer(self._concepts, dtype=np.int64)
        s = self.contrast.score_all(concepts, np.frombuffer(self._starts, dtype=np.int64))
        z = (np.frombuffer(self._scores) - self._mean) / self._spread
        return np.asarray((s + self._policy.fitness * z) / self._policy.tau, dtype=np.float64)


@dataclass(frozen=True)
class CCTS:
    """P(i) = epsilon / n + (1 - epsilon) softmax_i((s(b_i) + beta z_i) / tau).

    s is the concept score, z the score in units of the archive's standard deviation.
    Models, mean and deviation are those of the last renewal (`lottery.Schedule`), at most 2 % ago.
    Until `warmup` members are in, parents are drawn uniformly. All defaults are ours.

    Attributes:
        part, presence_only, size_normalised, alpha: which concept score (`contrast.Score`).
        gamma: fraction of the members that counts as high, 0 < gamma < 1.
        n_min: least number of members in the high set, at least 1.
        epsilon: share of uniform exploration, 0 .. 1.
        tau: temperature, > 0.
        fitness: weight beta of the score itself, at least 0.
        top: only the so many best by score may be chosen by softmax; None: every OK member.
        warmup: members before the model is used.
    """

    part: Part = "full"
    presence_only: bool = False
    size_normalised: bool = False
    alpha: float = 1.0
    gamma: float = 0.25
    n_min: int = 3
    epsilon: float = 0.1
    tau: float = 0.5
    fitness: float = 1.0
    top: int | None = None
    warmup: int = 10

    def __post_init__(self) -> None:
        _ = self.score  # checks its own part of the options
        allowed = {
            "gamma": 0 < self.gamma < 1,
            "n_min": self.n_min >= 1,
            "epsilon": 0 <= self.epsilon <= 1,
            "tau": self.tau > 0 and math.isfinite(self.tau),
            "fitness": self.fitness >= 0 and math.isfinite(self.fitness),
            "top": self.top is None or self.top >= 1,
            "warmup": self.warmup >= 0,
        }
        for option, fits in allowed.items():
            if not fits:
                raise BadInput(
                    f"ccts: {option} = {getattr(self, option)} is out of range.",
                    "0 < gamma < 1, n_min >= 1, 0 <= epsilon <= 1, tau > 0, fitness >= 0,"
                    " top >= 1 or none, warmup >= 0.",
                )

    @property
    def name(self) -> str:
        """`ccts`, or the name of the ablation."""
        return "ccts" if self.part == "full" else self.part

    @property
    def score(self) -> Score:
        """The concept score."""
        return Score(self.part, self.presence_only, self.size_normalised, self.alpha)

    def select(self, archive: Archive, rng: np.random.Generator, count: int) -> tuple[int, ...]:
        """Draws by concepts."""
        learned = archive.index(Learned, archive.tree, self)
        if len(archive) < self.warmup or not archive.ok:
            return sample(archive, rng, count)
        lottery = learned.lottery if self.top is None else self._among_best(archive, learned)

        def draw() -> int:
            if rng.random() < self.epsilon:
                return archive.eligible[int(rng.random() * len(archive.eligible))].id
            return lottery.draw(rng)

        return distinct(draw, count, archive.eligible, rng)

    def _among_best(self, archive: Archive, learned: Learned) -> Lottery:
        """Returns a lottery over the best `top` members only."""
        members = [archive.members[id] for id in archive.top(self.top or 1)]
        exponents = [learned.exponent(m.concepts, m.score or 0.0) for m in members]
        lottery = Lottery()
        for member, exponent in zip(members, exponents, strict=True):
            lottery.append(member.id, exponent)
        lottery.renew(np.array(exponents))
        return lottery
