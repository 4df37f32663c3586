"""A candidate program, what became of it, and its place in the archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType


class Outcome(StrEnum):
    """How the evaluation of a candidate ended.

    Attributes:
        OK: it returned data and the verifier accepted them.
        INVALID: it ended, but what it returned is no solution, or it is no program at all.
        CRASHED: it raised, or its process died.
        TIMED_OUT: it passed its time limit and was killed.
        OUT_OF_MEMORY: it asked for more memory than its limit.
        FORBIDDEN: the sandbox refused something it tried.
    """

    OK = "ok"
    INVALID = "invalid"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Candidate:
    """A program: a set of named text files, one of them the entry.

    Attributes:
        files: text by file name; names are plain, without folders.
        entry: the file whose functions the problem calls.
    """

    files: Mapping[str, str]
    entry: str = "program.py"

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(sorted(self.files.items()))))

    @classmethod
    def of(cls, source: str) -> Candidate:
        """Makes a candidate of one file."""
        return cls({"program.py": source})

    @property
    def source(self) -> str:
        """The text of the entry file."""
        return self.files[self.entry]

    @cached_property
    def key(self) -> str:
        """A digest of all files; equal programs have equal keys."""
        text = json.dumps([self.entry, dict(self.files)], ensure_ascii=False)
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Evaluation:
    """What came of running and verifying one candidate.

    Attributes:
        outcome: how it ended.
        score: the problem's objective as a float, larger is better (a minimised objective enters
            with its sign changed); None unless `outcome` is OK.
        exact: the objective itself, exactly, as text such as `112` or `5/7`, or a decimal that
            the verifier proved to be a bound; empty unless OK.
        data: what the program returned, as plain JSON; None if nothing came back.
        message: why it failed, in words fit for the next prompt; empty when OK.
        cpu_seconds: processor time of the candidate, measured from outside.
    """

    outcome: Outcome
    score: float | None = None
    exact: str = ""
    data: object = None
    message: str = ""
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Spend:
    """What a proposal cost: tokens and dollars are zero for the embedded proposer."""

    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Member:
    """A candidate in the archive.

    Attributes:
        id: position in the run, counted from 0 in the order of commitment.
        candidate: the program.
        evaluation: what came of it.
        parents: ids of the members it was made from.
        concepts: ids of the active nodes of the concept tree, closed under ancestors.
    """

    id: int
    candidate: Candidate
    evaluation: Evaluation
    parents: tuple[int, ...] = ()
    concepts: frozenset[int] = field(default_factory=frozenset)

    @property
    def score(self) -> float | None:
        """The score, larger is better; None for a failure."""
        return self.evaluation.score
