"""Selection policies compared by whole searches on a real problem: what `discovery.compare` is."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from tools.claims import Claim, greater
from tools.discovery.asked import PROBLEM, ProblemParams
from tools.errors import BadInput
from tools.experiment import Cost, Result, Words, experiment
from tools.result import Estimate

if TYPE_CHECKING:
    from tools.discovery.problems import FolderProblem
    from tools.discovery.study import Row
    from tools.run import Run

OURS = "ccts"
PEERS = ("k-elites", "softmax", "uniform")
"""What contrastive concept-tree search is held against, each with its usual constants."""
_SECONDS = {"bin_packing": 0.08, "ramsey": 0.14, "difference_basis": 0.14}
"""A program on one of two cores, measured at the usual sizes."""
_SEARCHING = 0.3  # where programs search themselves, as they do for most other problems


class CompareParams(ProblemParams):
    """Parameters of `discovery.compare`."""

    problem: Annotated[str, PROBLEM] = Field(
        "bin_packing", description="name of a problem, or the path of your own"
    )
    seeds: Annotated[int, Words(near=("seeds", "pairs", "paired seeds", "repeats"))] = Field(
        20, ge=2, le=10_000, description="searches of each policy, paired by their seeds"
    )
    evaluations: Annotated[
        int, Words(near=("evaluations", "candidates", "programs", "iterations", "evaluations each"))
    ] = Field(60, ge=2, le=100_000, description="programs of each search, the baseline included")

    @property
    def grows_programs(self) -> bool:
        """Always: the searches have no other proposer."""
        return True


def estimate_cost(params: CompareParams) -> Cost:
    """Estimates the searches by their programs, two at a time."""
    programs = params.seeds * (1 + len(PEERS)) * params.evaluations
    return Cost(3.0 + programs * _SECONDS.get(params.problem, _SEARCHING))


@experiment(
    "discovery.compare",
    paper="leleu2026",
    claim="On a real problem, choosing parents by contrasting the concepts of good and bad programs"
    " finds better programs in as many evaluations than choosing them by fitness or by chance.",
    estimate=estimate_cost,
    resumable=True,
    asked_by=(
        "beat",
        "better than",
        "against",
        "versus",
        "vs",
        "compar",
        "policies",
        "outperform",
    ),
    examples=(
        "Compare the selection policies on online bin packing",
        "Does CCTS beat k-elites on a real problem?",
        "Compare parent selection by concepts with uniform selection on Ramsey graphs, 20 seeds",
        "Is concept-tree search better than softmax on difference bases?",
        "CCTS against k-elites on bin packing with 60 evaluations each",
        "Which policy finds better heuristics for bin packing?",
        "Paired comparison of selection policies on cap sets with n=5",
        "Does contrastive concept-tree search outperform chance on a real problem?",
        "Compare policies on Golomb rulers over 30 seeds",
        "On which real problems does concept-tree search beat fitness-only selection?",
    ),
)
def compare_policies(params: CompareParams, run: Run) -> Result:
    """Finds out whether parents chosen by concepts find better programs on a real problem.

    For every seed each policy searches once, with the embedded proposer, the same luck and the same
    evaluations; a program that several of them write is evaluated once. What is measured is the
    verified score of the best program so far, averaged over the search (`auc`), and at its end
    (`final`); larger is better, so what a problem minimises counts negative.

    Nothing is tuned: every policy has its usual constants. `discovery.study` does the same on
    landscapes with a known answer, where baselines are tuned and noise can be set.
    """
    from tools.discovery.study_figure import gains_figure

    problem = params.build()
    rows = searched(problem, params, run)
    run.table("searches", rows)
    best = max(PEERS, key=lambda name: statistics.fmean(_values(rows, name, "auc")))
    size = ", ".join(f"{k}={v}" for k, v in problem.size.items())
    run.figure(
        "gains",
        gains_figure(
            {f"{problem.title} ({size})": (rows, best)},
            measure="auc",
            meaning="mean score of the best so far",
            title="Parents by concepts against parents by fitness",
            subtitle=f"{params.seeds} seeds, {params.evaluations} programs each; mean and 95 %"
            " interval of paired differences",
        ),
    )
    return Result(metrics(rows), claims(rows, f"{problem.title} ({size})", params.evaluations))


def searched(problem: FolderProblem, params: CompareParams, run: Run) -> list[Row]:
    """Runs all searches; a row {"seed", "policy", "auc", "final"} for each."""
    import tempfile
    from collections.abc import Mapping
    from pathlib import Path

    from tools.discovery.budget import Budget
    from tools.discovery.evaluate import Evaluator
    from tools.discovery.loop import Progress, Search
    from tools.discovery.policies import Policy, create
    from tools.discovery.proposers.embedded import Embedded
    from tools.discovery.study import study

    with Evaluator() as evaluator:

        def environment(policy: Policy, seed: int, evaluations: int) -> Mapping[str, float]:
            bests: list[float] = []

            def watch(progress: Progress) -> None:
                if progress.best is None or progress.best.score is None:
                    raise BadInput(
                        f"problem = {problem.name}: its baseline is not valid, so that nothing can"
                        " be averaged from the first program on.",
                        "Mend the baseline, or compare on another problem.",
                    )
                bests.extend([progress.best.score] * (progress.done - len(bests)))

            with tempfile.TemporaryDirectory() as folder:
                Search(problem, policy, Embedded(), evaluator, seed).run(
                    Path(folder) / "log.sqlite",
                    Budget(evaluations),
                    progress=watch,
                    stop=run.stop_if_cancelled,
                )
            return {"auc": statistics.fmean(bests), "final": bests[-1]}

        rows = study(
            environment,
            {name: create(name) for name in (OURS, *PEERS)},
            [run.seed_for("search", i) for i in range(params.seeds)],
            params.evaluations,
            map=run.map,
            label="seeds",
        )
        for notice in evaluator.notices:
            run.notice(notice)
    return rows


def metrics(rows: list[Row]) -> dict[str, Estimate | float]:
    """Returns mean and final score of every policy, and what CCTS gains over each other."""
    from tools.discovery.study_report import identifier

    found: dict[str, Estimate | float] = {}
    ours = _values(rows, OURS, "auc")
    for name in (OURS, *PEERS):
        key = identifier(name)
        found[f"auc_{key}"] = Estimate.of(_values(rows, name, "auc"))
        found[f"final_{key}"] = Estimate.of(_values(rows, name, "final"))
        if name != OURS:
            base = _values(rows, name, "auc")
            found[f"gain_over_{key}"] = Estimate.of(
                [x - y for x, y in zip(ours, base, strict=True)]
            )
    return found


def claims(rows: list[Row], where: str, evaluations: int) -> list[Claim]:
    """Returns one claim for each policy that CCTS is held against."""
    from tools.discovery.study_report import TWO_ERRORS

    return [
        Claim(
            f"{where}: over {evaluations} programs CCTS finds better ones than {name}.",
            greater(
                _values(rows, OURS, "auc"),
                _values(rows, name, "auc"),
                paired=True,
                confidence=TWO_ERRORS,
            ),
            "leleu2026",
        )
        for name in PEERS
    ]


def _values(rows: list[Row], policy: str, measure: str) -> list[float]:
    from tools.discovery.study import values

    return values(rows, policy, measure)
