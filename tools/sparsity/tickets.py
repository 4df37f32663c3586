"""What `sparsity.lottery` is made of: its parameters, the work on one seed, its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from tools.claims import Check, Claim, Verdict, greater
from tools.errors import BadInput
from tools.experiment import Words
from tools.sparsity.data import DataParams

if TYPE_CHECKING:
    from torch import nn

    from tools.run import Run

ARMS = ("initialisation", "full", "part")


class LotteryParams(DataParams):
    """Parameters of `sparsity.lottery`."""

    part: Annotated[float, Words(near=("part", "subset", "share of the data"))] = Field(
        0.1, gt=0, lt=1, description="random share of the data before the rewind point"
    )
    rewind: Annotated[int, Words(near=("rewind", "rewinding to step", "rewound to step"))] = Field(
        50, ge=1, le=100_000, description="steps before the rewind point"
    )
    rounds: Annotated[int, Words(near=("rounds", "pruning rounds"))] = Field(
        7, ge=1, le=40, description="rounds of training and pruning"
    )
    keep: Annotated[float, Words(near=("keep", "kept per round"))] = Field(
        0.6, gt=0, lt=1, description="share of the weights that stays in a round"
    )
    seeds: Annotated[int, Words(near=("seeds", "repeats", "repetitions"))] = Field(
        8, ge=2, le=100, description="networks and splits, shared by all tickets"
    )
    epochs: Annotated[int, Words(near=("epochs", "passes"))] = Field(
        40, ge=1, le=500, description="training length in epochs, rewound part included"
    )


def density(params: LotteryParams) -> float:
    """Returns the share of weights a ticket has left."""
    return params.keep**params.rounds


def label(params: LotteryParams, arm: str) -> str:
    """Names a rewind point for people."""
    names = {"full": "all data", "part": f"random {100 * params.part:g} %"}
    return names.get(arm, arm)


def one_seed(params: LotteryParams, run: Run, index: int) -> dict[str, float]:
    """Finds and trains one ticket for each rewind point; returns their test accuracies.

    Every ticket takes as many steps as the others: from the initialisation all of them, from step
    k of the training the rest, on the same batches at the same rates.
    """
    import torch

    from tools.sparsity import images, networks
    from tools.sparsity.masks import plain_copy
    from tools.sparsity.rewinding import find_ticket

    split, classes = images.load(
        params.dataset, params.images, seed=run.seed_for("split", index), examples=params.examples
    )
    x, y, test_x, test_y = map(
        torch.from_numpy,
        (split.train_inputs, split.train_labels, split.test_inputs, split.test_labels),
    )
    steps = params.epochs * max(1, len(x) // networks.BATCH)
    if params.rewind >= steps:
        raise BadInput(
            f"rewind = {params.rewind}: {params.epochs} epochs of {len(x)} examples are only"
            f" {steps} steps.",
            "Rewind to an earlier step or train longer.",
        )
    count = max(2, round(params.part * len(x)))
    few = torch.from_numpy(run.rng("part", index).permutation(len(x))[:count])
    untrained = networks.new_network(
        [x.shape[1], 128, 64, classes],
        torch.Generator().manual_seed(run.seed_for("network", index)),
    )

    def train(
        model: nn.Module, chosen: torch.Tensor, first: int, last: int, *names: object
    ) -> None:
        networks.train(
            model,
            x[chosen],
            y[chosen],
            steps=steps,
            generator=torch.Generator().manual_seed(run.seed_for(*names, index)),
            first=first,
            last=last,
            before_step=run.stop_if_cancelled,
        )

    everything = torch.arange(len(x))

    def found_from(start: nn.Module, first: int) -> float:
        def to_the_end(model: nn.Module, number: int) -> None:
            train(model, everything, first, steps, "round", number)

        ticket = find_ticket(start, to_the_end, keep=params.keep, rounds=params.rounds)
        to_the_end(ticket, params.rounds)
        return networks.accuracy(ticket, test_x, test_y)

    row = {"seed": float(index), "initialisation": found_from(untrained, 0)}
    for arm, chosen in (("full", everything), ("part", few)):
        start = plain_copy(untrained)
        train(start, chosen, 0, params.rewind, "before")
        row[arm] = found_from(start, params.rewind)
    return row


def claims(params: LotteryParams, arms: Mapping[str, Sequence[float]]) -> list[Claim]:
    """Decides whether rewinding matters and, where it does, whether a part of the data is enough.

    Where a ticket from the initialisation is as good, so would be one from any rewind point, and
    the second question has no answer whatever the accuracies: it stays inconclusive.
    """
    where = f"With {100 * density(params):.3g} % of the weights left ({params.seeds} networks)"
    matters = greater(arms["full"], arms["initialisation"], paired=True)
    enough = greater(arms["part"], arms["initialisation"], paired=True)
    if matters.verdict is not Verdict.SUPPORTED:
        enough = Check(
            Verdict.INCONCLUSIVE,
            "where_rewinding_matters",
            f"rewinding is not seen to matter here, so this cannot be told: {enough.reason}",
            {"rewinding": dict(matters.evidence), **enough.evidence},
        )
    return [
        Claim(
            f"{where}, a ticket rewound to step {params.rewind} is better than one rewound to the"
            " initialisation and trained as long.",
            matters,
        ),
        Claim(
            f"{where}, {params.rewind} steps on a random {100 * params.part:g} % of the data before"
            " the rewind point make a better ticket than none.",
            enough,
            "paul2022lottery",
        ),
    ]
