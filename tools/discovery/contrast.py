"""What good programs have that bad ones lack: two concept models and their likelihood ratio.

The family of models is that of contrastive concept-tree search (Leleu et al. 2026, arXiv
2602.03132): a hierarchical Bernoulli model over concepts fitted to the high and to the low scoring
programs, combined as in a tree-structured Parzen estimator. The factorisation, smoothing and all
constants are ours; the paper's were not available to us.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush, heappushpop
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tools.discovery.candidate import Member
from tools.discovery.concepts import ROOT, ConceptTree
from tools.errors import BadInput

Part = Literal["full", "numerator only", "denominator only", "avoid only", "seek only"]
PARTS: tuple[Part, ...] = get_args(Part)

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Which score is formed from the two models, with b_v = 1 if a program has concept v.

        theta_v^S = (n_v^S + alpha) / (n_pa(v)^S + 2 alpha)           S = H (high), L (low)
        log p_S(b) = sum over v with b_pa(v) = 1 of
                     b_v log theta_v^S + (1 - b_v) log(1 - theta_v^S)
        s(b) = log p_H(b) - log p_L(b)

    n_v^S counts the programs of S that have v; every program has the root. Only children of active
    concepts contribute, so a subtree that a program never entered is neutral.

    Attributes:
        part: `full` is s(b). Ablations: `numerator only` is log p_H, what good programs look like;
            `denominator only` is -log p_L, unlike bad programs; `avoid only` keeps of s(b) the
            terms of concepts with theta^H < theta^L, `seek only` those with theta^H > theta^L.
        presence_only: drops the terms of absent concepts (b_v = 0).
        size_normalised: divides by the number of terms, which grows with the program.
        alpha: pseudo-count of the Beta(alpha, alpha) prior, > 0.
    """

    part: Part = "full"
    presence_only: bool = False
    size_normalised: bool = False
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if self.part not in PARTS:
            raise BadInput(f"There is no part {self.part!r} of the score.", f"One of {PARTS}.")
        if not (self.alpha > 0 and math.isfinite(self.alpha)):
            raise BadInput(f"alpha = {self.alpha} is no pseudo-count.", "Give a number above 0.")


class Split:
    """The archive in two: H holds the best, L the rest, failures included.

    |H| = max(n_min, ceil(gamma n)), but never more than have succeeded. Equal scores: the earlier
    is the better. Concepts are counted as members cross the boundary, O(log n) for each new one.
    """

    def __init__(self, gamma: float, n_min: int) -> None:
        """Makes an empty split.

        Args:
            gamma: fraction of all members that counts as high, 0 < gamma < 1.
            n_min: least size of H.
        """
        self._gamma, self._n_min = gamma, n_min
        self._high: list[tuple[float, int]] = []  # (score, -id): the worst on top
        self._low: list[tuple[float, int]] = []  # (-score, id): the best on top
        self._concepts: list[frozenset[int]] = []
        self._ok = 0
        self._with: tuple[list[int], list[int]] = ([], [])  # members with each concept in H, L

    @property
    def sizes(self) -> tuple[int, int]:
        """(|H|, |L|)."""
        return len(self._high), len(self._low)

    def counts(self) -> tuple[Vector, Vector]:
        """Returns for each concept the number of members that have it in H and in L.

        Shape (largest id seen + 1,) each; at the root's place stands the size of the side.
        """
        high, low = (np.array([0, *side[1:]], dtype=np.float64) for side in self._with)
        high[ROOT], low[ROOT] = self.sizes
        return high, low

    def add(self, member: Member) -> None:
        """Takes in the next member."""
        id = len(self._concepts)
        self._concepts.append(member.concepts)
        if member.concepts and (grown := 1 + max(member.concepts) - len(self._with[0])) > 0:
            for side in self._with:
                side.extend([0] * grown)
        if member.score is None:
            heappush(self._low, (math.inf, id))
            self._count(1, id, 1)
        else:
            self._ok += 1
            dropped = heappushpop(self._high, (member.score, -id))
            self._count(0, id, 1)
            self._move(-dropped[1], source=0)
            heappush(self._low, (-dropped[0], -dropped[1]))
        wanted = max(self._n_min, math.ceil(self._gamma * len(self._concepts)))
        # n grows by one, so H grows by at most one: nothing ever has to be moved back.
        while len(self._high) < min(wanted, self._ok):
            score, id = heappop(self._low)
            heappush(self._high, (-score, -id))
            self._move(id, source=1)

    def _move(self, id: int, source: int) -> None:
        self._count(source, id, -1)
        self._count(1 - source, id, 1)

    def _count(self, side: int, id: int, step: int) -> None:
        counts = self._with[side]
        for concept in self._concepts[id]:
            counts[concept] += step


class Contrast:
    """The two models at one moment, as a linear function of a program's concepts.

    Because a program's concepts are closed under ancestors, s(b) is a constant (the root's weight)
    plus a weight for every concept it has: its own term, and those of its children as if absent.
    """

    def __init__(self, split: Split, tree: ConceptTree, score: Score) -> None:
        """Fits both models and forms the weights of a score. Concepts no member has are left out.

        Args:
            split: what is fitted.
            tree: parents of the concepts.
            score: which score.
        """
        high, low = split.counts()
        seen = (high + low) > 0
        seen[:1] = False  # the root is always there and has no term
        parents = np.array(tree.parents[: len(high)], dtype=np.intp)
        self._score = score
        self._ids = np.flatnonzero(seen)
        self._parents = parents[self._ids]
        alpha = score.alpha
        self.theta_high, self.theta_low = (
            (side[self._ids] + alpha) / (side[self._parents] + 2 * alpha) for side in (high, low)
        )
        present, absent, kept = self._terms()
        count = len(high)
        self.weights = np.zeros(max(count, 1))
        self.weights[self._ids] = present - absent
        np.add.at(self.weights, self._parents, absent)
        self.terms = np.zeros(max(count, 1))  # number of terms that each concept brings in
        np.add.at(self.terms, self._ids if score.presence_only else self._parents, kept)

    def _terms(self) -> tuple[Vector, Vector, Vector]:
        """Returns each concept's term if present, if absent, and whether it counts (1.0 or 0.0)."""
        part, high, low = self._score.part, self.theta_high, self.theta_low
        use_high = 0.0 if part == "denominator only" else 1.0
        use_low = 0.0 if part == "numerator only" else 1.0
        present = use_high * np.log(high) - use_low * np.log(low)
        absent = use_high * np.log1p(-high) - use_low * np.log1p(-low)
        if self._score.presence_only:
            absent = np.zeros_like(absent)
        kept = np.ones_like(high)
        if part == "avoid only":
            kept = (high < low).astype(np.float64)
        elif part == "seek only":
            kept = (high > low).astype(np.float64)
        return present * kept, absent * kept, kept

    def ratio(self) -> dict[int, float]:
        """Returns log(theta^H / theta^L) of each concept: above 0 where the good have it more."""
        values = np.log(self.theta_high / self.theta_low)
        return {int(v): float(x) for v, x in zip(self._ids, values, strict=True)}

    def score(self, concepts: Iterable[int]) -> float:
        """Returns the score of a program with these concepts; concepts not yet seen are neutral."""
        total, terms = float(self.weights[ROOT]), float(self.terms[ROOT])
        known = len(self.weights)
        for v in concepts:
            if v < known:
                total += self.weights.item(v)
                terms += self.terms.item(v)
        return total / max(terms, 1.0) if self._score.size_normalised else total

    def score_all(self, concepts: NDArray[np.intp], starts: NDArray[np.intp]) -> Vector:
        """Returns the scores of many programs at once.

        Args:
            concepts: the concepts of all programs, one program after another, each led by the root.
            starts: where each program begins, shape (n,).

        Returns:
            Shape (n,).
        """
        inside = np.minimum(concepts, len(self.weights))
        total = np.add.reduceat(np.append(self.weights, 0.0)[inside], starts)
        if not self._score.size_normalised:
            return np.asarray(total, dtype=np.float64)
        terms = np.add.reduceat(np.append(self.terms, 0.0)[inside], starts)
        return np.asarray(total / np.maximum(terms, 1.0), dtype=np.float64)
