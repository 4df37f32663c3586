"""What `passn.finetune` is made of: its parameters, its models, and how the outcome is reported."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from tools.errors import BadInput
from tools.experiment import Cost, Params, Result, Words
from tools.passn.objectives import Objective

if TYPE_CHECKING:
    from torch import nn

    from tools.passn.tasks import Task
    from tools.passn.train import Job, Record, Training
    from tools.run import Run

TaskName = Literal["teacher", "spelled", "multiplication"]

_TITLES = {
    "teacher": "one-token answers of a random teacher",
    "spelled": "two-token answers of a random teacher",
    "multiplication": "products written without working",
}
_RATE = 2e-3
_BATCHES = {"teacher": 128, "spelled": 128, "multiplication": 64}
_WIDTHS = {"teacher": 256, "spelled": 256, "multiplication": 64}
_TOKENS = {"teacher": 1, "spelled": 2}  # of an answer; a product has twice the factors' digits
# Seconds of processor for a step, and for measuring and keeping an epoch, at the widths above.
_STEP_SECONDS = {"teacher": 0.0035, "spelled": 0.0035, "multiplication": 0.012}
_MEASURE_SECONDS = {"teacher": 0.043, "spelled": 0.056, "multiplication": 0.12}
_HELD_OUT = 750  # products to choose and to test with, a third and two thirds
_SMOOTHING = 0.1
_GRIDS = 10  # epochs at which cross-entropy is measured at every temperature


class FinetuneParams(Params):
    """Parameters of `passn.finetune`."""

    task: Annotated[
        TaskName,
        Words(
            values={
                "teacher": ("one token", "one-token", "single token", "random teacher"),
                "spelled": ("two tokens", "two-token", "spelled answers"),
                "multiplication": (
                    *("arithmetic", "products", "multiply", "multiplying", "multi-token"),
                    *("several tokens", "digits of a product", "decoder"),
                ),
            }
        ),
    ] = Field(
        "teacher",
        description="what is learnt: one of 256 answers of a random network as one token (teacher)"
        " or spelled in two (spelled), by a perceptron; or the digits of a product"
        " (multiplication), by a decoder transformer",
    )
    loss: Annotated[
        Literal["dco", "dco_step", "ua"],
        Words(
            values={
                "dco": ("direct coverage optimization", "direct coverage optimisation"),
                "dco_step": ("per token", "token by token", "stepwise"),
                "ua": ("search agnostic", "search-agnostic"),
            }
        ),
    ] = Field(
        "dco",
        description="the loss that aims at N: dco on the whole answer's probability, dco_step on"
        " every token with N_eff = N^(1/tokens), ua on every token with N/tokens",
    )
    n: Annotated[
        tuple[int, ...],
        Words(
            near=("n", "n'", "n prime", "pass@", "budget", "budgets", "samples", "draws", "tries")
        ),
    ] = Field(
        (16, 64, 256),
        min_length=1,
        max_length=8,
        description="the budgets N' that models are trained for: powers of two from 2 to 4096"
        " (N' = 1 is cross-entropy, which is always there)",
    )
    seeds: Annotated[int, Words(near=("seeds", "repeats", "repetitions"))] = Field(
        3, ge=2, le=50, description="repetitions with new data and weights, shared by all losses"
    )
    epochs: Annotated[int, Words(near=("epochs",))] = Field(
        40, ge=2, le=1000, description="passes over the training examples"
    )
    train_examples: Annotated[int, Words(near=("training examples", "examples", "items"))] = Field(
        3000, ge=50, le=1_000_000, description="training examples"
    )
    width: Annotated[int | None, Words(near=("width", "units", "wide"))] = Field(
        None,
        ge=4,
        le=2048,
        description="units of a hidden layer, or width of the decoder (a multiple of 4);"
        " without it 256 and 64",
    )
    layers: Annotated[int, Words(near=("layers", "blocks", "deep"))] = Field(
        2, ge=1, le=24, description="hidden layers, or blocks of the decoder"
    )
    digits: Annotated[int, Words(near=("digits", "digit"))] = Field(
        2, ge=1, le=4, description="digits of each factor; used by multiplication only"
    )

    @field_validator("n")
    @classmethod
    def _budgets(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        for value in values:
            if not 2 <= value <= 4096 or value & (value - 1):
                raise ValueError(f"N = {value} is not a power of two from 2 to 4096")
        return tuple(sorted(set(values)))

    @property
    def size(self) -> int:
        """Width of the model."""
        return self.width or _WIDTHS[self.task]

    @property
    def tokens(self) -> int:
        """Length of an answer."""
        return 2 * self.digits if self.task == "multiplication" else _TOKENS[self.task]


def estimate_cost(params: FinetuneParams) -> Cost:
    """Estimates a run's time on one core from the optimiser steps and the size of the model."""
    steps = params.epochs * params.train_examples / _BATCHES[params.task]
    larger = (params.size / _WIDTHS[params.task]) ** 1.5 * (params.layers + 1) / 3
    growth = 0.4 + 0.6 * larger  # some work does not depend on the size of the model
    measuring = _MEASURE_SECONDS[params.task] * params.epochs
    one = (_STEP_SECONDS[params.task] * steps + measuring) * growth
    return Cost(4 + params.seeds * (2 + len(params.n)) * one)


def objectives(params: FinetuneParams) -> dict[int, Objective]:
    """Returns, for each budget N, the loss that aims at it."""
    if params.loss == "dco_step":
        return {n: Objective("dco_step", round(n ** (1 / params.tokens), 6)) for n in params.n}
    return {n: Objective(params.loss, n) for n in params.n}


def make_task(params: FinetuneParams, run: Run, seed: int) -> Task:
    """Makes the task of one seed.

    Raises:
        BadInput: if there are not enough different products to test with.
    """
    from tools.passn import tasks

    rng = run.rng("task", seed)
    if params.task != "multiplication":
        return tasks.teacher(rng, answer_tokens=params.tokens, train=params.train_examples)
    rest = tasks.available_products(params.digits) - params.train_examples
    if rest < 100:
        raise BadInput(
            f"train_examples = {params.train_examples} leaves {max(rest, 0)} products of"
            f" {params.digits}-digit numbers to choose and test with; 100 are needed.",
            "Lower train_examples or raise digits.",
        )
    third = min(_HELD_OUT, rest) // 3
    return tasks.multiplication(
        rng,
        digits=params.digits,
        train=params.train_examples,
        validation=third,
        test=2 * third,
    )


def make_model(params: FinetuneParams, task: Task) -> nn.Module:
    """Makes the model a task needs; its weights are drawn by the caller."""
    from tools.passn import models

    if not task.tokens:
        return models.Perceptron(
            task.inputs, task.vocabulary, params.tokens, params.size, params.layers
        )
    if params.size % 4:
        raise BadInput(
            f"width = {params.size} cannot be shared by four attention heads.",
            "Give a multiple of 4.",
        )
    return models.Decoder(
        task.tokens, task.inputs, task.vocabulary, params.tokens, params.size, params.layers
    )


def finetune(params: FinetuneParams, run: Run) -> Result:
    """Trains every loss on every seed and compares them; the body of `passn.finetune`."""
    from tools.passn import controls, figures, history
    from tools.passn.exact import DRAWS
    from tools.passn.train import one_thread, train_all

    aimed = objectives(params)
    arms = [Objective("ce"), Objective("smoothing", _SMOOTHING), *aimed.values()]
    jobs = {
        (arm, seed): _job(params, run, arm, seed) for seed in range(params.seeds) for arm in arms
    }
    with one_thread():
        trained = train_all(run, list(jobs.values()), params.epochs, "training")
    records = {arm: [trained[jobs[arm, s].key] for s in range(params.seeds)] for arm in arms}
    comparison = controls.compare(records, DRAWS)
    title = _TITLES[params.task]
    conditions = f"{params.seeds} seeds, {params.epochs} epochs"
    run.table("pass_at_n", comparison.table())
    run.table("by_epoch", history.by_epoch(records))
    run.figure("coverage", figures.coverage(comparison, title, conditions))
    run.figure("over_training", figures.over_training(records, max(aimed), title, conditions))
    found = controls.claims(comparison, aimed, records[arms[0]], f"On {title} ({conditions})")
    return Result(history.metrics(comparison, records, max(aimed)), found)


def _job(params: FinetuneParams, run: Run, arm: Objective, seed: int) -> Job:
    from tools.passn.train import Job

    return Job(f"{arm.name} seed {seed}", partial(_begin, params, run, arm, seed))


def _begin(params: FinetuneParams, run: Run, arm: Objective, seed: int) -> Training:
    """Makes the model and the data of one seed, equal for every loss."""
    import torch

    from tools.passn import exact, models
    from tools.passn.train import Training

    task = make_task(params, run, seed)
    # A perceptron gains nothing from a GPU, and keeps its numbers from machine to machine.
    device = run.device if task.tokens else "cpu"
    generator = torch.Generator().manual_seed(run.seed_for("training", seed))
    model = models.draw_weights(make_model(params, task), generator).to(device)
    validation, test = task.validation.to(device), task.test.to(device)
    every = max(1, params.epochs // _GRIDS)

    def measure(model: nn.Module, epoch: int) -> Record:
        full = epoch == params.epochs or (arm.kind == "ce" and epoch % every == 0)
        grid = exact.TEMPERATURES if full else (1.0,)
        return exact.measure(model, validation, test, temperatures=grid)

    return Training(
        model,
        arm,
        task.train.to(device),
        measure,
        generator=generator,
        learning_rate=_RATE,
        batch=_BATCHES[params.task],
        before_step=run.stop_if_cancelled,
    )
