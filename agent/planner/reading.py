"""What a text was found to say about an experiment's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.planner.text import Token


@dataclass(frozen=True)
class Problem:
    """Something in a request that forbids a silent run.

    Attributes:
        kind: `range`, `unplaced`, `conflict`, `or`, `excluded`, `vague`, `steps`, `stays`,
            `unknown`, `whose` (two parameters fit a number or a literal), `readings` (each of
            `values` gives the parameters one way).
        slot: the parameter, or "".
        said: what the request said.
        values: the readings, where they can be listed.
        numbers: the numbers as stated, for `whose` and `unplaced`.
        named: whether the parameter itself is called by name ("the MMLU suite").
    """

    kind: str
    slot: str = ""
    said: str = ""
    values: tuple[Any, ...] = ()
    numbers: tuple[float, ...] = ()
    named: bool = False


@dataclass
class Reading:
    """What a text says about one experiment's parameters.

    Attributes:
        values: parameter -> its values; more than one asks for several runs.
        problems: what must be asked about first.
        paired: parameters whose values belong together one by one, not crosswise.
        others: choices for which "the other one" is wanted.
        factors: parameters that are to be multiplied ("twice as many seeds").
        covered: tokens that are explained.
        tokens: the text, mistyped words of the experiment corrected.
        anchored: the parameters that words, and not only a number's form, point at.
        nominal: the numbers called by name ("GraNd at initialisation"): they modify another value
            and are no request of their own.
        strange: (kind, value) of the formulas and files that no parameter takes.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    paired: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    factors: dict[str, float] = field(default_factory=dict)
    covered: set[int] = field(default_factory=set)
    tokens: Sequence[Token] = ()
    anchored: set[str] = field(default_factory=set)
    nominal: set[str] = field(default_factory=set)
    strange: list[tuple[str, str]] = field(default_factory=list)

    def empty(self) -> bool:
        """Whether the text says nothing about the parameters."""
        return not (self.values or self.problems or self.others or self.factors)
