"""The products a search is made of, in parts that can be carried out anywhere in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.cells import Cells
from tools.pruning.dedup.pairs import BUDGET, Pairs, Rows, TooManyPairs, best_of, stacked
from tools.pruning.dedup.products import ROWS, Products

Block = tuple[Rows, Rows, bool]
"""Left rows, right rows, and whether the two are equal and only half is wanted."""

_PRODUCTS = 1 << 28  # in one part, the unit of progress and of resuming: a few seconds


class Work(Protocol):
    """Products to be taken, by number."""

    def cost(self) -> NDArray[np.int64]:
        """Returns how many pairs each numbered item compares."""
        ...

    def blocks(self, item: int) -> Iterator[Block]:
        """Yields the products of one item."""
        ...


@dataclass(frozen=True)
class AllPairs:
    """All pairs of rows, or of rows with others; item t is the t-th strip of rows.

    Attributes:
        rows: left rows.
        others: right rows, or None to compare `rows` among themselves.
    """

    rows: Rows
    others: Rows | None

    def cost(self) -> NDArray[np.int64]:
        """Returns how many pairs each item compares."""
        tops = np.arange(0, len(self.rows), ROWS)
        mine = np.minimum(ROWS, len(self.rows) - tops)
        theirs = len(self.rows) - tops if self.others is None else np.int64(len(self.others))
        found: NDArray[np.int64] = (mine * theirs).astype(np.int64)
        return found

    def blocks(self, item: int) -> Iterator[Block]:
        """Yields the product of one strip."""
        top = item * ROWS
        mine = self.rows[top : top + ROWS]
        if self.others is not None:
            yield mine, self.others, False
            return
        yield mine, mine, True
        if len(rest := self.rows[top + ROWS :]):
            yield mine, rest, False


@dataclass(frozen=True)
class InCells:
    """Natives of each cell with each other and with its visitors; an item is a cell.

    Attributes:
        cells: who lives where.
        mine: mask of the left rows, shape (n,).
        others: mask of the right rows, or None to compare the left rows among themselves.
    """

    cells: Cells
    mine: NDArray[np.bool_]
    others: NDArray[np.bool_] | None

    def cost(self) -> NDArray[np.int64]:
        """Returns how many pairs each cell compares at most."""
        natives, visitors = np.diff(self.cells.cell_starts), np.diff(self.cells.starts)
        found: NDArray[np.int64] = natives * (natives // 2 + visitors) + 1
        return found

    def blocks(self, item: int) -> Iterator[Block]:
        """Yields the products of one cell."""
        natives, visitors = self.cells.natives(item), self.cells.visitors(item)
        mine, visiting = natives[self.mine[natives]], visitors[self.mine[visitors]]
        if self.others is None:
            yield mine, mine, True
            yield mine, visiting, False
            return
        theirs = natives[self.others[natives]]
        yield mine, np.concatenate([theirs, visitors[self.others[visitors]]]), False
        yield visiting, theirs, False


@dataclass(frozen=True)
class Find:
    """Finds the pairs of some items; an object of plain arrays, so that it can travel.

    Attributes:
        products: takes them.
        threshold: least cosine.
        work: what is to be done.
        best_only: keep only the most similar right row of each left row.
    """

    products: Products
    threshold: float
    work: Work
    best_only: bool

    def __call__(self, items: Rows) -> Pairs:
        """Returns the pairs of these items.

        Raises:
            TooManyPairs: if they do not fit into memory.
        """
        found, count = [Pairs.none()], 0
        for item in items:
            for rows, others, upper in self.work.blocks(int(item)):
                for part in self.products.pairs(rows, others, self.threshold, upper=upper):
                    kept = best_of(part) if self.best_only else part
                    found.append(kept)
                    count += len(kept)
                    if count > BUDGET:
                        raise TooManyPairs
        return stacked(found)


def divided(work: Work) -> list[Rows]:
    """Divides items into parts of about equal cost."""
    total = np.cumsum(work.cost())
    label = (total - 1) // _PRODUCTS if len(total) else total
    cuts = np.flatnonzero(np.diff(label)) + 1
    return [part for part in np.split(np.arange(len(total)), cuts) if len(part)]
