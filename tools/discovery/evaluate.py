"""Evaluation: run a candidate confined, carry on the problem's dialogue with it, verify its data.

The program's process holds neither the verifier nor the score: what it answers is plain data, and
what that is worth is found out on this side.

    with Evaluator() as evaluator:
        evaluation = evaluator.run(problem, problem.baseline(), seed=0)

Anything with `lanes`, `notices`, `evaluate` and `close` can stand in for an `Evaluator`, such as
`tools.discovery.executors.ray.RayEvaluator`.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from tools.discovery.candidate import Candidate, Evaluation, Outcome
from tools.discovery.parsing import parse
from tools.errors import Cancelled
from tools.isolation.sandbox import Sandbox
from tools.isolation.session import Allowance, Kind, Lost, Session, Trouble

if TYPE_CHECKING:
    from tools.discovery.problem import Call, Limits, Problem, Verdict

LONGEST_SOURCE = 1_000_000
"""Characters of all files of a candidate together."""
WALL_FACTOR, WALL_EXTRA = 10.0, 1.0
"""The wall clock allows `WALL_FACTOR * cpu_seconds + WALL_EXTRA`: it only ends what sleeps."""

_TRIES = 2  # of a program whose sandbox has died
_CACHED = 10_000  # evaluations kept in memory
_LONGEST_FRACTION = 160  # digits of numerator and denominator together; beyond: a decimal bound
_DECIMALS = 40  # digits after the point of such a bound


class Executor(Protocol):
    """Where candidates are evaluated: `Evaluator` here, or lanes elsewhere.

    Attributes:
        lanes: evaluations at a time.
    """

    lanes: int

    @property
    def notices(self) -> tuple[str, ...]:
        """What every reader of the results must know, such as a missing layer of the sandbox."""
        ...

    async def evaluate(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        """Evaluates one candidate; waits for a free lane."""
        ...

    def close(self) -> None:
        """Ends all evaluations."""
        ...


class Evaluator:
    """Evaluates candidates on this machine, each in a sandboxed process of its own.

    Attributes:
        lanes: candidates that compute at a time.
    """

    def __init__(self, lanes: int | None = None, *, strict: bool = False) -> None:
        """Makes an evaluator; a sandbox starts with the first problem that needs its profile.

        Args:
            lanes: candidates that compute at a time; as many as cores by default.
            strict: refuse to work where a layer of the sandbox is missing.
        """
        self.lanes = lanes or _cores()
        self._strict = strict
        self._sandboxes: dict[str, Sandbox] = {}
        self._lock = threading.Lock()
        self._closed = False
        # One more, which prepares and buries programs while as many as there are lanes compute.
        self._threads = ThreadPoolExecutor(self.lanes + 1, "evaluation")
        self._computing = threading.Semaphore(self.lanes)
        self._cache: OrderedDict[tuple[str, ...], Evaluation] = OrderedDict()

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell with the results: layers of the sandbox that are missing."""
        with self._lock:
            sandboxes = list(self._sandboxes.values())
        return tuple(dict.fromkeys(s.notice for s in sandboxes if s.notice))

    def prepare(self, problem: Problem) -> None:
        """Starts the sandbox that a problem needs, so that it is warm when it is needed."""
        self._sandbox(problem.limits.profile)

    async def evaluate(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        """Evaluates one candidate as `run` does, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.run, problem, candidate, seed)

    def run(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        """Evaluates one candidate; whatever the program does ends in an outcome.

        The same program on the same problem with the same seed is evaluated once: later calls
        return what the first found, with `cpu_seconds` 0.

        Raises:
            Unavailable: if no sandboxed process can be started.
            Cancelled: if the evaluator is closed meanwhile.
        """
        key = cache_key(problem, candidate, seed)
        with self._lock:
            if (known := self._cache.get(key)) is not None:
                self._cache.move_to_end(key)
                return replace(known, cpu_seconds=0.0)
        evaluation = self._run(problem, candidate, seed)
        with self._lock:
            if self._closed:
                # Its process was killed under it: nothing that the program did.
                raise Cancelled("The evaluator was closed during an evaluation.")
            self._cache[key] = evaluation
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return evaluation

    def close(self) -> None:
        """Ends the sandboxes and with them all programs."""
        with self._lock:
            self._closed = True
            sandboxes, self._sandboxes = self._sandboxes, {}
        for sandbox in sandboxes.values():
            sandbox.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        first = next(problem.dialogue(seed))
        if trouble := precheck(candidate, first.function):
            return Evaluation(Outcome.INVALID, message=trouble)
        for _ in range(_TRIES):
            try:
                return self._converse(problem, candidate, seed)
            except Lost:
                continue
        # A program must not end a search, whatever it does to the machine.
        message = f"The program took its sandbox down {_TRIES} times, most likely for memory."
        return Evaluation(Outcome.OUT_OF_MEMORY, message=message)

    def _converse(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        """Runs the program and judges what it answers."""
        limits = problem.limits
        sandbox = self._sandbox(limits.profile)
        session = sandbox.open(candidate.files, candidate.entry, allowance(limits), seed=seed)
        with session:
            try:
                with self._computing:
                    data = _converse(session, problem.dialogue(seed))
            except Trouble as trouble:
                cpu = session.close().cpu_seconds
                message = trouble.message + _printed(session)
                return Evaluation(Outcome(trouble.kind.value), message=message, cpu_seconds=cpu)
            session.kill()
            # Judged while it dies.
            judged = judge(problem, data)
            return replace(judged, cpu_seconds=session.close().cpu_seconds)

    def _sandbox(self, profile: str) -> Sandbox:
        with self._lock:
            if self._closed:
                raise Cancelled("The evaluator is closed.")
            if profile not in self._sandboxes:
                self._sandboxes[profile] = Sandbox(profile, strict=self._strict)
            return self._sandboxes[profile]


def _cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def precheck(candidate: Candidate, function: str) -> str:
    """Says why a candidate cannot be a program at all, without running it; empty if it may be."""
    if candidate.entry not in candidate.files:
        return f"There is no file {candidate.entry}."
    if sum(map(len, candidate.files.values())) > LONGEST_SOURCE:
        return f"The program is longer than {LONGEST_SOURCE:,} characters."
    for name, text in candidate.files.items():
        if not name.endswith(".py"):
            continue
        try:
            tree = parse(text, name)
        except SyntaxError as error:
            line = f": {error.text.strip()[:200]}" if error.text else ""
            return f"{name}, line {error.lineno}: {error.msg}{line}"
        except (ValueError, MemoryError, RecursionError) as error:
            return f"{name} cannot be parsed: {error or type(error).__name__}."
        if name == candidate.entry and not _may_define(tree, function):
            return f"{name} defines no function `{function}` at its top level."
    return ""


def judge(problem: Problem, data: object) -> Evaluation:
    """Verifies data and puts the verdict into the terms of a search."""
    verdict = problem.verify(data)
    if not verdict.valid or verdict.value is None:
        message = verdict.message or "The verifier refused the data."
        return Evaluation(Outcome.INVALID, data=data, message=message)
    return _scored(verdict, data, problem.maximise)


def _scored(verdict: Verdict, data: object, maximise: bool) -> Evaluation:
    assert verdict.value is not None
    try:
        value = float(verdict.value)
    except OverflowError:
        message = "The objective is too large for a floating-point number."
        return Evaluation(Outcome.INVALID, data=data, message=message)
    return Evaluation(
        Outcome.OK,
        value if maximise else -value,
        exact_text(verdict.value, maximise=maximise),
        data if verdict.data is None else verdict.data,
        verdict.message,
    )


def exact_text(value: Fraction | float, *, maximise: bool) -> str:
    """Writes an objective exactly, or, where that is too long, as a decimal on the losing side.

    The decimal has 40 digits after the point and is rounded down when larger is better, up
    otherwise: the true objective is at least as good.
    """
    value = Fraction(value)
    if value.numerator.bit_length() + value.denominator.bit_length() <= 3.3 * _LONGEST_FRACTION:
        return str(value)
    scaled = value * 10**_DECIMALS
    whole = scaled.numerator // scaled.denominator
    if not maximise and whole != scaled:
        whole += 1
    sign = "-" if whole < 0 else ""
    digits = str(abs(whole)).rjust(_DECIMALS + 1, "0")
    return f"{sign}{digits[:-_DECIMALS]}.{digits[-_DECIMALS:]}".rstrip("0").rstrip(".")


def cache_key(problem: Problem, candidate: Candidate, seed: int) -> tuple[str, ...]:
    """Returns what an evaluation depends on: program, problem, its size and version, seed."""
    size = json.dumps(dict(problem.size), sort_keys=True)
    return candidate.key, problem.name, str(problem.version), size, str(seed)


def allowance(limits: Limits) -> Allowance:
    """Returns a problem's limits in the sandbox's terms."""
    return Allowance(
        cpu_seconds=limits.cpu_seconds,
        wall_seconds=WALL_FACTOR * limits.cpu_seconds + WALL_EXTRA,
        memory=limits.memory << 20,
        output=limits.output,
    )


def _converse(session: Session, dialogue: Generator[Call, Any, Any]) -> Any:
    """Carries on the dialogue to its end and returns the data to verify."""
    call = next(dialogue)
    while True:
        result = session.call(call.function, call.arguments)
        try:
            call = dialogue.send(result)
        except StopIteration as done:
            return done.value
        # The dialogue is trusted code, what it is sent is not: what it cannot use is no solution.
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise Trouble(
                Kind.INVALID, f"The answer to {call.function} cannot be used: {error!r}"
            ) from error


def _printed(session: Session) -> str:
    text = session.printed.decode("utf-8", "replace").strip()
    return f"\nIt printed: {text[:500]}" if text else ""


def _may_define(tree: ast.Module, function: str) -> bool:
    """Whether running the module can define this name; only plain definitions can be ruled out."""
    if any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body):
        return True
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            if node.name == function:
                return True
        elif isinstance(node, ast.alias):
            if node.name == "*" or (node.asname or node.name) == function:
                return True
        elif isinstance(node, ast.Name):
            stored = node.id == function and isinstance(node.ctx, ast.Store)
            if stored or node.id in ("exec", "globals", "setattr"):
                return True
    return False
