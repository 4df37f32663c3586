"""The registered experiments on data pruning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import datasets
from tools.experiment import Cost, Estimate, Result, experiment
from tools.pruning import harness
from tools.pruning.advise_experiment import advise
from tools.pruning.comparison import CompareParams, claims, figure, row_of
from tools.pruning.dedup_experiment import dedup
from tools.pruning.theory_experiment import theory

if TYPE_CHECKING:
    from tools.run import Run

__all__ = ["advise", "compare", "dedup", "theory"]

_BATCH = 64  # tools.pruning.train.BATCH; importing it would import torch


def estimate_cost(params: CompareParams) -> Cost:
    """Estimates a run's time from the optimiser steps it will take, on one core."""
    examples = datasets.train_size(params.dataset)
    steps_an_epoch = examples / _BATCH
    start, split, step, example_gradient = 2.5, 0.05, 0.00045, 8e-6  # seconds, measured
    trained = 1 + 2 * (params.keep if params.recipe == "equal_epochs" else 1.0)
    steps = steps_an_epoch * (params.networks * params.score_epochs + trained * params.epochs)
    gradients = examples * params.networks if params.score == "grand" else 0
    return Cost(start + params.seeds * (split + step * steps + example_gradient * gradients))


@experiment(
    "pruning.compare",
    paper=("paul2021", "kirsch2023"),
    claim="Training on the hardest half of the data, by a score read off a few networks early in"
    " training, is as good as training on all of it and better than training on a random half.",
    estimate=estimate_cost,
    resumable=True,
    examples=(
        "Compare EL2N with random pruning on the digits data",
        "Does throwing away the easy half of digits hurt?",
        "Is GraNd better than random if I keep 30 %?",
        "How much accuracy do I lose when I drop 70 percent of wine?",
        "Which half of the training set matters more, the hard or the easy one?",
        "Can I train on only the most difficult 20 % of the examples?",
        "Prune the breast cancer data by gradient norm and check it against a random subset",
        "Is the score at initialisation any good for choosing training data?",
        "Reproduce the data diet result on a small data set",
        "What happens to data pruning when 10 % of the labels are wrong?",
        "Keep the easiest 50 % of digits instead of the hardest and see what that does",
        "Do I really need all my training examples?",
        "Test whether pruning the training set by error norm costs accuracy, with 20 splits",
        "At how little data does picking hard examples lose to picking at random?",
        "Try a smaller training set selected by difficulty and compare with the full one",
        "Does the number of scoring networks matter? Run EL2N with a single network, keep 0.3",
        "Compare EL2N with random pruning on digits at equal epochs",
    ),
)
def compare(params: CompareParams, run: Run) -> Result:
    """Finds out whether a score picks training data better than chance and as good as all of it.

    For each random split three networks are trained from the same initial weights: on the full
    training part, on the part the score keeps, and on a random part of equal size. By the recipe
    `equal_steps` all three take the same number of optimiser steps on batches of the same size, as
    in the released code of Paul et al. (200 x 390 steps for every subset size). Only the data
    differ, and it follows that the accuracy gained says nothing of time saved. By `equal_epochs`
    each network sees its own part `epochs` times, so that small parts are trained for less time:
    the question of who prunes to save time, and `compute_saved` answers the other half of it.

    Scores come from other networks, trained for `score_epochs` on the same training part and
    averaged. The test part is never scored, selected on, or standardised with.

    Intervals are Student's t over splits, of paired differences where arms are compared. The
    splits overlap, so they describe new splits of this data set, not new data sets. With
    `label_noise` the training labels are wrong, those of the test part stay clean. More scores,
    more sizes and files of one's own are compared by `pruning.curves`.
    """
    from tools.pruning.arms import one_split
    from tools.pruning.train import one_thread

    data = datasets.load(params.dataset)
    with one_thread():
        rows = run.map(
            lambda index: row_of(params, one_split(params, run, data, index)),
            range(params.seeds),
            "comparing on random splits",
        )
    run.table("by_seed", rows)
    full, selected, random = (
        [float(row[f"accuracy_{arm}"]) for row in rows] for arm in ("full", params.score, "random")
    )
    run.figure("accuracy", figure(params, rows[0], full, selected, random))
    metrics: dict[str, Estimate | float] = {
        "accuracy_full": Estimate.of(full),
        f"accuracy_{params.score}": Estimate.of(selected),
        "accuracy_random": Estimate.of(random),
        "gain_over_random": Estimate.of([a - b for a, b in zip(selected, random, strict=True)]),
        "gain_over_full": Estimate.of([a - b for a, b in zip(selected, full, strict=True)]),
        "score_norm_correlation": Estimate.of([row["score_norm_correlation"] for row in rows]),
    }
    for size in ("kept_examples", "train_examples", "test_examples"):
        metrics[size] = Estimate(rows[0][size], unit="examples")
    if params.label_noise > 0:
        noise = [row["kept_mislabelled_fraction"] for row in rows]
        metrics["kept_mislabelled_fraction"] = Estimate.of(noise)
    if params.recipe == "equal_epochs":
        examples = rows[0]["train_examples"]
        metrics["compute_saved"] = harness.compute_saved(
            params, params.score, params.keep, examples
        )
        metrics["compute_saved_scores_at_hand"] = harness.compute_saved(
            params, "random", params.keep, examples
        )
    return Result(metrics, claims(params, full, selected, random))
