"""Grading behind a guard: every decision runs in a warm worker that can be killed.

`grade` has the signature of `grade_unguarded` and a budget in processor time on top. There is no
way around the worker for easy pairs: telling an easy pair from one that hangs would itself have to
read it, and the round trip costs a tenth of a millisecond.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

from tools.isolation.worker import Limit, Outcome
from tools.isolation.workers import GIGABYTE, WorkerPool

if TYPE_CHECKING:
    from tools.grading.grade import Grade
    from tools.grading.spec import GradeSpec

BUDGET = 1.0
"""Processor seconds one decision may take unless the caller says otherwise."""

_LARGEST_INPUT = 1 << 20
_SHOWN = 200  # characters of a side that could not be put into canonical form
_WARM_PAIRS = (
    (r"\frac{1}{2}", "0.5"),
    (r"\sin^2 x + e^{-x}", r"1 - \cos^2 x + \exp(-x)"),
    ("3 m", "300 cm"),
    (r"c_1^\dagger c_1", r"1 - c_1 c_1^\dagger"),
    (r"\int_0^1 x^2 dx", "1/3"),
    (r"\sum_{k=1}^{n} k", "n(n+1)/2"),
    ("a; b", "b, a"),
)

_lock = threading.Lock()
_default: tuple[int, WorkerPool] | None = None


def grade(
    gold: str,
    answer: str,
    spec: GradeSpec | None = None,
    *,
    budget: float = BUDGET,
    pool: WorkerPool | None = None,
) -> Grade:
    """Grades an answer; whatever is in it, the decision costs at most the budget.

    Args:
        gold: the reference answer.
        answer: what was answered, prose and boxes allowed.
        spec: what the question fixes; by default nothing.
        budget: processor seconds. A decision that needs more is `ungradable`, on an idle machine
            as on a busy one.
        pool: workers to use, those of `default_pool` unless given.

    Raises:
        BadInput: if the budget is not positive.
        Unavailable: if this machine cannot start workers.
    """
    outcome = (pool or default_pool()).call(gold, answer, _plain(spec), budget=budget)
    return _read(outcome, gold, answer, budget)


async def agrade(
    gold: str,
    answer: str,
    spec: GradeSpec | None = None,
    *,
    budget: float = BUDGET,
    pool: WorkerPool | None = None,
) -> Grade:
    """Grades an answer as `grade` does, without blocking the event loop."""
    outcome = await (pool or default_pool()).acall(gold, answer, _plain(spec), budget=budget)
    return _read(outcome, gold, answer, budget)


def open_pool(workers: int | None = None, memory: int = GIGABYTE) -> WorkerPool:
    """Starts a pool of grading workers of one's own; close it when done.

    Args:
        workers: decisions at a time; as many as there are cores by default.
        memory: bytes one decision may use.
    """
    return WorkerPool(
        "tools.grading.service:decide",
        warm_up="tools.grading.service:warm_up",
        workers=workers,
        memory=memory,
        largest_input=_LARGEST_INPUT,
    )


def default_pool() -> WorkerPool:
    """Returns this process's pool; it is started at the first call and ends with the process."""
    global _default
    with _lock:
        # A fork inherits the variable but must not share the sockets.
        if _default is None or _default[0] != os.getpid():
            _default = (os.getpid(), open_pool())
            atexit.register(_close, _default)
        return _default[1]


def decide(gold: str, answer: str, spec: dict[str, Any] | None) -> dict[str, Any]:
    """Grades one pair; called in a worker."""
    from tools.grading.grade import grade_unguarded
    from tools.grading.spec import GradeSpec

    read = None if spec is None else GradeSpec.from_json(spec)
    return grade_unguarded(gold, answer, read).to_json()


def warm_up() -> None:
    """Does once, before workers are forked, what the first pair of each kind would wait for."""
    import tools.grading.grade  # noqa: F401  (without it there is nothing to serve)

    for gold, answer in _WARM_PAIRS:
        # A defect belongs to the pair that meets it and must not stop all others.
        with contextlib.suppress(Exception):
            decide(gold, answer, None)


def _plain(spec: GradeSpec | None) -> dict[str, Any] | None:
    return None if spec is None else spec.to_json()


def _read(outcome: Outcome, gold: str, answer: str, budget: float) -> Grade:
    from tools.grading.grade import Grade

    if outcome.ok:
        return Grade.from_json(outcome.value)
    return Grade(
        verdict="ungradable",
        reason=_reason(outcome, budget),
        gold=gold.strip()[:_SHOWN],
        answer=answer.strip()[:_SHOWN],
        method="structure",
        seconds=outcome.wall,
    )


def _reason(outcome: Outcome, budget: float) -> str:
    match outcome.limit:
        case Limit.PROCESSOR_TIME:
            return f"The decision took more than {budget:g} s of processor time."
        case Limit.WALL_TIME:
            return f"The decision did not end within {10 * budget:g} s."
        case Limit.MEMORY:
            return "The decision needed more memory than a worker is given."
        case Limit.INPUT_SIZE:
            return f"Gold, answer and spec are together longer than {_LARGEST_INPUT} bytes."
        case Limit.OUTPUT_SIZE:
            return "The canonical forms are too long to return."
        case Limit.CRASH:
            return f"The decision ended its process: {outcome.error}."
    return f"The grader failed on this pair: {outcome.error}."


def _close(started: tuple[int, WorkerPool]) -> None:
    if started[0] == os.getpid():
        started[1].close()
