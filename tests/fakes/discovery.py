"""A problem whose evaluation is quick and whose search is easy to follow, and proposers for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Generator, Mapping
from fractions import Fraction
from typing import Any

from tools.discovery.candidate import Candidate, Evaluation, Outcome, Spend
from tools.discovery.problem import Call, Limits, Verdict
from tools.discovery.proposers import Proposal, Request


class Hill:
    """Return a whole number; the closer to 1000 from below, the better."""

    name, title, version, maximise = "hill", "A hill", 1, True
    statement = "Write `solve(seed)` that returns a whole number of at most 1000."
    size: Mapping[str, Any] = {"top": 1000}

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits(cpu_seconds=1.0, memory=256, profile="plain")

    def dialogue(self, seed: int) -> Generator[Call, Any, Any]:
        return (yield Call("solve", {"seed": seed}))

    def verify(self, data: object) -> Verdict:
        if type(data) is not int or data > 1000:
            return Verdict(False, message=f"{data!r} is no whole number of at most 1000")
        return Verdict(True, Fraction(data, 3))

    def baseline(self) -> Candidate:
        return program(0)

    def grammar(self) -> Any:
        raise NotImplementedError

    def draw(self, data: Any, axes: Any) -> None:
        raise NotImplementedError


def program(value: int, body: str = "") -> Candidate:
    """A program for the hill."""
    return Candidate.of(f"{body}\ndef solve(seed):\n    return {value}\n")


class Climber:
    """Proposes the first parent's number plus a few; sometimes a fault, a repetition or nothing.

    Attributes:
        delay: the longest time it takes, drawn anew each time it is asked.
        asked: seeds of the requests it was asked for in this process.
    """

    name = "climber"

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay
        self.asked: list[int] = []

    async def propose(self, request: Request) -> Proposal:
        self.asked.append(request.seed)
        rng = random.Random(request.seed)
        paths = frozenset(
            {("start",), ("start", f"s{len(request.tree)}"), ("step", f"{rng.randrange(9)}")}
        )
        if self._delay:
            await asyncio.sleep(random.SystemRandom().random() * self._delay)
        spend = Spend(10, 5, 0.001, 0.0)
        draw = rng.random()
        if draw < 0.1:
            return Proposal(None, message="nothing came", spend=spend)
        if draw < 0.2:
            return Proposal(program(2000 + rng.randrange(5)), paths, spend=spend)
        data = request.parents[0].evaluation.data
        base = data if isinstance(data, int) and data <= 1000 else 0
        return Proposal(program(min(base + rng.randrange(30), 1000)), paths, spend=spend)


class Stub:
    """Evaluates programs of the hill in this process, without running them."""

    lanes = 2
    notices: tuple[str, ...] = ()

    def __init__(self, delay: float = 0.0) -> None:
        self.evaluated: list[str] = []
        self._delay = delay

    async def evaluate(self, problem: Any, candidate: Candidate, seed: int) -> Evaluation:
        self.evaluated.append(candidate.key)
        if self._delay:
            await asyncio.sleep(random.SystemRandom().random() * self._delay)
        value = int(candidate.source.rsplit("return ", 1)[1])
        if value > 1000:
            message = problem.verify(value).message
            return Evaluation(Outcome.INVALID, data=value, message=message)
        return Evaluation(Outcome.OK, value / 3, str(Fraction(value, 3)), value)

    def close(self) -> None:
        pass
