"""`pruning.curves`: many scores at many sizes against chance, with what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tools import datasets
from tools.experiment import Cost, Estimate, Result, experiment
from tools.pruning import costs, harness
from tools.pruning.extent import Extent, glance
from tools.pruning.harness import CurvesParams
from tools.pruning.names import CHOICES, NO_LABELS

if TYPE_CHECKING:
    from tools.run import Run

_SPLIT = 0.05  # seconds to split the data and to standardise them


def estimate_cost(params: CurvesParams) -> Cost:
    """Estimates a run's time from the optimiser steps and clusterings of a split, on one core."""
    if params.file:
        extent = glance(Path(params.file))
        rows = (1 - datasets.TEST_FRACTION) * extent.rows
    else:
        data = datasets.DESCRIPTIONS[params.dataset]
        extent = Extent(data.examples, data.features, array=True)
        rows = float(datasets.train_size(params.dataset))
    columns = extent.columns
    scores, keeps = params.scores(), params.keeps()
    sizes = keeps if params.recipe == "equal_epochs" else [1.0] * len(keeps)
    # All of the data, and at each size a random part and what every score keeps.
    trained = params.epochs * (1 + sum(sizes) * (1 + len(scores)))
    a_split = _SPLIT + costs.training(rows, columns, trained)
    for score in scores:
        if score in CHOICES:
            a_split += len(keeps) * costs.choosing(score, rows, columns)
        elif score in NO_LABELS:
            a_split += params.networks * costs.clustering(rows, columns)
        else:
            seen = rows * (costs.MEMORIZED if score == "memorization" else 1.0)
            member = costs.training(seen, columns, params.score_epochs)
            a_split += params.networks * (member + costs.scoring(score, rows))
    return Cost(costs.START + costs.reading(extent) + params.seeds * a_split)


@experiment(
    "pruning.curves",
    paper=("paul2021", "kirsch2023", "sorscher2022"),
    claim="Scores of difficulty pick better training data than chance while enough is kept, and"
    " worse below a crossover; GraNd at initialisation never does.",
    estimate=estimate_cost,
    resumable=True,
    asked_by=("curve", "fractions", "methods", "over fraction", "compute saved", "sweep"),
    examples=(
        "Draw accuracy against the fraction kept for several pruning scores",
        "Plot pruning curves of EL2N and GraNd over fractions",
        "At which fraction kept does EL2N cross random? Draw the curve",
        "Benchmark all pruning scores against chance on breast cancer",
        "Pruning curves on my file train.csv with label column species",
        "Which pruning method is best at which size? Make a grid",
        "Sweep methods and fractions with confidence intervals",
        "How much compute does pruning save, method by method?",
        "Draw pruning curves of forgetting events, memorisation and margin",
        "Grid of D4, SemDeDup and density-based pruning against random parts",
        "Find the crossover between hard examples and random ones on digits",
        "Pruning curves with equal steps instead of equal epochs",
        "Sweep the fractions 0.8, 0.4 and 0.1 for prototypes",
    ),
)
def curves(params: CurvesParams, run: Run) -> Result:
    """Draws accuracy over the fraction kept for many pruning scores, each against chance.

    For each random split and each cell, a score at a size, a network is trained on what the score
    keeps and one on a random part of the same size, from the same initial weights. By the recipe
    `equal_epochs` each network sees its own part `epochs` times, so small parts are trained for
    less time, as someone who prunes to save time would; by `equal_steps` all take as many steps as
    training on everything. On digits the crossover depends on it: with little training the hardest
    fifth loses to chance, with much it does not.

    Intervals are Student's t over splits, of paired differences for the gains. With many cells a
    few of 95 % intervals miss by chance; each claim is judged by itself.

    `compute_saved` is the share of the full training's optimiser steps that pruning spares, after
    those of the scoring networks; `saved_scores_at_hand` leaves these out.
    """
    from tools.pruning.arms import SplitResult, one_split
    from tools.pruning.train import one_thread

    data = harness.load(params)
    with one_thread():
        found = run.map(
            lambda index: one_split(params, run, data, index).as_json(),
            range(params.seeds),
            "comparing on random splits",
        )
    splits = [SplitResult.from_json(values) for values in found]
    grid = harness.cells(params, splits)
    full = [split.full for split in splits]
    run.table("by_method_and_fraction", harness.table(params, grid, splits[0].train_examples))
    run.table(
        "by_seed",
        [
            {"split": s.index, "full": s.full}
            | {f"{c.score}_at_{c.keep:g}": c.selected for c in s.cells}
            | {f"random_at_{c.keep:g}": c.random for c in s.cells}
            for s in splits
        ],
    )
    run.figure("curves", harness.figure(params, grid, full))
    metrics: dict[str, Estimate | float] = {"accuracy_full": Estimate.of(full)}
    for keep in params.keeps():
        by_chance = next(cell.random for cell in grid if cell.keep == keep)
        metrics[f"accuracy_random_at_{keep:g}"] = Estimate.of(by_chance)
    for cell in grid:
        metrics[f"accuracy_{cell.score}_at_{cell.keep:g}"] = Estimate.of(cell.selected)
        metrics[f"gain_{cell.score}_at_{cell.keep:g}"] = Estimate.of(cell.gains)
    metrics["train_examples"] = Estimate(splits[0].train_examples, unit="examples")
    return Result(metrics, harness.claims(params, grid))
