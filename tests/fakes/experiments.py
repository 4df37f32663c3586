"""Tiny experiments for tests: instant, slow, crashing, failing; they need nothing but the contract.

The fixture `fake_experiments` in tests/conftest.py registers them.
"""

from __future__ import annotations

import os
import time
from typing import Annotated, Literal

from pydantic import Field

from tools.claims import Claim, greater, within
from tools.errors import BadInput, Unavailable
from tools.experiment import Cost, Estimate, Params, Result, Words, experiment
from tools.run import Run


class AddParams(Params):
    a: Annotated[float, Words(near=("first",))] = Field(
        1.0, ge=-1000, le=1000, description="first summand"
    )
    b: float = Field(2.0, ge=-1000, le=1000, description="second summand")
    noise: float = Field(0.0, ge=0, description="standard deviation of the noise on each sum")
    repeats: int = Field(3, ge=1, le=100, description="number of noisy sums")
    unit: Literal["apples", "pears"] = Field("apples", description="what is counted")
    weights: list[float] = Field([1.0], min_length=1, description="factors on the noise")
    exact: bool = Field(True, description="whether the sum without noise is reported as well")


@experiment(
    "fake.add",
    paper="paul2021",
    claim="A sum is the sum of its parts.",
    estimate=lambda p: Cost(seconds=0.01 * p.repeats),
    examples=("add 2 and 3", "what is the sum of 4 and 5?", "sum two numbers"),
)
def add(params: AddParams, run: Run) -> Result:
    """Adds two numbers, with noise if wanted. The noise comes from the run's seed.

    The second paragraph holds the details.
    """
    rng = run.rng("noise")
    exact = params.a + params.b
    sums = [
        exact + params.noise * params.weights[i % len(params.weights)] * float(rng.normal())
        for i in run.progress(range(params.repeats), "adding")
    ]
    run.table("sums", [{"repeat": i, "sum": s} for i, s in enumerate(sums)])
    metrics: dict[str, Estimate | float] = {"sum": Estimate.of(sums, params.unit)}
    if params.exact:
        metrics["exact"] = exact
    return Result(
        metrics=metrics,
        claims=[
            Claim("the mean is the exact sum", within(sums[0], exact, 0.5), paper="paul2021"),
            Claim(
                f"the sum exceeds {params.a:g}",
                greater([*sums, *sums], [params.a] * (2 * len(sums)), paired=True),
            ),
        ],
    )


class SlowParams(Params):
    steps: int = Field(20, ge=1, description="number of steps")
    pause: float = Field(0.05, ge=0, le=10, description="seconds each step sleeps")
    trips: bool = Field(False, description="fail once, at the last step")


@experiment(
    "fake.slow",
    paper=(),
    claim="",
    estimate=lambda p: Cost(seconds=p.steps * p.pause),
    resumable=True,
    examples=("sleep a while", "do something slow"),
)
def slow(params: SlowParams, run: Run) -> Result:
    """Draws one number a step and sleeps after each; a killed run resumes where it was."""

    def step(i: int) -> float:
        with (run.folder / "steps.log").open("a") as handle:
            handle.write(f"{i}\n")
        time.sleep(params.pause)
        if params.trips and i == params.steps - 1 and not (run.folder / "tripped").exists():
            (run.folder / "tripped").touch()
            raise Unavailable("Nobody answers.", "Ask again.")
        return float(run.rng("step", i).normal())

    draws = run.map(step, range(params.steps), "stepping")
    return Result(metrics={"total": sum(draws), "draw": Estimate.of(draws)})


class CrashParams(Params):
    how: Literal["exception", "refusal", "exit", "kill", "nan"] = Field(
        "exception", description="in what way it goes wrong"
    )


@experiment(
    "fake.crash",
    paper=(),
    claim="",
    estimate=lambda p: Cost(seconds=0.0),
    examples=("crash", "fail on purpose"),
)
def crash(params: CrashParams, run: Run) -> Result:
    """Goes wrong in the way that is asked for."""
    print("about to go wrong")
    if params.how == "exception":
        raise ZeroDivisionError("the fake has crashed")
    if params.how == "refusal":
        raise BadInput("The fake refuses.", "Ask another one.")
    if params.how == "exit":
        os._exit(3)
    if params.how == "kill":
        os.kill(os.getpid(), 9)
    run.notice("the numbers below are not finite")
    return Result(
        metrics={"nothing": float("nan"), "everything": float("inf")},
        claims=[Claim("nothing exceeds 0", greater([float("nan")] * 3, [0.0] * 3, paired=True))],
    )


class StubbornParams(Params):
    seconds: float = Field(60, gt=0, description="seconds to sit without looking up")


@experiment(
    "fake.stubborn",
    paper=(),
    claim="",
    estimate=lambda p: Cost(seconds=p.seconds),
)
def stubborn(params: StubbornParams, run: Run) -> Result:
    """Sleeps in one piece, deaf to every wish to stop."""
    give_up = time.monotonic() + params.seconds
    while time.monotonic() < give_up:
        time.sleep(0.05)
    return Result()


class PingParams(Params):
    text: str = Field(description="what to say")
    loud: bool = Field(False, description="in capitals")


@experiment(
    "fake.ping",
    paper=(),
    claim="",
    estimate=lambda p: Cost(seconds=0.0),
    examples=("ping",),
)
def ping(params: PingParams, run: Run) -> Result:
    """Does nothing, at once."""
    print(params.text.upper() if params.loud else params.text)
    return Result(metrics={"length": float(len(params.text))})
