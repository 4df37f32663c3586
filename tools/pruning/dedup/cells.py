"""Cells: rows that are near each other, so that only those need to be compared.

Spherical k-means gives every row a cell, the one of the centroid c_i with the largest x . c_i. As
in SemDeDup (arXiv:2303.09540, section 3) pairs are looked for inside cells, and here also across
their borders. For a row x of cell i the distance to the border with cell j is

    m_ij(x) = (x . c_i - x . c_j) / |c_i - c_j| >= 0.

For x in cell i and y in cell j the two distances add up to (x - y) . (c_i - c_j) / |c_i - c_j|,
which is at most |x - y|. A pair with |x - y| <= delta = sqrt(2 - 2 threshold) therefore has one row
within delta / 2 of the other's cell. So let every row also *visit* the cells whose border is nearer
than `reach`, and compare natives with natives and with visitors: with reach = delta / 2 no pair is
missed, whatever the data. Real differences seldom point straight across a border, and a smaller
reach, chosen by `calibration`, finds all but a stated share of them at a fraction of the work.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.pairs import Rows
from tools.pruning.dedup.products import Vectors

_SAMPLES_A_CELL = 32
_PASSES = 6
_BLOCK_BYTES = 1 << 24  # of one block of products with all centroids
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Cells:
    """Which rows live in which cell, and which visit it.

    Attributes:
        native: cell of each row, shape (n,).
        central: cosine of each row with its own centroid, shape (n,).
        visitor: rows that visit, by the cell they visit, int32.
        starts: visitors of cell j are starts[j] : starts[j + 1].
        by_cell, cell_starts: rows by their own cell, in the same way.
    """

    native: NDArray[np.int32]
    central: NDArray[np.float32]
    visitor: NDArray[np.int32]
    starts: Rows
    by_cell: Rows
    cell_starts: Rows

    @property
    def count(self) -> int:
        """The number of cells, k."""
        return len(self.starts) - 1

    def natives(self, cell: int) -> Rows:
        """Returns the rows that live in a cell."""
        return self.by_cell[self.cell_starts[cell] : self.cell_starts[cell + 1]]

    def visitors(self, cell: int) -> Rows:
        """Returns the rows of other cells that are compared with those that live in this one."""
        return self.visitor[self.starts[cell] : self.starts[cell + 1]].astype(np.int64)


def usual_count(rows: int) -> int:
    """Returns a number of cells that costs little: about 2 sqrt(n)."""
    return max(1, round(2 * math.sqrt(rows)))


def train(vectors: Vectors, count: int, rng: np.random.Generator) -> Vectors:
    """Returns `count` unit centroids by spherical k-means on a sample, shape (k, d).

    Args:
        vectors: unit rows, shape (n, d).
        count: number of cells, 1 <= k <= n.
        rng: draws the sample; its first rows are the first centroids.
    """
    size = min(len(vectors), _SAMPLES_A_CELL * count)
    sample = vectors[rng.choice(len(vectors), size, replace=False)]
    centroids = sample[:count].copy()
    for _ in range(_PASSES):
        sums = np.zeros(centroids.shape, np.float64)
        members = np.zeros(count, np.int64)
        for part in _blocks(len(sample), count):
            nearest = (sample[part] @ centroids.T).argmax(axis=1)
            order = np.argsort(nearest, kind="stable")
            cells, starts = np.unique(nearest[order], return_index=True)
            sums[cells] += np.add.reduceat(sample[part][order], starts, axis=0)
            members[cells] += np.diff(np.r_[starts, len(order)])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # A cell without rows, or whose rows cancel, stays where it is.
        moved = (members > 0) & (lengths[:, 0] > 1e-6 * np.maximum(members, 1))
        centroids[moved] = (sums / np.where(lengths > 0, lengths, 1))[moved].astype(np.float32)
    return centroids


def distances(centroids: Vectors) -> Vectors:
    """Returns |c_i - c_j| for all pairs of centroids, shape (k, k)."""
    squares = 2 - 2 * (centroids @ centroids.T)
    np.fill_diagonal(squares, 0)
    found: Vectors = np.sqrt(np.maximum(squares, 0))
    return found


def assign(
    vectors: Vectors,
    centroids: Vectors,
    part: slice,
    reach: float,
    apart: Vectors | None = None,
) -> dict[str, Rows]:
    """Returns cell, cosine with its centroid, and visits of the rows of one part.

    Args:
        vectors: unit rows, shape (n, d).
        centroids: unit rows, shape (k, d).
        part: rows that are assigned.
        reach: distance to a border under which a row visits.
        apart: `distances(centroids)`, where they are known.
    """
    apart = distances(centroids) if apart is None else apart
    found = [
        _assigned(vectors[block], centroids, apart, reach, block.start)
        for block in _blocks(part.stop - part.start, len(centroids), part.start)
    ]
    return {name: np.concatenate([block[name] for block in found]) for name in found[0]}


def _assigned(
    rows: Vectors, centroids: Vectors, apart: Vectors, reach: float, first: int
) -> dict[str, NDArray[Any]]:
    """Does what `assign` does for one block; its products with all centroids are then forgotten."""
    scores = rows @ centroids.T
    cell = scores.argmax(axis=1)
    at = np.arange(len(cell))
    best = scores[at, cell]
    # In place, for these are the largest arrays beside the vectors.
    least = apart[cell]
    least *= np.float32(-reach)
    least += best[:, None]
    least -= np.float32(_ROUNDING)
    near = scores >= least
    near[at, cell] = False
    row, visited = np.divmod(np.flatnonzero(near.ravel()), len(centroids))
    return {
        "native": cell.astype(np.int32),
        "central": best,
        "visitor": (row + first).astype(np.int32),
        "visited": visited.astype(np.int32),
    }


def gather(parts: list[dict[str, Rows]], count: int) -> Cells:
    """Joins the parts of an assignment, by cell; takes the visits out of `parts` as it goes.

    Visits are the bulk: they are counted first and then put where they belong part by part, so
    that beside the parts only the result is held.
    """
    native = np.concatenate([part["native"] for part in parts])
    central = np.concatenate([part["central"] for part in parts])
    starts = np.zeros(count + 1, np.int64)
    for part in parts:
        starts[1:] += np.bincount(part["visited"], minlength=count)
    starts = starts.cumsum()
    visitor = np.empty(starts[-1], np.int32)
    filled = starts[:-1].copy()
    for part in parts:
        visited, rows = part.pop("visited"), part.pop("visitor")
        order = np.argsort(visited, kind="stable")
        here = np.bincount(visited, minlength=count)
        shift = np.repeat(filled - (here.cumsum() - here), here)
        visitor[np.arange(len(order)) + shift] = rows[order]
        filled += here
    by_cell = np.argsort(native, kind="stable")
    cell_starts = np.searchsorted(native[by_cell], np.arange(count + 1))
    return Cells(native, central, visitor, starts, by_cell, cell_starts)


def needed_reach(vectors: Vectors, centroids: Vectors, left: Rows, right: Rows) -> Vectors:
    """Returns the least reach at which each pair is found, shape (m,); 0 inside a cell."""
    apart = distances(centroids)
    found = np.zeros(len(left), np.float32)
    for block in _blocks(len(left), 2 * len(centroids)):
        x, y = vectors[left[block]] @ centroids.T, vectors[right[block]] @ centroids.T
        i, j = x.argmax(axis=1), y.argmax(axis=1)
        at = np.arange(len(i))
        gap = np.minimum(x[at, i] - x[at, j], y[at, j] - y[at, i])
        between = apart[i, j]
        found[block] = np.where(i == j, 0, gap / np.where(between > 0, between, 1))
    return found


def _blocks(size: int, columns: int, first: int = 0) -> Iterator[slice]:
    """Yields slices of rows whose products with all centroids stay small."""
    step = max(64, _BLOCK_BYTES // (4 * columns))
    for start in range(first, first + size, step):
        yield slice(start, min(start + step, first + size))
