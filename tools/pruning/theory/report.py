"""What `pruning.theory` is made of: its points, its claims and its metrics."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.claims import Claim, greater, verified_exactly, within
from tools.experiment import Estimate
from tools.pruning.theory.curves import crossover, frontier, gap
from tools.pruning.theory.law import Keep
from tools.pruning.theory.saddle import learn
from tools.pruning.theory.simulation import simulate

if TYPE_CHECKING:
    from tools.pruning.theory_experiment import TheoryParams
    from tools.run import Run

ARMS = ("hard", "easy", "random")
_KEEPS: tuple[Keep | None, ...] = ("hard", "easy", None)  # in the order of ARMS
_LIMIT = 3.0  # standard errors
_KEPT_SIZES = tuple(0.5 * 2 ** (k / 2) for k in range(10))  # alpha, 0.5 .. 11.3
_MAP_POOLS = tuple(2 ** (k / 2) for k in range(11))  # alpha_tot, 1 .. 32
_MAP_FRACTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


# -- the work -----------------------------------------------------------------------------------


def tasks(params: TheoryParams) -> list[tuple[float, float, int]]:
    """Lists the pools to draw: (angle, alpha_tot, repetition)."""
    return [
        (angle, pool, repetition)
        for angle in params.angles
        for pool in (params.small, params.large)
        for repetition in range(params.repetitions)
    ]


def simulated(
    params: TheoryParams, run: Run, angle: float, pool: float, repetition: int
) -> list[float]:
    """Returns the test errors of the three arms, in the order of `ARMS`, on one pool."""
    # The angle is no part of the seed's name: probes of different angles see the same pools.
    return simulate(
        pool,
        params.keep,
        math.radians(angle),
        _KEEPS,
        dimension=params.dimension,
        rng=run.rng("pool", pool, repetition),
    )


def curve_tasks(params: TheoryParams) -> list[tuple[float, float, float, float]]:
    """Lists the points of the learning curves: (angle, f, alpha kept, largest pool)."""
    return [
        (angle, params.keep, alpha, params.largest_pool)
        for angle in params.angles
        for alpha in _KEPT_SIZES
    ]


def curve(task: tuple[float, float, float, float]) -> dict[str, float]:
    """Returns the errors at one training set size: random, both ends at f, and the best f."""
    angle, f, alpha, largest_pool = task
    theta = math.radians(angle)
    best = frontier([alpha], theta, largest_pool=largest_pool)[0]
    return {
        "angle": angle,
        "alpha": alpha,
        "random": best.random,
        "hard": learn(alpha / f, f, "hard", theta).error,
        "easy": learn(alpha / f, f, "easy", theta).error,
        "best": best.error,
        "best_keep": best.f,
        "best_alpha_tot": best.alpha_tot,
    }


def map_tasks(params: TheoryParams) -> list[tuple[float, float, float]]:
    """Lists the cells of the map at the best probe: (angle, f, alpha_tot)."""
    return [(params.angles[0], f, pool) for f in _MAP_FRACTIONS for pool in _MAP_POOLS]


def cell(task: tuple[float, float, float]) -> dict[str, float]:
    """Returns hard minus easy at one cell of the map."""
    angle, f, pool = task
    difference = gap(pool, f, math.radians(angle))
    return {"angle": angle, "keep": f, "alpha_tot": pool, "hard_minus_easy": difference}


# -- what came out ------------------------------------------------------------------------------


def compared(params: TheoryParams, points: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """Puts theory beside simulation, a row for each angle, pool and arm."""
    rows = []
    for angle in params.angles:
        for pool in (params.small, params.large):
            samples = _samples(params, points, angle, pool)
            for arm, keep in zip(ARMS, _KEEPS, strict=True):
                estimate = Estimate.of(samples[arm])
                assert estimate.stderr is not None
                predicted = _predicted(pool, params.keep, keep, math.radians(angle))
                # Every draw the same: a student of one or two examples in few dimensions.
                stderr = max(estimate.stderr, 1e-12)
                rows.append(
                    {
                        "angle": angle,
                        "alpha_tot": pool,
                        "arm": arm,
                        "theory": predicted,
                        "simulation": estimate.mean,
                        "stderr": estimate.stderr,
                        "deviation": (estimate.mean - predicted) / stderr,
                    }
                )
    return rows


def claims(
    params: TheoryParams, points: Sequence[Sequence[float]], rows: Sequence[Mapping[str, Any]]
) -> list[Claim]:
    """Decides the claims from the simulated errors and the theory."""
    angle, f = params.angles[0], params.keep
    probe = "a perfect probe" if angle == 0 else f"a probe at {angle:g} degrees"
    where = f"With {probe} and {100 * f:g} % of the pool kept"
    size = f"{params.dimension} dimensions, {params.repetitions} pools"
    small = _samples(params, points, angle, params.small)
    large = _samples(params, points, angle, params.large)
    worst = max(rows, key=lambda row: abs(row["deviation"]))
    return [
        Claim(
            f"Theory and simulation ({size}) agree within {_LIMIT:g} standard errors at each of"
            f" {len(rows)} points; the worst is {worst['arm']} at alpha_tot ="
            f" {worst['alpha_tot']:g} and {worst['angle']:g} degrees.",
            within(worst["deviation"], 0.0, _LIMIT),
            "sorscher2022",
        ),
        Claim(
            f"{where}, the simulated error of keeping hard is higher than that of keeping easy at"
            f" alpha_tot = {params.small:g} ({size}).",
            greater(small["hard"], small["easy"], paired=True),
            "sorscher2022",
        ),
        Claim(
            f"{where}, the simulated error of keeping hard is lower than that of keeping easy at"
            f" alpha_tot = {params.large:g} ({size}).",
            greater(large["easy"], large["hard"], paired=True),
            "sorscher2022",
        ),
        Claim(
            f"{where}, hard minus easy changes its sign in theory between alpha_tot ="
            f" {params.small:g} and {params.large:g}.",
            _flips(params),
            "sorscher2022",
        ),
    ]


def _flips(params: TheoryParams) -> Any:
    theta = math.radians(params.angles[0])
    low, high = gap(params.small, params.keep, theta), gap(params.large, params.keep, theta)

    def verifier(gaps: tuple[float, float]) -> tuple[bool, str]:
        reason = (
            f"hard minus easy is {gaps[0]:+.4f} at {params.small:g}"
            f" and {gaps[1]:+.4f} at {params.large:g}"
        )
        return gaps[0] > 0 > gaps[1], reason

    return verified_exactly((low, high), verifier, evidence={"small": low, "large": high})


def metrics(
    params: TheoryParams, rows: Sequence[Mapping[str, Any]], curves: Sequence[Mapping[str, float]]
) -> dict[str, Estimate | float]:
    """Returns the simulated errors, the theory's crossover, and the frontier's gain."""
    found: dict[str, Estimate | float] = {}
    for row in rows:
        if row["angle"] == params.angles[0]:
            name = f"error_{row['arm']}_alpha_{row['alpha_tot']:g}".replace(".", "_")
            found[name] = Estimate(row["simulation"], row["stderr"], params.repetitions)
            found[f"theory_{name}"] = float(row["theory"])
    for angle in params.angles:
        at = crossover(params.keep, math.radians(angle))
        if at is not None:
            found[_named("crossover_alpha_tot", angle)] = at
        last = [row for row in curves if row["angle"] == angle][-1]
        found[_named("frontier_gain", angle)] = last["random"] / last["best"]
        found[_named("frontier_keep", angle)] = last["best_keep"]
    found["frontier_alpha"] = _KEPT_SIZES[-1]
    found["worst_deviation"] = max(abs(row["deviation"]) for row in rows)
    found["mean_square_deviation"] = statistics.fmean(row["deviation"] ** 2 for row in rows)
    return found


def _named(name: str, angle: float) -> str:
    return f"{name}_{angle:g}_degrees".replace(".", "_")


def _samples(
    params: TheoryParams, points: Sequence[Sequence[float]], angle: float, pool: float
) -> dict[str, list[float]]:
    """Returns arm -> simulated errors at one angle and pool."""
    chosen = [
        point
        for task, point in zip(tasks(params), points, strict=True)
        if task[:2] == (angle, pool)
    ]
    return {arm: [point[k] for point in chosen] for k, arm in enumerate(ARMS)}


def _predicted(pool: float, f: float, keep: Keep | None, theta: float) -> float:
    if keep is None:
        return learn(f * pool).error
    return learn(pool, f, keep, theta).error
