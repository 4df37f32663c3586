"""Self-supervised prototypes: hard is what lies far from every cluster's centre.

Sorscher et al. (2022), arXiv:2206.14486, section 6: embed, cluster by k-means, and take the
distance to the nearest centroid for the difficulty. No label is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput

Vectors = NDArray[np.float32]

ROUNDS = 50
_PRODUCTS = 1 << 23  # float32 products with all centroids held at a time


@dataclass(frozen=True)
class Clusters:
    """Rows grouped around unit centroids.

    Attributes:
        centroids: unit rows, float32, shape (k, d).
        cell: of each row, the centroid with the largest cosine; ties to the lower, shape (n,).
        cosine: of each row with its own centroid, float64, shape (n,).
        converged: whether the last round left every row where it was.
    """

    centroids: Vectors
    cell: NDArray[np.int64]
    cosine: NDArray[np.float64]
    converged: bool

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows in each cell, shape (k,)."""
        return np.bincount(self.cell, minlength=len(self.centroids))

    def distances(self) -> NDArray[np.float64]:
        """Returns 1 - cosine with the own centroid, shape (n,), 0 .. 2: high is hard.

        |x - c|^2 = 2 (1 - x . c) for unit vectors, so Euclid's distance gives the same ranking.
        """
        return 1.0 - self.cosine


def usual_count(rows: int) -> int:
    """Returns a number of clusters for n rows: about sqrt(n), at least 1.

    Sorscher et al. found a decade either way to make little difference.
    """
    return max(1, round(math.sqrt(rows)))


def spherical_kmeans(
    vectors: Vectors,
    count: int,
    rng: np.random.Generator,
    *,
    rounds: int = ROUNDS,
    before_round: Callable[[], None] = lambda: None,
) -> Clusters:
    """Clusters unit vectors by their cosine: each centroid is the direction of its rows' sum.

    The mean cosine to the own centroid never falls from round to round. A cluster that lost all its
    rows starts again at the row that is furthest from its centroid.

    Args:
        vectors: unit rows, shape (n, d).
        count: number of clusters, 1 <= k <= n.
        rng: draws the rows that are the first centroids.
        rounds: most rounds.
        before_round: called before each; raise from it to stop.

    Raises:
        BadInput: if there are not that many rows.
    """
    if not 1 <= count <= len(vectors):
        raise BadInput(
            f"{len(vectors)} rows cannot make {count} clusters.",
            f"Ask for 1 to {len(vectors)}.",
        )
    centroids = vectors[rng.choice(len(vectors), count, replace=False)].copy()
    cell, cosine = _nearest(vectors, centroids)
    for _ in range(rounds):
        before_round()
        centroids = _moved(vectors, centroids, cell, cosine)
        new, cosine = _nearest(vectors, centroids)
        if np.array_equal(new, cell):
            return Clusters(centroids, new, cosine, True)
        cell = new
    return Clusters(centroids, cell, cosine, False)


def _moved(
    vectors: Vectors, centroids: Vectors, cell: NDArray[np.int64], cosine: NDArray[np.float64]
) -> Vectors:
    order = np.argsort(cell, kind="stable")
    cells, starts = np.unique(cell[order], return_index=True)
    sums = np.zeros(centroids.shape, np.float64)
    ends = np.r_[starts[1:], len(order)]
    for j, low, high in zip(cells, starts, ends, strict=True):
        sums[j] = vectors[order[low:high]].sum(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(sums, axis=1)
    moved = centroids.copy()
    good = lengths > 1e-9  # rows that cancel leave their centroid where it is
    moved[good] = sums[good] / lengths[good, None]
    empty = np.setdiff1d(np.arange(len(centroids)), cells)
    if len(empty):
        moved[empty] = vectors[np.argsort(cosine, kind="stable")[: len(empty)]]
    return moved


def _nearest(vectors: Vectors, centroids: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    cell, cosine = np.empty(len(vectors), np.int64), np.empty(len(vectors))
    for part in _blocks(len(vectors), len(centroids)):
        products = vectors[part] @ centroids.T
        cell[part] = products.argmax(axis=1)
        # Again in double: near its centroid a row's distance is all rounding in single precision.
        own = centroids[cell[part]].astype(np.float64)
        x = vectors[part].astype(np.float64)
        lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(own, axis=1)
        cosine[part] = np.clip(np.einsum("ij,ij->i", x, own) / lengths, -1.0, 1.0)
    return cell, cosine


def _blocks(size: int, columns: int) -> Iterator[slice]:
    step = max(64, _PRODUCTS // max(columns, 1))
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))
