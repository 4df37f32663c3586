"""The three methods: from rows to decisions on them, and what the decisions rest on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.dedup import cells, exact, target
from tools.pruning.dedup.keeper import Decisions, decide, make_order, with_copies
from tools.pruning.dedup.lanes import OnRay, in_threads
from tools.pruning.dedup.minhash import NearSearch, signatures
from tools.pruning.dedup.pairs import Rows, Search
from tools.pruning.dedup.progress import Checkpoints
from tools.pruning.dedup.semantic import SemanticSearch
from tools.pruning.dedup.shingles import ShingleSets, batched, shingle_sets

if TYPE_CHECKING:
    from tools.pruning.dedup_experiment import DedupParams
    from tools.run import Run

THRESHOLDS = {"exact": 1.0, "near": 0.8, "semantic": 0.9}
MOST_RECALL = 0.999999
"""What MinHash can be asked for: it is never certain."""


@dataclass(frozen=True)
class Decided:
    """Decisions on all rows, with what they rest on.

    Attributes:
        decisions: on all n rows.
        threshold: the one asked for, or found for a size.
        search: on the unique rows; None for exact duplicates.
        unique: row of each row of the search.
        original: of each row, the unique row with the same content.
        facts: for the summary.
    """

    decisions: Decisions
    threshold: float
    search: Search | None
    unique: Rows
    original: Rows
    facts: dict[str, Any]

    def similarity(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """Computes similarities anew; rows of the same content have 1."""
        a, b = self.original[left], self.original[right]
        found = np.where(a == b, 1.0, np.nan)
        other = np.flatnonzero(a != b)
        if self.search is not None and len(other):
            place = np.full(len(self.original), -1, np.int64)
            place[self.unique] = np.arange(len(self.unique))
            found[other] = self.search.similarity(place[a[other]], place[b[other]])
        return found


def exactly(keys: NDArray[np.void], order: Rows) -> Decided:
    """Decides by equal keys."""
    original = exact.originals(keys, order)
    unique = np.flatnonzero(original == np.arange(len(original)))
    return Decided(exact.decide_exactly(original), 1.0, None, unique, original, {})


def near(
    params: DedupParams, run: Run, texts: list[str], values: NDArray[np.float64] | None
) -> Decided:
    """Decides on canonical texts by their shingles; `values` are what the order sorts by."""
    order = make_order(params.order, len(texts), values)
    original = exact.originals(exact.digests(text.encode() for text in texts), order)
    unique = np.flatnonzero(original == np.arange(len(texts)))
    blocks = run.progress(batched(texts[row] for row in unique), "shingling texts")
    sets = ShingleSets.join([shingle_sets(b, params.shingle, params.shingle_of) for b in blocks])
    signature = signatures(sets, run.rng("minhash"))
    recall = min(params.recall, MOST_RECALL)

    def search(threshold: float) -> Search:
        return NearSearch(sets, signature, threshold, recall=recall, progress=run.progress)

    threshold = params.threshold or THRESHOLDS["near"]
    decided = _decide(params, search, threshold, target.NEAR_FLOORS, unique, original, order, None)
    assert isinstance(decided.search, NearSearch)
    bands, rows = decided.search.bands
    return replace(decided, facts=decided.facts | {"bands": bands, "rows_a_band": rows})


def semantically(
    params: DedupParams,
    run: Run,
    vectors: NDArray[np.float32],
    values: NDArray[np.float64] | None,
    saved: Checkpoints,
) -> Decided:
    """Decides on unit vectors by their cosines; `values` are what the order sorts by."""
    if params.order in ("furthest", "nearest"):
        values = _central(vectors, run.rng("order"))
    order = make_order(params.order, len(vectors), values)
    original = exact.originals(exact.vector_keys(vectors), order)
    unique = np.flatnonzero(original == np.arange(len(vectors)))
    distinct = vectors if len(unique) == len(vectors) else vectors[unique]
    device = run.device
    lanes = OnRay() if params.ray else in_threads

    def search(threshold: float) -> Search:
        folder = saved.folder and saved.folder / f"at-{threshold:g}"
        return SemanticSearch(
            distinct,
            threshold,
            recall=params.recall,
            rng=run.rng,
            device=device,
            progress=run.progress,
            checkpoints=Checkpoints(folder),
            lanes=lanes,
        )

    threshold = params.threshold or THRESHOLDS["semantic"]
    floors = target.SEMANTIC_FLOORS
    decided = _decide(params, search, threshold, floors, unique, original, order, saved)
    used = decided.search
    assert isinstance(used, SemanticSearch)
    return replace(
        decided,
        facts=decided.facts
        | {
            "device": device,
            "columns": int(vectors.shape[1]),
            "columns_multiplied": int(used.products.head.shape[1]),
            "cells": used.cells.count if used.cells else 0,
            "visits_a_row": round(used.visits, 3),
            "recall_bound": round(used.calibration.recall_at_least(), 6),
        },
    )


def _central(vectors: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """Returns the cosine of each row with the centroid of its cell."""
    centroids = cells.train(vectors, cells.usual_count(len(vectors)), rng)
    found = cells.assign(vectors, centroids, slice(0, len(vectors)), reach=0.0)
    return found["central"].astype(np.float64)


def _decide(
    params: DedupParams,
    search: Callable[[float], Search],
    threshold: float,
    floors: tuple[float, ...],
    unique: Rows,
    original: Rows,
    order: Rows,
    saved: Checkpoints | None,
) -> Decided:
    """Decides on the distinct rows and extends that to their copies."""
    place = np.full(len(original), -1, np.int64)
    place[unique] = np.arange(len(unique))
    inner = place[order[place[order] >= 0]]
    if params.keep is None:
        made: Search = search(threshold)
        own = None if saved is None or saved.folder is None else saved.folder / "decisions"
        found = decide(made, inner, rule=params.rule, checkpoints=Checkpoints(own))
        decisions = with_copies(unique, original, found, order)
        return Decided(decisions, threshold, made, unique, original, {})
    wanted = _count(params.keep, len(original))
    if wanted >= len(unique):
        # Distinct rows all stay, and so do as many copies as are wanted.
        decisions = exact.decide_exactly(original)
        rank = np.argsort(order, kind="stable")
        removed = np.flatnonzero(~decisions.kept)
        back = removed[np.argsort(rank[removed])][: wanted - len(unique)]
        decisions.kept[back], decisions.twin[back], decisions.similarity[back] = True, -1, np.nan
        facts = {"asked_to_keep": wanted, "restored": len(back)}
        return Decided(decisions, 1.0, search(1.0), unique, original, facts)
    sized = target.decide_for_size(search, floors, inner, wanted, rule=params.rule)
    decisions = with_copies(unique, original, sized.decisions, order)
    facts = {"asked_to_keep": wanted, "restored": len(sized.restored)}
    return Decided(decisions, sized.threshold, sized.search, unique, original, facts)


def _count(keep: float, rows: int) -> int:
    """Returns the number of rows that a fraction or a number asks for."""
    wanted = max(1, int(keep * rows + 0.5)) if keep <= 1 else int(keep)
    if wanted > rows:
        raise BadInput(f"Cannot keep {wanted} of {rows} rows.", "Ask for fewer, or a fraction.")
    return wanted
