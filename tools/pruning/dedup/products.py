"""Blocked matrix products that find the pairs of unit vectors above a cosine.

Most pairs are far apart, and a part of the coordinates is enough to see it. Rotate the vectors onto
the principal axes, keep the first h coordinates and the length t of what is left. By
Cauchy-Schwarz

    x . y <= sum_{k<=h} x_k y_k + t_x t_y,

so a product of h + 1 columns leaves no pair out. What passes it is computed in float64 from all
d coordinates. Nothing is lost; for a flat spectrum, d = 384 and a cosine of 0.9, h = 96 does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.pairs import TOLERANCE, Pairs, Rows

Vectors = NDArray[np.float32]

ROWS, COLUMNS = 512, 2048
"""The shape of one block of the product."""

_HEADS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_PRODUCT_NS, _SCAN_NS, _CHECK_NS = 0.022, 0.2, 2000.0
"""Measured on one core: a column of a product, looking at one, and computing one exactly."""
_SAMPLE = 1024  # rows of a group that are tried
_DENSE = 0.02  # share of a block above which one float64 product is faster than pair by pair
_DECIMALS = 12  # beyond these a cosine depends on the order of its sum
_CHECKED = 4096  # pairs whose vectors are gathered in float64 at a time


@dataclass
class Products:
    """The products of the rows of one set of unit vectors.

    Attributes:
        vectors: unit rows, shape (n, d); may be a memory map.
        head: what products are taken of, shape (n, h + 1), or `vectors` itself.
        device: where products are taken: "cpu" (NumPy) or a torch device.
    """

    vectors: Vectors
    head: Vectors
    device: str = "cpu"
    _on_device: Any = field(default=None, repr=False)

    @property
    def slack(self) -> float:
        """How far float32 may round a product of unit vectors down: (h + 3) 2^-23."""
        return float((self.head.shape[1] + 2) * 2.0**-23)

    def pairs(
        self, rows: Rows, others: Rows, threshold: float, *, upper: bool = False
    ) -> Iterator[Pairs]:
        """Yields the pairs of `rows` and `others` whose cosine reaches the threshold.

        Args:
            rows: left rows.
            others: right rows.
            upper: `rows` and `others` are equal, and each unordered pair is wanted once: only
                blocks on and above the diagonal are computed.
        """
        least = np.float32(threshold - TOLERANCE - self.slack)
        for top in range(0, len(rows), ROWS):
            mine = rows[top : top + ROWS]
            block = self._load(mine)
            for left in range(top if upper else 0, len(others), COLUMNS):
                theirs = others[left : left + COLUMNS]
                i, j = self._above(block, self._load(theirs), least)
                if upper:
                    above = left + j > top + i
                    i, j = i[above], j[above]
                if len(i) > _DENSE * len(mine) * len(theirs):
                    yield self._dense(mine, theirs, i, j, threshold)
                elif len(i):
                    found = Pairs(mine[i], theirs[j], self.similarity(mine[i], theirs[j]))
                    yield found.where(found.similarity >= threshold - TOLERANCE)

    def similarity(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """Returns cosines in float64, x . y / (|x| |y|), to twelve decimals, shape (m,)."""
        found = np.empty(len(left))
        for start in range(0, len(left), _CHECKED):
            part = slice(start, start + _CHECKED)
            x = self.vectors[left[part]].astype(np.float64)
            y = self.vectors[right[part]].astype(np.float64)
            lengths = np.sqrt(np.einsum("ij,ij->i", x, x) * np.einsum("ij,ij->i", y, y))
            found[part] = np.einsum("ij,ij->i", x, y) / lengths
        return found.round(_DECIMALS)

    def _dense(self, rows: Rows, others: Rows, i: Rows, j: Rows, threshold: float) -> Pairs:
        """Does what `similarity` does for the places i, j of a block by one product."""
        x, y = (self.vectors[part].astype(np.float64) for part in (rows, others))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        y /= np.linalg.norm(y, axis=1, keepdims=True)
        cosines = (x @ y.T)[i, j].round(_DECIMALS)
        above = cosines >= threshold - TOLERANCE
        return Pairs(rows[i[above]], others[j[above]], cosines[above])

    def _load(self, rows: Rows) -> Any:
        """Gathers rows where they are multiplied."""
        if self.device == "cpu":
            return self.head[rows]
        import torch

        if self._on_device is None:
            self._on_device = torch.from_numpy(np.ascontiguousarray(self.head)).to(self.device)
        return self._on_device[torch.from_numpy(rows).to(self.device)]

    def _above(self, a: Any, b: Any, least: np.float32) -> tuple[Rows, Rows]:
        """Returns the places of a product that reach a value."""
        if self.device == "cpu":
            # A flat search of the mask takes a fifth of the time of a two-dimensional one.
            flat = np.flatnonzero(np.matmul(a, b.T).ravel() >= least)
            i, j = np.divmod(flat, len(b))
            return i, j
        found = (a @ b.T >= float(least)).nonzero().cpu().numpy()
        return found[:, 0], found[:, 1]


def prepare(
    vectors: Vectors,
    threshold: float,
    groups: Sequence[Rows],
    make: Callable[[tuple[int, int]], Vectors],
    device: str = "cpu",
) -> Products:
    """Chooses how many coordinates to multiply, from what would be left to check.

    Args:
        vectors: unit rows, shape (n, d).
        threshold: least cosine.
        groups: samples of rows that will be multiplied with each other.
        make: gives the (n, h + 1) array to fill, in memory or in a file.
        device: where products are taken.
    """
    # Axes fit the rows they were computed from better than others, so those do not try them.
    axes = _principal_axes(vectors[np.concatenate([group[1::2] for group in groups])])
    count = _columns(vectors, axes, [group[::2] for group in groups], threshold)
    if count == vectors.shape[1]:
        return Products(vectors, vectors, device)
    head = make((len(vectors), count + 1))
    for start in range(0, len(vectors), ROWS):
        part = vectors[start : start + ROWS]
        head[start : start + ROWS] = _project(part, axes[:, :count])
    return Products(vectors, head, device)


def _principal_axes(sample: Vectors) -> Vectors:
    """Returns orthonormal axes, those of the largest second moments first, shape (d, d)."""
    x = sample.astype(np.float64)
    _, axes = np.linalg.eigh(x.T @ x)
    found: Vectors = np.ascontiguousarray(axes[:, ::-1], dtype=np.float32)
    return found


def _project(x: Vectors, axes: Vectors) -> Vectors:
    """Returns the head coordinates and the length of the rest, shape (b, h + 1)."""
    head = x @ axes
    lengths = np.einsum("ij,ij->i", x, x, dtype=np.float64)
    rest = lengths - np.einsum("ij,ij->i", head, head, dtype=np.float64)
    # Rounded up: the rest may only be taken for longer than it is.
    tail = np.sqrt(np.maximum(rest, 0.0) + 4e-7)
    found: Vectors = np.concatenate([head, tail[:, None].astype(np.float32)], axis=1)
    return found


def _columns(vectors: Vectors, axes: Vectors, groups: Sequence[Rows], threshold: float) -> int:
    """Returns how many head coordinates cost least, d when all of them do."""
    d = vectors.shape[1]
    best, least = d, _PRODUCT_NS * d + _SCAN_NS
    samples = []
    for group in groups:
        x = vectors[group[:_SAMPLE]]
        samples.append((x, x @ axes, int((x @ x.T >= threshold).sum())))
    for count in (h for h in _HEADS if h < d):
        passed = tried = 0
        for x, turned, real in samples:
            head = np.concatenate([turned[:, :count], _project(x, axes[:, :count])[:, -1:]], axis=1)
            # Real pairs have to be checked whatever the head.
            passed += int((head @ head.T >= threshold).sum()) - real
            tried += len(x) * (len(x) - 1)
        share = max(passed, 0) / max(tried, 1)
        cost = _PRODUCT_NS * (count + 1) + _SCAN_NS + _CHECK_NS * share
        if cost < least:
            best, least = count, cost
    return int(best)
