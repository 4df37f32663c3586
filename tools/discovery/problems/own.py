"""What a user's own problem must have, and how it is told what is wrong with it.

Its code is trusted but need not be right. What it raises or returns wrongly becomes a `BadInput`
that names its file, and as much as can be is found out before a search begins.
"""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tools.discovery.parsing import parse
from tools.discovery.problem import Call, Limits, Verdict
from tools.discovery.problems.known import read_known
from tools.discovery.problems.reading import shown
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.discovery.problems.base import FolderProblem

T = TypeVar("T")

_OURS = Path(__file__).parent
_LONGEST = 300  # characters of an error's message that are repeated


def described(error: BaseException, file: Path) -> str:
    """Returns an error of a user's code in a line: type, message, and its line in the file.

    Args:
        error: what was raised.
        file: of the code; the innermost line of it is told, or that of another file where none is.
    """
    text = " ".join(str(error).split())
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "..."
    told = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if isinstance(error, SystemExit):
        told += ", which would end the whole process"
    if isinstance(error, SyntaxError):  # names its place itself
        return told
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename) == file]
    if inside:
        return f"{told} (line {inside[-1].lineno})"
    return (
        f"{told} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else told
    )


def check_verdict(verdict: object, file: Path, data: object) -> None:
    """Refuses a verdict that says nothing.

    Args:
        verdict: what `judge` returned.
        file: of the problem.
        data: what was judged.

    Raises:
        BadInput: unless it is a `Verdict` whose `valid` is True or False, whose value, where it is
            valid, is a finite number, and whose data can be kept as JSON.
    """
    if (fault := _fault(verdict)) is not None:
        told, remedy = fault
        raise BadInput(f"{file}: judge, given {shown(data)}, returned {told}.", remedy)
    # Ours are tested, and need not be slowed down.
    if isinstance(verdict, Verdict) and verdict.data is not None and _OURS not in file.parents:
        try:
            json.dumps(verdict.data)
        except (TypeError, ValueError, RecursionError) as error:
            raise BadInput(
                f"{file}: judge, given {shown(data)}, returned data that are not JSON: {error}.",
                "Return numbers, texts, lists and tables with texts for keys.",
            ) from error


def _fault(verdict: object) -> tuple[str, str] | None:
    """Says what is wrong with a verdict, and what to write instead; None for a good one."""
    if not isinstance(verdict, Verdict):
        told = "End it with `return Verdict(True, value)`; raise `Refused` for what is no solution."
        return f"{shown(verdict)}, not a Verdict", told
    valid: object = verdict.valid
    if not isinstance(valid, bool):
        return f"a verdict with valid = {shown(valid)}", "Write bool(...)."
    value = verdict.value
    if not valid:
        return None
    if value is None:
        return "a valid verdict without a value", "Write `Verdict(True, value)`."
    # An integer of numpy would overflow in silence.
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return f"the value {shown(value)}", "Give an int, a Fraction or a finite float."
    if isinstance(value, float) and not math.isfinite(value):
        return f"the value {value}", "Refuse what has no finite value."
    return None


def check(problem: FolderProblem) -> None:
    """Looks through the files of a problem, so that a search does not fail on them at its end.

    A grammar is optional; one that is there must be right.

    Raises:
        BadInput: naming the file and what to do.
    """
    _check_attributes(problem)
    call = _tried(problem, "problem.py", lambda: next(problem.dialogue(0)))
    if not isinstance(call, Call):
        raise BadInput(
            f"{problem.file}: dialogue yielded {shown(call)}.", "Yield `Call(function, ...)`."
        )
    _check_baseline(problem)
    _check_known(problem)
    if (problem.folder / "grammar.toml").exists():
        _tried(problem, "grammar.toml", problem.grammar)


def _check_attributes(problem: FolderProblem) -> None:
    # Whatever the annotations say, nobody has checked them.
    file = problem.file
    name: object = problem.name
    limits: object = problem.limits
    if not (isinstance(name, str) and name.strip() and "/" not in name and name.isprintable()):
        raise BadInput(
            f"{file}: name = {shown(name)} cannot name a problem.",
            "Set `name` in its class, such as `sum_free`.",
        )
    # That of the base class does nothing.
    if type(problem).judge.__module__ == "tools.discovery.problems.base":
        raise BadInput(
            f"{file} defines no method `judge`.",
            "Write `def judge(self, data)` in its class; it returns a Verdict.",
        )
    if not isinstance(limits, Limits):
        raise BadInput(f"{file}: limits = {shown(limits)} cannot be.", "Write `Limits(...)`.")
    from tools.isolation.profiles import PROFILES

    if limits.profile not in PROFILES:
        raise BadInput(
            f"{file}: limits has the profile {shown(limits.profile)}, which does not exist.",
            f"Choose of: {', '.join(PROFILES)}.",
        )


def _check_baseline(problem: FolderProblem) -> None:
    candidate = _tried(problem, "baseline.py", problem.baseline)
    for name, text in candidate.files.items():
        if name.endswith(".py"):
            try:
                parse(text, name)
            except (SyntaxError, ValueError) as error:
                raise BadInput(
                    f"{problem.folder / 'baseline.py'} is no Python: {error}.", "Mend the baseline."
                ) from error


def _check_known(problem: FolderProblem) -> None:
    _tried(problem, "known.toml", lambda: (problem.optimum(), problem.records()))
    if problem.file.name != "problem.py":
        return  # several problems of a file each may share a folder, and what is known
    known = read_known(problem.folder)
    for size in (entry.size for entries in (known.optima, known.records) for entry in entries):
        if set(size) != set(problem.defaults):
            raise BadInput(
                f"{problem.folder / 'known.toml'}: {json.dumps(size, default=str)} is no size"
                f" of {problem.name}.",
                f"Give: {', '.join(problem.defaults) or 'none'}.",
            )


def _tried(problem: FolderProblem, name: str, ask: Callable[[], T]) -> T:
    """Returns what a problem answers; what it raises names the file that is at fault."""
    file = problem.file if name == "problem.py" else problem.folder / name
    try:
        return ask()
    except BadInput as error:
        if str(problem.folder) in error.problem:
            raise
        raise BadInput(f"{file}: {error.problem}", error.remedy) from error
    # Files and methods of a user may fail in any way; it is told, not swallowed.
    except (Exception, SystemExit) as error:
        raise BadInput(
            f"{file} cannot be used: {described(error, problem.file)}.",
            "Compare it with that of `ansatz discover new NAME`.",
        ) from error
