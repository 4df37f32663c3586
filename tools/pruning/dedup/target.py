"""Keeping a given number of rows: the threshold is found, and the number is met exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tools.errors import BadInput
from tools.pruning.dedup.keeper import Decisions, Rule, apply_rule
from tools.pruning.dedup.pairs import BUDGET, Pairs, Rows, Search, TooManyPairs

SEMANTIC_FLOORS = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
NEAR_FLOORS = (0.8, 0.6, 0.45, 0.3)


@dataclass(frozen=True)
class Sized:
    """Decisions that keep a given number of rows.

    Attributes:
        decisions: on all rows.
        threshold: every removed row reaches this similarity with its twin.
        restored: rows the threshold would remove and that stay to meet the number.
        search: the search that found the pairs.
    """

    decisions: Decisions
    threshold: float
    restored: Rows
    search: Search


def decide_for_size(
    new_search: Callable[[float], Search],
    floors: Sequence[float],
    order: Rows,
    count: int,
    *,
    rule: Rule = "greedy",
    budget: int = BUDGET,
    exactly: bool = True,
) -> Sized:
    """Keeps exactly `count` rows, removing the most similar ones.

    Pairs are searched at one floor after another until removing all of them would keep too few.
    Among their similarities the threshold is found by bisection, each step a whole decision. At
    the threshold the rows are few enough; those least similar to their twins are put back until
    the number is met, which leaves every other removal justified.

    Args:
        new_search: makes the search at a threshold.
        floors: thresholds to try, falling.
        order: all rows, first come first kept.
        count: rows to keep, 1 <= count <= n.
        rule: see `keeper`.
        budget: pairs held at a time.
        exactly: where False and the lowest floor keeps more rows, those are kept.

    Raises:
        BadInput: if the lowest floor keeps more rows than asked for, or the pairs do not fit into
            memory.
    """
    if not 1 <= count <= len(order):
        raise BadInput(f"Cannot keep {count} of {len(order)} rows.", "Ask for a number in between.")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    kept = len(order)
    for floor in floors:
        search = new_search(floor)
        try:
            pairs = Pairs.join(search.within(np.arange(len(order))), budget)
        except TooManyPairs:
            raise BadInput(
                f"Keeping {count} of {len(order)} rows needs more than {budget} pairs, at "
                f"similarities under {floor:g} and up.",
                "Remove with a threshold first, or keep more.",
            ) from None
        decisions = apply_rule(pairs, rank, rule)
        kept = int(decisions.kept.sum())
        if kept <= count:
            return _restored(pairs, rank, rule, count, search)
    if not exactly:
        return Sized(decisions, floors[-1], np.empty(0, np.int64), search)
    raise BadInput(
        f"Cannot keep as few as {count} rows: even a similarity of {floors[-1]:g} removes only "
        f"{len(order) - kept} and keeps {kept}.",
        "Rows that differ more are no duplicates; keep more, or choose by a score.",
    )


def _restored(pairs: Pairs, rank: Rows, rule: Rule, count: int, search: Search) -> Sized:
    """Finds the highest threshold that keeps few enough, and puts rows back."""
    values = np.unique(pairs.similarity)
    low, high = 0, len(values)  # removing at values[low] keeps few enough, at values[high] too many
    decisions = apply_rule(pairs, rank, rule)
    while len(values) and high - low > 1:
        middle = (low + high) // 2
        tried = apply_rule(pairs.where(pairs.similarity >= values[middle]), rank, rule)
        if tried.kept.sum() <= count:
            low, decisions = middle, tried
        else:
            high = middle
    removed = np.flatnonzero(~decisions.kept)
    spare = count - int(decisions.kept.sum())
    back = removed[np.lexsort((rank[removed], decisions.similarity[removed]))][:spare]
    decisions.kept[back] = True
    decisions.twin[back], decisions.similarity[back] = -1, np.nan
    threshold = float(values[low]) if len(values) else 1.0
    return Sized(decisions, threshold, np.sort(back), search)
