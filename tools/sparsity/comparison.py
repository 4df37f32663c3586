"""What `sparsity.synflow` is made of: its parameters, the work on one seed, its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from tools.claims import Check, Claim, greater, verified_exactly, within
from tools.experiment import Estimate, Words
from tools.sparsity.data import DataParams

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tools.run import Run
    from tools.sparsity.schedule import Score

PROMISED = 10**3.5  # the compression up to which SynFlow is claimed to survive
_ROUNDING = 1e-10
_BATCH = 256  # examples by which SNIP and GraSP score
Method = Literal["synflow", "synflow_once", "snip", "grasp", "magnitude", "random"]
SINGLE_SHOT = ("synflow_once", "snip", "grasp", "magnitude", "random")
TITLES: Mapping[Method, str] = {
    "synflow": "SynFlow",
    "synflow_once": "SynFlow in one shot",
    "snip": "SNIP",
    "grasp": "GraSP",
    "magnitude": "magnitude",
    "random": "random",
}

Compression = Annotated[float, Field(ge=1, le=1e6)]


class SynflowParams(DataParams):
    """Parameters of `sparsity.synflow`."""

    methods: Annotated[list[Method], Words(near=("methods", "against", "scores"))] = Field(
        list(TITLES), min_length=1, description="how the weights that go are chosen"
    )
    compressions: Annotated[
        list[Compression], Words(near=("compression", "compressions", "compress by", "sparsity"))
    ] = Field(
        [10.0, 100.0, 1000.0, 3162.2776601683795],
        min_length=1,
        max_length=20,
        description="all weights over those left",
    )
    rounds: Annotated[int, Words(near=("rounds", "iterations", "pruning steps"))] = Field(
        100, ge=1, le=1000, description="rounds in which SynFlow prunes"
    )
    hidden: Annotated[int, Words(near=("hidden layers", "depth", "layers"))] = Field(
        6, ge=1, le=30, description="hidden layers of the network"
    )
    width: Annotated[int, Words(near=("width", "units", "hidden units", "wide"))] = Field(
        100, ge=2, le=2000, description="units of a hidden layer"
    )
    seeds: Annotated[int, Words(near=("seeds", "repeats", "repetitions", "runs"))] = Field(
        4, ge=2, le=100, description="networks and splits, shared by all methods"
    )
    epochs: Annotated[int, Words(near=("epochs", "passes"))] = Field(
        15, ge=1, le=500, description="training length in epochs"
    )

    @field_validator("compressions")
    @classmethod
    def _sorted(cls, value: list[float]) -> list[float]:
        return sorted(set(value))

    @field_validator("methods")
    @classmethod
    def _ordered(cls, value: list[Method]) -> list[Method]:
        return [name for name in TITLES if name in value]


def one_seed(params: SynflowParams, run: Run, index: int) -> dict[str, Any]:
    """Prunes and trains one network by every method at every compression."""
    import torch

    from tools.sparsity import images, masks, networks, saliency, schedule

    split, classes = images.load(
        params.dataset,
        params.images,
        seed=run.seed_for("split", index),
        examples=params.examples,
    )
    inputs, labels, test_inputs, test_labels = map(
        torch.from_numpy,
        (split.train_inputs, split.train_labels, split.test_inputs, split.test_labels),
    )
    widths = [inputs.shape[1], *[params.width] * params.hidden, classes]
    network = networks.new_network(
        widths, torch.Generator().manual_seed(run.seed_for("network", index))
    )
    usual = labels.bincount(minlength=classes).argmax()
    row: dict[str, Any] = {
        "limit": masks.largest_compression(network),
        "weights": sum(weight.numel() for weight in masks.weights_of(network).values()),
        "majority": float((test_labels == usual).double().mean()),
        "cells": [],
    }
    steps = params.epochs * max(1, len(inputs) // networks.BATCH)

    def trained(left: dict[str, Tensor]) -> float:
        model = masks.plain_copy(network)
        masks.apply_masks(model, left)
        networks.train(
            model,
            inputs,
            labels,
            steps=steps,
            generator=torch.Generator().manual_seed(run.seed_for("training", index)),
            before_step=run.stop_if_cancelled,
        )
        return networks.accuracy(model, test_inputs, test_labels)

    everything = masks.masks_of(network)
    errors = [saliency.synaptic_flow(network, everything, inputs[:1]).conservation_error]
    row["dense"] = trained(everything)
    for method in params.methods:
        score = _score(method, run, index, inputs, labels)
        rounds = params.rounds if method == "synflow" else 1
        for compression in params.compressions:
            left = schedule.prune(network, score, compression, rounds)
            flow = saliency.synaptic_flow(network, left, inputs[:1])
            errors.append(flow.conservation_error)
            row["cells"].append(
                {
                    "method": method,
                    "compression": compression,
                    "weights_left": sum(masks.survivors(left).values()),
                    "smallest_layer": min(masks.survivors(left).values()),
                    "connected": flow.total > 0,
                    # Cut through, a network answers alike whatever the input: at best with the
                    # most frequent class.
                    "accuracy": trained(left) if flow.total > 0 else row["majority"],
                }
            )
        if method == "synflow":
            left = schedule.prune(network, score, row["limit"], rounds)
            row["smallest_layer_at_limit"] = min(masks.survivors(left).values())
    row["conservation_error"] = max(errors)
    return row


def _score(method: Method, run: Run, index: int, inputs: Tensor, labels: Tensor) -> Score:
    import torch

    from tools.sparsity import saliency

    chosen = torch.from_numpy(run.rng("batch", index).permutation(len(inputs))[:_BATCH])
    x, y = inputs[chosen], labels[chosen]
    generator = torch.Generator().manual_seed(run.seed_for("random", index))

    def score(model: nn.Module, masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
        run.stop_if_cancelled()
        if method == "snip":
            return saliency.snip(model, masks, x, y)
        if method == "grasp":
            return saliency.grasp(model, masks, x, y)
        if method == "magnitude":
            return saliency.magnitude(model, masks)
        if method == "random":
            return saliency.uniform(model, masks, generator)
        return saliency.synflow(model, masks, inputs[:1])

    return score


def flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns one row a seed, method and compression."""
    return [{"seed": k, **cell} for k, row in enumerate(rows) for cell in row["cells"]]


def claims(params: SynflowParams, rows: Sequence[Mapping[str, Any]]) -> list[Claim]:
    """Decides what is claimed of SynFlow from what happened to every network."""
    nets = f"{len(rows)} networks"
    worst = max(float(row["conservation_error"]) for row in rows)
    found = [
        Claim(
            f"The synaptic flow of every layer sums to the same total, before and after pruning"
            f" ({nets}).",
            within(worst, 0.0, _ROUNDING),
            "tanaka2020",
        )
    ]
    cells = flat(rows)
    promised = [c for c in params.compressions if c <= PROMISED * (1 + 1e-9)]
    if "synflow" in params.methods:
        limit = rows[0]["limit"]
        found.append(
            Claim(
                f"SynFlow in {params.rounds} rounds empties no layer at the largest compression"
                f" possible, {limit:.6g} ({nets}).",
                _whole([row["smallest_layer_at_limit"] for row in rows]),
                "tanaka2020",
            )
        )
    if "synflow" in params.methods and promised:
        top = promised[-1]
        ours = [c for c in cells if c["method"] == "synflow" and c["compression"] <= top]
        found.append(
            Claim(
                f"SynFlow in {params.rounds} rounds empties no layer up to a compression of"
                f" {top:.6g} ({nets}).",
                _whole([c["smallest_layer"] for c in ours]),
                "tanaka2020",
            )
        )
        found.append(
            Claim(
                f"At a compression of {top:.6g} what SynFlow leaves still learns: after training it"
                f" beats the most frequent class ({nets}).",
                greater(
                    [c["accuracy"] for c in ours if c["compression"] == top],
                    [row["majority"] for row in rows],
                    paired=True,
                ),
                "tanaka2020",
            )
        )
    for method in params.methods:
        if method in SINGLE_SHOT and promised:
            theirs = [
                c["connected"]
                for c in cells
                if c["method"] == method and c["compression"] == promised[-1]
            ]
            name = TITLES[method].removesuffix(" in one shot")
            found.append(
                Claim(
                    f"{name[0].upper()}{name[1:]} in a single shot cuts the network through at a"
                    f" compression of {promised[-1]:.6g} ({nets}).",
                    _cut(theirs),
                    "tanaka2020",
                )
            )
    return found


def _whole(smallest: Sequence[int]) -> Check:
    """Decides by exact counts whether no layer of any mask is empty."""

    def verifier(counts: Sequence[int]) -> tuple[bool, str]:
        gone = sum(count == 0 for count in counts)
        return gone == 0, f"{gone} of {len(counts)} masks have an empty layer"

    return verified_exactly(list(smallest), verifier, evidence={"smallest_layer": list(smallest)})


def _cut(connected: Sequence[bool]) -> Check:
    """Decides whether no path leads through any of the networks."""

    def verifier(paths: Sequence[bool]) -> tuple[bool, str]:
        cut = paths.count(False)
        return cut == len(paths), f"{cut} of {len(paths)} networks have no path left"

    return verified_exactly(list(connected), verifier, evidence={"connected": list(connected)})


def metrics(
    params: SynflowParams, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Estimate | float]:
    """Returns accuracies, and up to which compression each method left every network whole."""
    found: dict[str, Estimate | float] = {
        "accuracy_dense": Estimate.of([row["dense"] for row in rows]),
        "accuracy_majority": Estimate.of([row["majority"] for row in rows]),
        "largest_compression": float(rows[0]["limit"]),
        "weights": Estimate(float(rows[0]["weights"]), unit="weights"),
        "conservation_error": max(float(row["conservation_error"]) for row in rows),
    }
    cells = flat(rows)
    for method in params.methods:
        whole = [1.0]
        for compression in params.compressions:
            here = [c for c in cells if c["method"] == method and c["compression"] == compression]
            name = f"accuracy_{method}_at_{compression:.0f}"
            found[name] = Estimate.of([c["accuracy"] for c in here])
            if all(c["connected"] for c in here):
                whole.append(compression)
        found[f"survived_{method}"] = max(whole)
    return found
