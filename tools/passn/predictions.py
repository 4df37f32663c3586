"""What `passn.theory` is made of: the closed forms put to the test, and against trained models."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, field_validator

from tools.claims import Claim, greater, within
from tools.experiment import Cost, Estimate, Params, Result, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tools.run import Run

    Floats = NDArray[np.float64]

Row = dict[str, Any]

_EXCESS = 1e-9  # of coverage, by which nothing may beat the closed form
_LOG_EXCESS = 1e-7  # of the mean log-coverage; the optimum is found by bisection
_AGREEMENT = 0.03  # between predicted and learnt confidence


class TheoryParams(Params):
    """Parameters of `passn.theory`."""

    q: Annotated[tuple[float, ...], Words(near=("q", "probabilities"))] = Field(
        (0.5, 0.3, 0.15, 0.05),
        min_length=1,
        max_length=1000,
        description="the problem that is plotted: the probability of each answer to be the right"
        " one, summing to at most 1",
    )
    n: Annotated[
        tuple[int, ...], Words(near=("n", "pass@", "budget", "draws", "draw", "samples"))
    ] = Field(
        (1, 2, 4, 16, 64, 256),
        min_length=1,
        max_length=20,
        description="numbers of answers drawn, each from 1 to 4096",
    )
    problems: Annotated[int, Words(near=("problems", "random problems"))] = Field(
        8, ge=2, le=2000, description="random problems on which the closed forms are tested"
    )
    rivals: Annotated[int, Words(near=("rivals", "random policies", "policies"))] = Field(
        200, ge=1, le=10_000, description="random policies that each closed form has to beat"
    )
    train: Annotated[bool, Words(near=("train", "trained", "compare with a model"))] = Field(
        False, description="also train models by DCO and compare their confidence"
    )

    @field_validator("q")
    @classmethod
    def _is_distribution(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if min(values) < 0 or not 0 < sum(values) <= 1 + 1e-9:
            raise ValueError("probabilities must be at least 0 and sum to at most 1, more than 0")
        return values

    @field_validator("n")
    @classmethod
    def _budgets(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        for value in values:
            if not 1 <= value <= 4096:
                raise ValueError(f"N = {value} is not between 1 and 4096")
        return tuple(sorted(set(values)))


def estimate_cost(params: TheoryParams) -> Cost:
    """Estimates a run's time on one core."""
    cells = params.problems * len(params.n)
    trained = 2.0 * len(params.n) if params.train else 0.0
    return Cost(2 + cells * (0.005 + 5e-7 * params.rivals) + trained)


def examine(params: TheoryParams, run: Run) -> Result:
    """Tests the closed forms on random problems; the body of `passn.theory`."""
    from tools.passn.curves import theory_figure
    from tools.passn.theory import dco_optimum, optimal_coverage_policy

    rows = run.map(
        lambda index: _one_problem(params, run, index), range(params.problems), "random problems"
    )
    run.table("random_problems", [row for problem in rows for row in problem])
    run.table(
        "problem",
        [
            compare_policies(
                params.q, n, optimal_coverage_policy(params.q, n), dco_optimum(params.q, n)
            )
            for n in params.n
        ],
    )
    run.figure("theory", theory_figure(params.q, params.n))
    flat = [row for problem in rows for row in problem]
    metrics: dict[str, Estimate | float] = {
        "largest gain of a rival over the best policy": max(r["rival_excess"] for r in flat),
        "largest gain of an optimiser over the best policy": max(r["found_excess"] for r in flat),
        "largest shortfall of the optimiser": max(-r["found_excess"] for r in flat),
        "largest gain of an optimiser over DCO's optimum": max(r["dco_excess"] for r in flat),
    }
    for place, n in enumerate(params.n):
        gaps = [problem[place]["best"] - problem[place]["dco"] for problem in rows]
        metrics[f"coverage DCO's optimum leaves at N={n}"] = Estimate.of(gaps)
    found = _claims(params, rows)
    if params.train:
        from tools.passn import ambiguous

        learnt = run.map(lambda n: ambiguous.train(run, n), params.n, "training on problems")
        run.figure("confidence", ambiguous.confidence_figure(params.n, learnt))
        gap = Estimate.of([abs(a - b) for one in learnt for a, b in one])
        metrics["gap between predicted and learnt confidence"] = gap
        found.append(
            Claim(
                f"Perceptrons trained by DCO on {ambiguous.KINDS} kinds of ambiguous problems end"
                " with the largest probability that DCO's optimum has, on average over kinds and"
                f" N = {_listed(params.n)}.",
                within(gap.mean, 0.0, _AGREEMENT, stderr=gap.stderr),
            )
        )
    return Result(metrics, found)


def compare_policies(q: Sequence[float] | Floats, n: int, best: Floats, dco: Floats) -> Row:
    """Returns coverage in n draws and largest probability of three policies for one problem.

    Args:
        q: probability of each answer to be the right one.
        n: number of draws.
        best, dco: the policy of largest coverage, and DCO's optimum; the third is cross-entropy's,
            p = q (normalised).
    """
    import numpy as np

    from tools.passn.theory import coverage, max_confidence_bounds

    calibrated = np.asarray(q, np.float64) / np.sum(q)
    low, high = max_confidence_bounds(q, n)
    return {
        "n": n,
        "best": coverage(best, q, n),
        "dco": coverage(dco, q, n),
        "ce": coverage(calibrated, q, n),
        "best_confidence": float(best.max()),
        "bound_low": low,
        "bound_high": high,
        "dco_confidence": float(dco.max()),
        "ce_confidence": float(calibrated.max()),
    }


def _one_problem(params: TheoryParams, run: Run, index: int) -> list[Row]:
    """Tests both closed forms on one random problem, at every N."""
    import numpy as np

    from tools.passn import optimise
    from tools.passn.theory import dco_optimum, optimal_coverage_policy

    rng = run.rng("problem", index)
    q = optimise.random_problem(rng)
    rivals = rng.dirichlet(np.full(len(q), rng.uniform(0.2, 3)), size=params.rivals)
    rows = []
    for n in params.n:
        best, dco = optimal_coverage_policy(q, n), dco_optimum(q, n)
        row = compare_policies(q, n, best, dco)
        reached = ((1 - (1 - rivals) ** n) @ q).max()
        found = optimise.maximise(partial(optimise.coverage, q=q, n=n), best, rng)
        logs = optimise.maximise(partial(optimise.log_coverage, q=q, n=n), dco, rng)
        rows.append(
            {
                "problem": index,
                "answers": len(q),
                **row,
                "rival_excess": float(reached - row["best"]),
                "found_excess": found - row["best"],
                "dco_excess": logs - optimise.log_coverage(dco, q, n)[0],
            }
        )
    return rows


def _claims(params: TheoryParams, rows: Sequence[Sequence[Row]]) -> list[Claim]:
    flat = [row for problem in rows for row in problem]
    where = f"On {params.problems} random problems and N = {_listed(params.n)}"
    beaten = max(max(row["rival_excess"], row["found_excess"]) for row in flat)
    outside = max(
        max(row["bound_low"] - row["best_confidence"], row["best_confidence"] - row["bound_high"])
        for row in flat
    )
    rises = [
        later["best_confidence"] - sooner["best_confidence"]
        for problem in rows
        for sooner, later in pairwise(problem)
    ]
    found = [
        Claim(
            f"{where}, no random policy and no numeric optimiser covers more than the closed form"
            " of the best policy.",
            within(max(beaten, 0.0), 0.0, _EXCESS),
        ),
        Claim(
            f"{where}, the largest probability of the best policy lies between its bounds.",
            within(max(outside, 0.0), 0.0, 1e-9),
            "chen2025",
        ),
        Claim(
            f"{where}, a numeric optimiser finds no policy better for DCO than its computed"
            " optimum.",
            within(max(0.0, *(row["dco_excess"] for row in flat)), 0.0, _LOG_EXCESS),
        ),
    ]
    if rises:
        found.insert(
            2,
            Claim(
                f"{where}, the best policy is never surer of an answer when more may be drawn.",
                within(max(0.0, *rises), 0.0, 1e-9),
                "chen2025",
            ),
        )
    for place, n in enumerate(params.n):
        if n > 1:
            dco, ce = ([problem[place][key] for problem in rows] for key in ("dco", "ce"))
            found.append(
                Claim(
                    f"On {params.problems} random problems of irreducible ambiguity, DCO's optimum"
                    f" covers more in {n} draws than cross-entropy's.",
                    greater(dco, ce, paired=True),
                )
            )
    return found


def _listed(ns: Sequence[int]) -> str:
    return ", ".join(map(str, ns))
