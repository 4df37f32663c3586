"""How the planner asks back: what it understood, what is open, what may be answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner.reading import Problem
from agent.planner.state import MOST_RUNS, Frame
from agent.planner.vocabulary import Slot


def shown(value: Any, slot: Slot | None = None) -> str:
    """Writes a value as a person would: parts of a whole as percents."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if slot is not None and slot.part and isinstance(value, float):
        return f"{round(value * 100, 4):g} %"
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def described(frame: Frame, slots: Mapping[str, Slot]) -> str:
    """Writes what a frame asks for: "pruning.compare with dataset = digits, keep = 30 %"."""
    parts = [
        f"{name} = {' / '.join(shown(v, slots.get(name)) for v in values)}"
        for name, values in frame.values.items()
    ]
    return f"{frame.experiment} with {', '.join(parts)}" if parts else frame.experiment


def defaults(frame: Frame, slots: Mapping[str, Slot]) -> str:
    """Lists the parameters that keep their default: "seeds = 5, networks = 10"."""
    return ", ".join(
        f"{name} = {shown(slot.parameter.default, slot)}"
        for name, slot in slots.items()
        if name not in frame.values
        and not slot.parameter.required
        and slot.parameter.default not in (None, "")
    )


def question(problems: Sequence[Problem], frame: Frame, slots: Mapping[str, Slot]) -> str:
    """Asks about everything that is open; nothing has been started."""
    lines = [_one(p, slots) for p in problems]
    understood = f" Understood so far: {described(frame, slots)}." if frame.values else ""
    return " ".join([*lines, "Nothing has been started yet."]) + understood


def _one(problem: Problem, slots: Mapping[str, Slot]) -> str:
    slot = slots.get(problem.slot)
    name = problem.slot
    allowed = slot.allowed() if slot else ""
    values = [shown(v, slot) for v in problem.values if problem.kind != "readings"]
    if problem.kind == "missing":
        what = slot.parameter.description if slot else ""
        kind = f" ({what})" if what else ""
        more = f" Possible: {allowed}." if allowed != "a text" else ""
        return f"Which {name}{kind}?{more}"
    if problem.kind == "readings":
        ways = [" and ".join(f"{n} = {v}" for n, v in way) for way in problem.values]
        places = ("first", "second", "third")
        listed = ", or ".join(f"{p}, {way}" for p, way in zip(places, ways, strict=False))
        return f"How is '{problem.said}' meant: {listed}?"
    if problem.kind == "range":
        return f"'{problem.said}' cannot be used for {name}. Allowed: {allowed}. Which value?"
    if problem.kind == "unplaced":
        where = f" {name} takes: {allowed}." if slot else f" It takes: {', '.join(slots)}."
        return f"To which parameter does '{problem.said}' belong?{where}"
    if problem.kind in ("conflict", "or"):
        return f"Which {name} is meant: {' or '.join(values)}, or each of them in a run of its own?"
    if problem.kind == "excluded":
        return f"Which {name}, then: {' or '.join(values)}?"
    if problem.kind == "vague":
        return f"Which value of {name} is meant by '{problem.said}'? Allowed: {allowed}."
    if problem.kind == "steps":
        return (
            f"'{problem.said}' is a range of {name}; which values of it (at most {MOST_RUNS}), or "
            "in steps of what?"
        )
    if problem.kind == "stays":
        return (
            f"Does '{problem.said}' say what is kept or what is removed: first, {name} = "
            f"{values[0]}, or second, {name} = {values[1]}?"
        )
    if problem.kind == "whose":
        return f"Does '{problem.said}' belong to {' or to '.join(map(str, problem.values))}?"
    if problem.kind == "many":
        return f"That would be {problem.said} runs; at most {MOST_RUNS} start at once. Which ones?"
    if problem.kind == "refused":
        return f"{problem.said} What should it be instead?"
    if slot:
        return (
            f"'{problem.said}' is not available as {name}. Available: {allowed}. "
            f"Which of these should it be?"
        )
    return (
        f"'{problem.said}' is not something this experiment knows, and it would be left out. "
        f"It takes: {', '.join(slots)}. Should it go ahead without that?"
    )
