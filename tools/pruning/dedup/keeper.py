"""Which rows stay: greedy in a stated order, so that every row that goes has a twin that stays.

A row is removed exactly when a row before it in the order is *kept* and similar. It follows that
every duplicate group has a survivor (its first row in the order is similar to no kept row, or has
one standing for it), and that no removal rests on a row that is itself removed.

The rule of the released SemDeDup code removes a row that is similar to *any* earlier row, kept or
not: M_j = max_{i<j} S_ij > 1 - eps. Along a chain of neighbours it removes all but the ends. It is
here under the name `semdedup`, for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.dedup.pairs import BUDGET, Pairs, Rows, Search, TooManyPairs, best_of
from tools.pruning.dedup.progress import Checkpoints

Rule = Literal["greedy", "semdedup"]
OrderName = Literal["first", "highest", "lowest", "furthest", "nearest"]

_LEAST_BATCH = 4096  # this many rows can never have more pairs than the budget


@dataclass(frozen=True)
class Decisions:
    """What is kept, and why the rest goes.

    Attributes:
        kept: shape (n,).
        twin: the most similar kept row that decided a removal, int64, -1 for kept rows. Under the
            rule `semdedup` it may itself be removed.
        similarity: to the twin, NaN for kept rows.
    """

    kept: NDArray[np.bool_]
    twin: Rows
    similarity: NDArray[np.float64]

    @classmethod
    def all_kept(cls, size: int) -> Decisions:
        """Returns the decisions that keep everything; to be filled in."""
        return cls(np.ones(size, bool), np.full(size, -1, np.int64), np.full(size, np.nan))

    def group(self) -> Rows:
        """Returns for each row the kept row that stands for it; itself for kept rows.

        Under the rule `semdedup` it follows the twins to the end of the chain.
        """
        group = np.where(self.kept, np.arange(len(self.kept)), self.twin)
        while not np.array_equal(further := group[group], group):
            group = further
        return group


def make_order(
    name: OrderName,
    size: int,
    values: NDArray[np.float64] | None = None,
) -> Rows:
    """Returns all rows in the order in which the keeper meets them; equal values by row number.

    Args:
        name: `first` takes the rows as they are; `highest` and `lowest` sort by `values` (a
            priority or a score); `furthest` and `nearest` by `values` as the similarity of a row
            to the centroid of its cell.
        size: number of rows, n.
        values: finite, shape (n,); not needed for `first`.

    Raises:
        BadInput: if the values are missing or not finite.
    """
    if name == "first":
        return np.arange(size)
    if values is None:
        raise BadInput(f"The order '{name}' needs values to sort by.", "Name a column of numbers.")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise BadInput(f"Row {row} has the value {values[row]}, which has no place in an order.")
    falling = name in ("highest", "nearest")
    return np.argsort(-values if falling else values, kind="stable")


def decide(
    search: Search,
    order: Rows,
    *,
    rule: Rule = "greedy",
    budget: int = BUDGET,
    checkpoints: Checkpoints | None = None,
) -> Decisions:
    """Goes through the rows in an order and decides on each.

    All rows are looked at together when their similar pairs fit into memory. Otherwise they are
    taken in batches along the order: a batch is first held against the rows kept so far, then
    against itself, and only the second needs all pairs in memory. Batches shrink until they fit and
    grow again after, and a group of a million copies costs no more than its first few thousand. The
    outcome of the greedy rule does not depend on the batches, but for which of several kept rows is
    named as the twin.

    Args:
        search: finds the pairs.
        order: all rows 0 .. n - 1, first come first kept.
        rule: `greedy`, or that of the released SemDeDup code.
        budget: pairs held at a time.
        checkpoints: keeps the decisions after each batch.
    """
    if budget < _LEAST_BATCH**2 // 2:
        raise BadInput(f"A budget of {budget} pairs is too small for one batch of rows.")
    saved = checkpoints or Checkpoints(None)
    decisions = Decisions.all_kept(search.size)
    rank = np.empty(search.size, np.int64)
    rank[order] = np.arange(search.size)
    start, step = 0, max(search.size, 1)
    while start < search.size:
        batch = order[start : start + step]
        try:
            found = saved.arrays(
                f"decided-{start}-{len(batch)}",
                lambda start=start, batch=batch: _decide_batch(  # type: ignore[misc]
                    search, batch, order[:start], rank, decisions, rule, budget
                ),
            )
        except TooManyPairs:
            step = max(_LEAST_BATCH, len(batch) // 4)
            continue
        gone = found["rows"]
        decisions.kept[gone] = False
        decisions.twin[gone] = found["twin"]
        decisions.similarity[gone] = found["similarity"]
        start, step = start + len(batch), 2 * step
    return decisions


def _decide_batch(
    search: Search,
    batch: Rows,
    earlier: Rows,
    rank: Rows,
    before: Decisions,
    rule: Rule,
    budget: int,
) -> dict[str, NDArray[Any]]:
    """Returns the rows of a batch that go, their twins and the similarities."""
    against = earlier[before.kept[earlier]] if rule == "greedy" else earlier
    now = Decisions.all_kept(search.size)
    if len(against):
        for part in search.between(batch, against):
            _remove(now, part)
    rest = batch[now.kept[batch]] if rule == "greedy" else batch
    pairs = Pairs.join(search.within(rest), budget)
    inside = apply_rule(pairs, rank, rule)
    new = ~inside.kept & (now.kept | (inside.similarity > now.similarity))
    now.kept[new], now.twin[new] = False, inside.twin[new]
    now.similarity[new] = inside.similarity[new]
    gone = np.flatnonzero(~now.kept)
    return {"rows": gone, "twin": now.twin[gone], "similarity": now.similarity[gone]}


def apply_rule(pairs: Pairs, rank: Rows, rule: Rule = "greedy") -> Decisions:
    """Decides on rows whose similar pairs are all known.

    Args:
        pairs: each unordered pair once.
        rank: the place of each row in the order, shape (n,).
        rule: see the module.
    """
    decisions = Decisions.all_kept(len(rank))
    swapped = rank[pairs.left] > rank[pairs.right]
    first = np.where(swapped, pairs.right, pairs.left)
    later = np.where(swapped, pairs.left, pairs.right)
    deciding = np.ones(len(pairs), bool)
    if rule == "greedy":
        deciding = _kept_by_greed(first, later, rank)[first]
    _remove(decisions, Pairs(later, first, pairs.similarity).where(deciding))
    return decisions


def _kept_by_greed(first: Rows, later: Rows, rank: Rows) -> NDArray[np.bool_]:
    """Returns the rows that the greedy rule keeps; `first[i]` comes before `later[i]`."""
    kept = np.ones(len(rank), bool)
    if not len(first):
        return kept
    order = np.argsort(rank[first], kind="stable")
    first, later = first[order], later[order]
    starts = np.flatnonzero(np.r_[True, first[1:] != first[:-1]])
    ends = np.r_[starts[1:], len(first)]
    # One step for each row that has a later twin, in the order: its fate is settled by then.
    for row, low, high in zip(first[starts], starts, ends, strict=True):
        if kept[row]:
            kept[later[low:high]] = False
    return kept


def _remove(decisions: Decisions, pairs: Pairs) -> None:
    """Removes the left row of each pair for its most similar right row; ties by row number."""
    best = best_of(pairs)
    better = decisions.kept[best.left] | (best.similarity > decisions.similarity[best.left])
    best = best.where(better)
    decisions.kept[best.left] = False
    decisions.twin[best.left] = best.right
    decisions.similarity[best.left] = best.similarity


def with_copies(unique: Rows, original: Rows, decisions: Decisions, order: Rows) -> Decisions:
    """Extends decisions on distinct rows to their exact copies.

    A copy goes for its original where that is kept, and else for the original's twin, which is
    just as similar to the copy.

    Args:
        unique: the rows that were decided on, shape (m,), each the first of its copies in `order`.
        original: for each of the n rows, the unique row of the same content.
        decisions: on the m rows, numbered 0 .. m - 1.
        order: of all n rows; only its length is used.
    """
    full = Decisions.all_kept(len(order))
    full.kept[unique] = decisions.kept
    twins = decisions.twin >= 0
    full.twin[unique[twins]] = unique[decisions.twin[twins]]
    full.similarity[unique] = decisions.similarity
    copies = np.flatnonzero(original != np.arange(len(order)))
    source = original[copies]
    stays = full.kept[source]
    full.kept[copies] = False
    full.twin[copies] = np.where(stays, source, full.twin[source])
    full.similarity[copies] = np.where(stays, 1.0, full.similarity[source])
    return full
