"""Six experiments as strangers might register them, and a planner that serves them."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from agent.planner import EmbeddedPlanner
from knowledge.embed import default_embedder
from tools.experiment import Cost, Experiment, Params, Result, Words, experiment
from tools.run import Run


class FinetuneParams(Params):
    N: Annotated[int, Words(near=("N", "samples per problem", "attempts"))] = Field(
        8, ge=1, le=1024, description="attempts a problem gets at test time"
    )
    steps: Annotated[int, Words(near=("steps", "updates", "iterations"))] = Field(
        200, ge=1, le=100000, description="optimiser steps"
    )
    lr: Annotated[float, Words(near=("lr", "learning rate", "step size"))] = Field(
        1e-3, gt=0, le=1, description="learning rate of the optimiser"
    )
    loss: Annotated[
        Literal["cross_entropy", "dco"],
        Words(
            values={
                "cross_entropy": ("CE", "cross entropy"),
                "dco": ("direct coverage", "coverage loss"),
            }
        ),
    ] = Field("dco", description="training loss")


class DiscoveryParams(Params):
    problem: Annotated[
        Literal["cap_set", "golomb", "circle_packing"],
        Words(
            values={
                "cap_set": ("cap sets",),
                "golomb": ("golomb ruler", "golomb rulers"),
                "circle_packing": ("packing circles",),
            }
        ),
    ]
    evaluations: Annotated[int, Words(near=("evaluations", "evals", "candidates"))] = Field(
        500, ge=1, le=1_000_000, description="candidate programs evaluated"
    )
    policy: Annotated[
        Literal["uct", "greedy", "random"],
        Words(near=("policy", "strategy"), values={"uct": ("tree search",)}),
    ] = Field("uct", description="which candidate is refined next")


class DedupParams(Params):
    eps: Annotated[float, Words(near=("eps", "epsilon", "threshold", "tolerance"))] = Field(
        0.05,
        gt=0,
        lt=1,
        description="similarity threshold below which two items count as duplicates",
    )
    clusters: Annotated[int, Words(near=("clusters", "k"))] = Field(
        10, ge=1, le=1000, description="number of k-means clusters"
    )


class GradeParams(Params):
    gold: Annotated[str, Words(near=("gold", "reference", "expected", "solution"))] = Field(
        description="the right answer"
    )
    answer: Annotated[str, Words(near=("answer", "submission", "student answer"))] = Field(
        description="the answer to be graded"
    )


class TheoryParams(Params):
    alpha: Annotated[float, Words(near=("alpha", "examples per parameter"))] = Field(
        3.0, gt=0, le=100, description="training examples per parameter"
    )
    theta: Annotated[float, Words(near=("theta", "angle", "degrees"))] = Field(
        0.0, ge=0, le=90, description="angle between probe and teacher in degrees"
    )
    fraction: Annotated[
        float, Words(near=("fraction", "keep", "kept"), complement=("drop", "prune"))
    ] = Field(0.5, gt=0, le=1, description="fraction of examples kept")


class CompareParams(Params):
    dataset: Annotated[
        Literal["digits", "breast_cancer", "wine"], Words(values={"breast_cancer": ("cancer",)})
    ] = Field("digits", description="the data set to prune")
    score: Annotated[
        Literal["el2n", "grand"],
        Words(values={"el2n": ("error norm",), "grand": ("gradient norm",)}),
    ] = Field("el2n", description="the score that decides")
    keep: Annotated[
        float,
        Words(
            near=("keep", "kept", "train on"), complement=("drop", "remove", "prune", "throw away")
        ),
    ] = Field(0.5, gt=0, le=1, description="fraction of the training set kept")
    difficulty: Annotated[
        Literal["hard", "easy"], Words(values={"hard": ("hardest",), "easy": ("easiest",)})
    ] = Field("hard", description="which end of the score is kept")
    seeds: Annotated[int, Words(near=("seeds", "splits"))] = Field(
        5, ge=2, le=100, description="number of random splits"
    )


def _cost(params: Params) -> Cost:
    return Cost(90.0)


def _make(
    name: str, model: type[Params], doc: str, claim: str, examples: tuple[str, ...]
) -> Experiment:
    def function(params: Params, run: Run) -> Result:
        raise NotImplementedError

    function.__doc__ = doc
    function.__annotations__ = {"params": model}
    return experiment(name, paper="someone2020", claim=claim, estimate=_cost, examples=examples)(
        function
    )


EXPERIMENTS: list[Experiment] = [
    _make(
        "passn.finetune",
        FinetuneParams,
        "Fine-tunes a small model for pass@N and measures coverage.",
        "Training for coverage beats cross entropy at large N.",
        (
            "fine-tune for pass@16 with 300 steps",
            "does the coverage loss beat cross entropy at N = 64?",
            "train with direct coverage optimisation and a learning rate of 1e-4",
            "finetune the policy so that one of 8 attempts is right",
            "compare cross entropy with the pass@N loss",
            "is overconfidence bad for pass@N?",
            "run the test-time compute finetuning",
            "train the proof model for 500 updates",
            "how does coverage change when trained with N=4",
            "optimise the model for many attempts",
        ),
    ),
    _make(
        "discovery.run",
        DiscoveryParams,
        "Searches for a better construction with concept trees.",
        "Tree search finds better programs than greedy refinement.",
        (
            "search for large cap sets with 1000 evaluations",
            "discover a short golomb ruler",
            "run the discovery loop on circle packing with the greedy policy",
            "find a better packing of circles",
            "let the search evolve programs for cap set",
            "does tree search beat random proposals on golomb?",
            "start a concept tree search",
            "evolve candidates for the cap set problem",
            "try to improve the best known construction",
            "run discovery with 200 candidates",
        ),
    ),
    _make(
        "pruning.dedup",
        DedupParams,
        "Removes near-duplicates from an embedded data set.",
        "Semantic deduplication keeps one of every group of near-duplicates.",
        (
            "deduplicate the data with eps 0.05",
            "remove near duplicates",
            "run semdedup with 50 clusters",
            "find semantic duplicates with a threshold of 0.1",
            "how many duplicates are found at epsilon 0.01",
            "does semantic deduplication lose whole groups?",
            "dedup with tolerance .02 and 20 clusters",
            "test near-duplicate removal",
            "drop copies from the training set",
            "are duplicates across clusters missed?",
        ),
    ),
    _make(
        "grading.grade",
        GradeParams,
        "Grades an answer against a gold expression.",
        "Equal expressions are recognised whatever their form.",
        (
            "grade the answer 'x+1' against gold '1+x'",
            "is '2*x' the same as 'x+x'?",
            "check whether my solution sin(x)^2 equals 1-cos(x)^2",
            "mark this answer",
            "does the submission match the reference expression",
            "are these two formulas equivalent?",
            "verify the student answer against the expected one",
            "grade this response",
            "compare the expression with the gold answer",
            "is this operator expression right?",
        ),
    ),
    _make(
        "pruning.theory",
        TheoryParams,
        "Predicts the generalisation error of a pruned perceptron.",
        "Keeping hard examples helps only when data are abundant.",
        (
            "predict the test error of the pruned perceptron at alpha 3",
            "what does the theory predict for keeping 20 % at alpha = 8?",
            "replica theory curve with theta 40 degrees",
            "when should one keep hard examples in theory",
            "compute the teacher-student prediction",
            "perceptron theory with an angle of 10 degrees",
            "generalisation error at 5 examples per parameter",
            "solve the saddle point equations for fraction 0.5",
            "theory of data pruning with an imperfect probe",
            "theoretical crossover between keeping easy and hard",
        ),
    ),
    _make(
        "pruning.compare",
        CompareParams,
        "Compares a pruning score with random pruning.",
        "The score beats a random subset of the same size.",
        (
            "compare EL2N with random pruning on digits",
            "does throwing away half of wine hurt?",
            "is GraNd better than random if I keep 30 %?",
            "drop 70 percent of the breast cancer data by gradient norm",
            "can I train on only the hardest 20 % of digits?",
            "reproduce the data diet result",
            "keep the easiest half and see what happens",
            "test EL2N with 20 splits",
            "does picking hard examples beat picking at random?",
            "prune wine by error norm",
        ),
    ),
]


@pytest.fixture(scope="session")
def strangers() -> list[Experiment]:
    return EXPERIMENTS


@pytest.fixture(scope="session")
def planner() -> EmbeddedPlanner:
    return EmbeddedPlanner(EXPERIMENTS, default_embedder().encode)
