"""The nouns of an evaluation: sample, answer, score, and the suite that holds them together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agent.messages import Usage

if TYPE_CHECKING:
    from evals.context import Context


class State(StrEnum):
    """What became of a sample; the states are never merged into one another.

    Attributes:
        CORRECT: the scorer gave full credit.
        PARTIAL: the scorer gave a value strictly between none and full credit.
        INCORRECT: an answer was found and is wrong.
        NO_ANSWER: nothing in the reply could be taken for an answer.
        UNGRADABLE: an answer was found, but the scorer cannot decide it.
        FAILED: the solver raised on every attempt, so there is nothing to score.
    """

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    NO_ANSWER = "no answer"
    UNGRADABLE = "ungradable"
    FAILED = "failed"


@dataclass(frozen=True)
class Sample:
    """One question with its known right answer.

    Attributes:
        id: unique within the suite.
        question: what is asked: text, or whole turns for a dialog.
        gold: what the scorer compares with, plain JSON.
        problem: samples of one problem share this name; errors are clustered by it. Empty: the
            sample is a problem of its own.
        tags: categories by name, such as `{"category": "dmrg"}`.
    """

    id: str
    question: Any
    gold: Any = None
    problem: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> str:
        """The name under which the errors of this sample are clustered."""
        return self.problem or self.id


@dataclass(frozen=True)
class Answer:
    """What a solver answered.

    Attributes:
        text: the answer as given, before any extraction.
        confidence: probability in [0, 1] that the answerer gives its answer; None if unknown.
        calls: tools called on the way: name and arguments, in order.
        usage: tokens, requests and dollars of all replies behind it.
        data: whatever else a scorer needs, plain JSON.
        limit: the limit that ended the work early; empty if none did. It is scored all the same.
    """

    text: str
    confidence: float | None = None
    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    usage: Usage = field(default_factory=Usage)
    data: Any = None
    limit: str = ""


@dataclass(frozen=True)
class Score:
    """What a scorer says of an answer.

    Attributes:
        state: what became of the sample.
        value: credit in [0, 1]; 0 unless the state is CORRECT or PARTIAL.
        reason: why, in words.
        answer: the part of the reply that was taken for the answer.
        parts: further numbers by name, such as `{"tool": 1.0, "parameters": 0.0}`.
    """

    state: State
    value: float
    reason: str = ""
    answer: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def right(cls, reason: str = "", answer: str = "") -> Score:
        """Full credit."""
        return cls(State.CORRECT, 1.0, reason, answer)

    @classmethod
    def wrong(cls, reason: str, answer: str = "", state: State = State.INCORRECT) -> Score:
        """No credit, and why."""
        return cls(state, 0.0, reason, answer)


Solver = Callable[[Sample, "Context"], Awaitable[Answer]]
"""Answers one sample; reaches models only through the context."""

Scorer = Callable[[Sample, Answer], Awaitable[Score]]
"""Judges one answer. It sees no model but the one it was made with."""


@dataclass(frozen=True)
class Suite:
    """Samples, how they are answered, and how answers are judged.

    Attributes:
        name: as the command line spells it.
        title: a line for people.
        version: raised whenever samples or scorer change what a score means.
        samples: the samples, in a fixed order.
        solver: answers a sample.
        scorer: judges an answer.
        epochs: times each sample is answered.
        check: called on each sample when the suite is loaded; returns what is wrong with its gold,
            or nothing.
    """

    name: str
    title: str
    version: int
    samples: Sequence[Sample]
    solver: Solver
    scorer: Scorer
    epochs: int = 1
    check: Callable[[Sample], str] | None = None
