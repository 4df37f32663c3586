"""Selection policies compared on landscapes with a known answer: what `discovery.study` is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from tools.experiment import Cost, Params, Result, Words, experiment

if TYPE_CHECKING:
    from tools.discovery.policies import Policy
    from tools.discovery.study import Mapper, Row
    from tools.run import Run

ELITES = (1, 2, 3, 5, 10, 20, 50)  # values of k that are tried
TEMPERATURES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)  # of softmax that are tried, in standard units


class StudyParams(Params):
    """Parameters of `discovery.study`."""

    seeds: Annotated[
        int, Words(near=("seeds", "pairs", "paired seeds", "repeats", "landscapes"))
    ] = Field(200, ge=2, le=10_000, description="landscapes, shared by all policies")
    evaluations: Annotated[
        int, Words(near=("evaluations", "candidates", "iterations", "evaluations each"))
    ] = Field(200, ge=10, le=100_000, description="candidates evaluated in each search")
    tuning_seeds: Annotated[int, Words(near=("tuning seeds", "seeds for tuning"))] = Field(
        40, ge=2, le=10_000, description="other landscapes, on which the baselines are tuned"
    )
    noise: Annotated[float, Words(near=("noise", "sigma", "noise of"))] = Field(
        1.0, ge=0, le=100, description="standard deviation of one evaluation in the noisy setting"
    )
    failure: Annotated[
        float, Words(near=("failure", "failures", "failure rate", "fail", "crash"))
    ] = Field(0.15, ge=0, lt=1, description="probability that an evaluation fails when noisy")
    branching: int = Field(4, ge=1, le=10, description="children of each hidden concept")
    depth: int = Field(3, ge=1, le=5, description="levels of hidden concepts")
    tau: Annotated[float, Words(near=("tau", "ccts temperature"))] = Field(
        0.5, gt=0, le=100, description="temperature of CCTS and its ablations"
    )
    fitness: Annotated[float, Words(near=("fitness", "fitness mix", "beta"))] = Field(
        1.0, ge=0, le=100, description="weight of the score itself in CCTS and its ablations"
    )


def estimate_cost(params: StudyParams) -> Cost:
    """Estimates the time from the searches to come, on one core."""
    by_fitness, by_concepts = 6e-5, 1.8e-4  # seconds a candidate, measured
    tuned = 2 * params.tuning_seeds * (len(ELITES) + len(TEMPERATURES)) * by_fitness
    judged = 2 * params.seeds * (8 * by_fitness + 7 * by_concepts)
    return Cost(2.0 + params.evaluations * (tuned + judged))


@experiment(
    "discovery.study",
    paper="leleu2026",
    claim="Choosing parents by contrasting the concepts of good and bad programs finds better"
    " programs in as many evaluations than choosing them by fitness alone, mostly because it learns"
    " which concepts to avoid.",
    estimate=estimate_cost,
    resumable=True,
    examples=(
        "Does contrastive concept-tree search beat k-elites?",
        "Compare CCTS with greedy and uniform parent selection on the synthetic landscape",
        "Which selection policy is best when evaluations are noisy?",
        "Run the ablations of CCTS: avoid only and seek only",
        "Is it learning what to avoid that makes concept-tree search work?",
        "Reproduce the synthetic study of concept-tree search with 100 seeds",
        "Does concept-tree search still help without noise?",
        "Study parent selection with 200 evaluations and 50 seeds",
        "How much of the gain does the denominator of the likelihood ratio keep?",
        "Compare MAP-Elites, islands and CCTS on landscapes with known utilities",
        "What happens to CCTS when 30 % of the evaluations fail?",
        "Is softmax on fitness as good as concept-tree search if it is tuned?",
    ),
)
def study_policies(params: StudyParams, run: Run) -> Result:
    """Finds out whether parents chosen by concepts beat parents chosen by fitness.

    Every seed draws a hidden concept tree with utilities; all policies search it with equal luck.
    What is measured is the true utility of the best-scoring program so far, averaged over the
    search. k of k-elites and the temperature of softmax are tuned on other landscapes, in each
    setting anew; CCTS is not tuned, its constants are fixed beforehand. The constants, the
    landscape and its mutations are ours, not the paper's.

    A second study without noise and failures is the null: single scores then need no averaging.
    The ablations are named by what they keep of the score: `numerator only` (log p_H),
    `denominator only` (-log p_L), `avoid only` and `seek only` (the terms of concepts rarer, or
    more frequent, among the good). Claims about avoiding say which of the two contrasts they mean.
    """
    from tools.discovery.study_figure import gains_figure
    from tools.discovery.study_report import better, claims, metrics, null_metrics

    noisy, k, softmax = _setting(params, run, "noisy", quiet=False)
    quiet, quiet_k, quiet_softmax = _setting(params, run, "noiseless", quiet=True)
    best = better(noisy, k, softmax)
    quiet_best = better(quiet, quiet_k, quiet_softmax)
    run.table("noisy", noisy)
    run.table("noiseless", quiet)
    run.figure(
        "gains",
        gains_figure(
            {
                f"noise {params.noise:g}, failures {params.failure:.0%}": (noisy, best),
                "neither noise nor failures": (quiet, quiet_best),
            },
            measure="auc",
            meaning="mean true utility of the best so far",
            title="Parents by concepts against parents by fitness",
            subtitle=f"{params.seeds} landscapes, {params.evaluations} evaluations each;"
            " mean and 95 % interval of paired differences",
        ),
    )
    return Result(
        metrics(noisy, best) | null_metrics(quiet, quiet_best),
        claims(noisy, k, softmax, quiet, quiet_best),
    )


def contenders(params: StudyParams) -> dict[str, Policy]:
    """Returns the policies that are not tuned, by name: CCTS, its variants, ablations and peers."""
    from tools.discovery.policies import create
    from tools.discovery.study_report import ABLATIONS

    options = {"tau": params.tau, "fitness": params.fitness}
    return {
        "ccts": create("ccts", **options),
        **(
            {"ccts, no fitness": create("ccts", tau=params.tau, fitness=0)}
            if params.fitness
            else {}
        ),
        "ccts, presence only": create("ccts", presence_only=True, **options),
        # Terms are averaged, not summed: divide the temperature by a typical number of terms.
        "ccts, size-normalised": create(
            "ccts", size_normalised=True, tau=params.tau / 20, fitness=params.fitness / 20
        ),
        **{name: create(name, **options) for name in ABLATIONS},
        **{
            name: create(name)
            for name in ("uniform", "greedy", "clusters", "map-elites", "islands", "pareto")
        },
    }


def tuned(rows: Sequence[Row], candidates: Mapping[str, Policy]) -> dict[str, Policy]:
    """Returns the best of the tuned k-elites and of the tuned softmax, in this order."""
    from tools.discovery.study import tune

    chosen = {}
    for family in ("k-elites", "softmax"):
        label = tune([row for row in rows if row["policy"].startswith(family)], "auc")
        chosen[label] = candidates[label]
    return chosen


def families() -> dict[str, Policy]:
    """Returns the members of the two tuned families, by label."""
    from tools.discovery.policies import create

    return {f"k-elites, k = {k}": create("k-elites", k=k) for k in ELITES} | {
        f"softmax, T = {t:g}": create("softmax", temperature=t) for t in TEMPERATURES
    }


def _setting(
    params: StudyParams, run: Run, name: str, *, quiet: bool
) -> tuple[list[Row], str, str]:
    """Tunes and studies one setting; returns its rows and the labels of the tuned policies."""
    from tools.discovery.study import study, synthetic
    from tools.discovery.synthetic import Setting

    environment = synthetic(
        Setting(
            branching=params.branching,
            depth=params.depth,
            noise=0.0 if quiet else params.noise,
            failure=0.0 if quiet else params.failure,
        )
    )
    mapper: Mapper = run.map
    tuning = [run.seed_for("tuning", i) for i in range(params.tuning_seeds)]
    judging = [run.seed_for("judging", i) for i in range(params.seeds)]
    candidates = families()
    trial = study(
        environment,
        candidates,
        tuning,
        params.evaluations,
        map=mapper,
        label=f"tuning baselines, {name}",
    )
    chosen = tuned(trial, candidates)
    rows = study(
        environment,
        contenders(params) | chosen,
        judging,
        params.evaluations,
        map=mapper,
        label=f"comparing policies, {name}",
    )
    k, softmax = chosen
    return rows, k, softmax
