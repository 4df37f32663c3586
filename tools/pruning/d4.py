"""SemDeDup and D4 as choices of a given size: what is said twice goes first.

SemDeDup: Abbas et al. (2023), arXiv:2303.09540, section 3, with the greedy keeper of
`tools.pruning.dedup`, so that every row that goes has a kept twin. D4: Tirumala et al. (2023),
arXiv:2308.12284, section 3.4: remove semantic duplicates, cluster what is left anew (the
duplicates would pull centroids towards themselves), and prune the most prototypical.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.keeper import make_order
from tools.pruning.dedup.progress import Progress, silent
from tools.pruning.dedup.semantic import SemanticSearch
from tools.pruning.dedup.target import SEMANTIC_FLOORS, decide_for_size
from tools.pruning.prototypes import Vectors, spherical_kmeans, usual_count

DISTINCT = 0.75
"""Share of the rows that the first stage of D4 leaves, as its authors fixed it."""

Rng = Callable[[str], np.random.Generator]


@dataclass(frozen=True)
class Chosen:
    """A choice of rows and what it rests on.

    Attributes:
        kept: bool, shape (n,).
        score: distance to the centroid, shape (n,); of the last clustering a row took part in.
        duplicate: rows that went for a more distant, kept twin, bool, shape (n,).
        threshold: the least cosine of such a pair.
    """

    kept: NDArray[np.bool_]
    score: NDArray[np.float64]
    duplicate: NDArray[np.bool_]
    threshold: float


def semdedup(
    vectors: Vectors,
    count: int,
    rng: Rng,
    *,
    clusters: int | None = None,
    exactly: bool = True,
    progress: Progress = silent,
) -> Chosen:
    """Keeps exactly `count` rows, removing the most similar ones; of two the further one stays.

    Args:
        vectors: unit rows, shape (n, d).
        count: rows to keep.
        rng: makes a generator of that name, as `Run.rng` does.
        clusters: for the order; about sqrt(n) unless given.
        exactly: where False, rows that differ much stay even if they are more than `count`.
        progress: shows it.

    Raises:
        BadInput: if so few can be kept only by calling rows duplicates that differ much.
    """
    size = len(vectors)
    found = spherical_kmeans(vectors, min(size, clusters or usual_count(size)), rng("clusters"))
    score = found.distances()
    if count == size:
        return Chosen(np.ones(size, bool), score, np.zeros(size, bool), 1.0)

    def search(threshold: float) -> SemanticSearch:
        return SemanticSearch(vectors, threshold, rng=rng, progress=progress)

    order = make_order("furthest", size, found.cosine)
    sized = decide_for_size(search, SEMANTIC_FLOORS, order, count, exactly=exactly)
    kept = sized.decisions.kept
    return Chosen(kept, score, ~kept, sized.threshold)


def d4(
    vectors: Vectors,
    count: int,
    rng: Rng,
    *,
    clusters: int | None = None,
    distinct: float = DISTINCT,
    progress: Progress = silent,
) -> Chosen:
    """Keeps exactly `count` rows: distinct ones first, then those far from the new centroids.

    Args:
        vectors: unit rows, shape (n, d).
        count: rows to keep. Where it is more than distinct * n, the first stage goes down to it
            by itself, as `semdedup` does, if there are so many duplicates.
        rng: makes a generator of that name.
        clusters: in both stages; about sqrt of the rows unless given.
        distinct: share of the rows that the first stage leaves, 0 < distinct <= 1; more where
            the rows differ too much to be duplicates.
        progress: shows it.
    """
    first = max(count, int(distinct * len(vectors) + 0.5))
    begun = semdedup(vectors, first, rng, clusters=clusters, exactly=False, progress=progress)
    rest = np.flatnonzero(begun.kept)
    again = spherical_kmeans(
        vectors[rest], min(len(rest), clusters or usual_count(len(rest))), rng("clusters again")
    )
    score = begun.score.copy()
    score[rest] = again.distances()
    chosen = rest[np.argsort(-score[rest], kind="stable")[:count]]
    kept = np.zeros(len(vectors), bool)
    kept[chosen] = True
    return Chosen(kept, score, begun.duplicate, begun.threshold)
