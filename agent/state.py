"""The state of a conversation as the checkpointer stores it: ids and short text only."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from agent.messages import Message

VERSION = 1
"""Raised when the shape of the state changes; older threads are then refused politely."""


class State(TypedDict, total=False):
    """One conversation.

    Attributes:
        messages: user, assistant and tool messages since the beginning; tool results are short.
        turn: number of the current request, from 1.
        started: `time.time()` when the turn began.
        passages: ids of the passages retrieved for this turn.
        runs: ids of the runs this turn started or found again.
        checked: those of them whose verdicts were checked and shown.
        steps: model calls made in this turn.
        spent: tokens, dollars and requests of this turn (fields of `Usage`).
        malformed: how often in this turn tool arguments could not be read.
        draft: the model's latest text, before it is checked.
        model: name of whoever wrote the draft.
        unverified: what grounding could not trace in the draft; not empty sends it back once.
        corrections: how often the draft was sent back.
        failure: why the turn could not be finished by the model, or "".
        notices: what the user must know about this turn.
        answer: the final answer of the turn, as `report` describes it.
    """

    messages: Annotated[list[Message], operator.add]
    turn: int
    started: float
    passages: list[str]
    runs: list[str]
    checked: list[str]
    steps: int
    spent: dict[str, Any]
    malformed: int
    draft: str
    model: str
    unverified: list[str]
    corrections: int
    failure: str
    notices: list[str]
    answer: dict[str, Any]
