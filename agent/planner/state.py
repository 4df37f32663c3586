"""What the planner knows between two turns, and what it decides in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from agent.planner.reading import Problem

MOST_RUNS = 8
"""More runs than this are never started by one sentence."""


@dataclass(frozen=True)
class Frame:
    """A request for an experiment; several values of a parameter ask for several runs.

    Attributes:
        experiment: its name.
        values: parameter -> values; parameters that are not named keep their defaults.
        paired: parameters whose values go together one by one.
    """

    experiment: str
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    paired: tuple[str, ...] = ()

    def count(self) -> int:
        """Returns how many runs are asked for."""
        total = 1
        for name, values in self.values.items():
            if name not in self.paired[1:]:
                total *= max(1, len(values))
        return total

    def arguments(self) -> list[dict[str, Any]]:
        """Returns the arguments of every run, the first parameter varying slowest."""
        free = [n for n in self.values if n not in self.paired[1:]]
        rows = []
        for indices in product(*(range(len(self.values[n])) for n in free)):
            at = dict(zip(free, indices, strict=True))
            if self.paired:
                at |= dict.fromkeys(self.paired, at[self.paired[0]])
            rows.append({name: values[at[name]] for name, values in self.values.items()})
        return rows

    def with_values(self, values: Mapping[str, tuple[Any, ...]]) -> Frame:
        """Returns the frame with further or other values."""
        paired = self.paired if not set(self.paired) & set(values) else ()
        return Frame(self.experiment, {**self.values, **values}, paired)


@dataclass(frozen=True)
class Pending:
    """A question that was put to the user.

    Attributes:
        kind: `slot` (a problem is open), `confirm` (run this?), `experiment` (which one?).
        frame: what is settled so far; for `experiment` the first of `frames`.
        problems: what is still open, the one asked about first.
        frames: the candidates of an `experiment` question.
        text: the request that led here.
    """

    kind: str
    frame: Frame
    problems: tuple[Problem, ...] = ()
    frames: tuple[Frame, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Decision:
    """What to do about the user's last words.

    Attributes:
        kind: `run`, `ask`, `literature`, `add` (files to the library), `explain`, `compare`,
            `experiments`, `runs`, `social`, `no_run`, `refuse` or `cancelled`.
        frame: the experiment, for `run` and `no_run`.
        pending: the question, for `ask`; the offer, for `no_run`.
        runs: recorded runs, for `explain`, `compare` and `runs` (how many).
        text: the words that matter: a query, a question, the kind of courtesy.
        question: what is asked of the papers in so many words, for `literature`.
        paths: files and folders, for `add`.
        also_papers: whether an explanation should look into the papers as well.
        notes: what the answer must mention.
    """

    kind: str
    frame: Frame | None = None
    pending: Pending | None = None
    runs: tuple[str, ...] = ()
    text: str = ""
    question: str = ""
    paths: tuple[str, ...] = ()
    also_papers: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What carries over from the turns before.

    Attributes:
        frame: the last request that was acted on.
        pending: the open question, if the last turn ended with one.
        topic: the parameter that was varied last, to which a bare number belongs.
        recorded: number or id of a run of this conversation -> its request.
        runs: how many runs this conversation holds.
        mentioned: choices that a question about the literature named, to which "it" may point.
    """

    frame: Frame | None = None
    pending: Pending | None = None
    topic: str = ""
    recorded: Mapping[str, Frame] = field(default_factory=dict)
    runs: int = 0
    mentioned: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
