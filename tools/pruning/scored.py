"""From examples to the outcome of `pruning.score`: scores, decisions, claims and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tools import datasets
from tools.claims import Check, Claim, greater, verified_exactly
from tools.errors import BadInput
from tools.experiment import Estimate
from tools.pruning import labelled, score_files, scores, scoring, select
from tools.pruning.dedup.progress import Checkpoints, fingerprint
from tools.pruning.device import usable
from tools.pruning.names import CHOICES, NO_LABELS, TITLES
from tools.pruning.scores.agreement import needed_correlation
from tools.pruning.train import one_thread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.pruning.score_experiment import ScoreParams
    from tools.run import Run

RELIABLE = 0.8
"""Reliability from which a ranking is called reliable, the usual bar of test theory."""


@dataclass(frozen=True)
class Outcome:
    """What a run leaves.

    Attributes:
        table: a line for each row, as a Parquet file.
        summary: counts and facts, JSON values.
        metrics: measured numbers.
        claims: about these scores.
        figure: where the scores lie.
    """

    table: bytes
    summary: dict[str, Any]
    metrics: dict[str, Estimate | float]
    claims: list[Claim]
    figure: Figure


@dataclass(frozen=True)
class Examples:
    """What is scored: `inputs` ready for training, labels, and the names of the classes."""

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    where: str
    facts: Mapping[str, Any]


def on_examples(params: ScoreParams, run: Run) -> Outcome:
    """Scores a file, or a data set that comes with the program."""
    # Clusterings are NumPy's; networks go where the run's device is, if nobody says otherwise.
    device = "cpu" if params.score in NO_LABELS else usable(params.device, run.device)
    saved = Checkpoints(run.folder / "checkpoints")
    examples = _examples(params, run, saved)
    examples = replace(examples, facts={**examples.facts, "device": device})
    count = select.target_count(len(examples.labels), params.keep)
    try:
        with one_thread():
            score, kept, reason, correlations = _scored(params, run, examples, count, saved, device)
    except torch.OutOfMemoryError as error:
        raise BadInput(
            f"{device} has no room for {len(examples.inputs)} rows of"
            f" {examples.inputs.shape[1]} numbers and their scores.",
            "Set device = cpu.",
        ) from error
    outcome = _outcome(params, examples, score, kept, reason, correlations, count)
    saved.clear()
    return outcome


def _examples(params: ScoreParams, run: Run, saved: Checkpoints) -> Examples:
    if not params.file:
        data = datasets.load(params.dataset)
        scaled = data.description.scale is not None
        inputs = data.inputs if scaled else labelled.standardised(data.inputs)
        names = tuple(map(str, range(data.classes)))
        where = params.dataset.replace("_", " ")
        return Examples(inputs, data.labels, names, where, {"input": params.dataset})
    path = Path(params.file)
    if path.exists():
        saved.same_input({"input": fingerprint(path)})
    read = labelled.read(
        path,
        label=params.label,
        features=params.features,
        embedding=params.embedding,
        needs_label=params.score not in NO_LABELS,
        folder=run.folder / "checkpoints",
        progress=run.progress,
    )
    # Directions of embeddings mean something as they are; columns of different units do not.
    as_they_are = params.score in NO_LABELS and len(read.columns) == 1
    inputs = read.inputs if as_they_are else labelled.standardised(read.inputs)
    facts = {
        "input": str(path),
        "kind": read.frame.kind,
        "label": read.label,
        "columns": list(read.columns),
    }
    return Examples(inputs, read.labels, read.classes, path.name, facts)


def _scored(
    params: ScoreParams, run: Run, examples: Examples, count: int, saved: Checkpoints, device: str
) -> tuple[Tensor, NDArray[np.bool_], NDArray[np.str_], list[float]]:
    """Returns scores, what is kept, why the rest went, and correlations of separate networks."""
    if params.score in CHOICES:
        vectors = scoring.unit(examples.inputs)
        chosen = scoring.choose(params.score, vectors, count, run.rng, run.stop_if_cancelled)
        reason = np.where(chosen.duplicate, "duplicate", "prototypical")
        return torch.from_numpy(chosen.score), chosen.kept, reason, []
    labels = torch.from_numpy(examples.labels)
    scorer = scoring.Scorer(
        params.score,
        torch.from_numpy(examples.inputs).to(device),
        labels.to(device),
        len(examples.classes),
        params.networks,
        params.score_epochs,
        run.seed_for,
        params.checkpoints,
        run.stop_if_cancelled,
    )
    members = [
        torch.from_numpy(
            saved.arrays(
                f"member-{index}",
                lambda index=index: {"score": scorer.member(index).numpy()},  # type: ignore[misc]
            )["score"]
        )
        for index in run.progress(range(params.networks), f"scoring by {TITLES[params.score]}")
    ]
    score = scorer.together(members)
    indices = select.select_by_score(
        score,
        count,
        params.difficulty,
        skip=params.noise_window,
        classes=labels,
        balance=params.balance,
    )
    kept = np.zeros(len(score), bool)
    kept[indices.numpy()] = True
    # What memorisation is made of says right or wrong, which does not rank.
    pairs = [] if params.score == "memorization" else list(zip(members[::2], members[1::2]))  # noqa: B905
    correlations = [scores.rank_correlation(a, b) for a, b in pairs]
    skipped = int(params.noise_window * len(score) + 0.5)
    reason = np.full(len(score), "score", dtype="<U12")
    reason[score.argsort(descending=True, stable=True)[:skipped].numpy()] = "skipped"
    return score, kept, reason, correlations


def _outcome(
    params: ScoreParams,
    examples: Examples,
    score: Tensor,
    kept: NDArray[np.bool_],
    reason: NDArray[np.str_],
    correlations: list[float],
    count: int,
) -> Outcome:
    values = score.numpy()
    names = np.array(examples.classes)[examples.labels] if len(examples.classes) > 1 else None
    by_class = {
        name: {
            "rows": int((examples.labels == c).sum()),
            "kept": int((kept & (examples.labels == c)).sum()),
        }
        for c, name in enumerate(examples.classes)
        if names is not None
    }
    summary = {
        **examples.facts,
        "score": params.score,
        "difficulty": params.difficulty,
        "rows": len(values),
        "kept": int(kept.sum()),
        "removed": int((~kept).sum()),
        "lowest_kept_score": float(values[kept].min()),
        "highest_kept_score": float(values[kept].max()),
        "hardest": [int(i) for i in np.argsort(-values, kind="stable")[:10]],
        "easiest": [int(i) for i in np.argsort(values, kind="stable")[:10]],
        "classes": by_class,
    }
    metrics: dict[str, Estimate | float] = {"score": Estimate.of(values.tolist())}
    claims = [_size_claim(params, examples, values, kept, count)]
    if correlations:
        networks = params.networks
        # Scores that are all equal have no ranks, and a correlation that is not a number.
        if np.isfinite(correlations).all():
            agreement = Estimate.of(correlations)
            metrics["rank_correlation_of_two"] = agreement
            metrics["reliability"] = scores.reliability(agreement.mean, networks)
        claims.append(_reliability_claim(params, examples, correlations))
    table = score_files.table(values, kept, reason, names)
    picture = score_files.figure(TITLES[params.score], examples.where, values, kept)
    return Outcome(table, summary, metrics, claims, picture)


def _size_claim(
    params: ScoreParams,
    examples: Examples,
    values: NDArray[np.float64],
    kept: NDArray[np.bool_],
    count: int,
) -> Claim:
    window = "" if params.score in CHOICES or params.balance else f", the {params.difficulty} part"
    text = (
        f"Of {examples.where} exactly {count} of {len(values)} rows are kept"
        f" by {TITLES[params.score]}{window}."
    )
    found = {"kept": int(kept.sum()), "asked": count}
    return Claim(
        text, verified_exactly(found, lambda d: _as_asked(params, values, kept, d), evidence=found)
    )


def _as_asked(
    params: ScoreParams, values: NDArray[np.float64], kept: NDArray[np.bool_], data: dict[str, int]
) -> tuple[bool, str]:
    """Tells whether the number is met and no row that went belongs into the window."""
    if data["kept"] != data["asked"]:
        return False, f"{data['kept']} rows are kept, {data['asked']} were asked for"
    misplaced = 0
    if params.score not in CHOICES and not params.balance and not kept.all():
        inside, outside = values[kept], values[~kept]
        above = int((outside > inside.max()).sum())
        below = int((outside < inside.min()).sum())
        between = int(((outside > inside.min()) & (outside < inside.max())).sum())
        skipped = int(params.noise_window * len(values) + 0.5)
        misplaced = between
        if params.difficulty == "hard":
            misplaced += max(0, above - skipped)
        elif params.difficulty == "easy":
            misplaced += below
    return not misplaced, f"{data['kept']} rows are kept; {misplaced} that went belong among them"


def _reliability_claim(params: ScoreParams, examples: Examples, correlations: list[float]) -> Claim:
    bar = needed_correlation(RELIABLE, params.networks)
    check: Check = greater(correlations, [0.0] * len(correlations), paired=True, margin=bar)
    made_by = "clusterings" if params.score == "prototypes" else "networks"
    return Claim(
        f"On {examples.where} the {TITLES[params.score]} score averaged over {params.networks}"
        f" {made_by} is reliable: two such averages would correlate in rank by {RELIABLE:g} or"
        f" more, as they do when two {made_by} correlate by more than {bar:.3g}.",
        check,
    )
