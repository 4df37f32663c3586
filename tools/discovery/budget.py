"""Budgets of a search, and why it stopped."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum

from tools.discovery.candidate import Spend
from tools.errors import BadInput


class Reason(StrEnum):
    """Why a search stopped."""

    EVALUATIONS = "evaluations used up"
    SECONDS = "time used up"
    TOKENS = "tokens used up"
    DOLLARS = "dollars used up"
    TARGET = "target reached"
    CANCELLED = "cancelled"
    FAILED = "failed"
    KILLED = "killed"


@dataclass(frozen=True)
class Budget:
    """What a search may use in all, over every session of it.

    Looked at before a proposal is asked for: what has been paid for by then is still evaluated and
    recorded, so tokens and dollars may end above the limit by what was under way.

    Attributes:
        evaluations: proposals, the baseline included. One that repeats a known program, or holds
            no program, counts as well.
        seconds: time spent searching.
        tokens: tokens sent and received.
        dollars: what they cost.
        target: a score (larger is better) that is good enough.
    """

    evaluations: int = 100
    seconds: float = math.inf
    tokens: float = math.inf
    dollars: float = math.inf
    target: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "target" and not value > 0:
                raise BadInput(
                    f"Budget: {field.name} = {value} cannot be.", "Give a positive number."
                )

    def used_up(
        self, evaluations: int, spend: Spend, seconds: float, best: float | None
    ) -> Reason | None:
        """Returns why no further proposal may be asked for; None while one may."""
        if best is not None and best >= self.target:
            return Reason.TARGET
        if evaluations >= self.evaluations:
            return Reason.EVALUATIONS
        if seconds >= self.seconds:
            return Reason.SECONDS
        if spend.tokens_in + spend.tokens_out >= self.tokens:
            return Reason.TOKENS
        if spend.dollars >= self.dollars:
            return Reason.DOLLARS
        return None
