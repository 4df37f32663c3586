"""The registered experiments on sparse networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.experiment import Cost, Estimate, Result, experiment
from tools.sparsity import tickets
from tools.sparsity.comparison import SynflowParams, claims, flat, metrics, one_seed
from tools.sparsity.tickets import LotteryParams

if TYPE_CHECKING:
    from tools.run import Run

_BATCH = 64  # tools.sparsity.networks.BATCH; importing it would import torch


_ASKED_BY = (
    "synflow",
    "synaptic",
    "snip",
    "grasp",
    "spars",
    "compress",
    "layer",
    "weight",
    "lottery",
    "ticket",
    "rewind",
    "untrained",
    "initialis",
    "initializ",
    "neural network",
    "networks without",
    "connection",
)
"""Beginnings of words that tell pruning of networks from pruning of data."""


def estimate_synflow(params: SynflowParams) -> Cost:
    """Estimates a run's time from the rounds of scoring and the steps of training, on one core."""
    start, layer_round, layer_step, weight_step = 3.0, 1.2e-3, 2.5e-4, 4e-9  # seconds, measured
    layers = params.hidden + 1
    steps = params.epochs * max(1, params.train_size() // _BATCH)
    step = layers * (layer_step + weight_step * params.width**2)
    at_once = sum(1.5 if c <= 100 else 0.2 for c in params.compressions)  # cut ones do not train
    trainings = 1 + len(params.compressions) + at_once * (len(params.methods) - 1) / 2
    scoring = params.rounds * layers * layer_round * (len(params.compressions) + 1)
    return Cost(start + params.seeds * (trainings * steps * step + scoring))


@experiment(
    "sparsity.synflow",
    paper="tanaka2020",
    claim="Pruning a network at initialisation by iterated synaptic flow empties no layer before it"
    " must, conserves the flow from layer to layer, and leaves networks that still learn where"
    " single-shot scores cut them through.",
    estimate=estimate_synflow,
    resumable=True,
    asked_by=_ASKED_BY,
    examples=(
        "Prune a network at initialisation with SynFlow",
        "Does SynFlow avoid layer collapse?",
        "Compare SynFlow with SNIP, GraSP and magnitude pruning",
        "How far can a network be compressed before training?",
        "Is synaptic flow conserved from layer to layer?",
        "Prune neural networks without any data",
        "At which compression does magnitude pruning at initialisation collapse a layer?",
        "Check maximal critical compression of SynFlow",
        "Train a sparse network with one weight in a thousand left",
        "SynFlow on digits with compressions 10, 100 and 1000",
        "Which pruning at initialisation keeps most accuracy at 99 % sparsity?",
        "Does a single shot of SynFlow collapse where 100 rounds do not?",
        "Run SNIP and GraSP against random pruning on the wine data",
        "Prune an untrained network by connection sensitivity and see what is left",
    ),
)
def synflow(params: SynflowParams, run: Run) -> Result:
    """Finds out how far networks can be pruned before training until a layer collapses.

    For each seed one network is pruned at initialisation by every method to every compression, and
    what is left is trained, all from the same weights on the same batches. SynFlow prunes in many
    rounds and sees no data; the others prune once, SNIP and GraSP by one batch of 256 examples.

    A layer without weights, or a network without a path from input to output, cannot learn: it is
    not trained and counts with the accuracy of the most frequent class. The claims on layers are
    decided by counting weights, that on conservation by the largest relative difference between a
    layer's summed flow and the total, and that on learning by a paired interval over networks.
    """
    from tools.sparsity.figures import compression_figure
    from tools.sparsity.networks import one_thread

    with one_thread():
        rows = run.map(
            lambda index: one_seed(params, run, index), range(params.seeds), "pruning and training"
        )
    run.table("by_seed", flat(rows))
    run.figure("accuracy", compression_figure(params, rows))
    return Result(metrics(params, rows), claims(params, rows))


def estimate_lottery(params: LotteryParams) -> Cost:
    """Estimates a run's time from the steps of training, on one core."""
    start, step = 3.0, 1.05e-3  # seconds, measured
    steps = params.epochs * max(1, params.train_size() // _BATCH)
    rewound = max(0, steps - params.rewind)
    trained = (params.rounds + 1) * (steps + 2 * rewound) + 2 * params.rewind
    return Cost(start + params.seeds * step * trained)


@experiment(
    "sparsity.lottery",
    paper="paul2022lottery",
    claim="The training before the rewind point of a lottery ticket can be done on a small random"
    " part of the data.",
    estimate=estimate_lottery,
    resumable=True,
    asked_by=_ASKED_BY,
    examples=(
        "Find lottery tickets by iterative magnitude pruning with rewinding",
        "Lottery tickets on a data diet: is a tenth of the data enough before rewinding?",
        "Does rewinding matter for lottery tickets on digits?",
        "Compare rewinding to initialisation with rewinding after 100 steps",
        "Iterative magnitude pruning with 8 rounds on digits",
        "Can the pre-training before the rewind point use fewer examples?",
        "How sparse can a winning ticket be?",
        "Test the lottery ticket hypothesis on a small network",
        "Run lottery ticket pruning on breast cancer with rewinding to step 50",
        "Rewind weights to an early point in training and prune by magnitude",
        "Is a random subset good enough to find the rewind point of a ticket?",
        "Train, prune, rewind and repeat until two percent of the weights are left",
    ),
)
def lottery(params: LotteryParams, run: Run) -> Result:
    """Finds out whether the phase before a lottery ticket's rewind point can run on few examples.

    Tickets are found by iterative magnitude pruning with three rewind points: the initialisation,
    `rewind` steps on all of the training data, and as many steps on a small random part of it. All
    other training uses all of the data, the same batches for every ticket.

    Every ticket takes equally many steps: one rewound to step k trains from there to the end of
    the same training. The question only makes sense where rewinding matters. The first claim tests
    that; where it is not supported, the other stays inconclusive, whatever the accuracies.
    """
    from tools.plots import compare_arms
    from tools.sparsity.networks import one_thread

    with one_thread():
        rows = run.map(
            lambda index: tickets.one_seed(params, run, index),
            range(params.seeds),
            "finding tickets",
        )
    run.table("by_seed", rows)
    arms = {arm: [float(row[arm]) for row in rows] for arm in tickets.ARMS}
    run.figure(
        "tickets",
        compare_arms(
            {tickets.label(params, arm): values for arm, values in arms.items()},
            measure="test accuracy",
            title="Lottery tickets by where their weights are rewound to",
            subtitle=f"{100 * tickets.density(params):.3g} % of the weights left; rewound to step"
            f" {params.rewind}; gains are over the initialisation",
            gains={
                tickets.label(params, arm): [
                    x - y for x, y in zip(arms[arm], arms["initialisation"], strict=True)
                ]
                for arm in ("full", "part")
            },
        ),
    )
    found: dict[str, Estimate | float] = {
        f"accuracy_{arm}": Estimate.of(values) for arm, values in arms.items()
    }
    found["density"] = tickets.density(params)
    return Result(found, tickets.claims(params, arms))
