"""From a file to the outcome of `pruning.dedup`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.claims import Claim
from tools.pruning.dedup import audit, exact, methods
from tools.pruning.dedup.keeper import make_order
from tools.pruning.dedup.methods import Decided
from tools.pruning.dedup.progress import Checkpoints, fingerprint
from tools.pruning.dedup.semantic import SemanticSearch

if TYPE_CHECKING:
    from tools.pruning.dedup_experiment import DedupParams
    from tools.pruning.frames import Frame
    from tools.run import Run

_SHOWN, _EXCERPT = 5, 160


@dataclass(frozen=True)
class Outcome:
    """What a run leaves.

    Attributes:
        decisions: the audit table as a Parquet file.
        summary: counts and facts, JSON values.
        claims: about this data.
        metrics: beyond the counts.
    """

    decisions: bytes
    summary: dict[str, Any]
    claims: list[Claim]
    metrics: dict[str, float] = field(default_factory=dict)


def on_a_file(params: DedupParams, run: Run) -> Outcome:
    """Removes the duplicates of a file or folder."""
    from tools.pruning.frames import open_frame

    path = Path(params.file)
    frame = open_frame(path)
    saved = Checkpoints(run.folder / "checkpoints")
    prints = [fingerprint(path)]
    if params.embedding.endswith(".npy") and Path(params.embedding).exists():
        prints.append(fingerprint(Path(params.embedding)))
    saved.same_input({"inputs": prints})
    values = frame.numbers(params.order_column) if params.order_column else None
    if params.method == "semantic":
        decided = _semantic(params, run, frame, values, saved)
    elif params.method == "near":
        decided = methods.near(params, run, list(_canonical_texts(frame, params)), values)
    else:
        keys = exact.digests(run.progress(_contents(frame, params), "reading", total=frame.size))
        decided = methods.exactly(keys, make_order(params.order, frame.size, values))
    facts = {"input": str(path), "kind": frame.kind, "examples": _examples(frame, params, decided)}
    if params.write_kept:
        kept = run.folder / f"kept{frame.suffix}"
        frame.keep(decided.decisions.kept, kept)
        facts["kept_file"] = kept.name
    names = {"path": list(frame.values("path"))} if "path" in frame.columns else None
    outcome = outcome_of(params, decided, facts, promises(params, decided, "In this file"), names)
    # What was only kept for a resume may be as large as the data.
    saved.clear()
    return outcome


def outcome_of(
    params: DedupParams,
    decided: Decided,
    facts: Mapping[str, Any],
    claims: list[Claim],
    names: Mapping[str, list[str]] | None = None,
) -> Outcome:
    """Puts decisions into a table and a summary; `names` are further columns of the table."""
    copies = len(decided.original) - len(decided.unique)
    told = {
        "method": params.method,
        "order": params.order,
        "rule": params.rule,
        "exact_copies": copies,
        **decided.facts,
        **facts,
    }
    summary = audit.summary(decided.decisions, decided.threshold, told)
    table = audit.as_parquet(audit.table(decided.decisions, names))
    return Outcome(table, summary, claims, {"exact_copies": float(copies)})


def promises(params: DedupParams, decided: Decided, where: str) -> list[Claim]:
    """Returns the claims that hold of any data."""
    decisions = decided.decisions
    removed = np.flatnonzero(~decisions.kept)
    again = decided.similarity(removed, decisions.twin[removed])
    claims = [
        Claim(
            f"{where}, every removed row has a kept twin with a similarity of at least"
            f" {decided.threshold:.6g}.",
            audit.every_removal_has_a_kept_twin(decisions, again, decided.threshold),
        )
    ]
    if isinstance(decided.search, SemanticSearch):
        target_recall = params.recall
        claims.append(
            Claim(
                f"{where}, the search finds at least {100 * target_recall:g} % of the pairs at"
                " the threshold.",
                audit.recall_reached(decided.search.calibration, target_recall),
            )
        )
    return claims


def _semantic(
    params: DedupParams,
    run: Run,
    frame: Frame,
    values: NDArray[np.float64] | None,
    saved: Checkpoints,
) -> Decided:
    from tools.pruning.vectors import unit_vectors

    vectors = unit_vectors(
        frame,
        source=params.embedding,
        column=params.column,
        model=params.embedding_model,
        folder=run.folder / "checkpoints",
        progress=run.progress,
    )
    return methods.semantically(params, run, vectors, values, saved)


# -- what is read and shown ----------------------------------------------------------------------


def _canonical_texts(frame: Frame, params: DedupParams) -> Iterator[str]:
    from tools.pruning.vectors import text_column

    for text in frame.texts(text_column(frame, params.column)):
        yield exact.canonical(text)


def _contents(frame: Frame, params: DedupParams) -> Iterator[bytes]:
    """Yields what makes two rows the same: one column's text, or the whole row."""
    from tools.pruning.frames.folders import TextFolder

    column = params.column or ("text" if isinstance(frame, TextFolder) else "")
    if column and isinstance(next(frame.values(frame.has(column))), str):
        for text in frame.texts(column):
            yield exact.canonical(text).encode()
    else:
        yield from frame.contents(column)


def _examples(frame: Frame, params: DedupParams, decided: Decided) -> list[dict[str, Any]]:
    """Returns the removals nearest to the threshold, with what their rows say."""
    from tools.pruning.frames.frame import TEXT_COLUMNS

    rows = audit.closest_calls(decided.decisions, _SHOWN)
    twins = decided.decisions.twin[rows]
    column = params.column or frame.guess(TEXT_COLUMNS) or frame.guess(("path",))
    said: dict[int, str] = {}
    if column is not None:
        wanted = {*rows.tolist(), *twins.tolist()}
        for row, value in enumerate(frame.values(column)):
            if row in wanted and isinstance(value, str):
                said[row] = " ".join(value.split())[:_EXCERPT]
    return [
        {
            "row": int(row),
            "twin": int(twin),
            "similarity": float(decided.decisions.similarity[row]),
            "says": said.get(int(row), ""),
            "twin_says": said.get(int(twin), ""),
        }
        for row, twin in zip(rows, twins, strict=True)
    ]
