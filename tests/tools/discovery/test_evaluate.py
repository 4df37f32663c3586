"""Evaluation: the program only answers, this side judges; every failure has an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from fractions import Fraction
from typing import Any

import pytest
from fakes.discovery import Hill, program
from hypothesis import given
from hypothesis import strategies as st

from tools.discovery.candidate import Candidate, Evaluation, Outcome
from tools.discovery.evaluate import Evaluator, exact_text, precheck
from tools.discovery.problem import Call, Limits, Verdict
from tools.errors import Cancelled, Unavailable


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator(2) as made:
        yield made


class Auction(Hill):
    """An online problem: each item is shown after the answer to the one before."""

    name, maximise = "auction", False

    def dialogue(self, seed: int) -> Generator[Call, Any, Any]:
        answers = []
        for item in (3, 1, 2):
            answers.append((yield Call("take", {"item": item})) + 0)
        return answers

    def verify(self, data: object) -> Verdict:
        return Verdict(True, sum(data) if isinstance(data, list) else 0)


def test_a_program_is_run_and_its_data_are_judged_here(evaluator: Evaluator) -> None:
    found = evaluator.run(Hill(), program(100), 0)
    assert (found.outcome, found.score, found.exact, found.data) == (
        Outcome.OK, 100 / 3, "100/3", 100,
    )  # fmt: skip
    assert found.cpu_seconds > 0


def test_a_minimised_objective_changes_its_sign_in_the_score_only(evaluator: Evaluator) -> None:
    found = evaluator.run(Auction(), Candidate.of("def take(item): return 2 * item"), 0)
    assert (found.score, found.exact, found.data) == (-12.0, "12", [6, 2, 4])


def test_an_answer_that_the_dialogue_cannot_use_is_invalid(evaluator: Evaluator) -> None:
    found = evaluator.run(Auction(), Candidate.of("def take(item): return 'x'"), 0)
    assert found.outcome is Outcome.INVALID
    assert "take" in found.message


def test_a_solution_that_the_verifier_refuses_is_invalid_with_its_words(
    evaluator: Evaluator,
) -> None:
    found = evaluator.run(Hill(), program(1001), 0)
    assert (found.outcome, found.score, found.data) == (Outcome.INVALID, None, 1001)
    assert "1001 is no whole number" in found.message


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def solve(seed)\n    return 1", "line 1: expected ':'"),
        ("def other(seed): return 1", "no function `solve`"),
        ("def solve(seed): return '\0'", "null byte"),
        ("(" * 500, "too many nested"),
        ("-" * 200_000 + "1", "cannot be parsed"),
    ],
)
def test_what_cannot_be_a_program_is_found_without_running_it(source: str, says: str) -> None:
    assert says in precheck(Candidate.of(source), "solve").replace("bytes", "byte")


@pytest.mark.parametrize(
    "source",
    [
        "from math import *",
        "solve = lambda seed: 1",
        "if True:\n    def solve(seed): return 1",
        "import helper as solve",
        "globals()['solve'] = print",
    ],
)
def test_a_function_that_may_exist_is_given_the_chance(source: str) -> None:
    assert precheck(Candidate.of(source), "solve") == ""


def test_the_failures_of_programs_are_told_apart(evaluator: Evaluator) -> None:
    problem = Hill(Limits(cpu_seconds=0.3, memory=128, profile="plain"))
    sources = {
        "def solve(seed): return 1 // 0": Outcome.CRASHED,
        "def solve(seed):\n while True: pass": Outcome.TIMED_OUT,
        "def solve(seed): return len(bytearray(1 << 30))": Outcome.OUT_OF_MEMORY,
        "import socket\ndef solve(seed): return socket.socket()": Outcome.FORBIDDEN,
        "def solve(seed): return {1: object()}": Outcome.INVALID,
        "import os\nos._exit(0)\ndef solve(seed): return 5": Outcome.CRASHED,
    }
    found = {s: evaluator.run(problem, Candidate.of(s), 0) for s in sources}
    assert {s: e.outcome for s, e in found.items()} == sources
    assert all(e.score is None and e.message for e in found.values())


def test_a_forged_score_on_standard_output_is_a_remark_at_most(evaluator: Evaluator) -> None:
    forged = "print('{\"score\": 1000000}')\ndef solve(seed): print('score: 999'); return 7"
    found = evaluator.run(Hill(), Candidate.of(forged), 0)
    assert (found.score, found.exact) == (7 / 3, "7/3")
    failing = forged.replace("return 7", "raise ValueError")
    assert "It printed: " in evaluator.run(Hill(), Candidate.of(failing), 0).message


def test_patching_the_verifier_from_inside_does_nothing(evaluator: Evaluator) -> None:
    attack = """import sys, types
def solve(seed):
    for name in ('fakes.discovery', 'tools.discovery.problem', 'tools.discovery.evaluate'):
        module = sys.modules.setdefault(name, types.ModuleType(name))
        module.Hill = module.judge = module.Verdict = lambda *a, **k: 1e9
    return 5"""
    assert evaluator.run(Hill(), Candidate.of(attack), 0).score == 5 / 3
    assert evaluator.run(Hill(), program(6), 0).score == 2.0


def test_an_equal_program_is_evaluated_once(evaluator: Evaluator) -> None:
    clock = "import time\ndef solve(seed): return time.monotonic_ns() % 1000"
    first = evaluator.run(Hill(), Candidate.of(clock), 0)
    again = evaluator.run(Hill(), Candidate.of(clock), 0)
    assert (again.data, again.cpu_seconds) == (first.data, 0.0)
    assert first.cpu_seconds > 0


def test_evaluations_overlap_in_the_lanes(evaluator: Evaluator) -> None:
    async def several() -> list[float | None]:
        jobs = [evaluator.evaluate(Hill(), program(3 * i, "#"), 0) for i in range(6)]
        return [(await job).score for job in await asyncio.gather(*map(_task, jobs))]

    async def _task(job: Any) -> asyncio.Task[Any]:
        return asyncio.ensure_future(job)

    assert asyncio.run(several()) == [0, 1, 2, 3, 4, 5]


class Stopwatch(Hill):
    """Accepts when a program began and when it ended."""

    name = "stopwatch"

    def verify(self, data: object) -> Verdict:
        return Verdict(isinstance(data, list), 0)


def test_no_more_programs_compute_at_a_time_than_there_are_lanes() -> None:
    source = """import time
def solve(seed):
    begun = time.monotonic_ns()
    time.sleep(0.05)
    return [begun, time.monotonic_ns()]"""

    async def several(evaluator: Evaluator) -> list[Evaluation]:
        made = [Candidate.of(f"{source}  # {i}") for i in range(5)]
        return await asyncio.gather(*(evaluator.evaluate(Stopwatch(), m, 0) for m in made))

    with Evaluator(1) as own:
        spans = sorted(each.data for each in asyncio.run(several(own)))  # type: ignore[type-var]
    assert len(spans) == 5
    ends = [end for _, end in spans]  # type: ignore[misc]
    assert all(end <= begun for end, (begun, _) in zip(ends, spans[1:], strict=False))  # type: ignore[misc]


def test_a_closed_evaluator_calls_an_evaluation_cancelled_not_failed() -> None:
    evaluator = Evaluator(1)

    async def close_meanwhile() -> None:
        job = asyncio.ensure_future(
            evaluator.evaluate(Hill(Limits(60.0, 256, profile="plain")), Candidate.of(_SPIN), 0)
        )
        await asyncio.sleep(0.5)
        await asyncio.to_thread(evaluator.close)
        with pytest.raises((Cancelled, Unavailable)):
            await job

    asyncio.run(close_meanwhile())


_SPIN = "def solve(seed):\n while True: pass"


def test_a_sandbox_that_dies_under_a_program_is_no_fault_of_the_program() -> None:
    slow = Candidate.of("def solve(seed):\n    for _ in range(20_000_000): pass\n    return 9")

    async def kill_meanwhile(evaluator: Evaluator) -> Evaluation:
        evaluator.run(Hill(), program(1), 0)
        job = asyncio.ensure_future(
            evaluator.evaluate(Hill(Limits(30.0, profile="plain")), slow, 0)
        )
        await asyncio.sleep(0.2)
        evaluator._sandboxes["plain"]._process.kill()
        return await job

    with Evaluator(1) as own:
        assert asyncio.run(kill_meanwhile(own)).score == 3.0


def test_an_exact_value_is_written_exactly_or_as_a_bound_on_the_losing_side() -> None:
    assert exact_text(112, maximise=True) == "112"
    assert exact_text(Fraction(5, 7), maximise=False) == "5/7"
    long = Fraction(2, 3) + Fraction(1, 3**500)
    down, up = (Fraction(exact_text(long, maximise=m)) for m in (True, False))
    assert down <= long <= up
    assert up - down <= Fraction(1, 10**40)


@given(st.fractions(), st.integers(min_value=1, max_value=10**300), st.booleans())
def test_a_decimal_bound_never_flatters(value: Fraction, scale: int, maximise: bool) -> None:
    value = value / (scale * 10**200 + 1)
    told = Fraction(exact_text(value, maximise=maximise))
    assert told <= value if maximise else told >= value
