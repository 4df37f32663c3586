"""From what was read to what is done: run, or ask back with the open points named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.planner.reading import Problem, Reading
from agent.planner.router import Match, Router
from agent.planner.state import MOST_RUNS, Decision, Frame, Pending
from agent.planner.vocabulary import RUN_SEED
from tools.errors import BadInput

_NOT_GIVEN = re.compile(r"\b(\w+) is not given")  # what an experiment says of its own parameter


class Settler:
    """Turns readings into decisions; nothing runs while anything is open."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def frame(self, experiment: str, reading: Reading) -> tuple[Frame, tuple[Problem, ...]]:
        """Returns the settled part of a reading, and what is open."""
        return self._merge(Frame(experiment), reading)

    def decide(self, experiment: str, reading: Reading, text: str) -> Decision:
        """Decides about a request that stands alone."""
        return self.settle(*self.frame(experiment, reading), text)

    def follow(self, before: Frame, reading: Reading, text: str) -> Decision:
        """Decides about a request that changes an earlier one."""
        return self.settle(*self._merge(before, reading), text)

    def confirm(
        self, experiment: str, reading: Reading, text: str, before: Frame | None = None
    ) -> Decision:
        """Asks whether a run is meant at all, possibly one that changes an earlier request."""
        frame, problems = self._merge(before or Frame(experiment), reading)
        if problems:
            return Decision("ask", frame, Pending("slot", frame, problems, text=text))
        return Decision("ask", frame, Pending("confirm", frame, text=text))

    def which(self, matches: Sequence[Match], text: str) -> Decision:
        """Asks which of several experiments is meant."""
        frames = tuple(self.frame(m.experiment, m.reading)[0] for m in matches)
        return Decision("ask", None, Pending("experiment", frames[0], (), frames, text))

    def settle(self, frame: Frame, problems: Sequence[Problem], text: str) -> Decision:
        """Runs a frame when nothing is open, and asks otherwise."""
        problems = list(problems)
        open_slots = {p.slot for p in problems}
        for problem in problems:
            if problem.kind == "whose":
                open_slots |= set(problem.values)  # what is left over is asked for next
            if problem.kind == "readings":
                open_slots |= {n for reading in problem.values for n, _ in reading}
        for name, slot in self._router.slots[frame.experiment].items():
            if slot.parameter.required and name not in frame.values and name not in open_slots:
                problems.append(Problem("missing", name))
        if not problems and frame.count() > MOST_RUNS:
            widest = max(frame.values, key=lambda n: len(frame.values[n]))
            problems.append(Problem("many", widest, str(frame.count())))
        if not problems:
            problems = self._refused(frame)
        if problems:
            pending = Pending("slot", frame, tuple(problems), text=text)
            return Decision("ask", frame, pending)
        return Decision("run", frame, text=text)

    def _merge(self, before: Frame, reading: Reading) -> tuple[Frame, tuple[Problem, ...]]:
        slots = self._router.slots[before.experiment]
        open_slots = {p.slot for p in reading.problems}
        values = {n: tuple(v) for n, v in reading.values.items() if n not in open_slots}
        problems = list(reading.problems)
        for name in reading.others:
            now = before.values.get(name, (slots[name].parameter.default,))
            rest = tuple(c for c in slots[name].options if c not in now)
            every = any(t.low in ("all", "both", "each", "every", "two") for t in reading.tokens)
            if len(rest) == 1 or every:
                values[name] = rest
            else:
                problems.append(Problem("excluded", name, "the other", rest))
        for name, factor in reading.factors.items():
            default = slots[name].parameter.default
            now = before.values.get(name, () if default is None else (default,))
            if now:
                scaled = tuple(v * factor for v in now)
                values[name] = tuple(int(v) if v == int(v) else v for v in scaled)
            else:
                problems.append(Problem("missing", name))
        for problem in [p for p in problems if p.kind == "whose"]:
            # Of two parameters in the same unit, the one already spoken of is meant.
            spoken = [n for n in problem.values if n in before.values]
            if len(spoken) == 1 and problem.numbers:
                kind = slots[spoken[0]].parameter.type
                values[spoken[0]] = tuple(kind(v) for v in problem.numbers)
                problems.remove(problem)
        frame = before.with_values(values)
        # A parameter in doubt must not keep the value of the request before.
        doubtful = {n: v for n, v in frame.values.items() if n not in open_slots}
        frame = Frame(frame.experiment, doubtful, frame.paired)
        if reading.paired and set(reading.paired) <= set(frame.values):
            frame = replace(frame, paired=reading.paired)
        return frame, tuple(problems)

    def _refused(self, frame: Frame) -> list[Problem]:
        """Lets the experiment itself judge every set of arguments."""
        experiment = self._router.experiments[frame.experiment]
        own = any(p.name == RUN_SEED for p in experiment.parameters())
        for arguments in frame.arguments():
            given = {k: v for k, v in arguments.items() if own or k != RUN_SEED}
            try:
                experiment.parse(given)
            except BadInput as error:
                needed = _NOT_GIVEN.search(error.problem)
                if needed and needed[1] in self._router.slots[frame.experiment]:
                    return [Problem("missing", needed[1])]
                slot = next((n for n in given if n in error.problem), next(iter(given), ""))
                return [Problem("refused", slot, str(error))]
        return []
