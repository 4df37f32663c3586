"""What `passn.proofs` is made of: its parameters, its policies, and how the outcome is reported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator, model_validator

from tools.experiment import Cost, Params, Result, Words
from tools.passn.objectives import Objective

if TYPE_CHECKING:
    from torch import nn

    from tools.passn.proofs.graph import Floats, Graph
    from tools.passn.proofs.theorems import Split
    from tools.passn.train import Job, Record, Training
    from tools.run import Run

_RATE, _BATCH = 1e-3, 32
_SMOOTHING = 0.1
_GRIDS = 10  # epochs at which cross-entropy is measured at every temperature
_TEMPERATURES = tuple(round(2 ** (i / 2), 4) for i in range(-2, 7))  # 0.5 .. 8
_DRAWN_THEOREMS, _ATTEMPTS = 30, 8  # attempts that are really drawn, and checked


class ProofsParams(Params):
    """Parameters of `passn.proofs`."""

    n: Annotated[
        tuple[int, ...], Words(near=("n", "n'", "budget", "budgets", "attempts", "pass@"))
    ] = Field(
        (64, 256),
        min_length=1,
        max_length=6,
        description="numbers of proof attempts that DCO on whole proofs is trained for, and that"
        " the claims are about; powers of two up to 4096",
    )
    n_eff: Annotated[tuple[int, ...], Words(near=("n_eff", "neff", "tree widths"))] = Field(
        (4, 16),
        min_length=1,
        max_length=6,
        description="the N_eff of DCO on every step, each 2 to 1024",
    )
    ua_budget: Annotated[int, Words(near=("ua budget", "expansions"))] = Field(
        64, ge=1, le=100_000, description="steps of a search that the UA loss shares among a proof"
    )
    seeds: Annotated[int, Words(near=("seeds", "repeats", "repetitions"))] = Field(
        3, ge=2, le=50, description="repetitions with new theorems and weights, shared by all"
    )
    epochs: Annotated[int, Words(near=("epochs",))] = Field(
        30, ge=2, le=500, description="passes over the training proofs"
    )
    train_theorems: Annotated[int, Words(near=("training theorems", "trained on"))] = Field(
        1000, ge=10, le=100_000, description="training proofs"
    )
    test_theorems: Annotated[int, Words(near=("test theorems",))] = Field(
        200, ge=10, le=10_000, description="test theorems; a third as many to choose with"
    )
    shortest: Annotated[int, Words(near=("shortest", "at least"))] = Field(
        2, ge=1, le=8, description="steps of the shortest proofs"
    )
    longest: Annotated[int, Words(near=("longest", "up to", "proof length"))] = Field(
        5, ge=1, le=8, description="steps of the longest proofs; searches may take one more"
    )
    width: Annotated[int, Words(near=("width", "units"))] = Field(
        256, ge=8, le=2048, description="units of each of the policy's two hidden layers"
    )

    @field_validator("n", "n_eff")
    @classmethod
    def _powers(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        for value in values:
            if not 2 <= value <= 4096 or value & (value - 1):
                raise ValueError(f"{value} is not a power of two from 2 to 4096")
        return tuple(sorted(set(values)))

    @model_validator(mode="after")
    def _lengths(self) -> ProofsParams:
        if self.shortest > self.longest:
            raise ValueError(f"shortest = {self.shortest} is above longest = {self.longest}")
        return self


def estimate_cost(params: ProofsParams) -> Cost:
    """Estimates a run's time on one core."""
    models = params.seeds * (3 + len(params.n) + len(params.n_eff))
    steps = params.epochs * params.train_theorems / _BATCH
    growth = max(0.5, params.width / 256)
    nodes = params.test_theorems / 200 * 2.2 ** max(0, params.longest - 5)
    measuring = 0.07 * nodes * growth * params.epochs
    making = params.seeds * (0.0012 * params.train_theorems + 3 * nodes)
    return Cost(4 + making + models * (0.005 * steps * growth + measuring))


@dataclass(frozen=True)
class Material:
    """The theorems of one seed, and the graphs on which success is counted."""

    split: Split
    validation: Graph
    test: Graph


def prove(params: ProofsParams, run: Run) -> Result:
    """Trains every loss on every seed and compares them; the body of `passn.proofs`."""
    from tools.passn import controls, figures, history
    from tools.passn.exact import DRAWS
    from tools.passn.proofs import figures as proof_figures
    from tools.passn.proofs import outcome
    from tools.passn.proofs.judging import every_proof_holds
    from tools.passn.train import one_thread, train_all

    members = [Objective("dco_step", n_eff) for n_eff in params.n_eff]
    arms = [
        Objective("ce"),
        Objective("smoothing", _SMOOTHING),
        *(Objective("dco", n) for n in params.n),
        *members,
        Objective("ua", params.ua_budget),
    ]
    # Theorems of one seed serve all its policies; those of the last seed are kept.
    shelf: dict[int, Material] = {}
    jobs = {
        (arm, seed): _job(params, run, shelf, arm, seed)
        for seed in range(params.seeds)
        for arm in arms
    }
    with one_thread():
        trained = train_all(run, list(jobs.values()), params.epochs, "training")
    records = {arm: [trained[jobs[arm, seed].key] for seed in range(params.seeds)] for arm in arms}
    comparison = controls.compare(records, DRAWS)
    conditions = (
        f"{params.seeds} seeds, {params.train_theorems} training proofs of {params.shortest} to"
        f" {params.longest} steps, {params.epochs} epochs"
    )
    last = {arm: [seed[-1] for seed in seeds] for arm, seeds in records.items()}
    pooled = outcome.ensemble(members, last)
    tree_rows = outcome.trees(last)
    run.table("pass_at_n", [*comparison.table(), *outcome.ensemble_rows(pooled)])
    run.table("by_epoch", history.by_epoch(records))
    run.table("trees", tree_rows)
    run.figure("coverage", figures.coverage(comparison, "equational proofs", conditions))
    run.figure(
        "over_training",
        figures.over_training(records, max(params.n), "equational proofs", conditions),
    )
    run.figure("tree_search", proof_figures.trees(tree_rows, comparison, pooled, conditions))
    where = f"On equational proofs ({conditions})"
    found = [
        every_proof_holds(last, where),
        *outcome.claims(params.n, members, comparison, pooled, where),
    ]
    return Result(outcome.metrics(max(params.n), comparison, pooled, last), found)


def _job(
    params: ProofsParams, run: Run, shelf: dict[int, Material], arm: Objective, seed: int
) -> Job:
    from tools.passn.train import Job

    return Job(f"{arm.name} seed {seed}", partial(_begin, params, run, shelf, arm, seed))


def make_material(params: ProofsParams, run: Run, seed: int) -> Material:
    """Draws the theorems of one seed."""
    from tools.passn.proofs import graph, theorems

    split = theorems.split(
        run.rng("theorems", seed),
        train=params.train_theorems,
        validation=max(1, params.test_theorems // 3),
        test=params.test_theorems,
        shortest=params.shortest,
        longest=params.longest,
    )
    depth = params.longest + 1
    return Material(split, graph.build(split.validation, depth), graph.build(split.test, depth))


def _begin(
    params: ProofsParams, run: Run, shelf: dict[int, Material], arm: Objective, seed: int
) -> Training:
    """Makes the policy and the theorems of one seed, equal for every loss."""
    import torch

    from tools.passn import models
    from tools.passn.exact import DRAWS
    from tools.passn.proofs import encode, graph, judging
    from tools.passn.train import Training

    if seed not in shelf:
        shelf.clear()
        shelf[seed] = make_material(params, run, seed)
    material = shelf[seed]
    generator = torch.Generator().manual_seed(run.seed_for("training", seed))
    policy = models.StepPolicy(encode.FEATURES, encode.TACTICS, params.width)
    every = max(1, params.epochs // _GRIDS)

    def measure(model: nn.Module, epoch: int) -> Record:
        full = epoch == params.epochs or (arm.kind == "ce" and epoch % every == 0)
        record = graph.measure(
            model,
            material.validation,
            material.test,
            temperatures=_TEMPERATURES if full else (1.0,),
            draws=DRAWS,
        )
        if epoch == params.epochs:
            record |= _at_the_end(model, material)
            record |= judging.drawn_proofs(
                model,
                material.split.test[:_DRAWN_THEOREMS],
                depth=params.longest + 1,
                attempts=_ATTEMPTS,
                rng=run.rng("attempts", arm.name, seed),
            )
        return record

    return Training(
        models.draw_weights(policy, generator),
        arm,
        encode.examples(material.split.train),
        measure,
        generator=generator,
        learning_rate=_RATE,
        batch=_BATCH,
        before_step=run.stop_if_cancelled,
    )


def _at_the_end(model: nn.Module, material: Material) -> Record:
    """Counts success of each test theorem, and of trees, against attempts of as many draws."""
    from tools.passn.proofs import graph, outcome

    policy = graph.probabilities(graph.logits_of(model, material.test))
    alone: Floats = graph.success(material.test, policy)
    depth = material.test.depth
    found = []
    for width in outcome.WIDTHS:
        draws = graph.tree_draws(width, depth)
        attempts = graph.pass_at(alone, [max(1, draws // depth)])
        found.append(
            {
                "most_draws": draws,
                "found": float(graph.success(material.test, policy, width).mean()),
                "found_by_attempts": float(attempts.mean()),
            }
        )
    return {"success": [float(x) for x in alone], "trees": found}
