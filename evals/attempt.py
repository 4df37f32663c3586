"""One sample answered and judged: how often it is tried, what it may use, what ends it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from evals.context import Context, Lanes
from evals.journal import Entry
from evals.limits import LimitReached, Limits
from evals.sample import Answer, Sample, Score, Scorer, Solver, State


@dataclass(frozen=True)
class Attempt:
    """How answering a sample ended.

    Attributes:
        answer: what was answered; None when every attempt failed.
        errors: why attempts failed, in order.
        seconds: wall-clock time of the attempt that counted.
    """

    answer: Answer | None
    errors: tuple[str, ...] = ()
    seconds: float = 0.0


async def answer(
    solver: Solver, sample: Sample, epoch: int, lanes: Lanes, *, attempts: int, limits: Limits
) -> Attempt:
    """Answers a sample; whatever the solver raises is part of the result.

    Args:
        solver: of the suite.
        sample, epoch: what is answered.
        lanes: what the samples of a run share.
        attempts: tries before the sample counts as failed.
        limits: what each try may use; over them the sample stands as it is.
    """
    errors: list[str] = []
    found: Answer | None = None
    started = time.monotonic()
    for _ in range(attempts):
        started = time.monotonic()
        context = Context(lanes, sample, epoch, limits)
        clock = asyncio.timeout(limits.seconds)
        try:
            async with clock:
                found = await solver(sample, context)
            break
        except LimitReached as reached:
            found = Answer(context.last, usage=context.usage, limit=reached.limit)
            break
        except Exception as error:  # noqa: BLE001 - one sample must not end the others
            if clock.expired():
                found = Answer(context.last, usage=context.usage, limit="seconds")
                break
            errors.append(f"{type(error).__name__}: {error}")
    return Attempt(found, tuple(errors), time.monotonic() - started)


async def judge(scorer: Scorer, entry: Entry) -> Score:
    """Scores a finished sample; a scorer that fails leaves it ungradable."""
    if entry.answer is None:
        reason = entry.errors[-1] if entry.errors else "no attempt was made"
        return Score.wrong(reason, state=State.FAILED)
    try:
        return await scorer(entry.sample, entry.answer)
    except Exception as error:  # noqa: BLE001 - a defect of a scorer belongs to its sample
        return Score.wrong(
            f"The scorer failed: {type(error).__name__}: {error}", state=State.UNGRADABLE
        )
