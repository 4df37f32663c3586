"""Routing among sixteen experiments: twelve made up for this test, four of ours.

The requests in `many_requests.jsonl` are phrased apart from the experiments' examples.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from agent.planner import EmbeddedPlanner
from evals.routing import load, score
from knowledge.embed import default_embedder
from tools.experiment import Cost, Experiment, Params, Result, Words, experiment
from tools.grading.experiments import batch, cmt, grade
from tools.pruning.experiments import compare
from tools.run import Run


def whole(default: int, text: str, *near: str, low: int = 1, high: int = 10**6) -> Any:
    kind = Annotated[int, Words(near=near)]
    return (kind, Field(default, ge=low, le=high, description=text))


def real(default: float, text: str, *near: str, high: float = 100.0) -> Any:
    kind = Annotated[float, Words(near=near)]
    return (kind, Field(default, gt=0, le=high, description=text))


def part(default: float, text: str, *near: str, drop: tuple[str, ...] = ()) -> Any:
    kind = Annotated[float, Words(near=near, complement=drop)]
    return (kind, Field(default, gt=0, le=1, description=text))


def path(text: str, *near: str) -> Any:
    return (Annotated[str, Words(near=near, takes="path")], Field(description=text))


def choice(kind: Any, default: Any, text: str, **values: tuple[str, ...]) -> Any:
    return (Annotated[kind, Words(values=values)], Field(default, description=text))


def make(
    name: str, doc: str, claim: str, examples: tuple[str, ...], /, **fields: Any
) -> Experiment:
    model = create_model("P", __base__=Params, **fields)

    def function(params: Params, run: Run) -> Result:
        raise NotImplementedError

    function.__doc__ = doc
    function.__annotations__ = {"params": model}
    register = experiment(
        name, paper="x2020", claim=claim, estimate=lambda params: Cost(1.0), examples=examples
    )
    return register(function)


PROBLEM = Literal["cap_set", "golomb", "circle_packing"]
SPOKEN = {
    "cap_set": ("cap sets",),
    "golomb": ("golomb ruler", "golomb rulers"),
    "circle_packing": ("packing circles", "circles"),
}

FAKES = [
    make(
        "passn.theory",
        "Computes what cross entropy does to pass@N in the limit of long training.",
        "Overconfidence makes pass@N worse when training goes on.",
        (
            "What does theory say about overconfidence for pass@64?",
            "Compute the bound on the confidence for N = 16",
            "How confident should a model be at pass@N?",
            "Derive the optimal confidence for 100 samples",
            "Theoretical pass@N against model confidence",
            "At which accuracy does more sampling stop to help in theory?",
            "Plot the upper bound on max confidence for N=256",
            "Check the confidence bound numerically",
        ),
        N=whole(16, "samples drawn for each problem", "N", "samples", "pass@"),
        coverage=part(0.5, "pass@N coverage", "coverage"),
    ),
    make(
        "passn.finetune",
        "Fine-tunes a small model with a pass@N loss and with cross entropy.",
        "Direct coverage optimisation beats cross entropy at large N.",
        (
            "Fine-tune for pass@16 with 300 steps",
            "Does the coverage loss beat cross entropy at N = 64?",
            "Train with direct coverage optimisation and a learning rate of 1e-4",
            "Finetune the policy so that one of 8 attempts is right",
            "Compare cross entropy with the pass@N loss by training",
            "Train the small model for many attempts",
            "Run the test-time compute finetuning",
            "Fine-tune with cross entropy for 500 updates",
        ),
        N=whole(8, "attempts a problem gets", "N", "attempts", "pass@"),
        steps=whole(200, "optimiser steps", "steps", "updates", "iterations"),
        lr=real(1e-3, "learning rate", "lr", "learning rate"),
        loss=choice(
            Literal["cross_entropy", "dco"],
            "dco",
            "training loss",
            cross_entropy=("CE", "cross entropy"),
            dco=("direct coverage", "coverage loss"),
        ),
    ),
    make(
        "passn.curve",
        "Estimates the pass@k curve from a file of samples.",
        "The unbiased estimator has less variance than resampling.",
        (
            "Estimate pass@k from samples.jsonl",
            "Draw the pass@k curve for the results in out.csv",
            "What is pass@10 on samples.jsonl?",
            "Unbiased pass@k estimate from my sample file",
            "Show the coverage curve up to k = 100 for runs.jsonl",
            "How does pass@k grow with k in this file of samples?",
            "Compute pass@1 and pass@100 from a JSONL of attempts",
            "Coverage curve with error bars from samples.csv",
        ),
        file=path("JSON lines or CSV with problem and correct", "file", "samples in"),
        k=whole(100, "largest k of the curve", "k", "pass@", "up to k"),
    ),
    make(
        "passn.proofs",
        "Trains a toy prover with step losses and searches for proofs.",
        "The step loss proves more theorems under a fixed search budget.",
        (
            "Search for proofs with 32 expansions",
            "Train the prover with the step loss",
            "How many theorems are proved with a budget of 100?",
            "Does the stepwise loss prove more theorems?",
            "Proof search with beam width 8",
            "Run the theorem prover experiment",
            "Prove toy theorems with tree search",
            "Compare provers under the same search budget",
        ),
        budget=whole(100, "expansions of the proof search", "budget", "expansions"),
        beam=whole(4, "beam width", "beam", "beam width"),
    ),
    make(
        "discovery.run",
        "Searches for a better construction by evolving programs.",
        "Tree search over concepts finds better programs than greedy refinement.",
        (
            "Search for large cap sets with 1000 evaluations",
            "Discover a short golomb ruler",
            "Run the discovery loop on circle packing with the greedy policy",
            "Find a better packing of circles",
            "Evolve programs for cap set",
            "Start a concept tree search on golomb",
            "Try to improve the best known cap set",
            "Run discovery with 200 candidates",
        ),
        problem=(Annotated[PROBLEM, Words(values=SPOKEN)], Field("cap_set", description="task")),
        evaluations=whole(500, "programs evaluated", "evaluations", "evals", "candidates"),
        n=whole(8, "size of the instance", "n", "size"),
        policy=choice(Literal["uct", "greedy"], "uct", "search policy", uct=("tree search",)),
    ),
    make(
        "discovery.study",
        "Repeats a search with several seeds and compares search policies by statistics.",
        "UCT is better than greedy over many repetitions.",
        (
            "Compare the search policies over 10 repetitions",
            "Is UCT better than greedy on average?",
            "Study the discovery policies with 20 repeats",
            "Which policy finds better programs over several seeds?",
            "Statistical comparison of search strategies on golomb",
            "Ablate the concept tree over many repeats",
            "How robust is the discovery gain?",
            "Benchmark tree search against random proposals, 5 repeats each",
        ),
        problem=(Annotated[PROBLEM, Words(values=SPOKEN)], Field("cap_set", description="task")),
        repeats=whole(5, "independent repetitions", "repeats", "repetitions", low=2),
        evaluations=whole(200, "programs evaluated in each", "evaluations", "evals"),
    ),
    make(
        "discovery.verify",
        "Verifies a construction in a file by exact arithmetic.",
        "The construction is valid and has the size it claims.",
        (
            "Verify the construction in capset.json",
            "Is the cap set in best.json valid?",
            "Check the packing stored in circles.json exactly",
            "Recheck the golomb ruler in ruler.txt",
            "Does this certificate hold: solution.json?",
            "Exact verification of a found construction",
            "Prove that the file best.json holds a valid cap set",
            "Validate a discovered object from a file",
        ),
        file=path("JSON with the construction", "file", "construction", "certificate"),
        problem=(Annotated[PROBLEM, Words(values=SPOKEN)], Field("cap_set", description="task")),
    ),
    make(
        "pruning.score",
        "Computes difficulty scores of every training example and writes them to a table.",
        "Scores of independent networks agree.",
        (
            "Compute EL2N scores for every digit",
            "Give me a table of the difficulty of each example",
            "Which examples of wine are the hardest?",
            "Score all training examples by gradient norm",
            "List the difficulty scores of the data",
            "Do the scores of independent networks agree?",
            "Write the EL2N scores to a file",
            "Rank the examples of breast cancer by difficulty",
        ),
        dataset=choice(
            Literal["digits", "wine", "breast_cancer"],
            "digits",
            "the data set",
            breast_cancer=("cancer",),
        ),
        networks=whole(10, "networks averaged", "networks", "nets"),
    ),
    make(
        "pruning.dedup",
        "Removes near-duplicates from an embedded data set.",
        "Semantic deduplication keeps one of every group of near-duplicates.",
        (
            "Deduplicate the data with eps 0.05",
            "Remove near duplicates",
            "Run semdedup with 50 clusters",
            "Find semantic duplicates with a threshold of 0.1",
            "How many duplicates are found at epsilon 0.01",
            "Dedup with tolerance .02 and 20 clusters",
            "Test near-duplicate removal",
            "Drop copies from the training set",
        ),
        eps=(
            Annotated[float, Words(near=("eps", "epsilon", "threshold", "tolerance"))],
            Field(0.05, gt=0, lt=1, description="distance below which items are duplicates"),
        ),
        clusters=whole(10, "number of clusters", "clusters"),
    ),
    make(
        "pruning.theory",
        "Predicts the generalisation error of a pruned perceptron by replica theory.",
        "Keeping hard examples helps only when data are abundant.",
        (
            "Predict the test error of the pruned perceptron at alpha 3",
            "What does the theory predict for keeping 20 % at alpha = 8?",
            "Replica theory curve with theta 40 degrees",
            "When should one keep hard examples in theory?",
            "Compute the teacher-student prediction",
            "Generalisation error at 5 examples per parameter",
            "Solve the saddle point equations for fraction 0.5",
            "Theoretical crossover between keeping easy and hard",
        ),
        alpha=real(3.0, "training examples per parameter", "alpha", "examples per parameter"),
        theta=(
            Annotated[float, Words(near=("theta", "angle"))],
            Field(0.0, ge=0, le=90, description="angle between probe and teacher in degrees"),
        ),
        fraction=part(0.5, "fraction kept", "fraction", "keep", drop=("drop", "prune")),
    ),
    make(
        "pruning.advise",
        "Advises whether and how to prune a data set of given size.",
        "The advice beats random pruning.",
        (
            "Should I keep easy or hard examples with 2000 examples and 64 features?",
            "Advise me on pruning a data set of 5000 examples",
            "Which pruning strategy suits a small data set?",
            "Recommend a pruning fraction for 10000 examples",
            "How much of a data set with 800 examples may be pruned?",
            "Give me pruning advice for 30 features",
            "Pick a pruning method for my data size",
            "Advice on data pruning for 1200 examples",
        ),
        examples=whole(1000, "size of the data set", "examples", "data set of"),
        features=whole(64, "features of each example", "features"),
    ),
    make(
        "sparsity.synflow",
        "Prunes the weights of a network without data by synaptic flow.",
        "SynFlow avoids layer collapse at high sparsity.",
        (
            "Prune the weights with SynFlow at 90 % sparsity",
            "Does synflow avoid layer collapse?",
            "Compare SynFlow with magnitude pruning of weights",
            "Prune a network at initialisation with SNIP",
            "At which sparsity does a layer collapse?",
            "Iterative synaptic flow with 100 rounds",
            "Remove 95 % of the weights by synflow",
            "Sparse network without any data",
        ),
        sparsity=part(0.9, "fraction of weights removed", "sparsity", "remove", drop=("keep",)),
        rounds=whole(100, "pruning iterations", "rounds", "iterations"),
        saliency=choice(
            Literal["synflow", "snip", "magnitude"],
            "synflow",
            "what ranks the weights",
            synflow=("synaptic flow",),
        ),
    ),
]
ALL = [*FAKES, compare, grade, batch, cmt]


@pytest.mark.parametrize("encoder", [True, False])
def test_routing_scales_to_sixteen_experiments_and_starts_none_that_was_not_meant(
    encoder: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    planner = EmbeddedPlanner(ALL, default_embedder().encode if encoder else None)
    requests = load(Path(__file__).parent / "many_requests.jsonl")
    outcomes = asyncio.run(score(planner, ALL, requests))
    wrong = [(o.user, o.calls, o.text[:200]) for o in outcomes if not o.right]
    share = 1 - len(wrong) / len(outcomes)
    with capsys.disabled():
        print(f"\nrouting among {len(ALL)} experiments, encoder {encoder}: {share:.1%} right")
    assert not [(o.user, o.calls) for o in outcomes if o.wrong_run]
    assert share >= (0.9 if encoder else 0.6), wrong
