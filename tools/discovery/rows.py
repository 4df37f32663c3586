"""The rows of a log: what became of a ticket, a reply of a model, a session."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome, Spend
from tools.discovery.proposers import Proposal


@dataclass(frozen=True)
class Row:
    """What became of one ticket.

    Attributes:
        ticket: position in the order of selection; 0 is the baseline.
        parents: ids of the members it was made from.
        proposal: what the proposer answered; its transcript is in `Log.calls`.
        evaluation: what came of the program; None if there was none.
        member: its id in the archive; None for repetitions and answers without a program.
        repeats: the member whose program it repeats.
        concepts: ids of its concepts, for a member.
        elapsed: seconds of search up to its commitment.
    """

    ticket: int
    parents: tuple[int, ...]
    proposal: Proposal
    evaluation: Evaluation | None
    member: int | None
    repeats: int | None
    concepts: frozenset[int]
    elapsed: float


@dataclass(frozen=True)
class Call:
    """One reply of a model.

    Attributes:
        step: counts the calls of one proposal.
        model: which model was asked.
        prompt: the messages sent.
        reply: the text received.
        spend: what it cost.
    """

    step: int
    model: str
    prompt: list[dict[str, str]]
    reply: str
    spend: Spend


@dataclass(frozen=True)
class SessionRow:
    """One time the search was started or resumed.

    Attributes:
        first_ticket: the first ticket not committed before it.
        started: date and time, UTC, ISO 8601.
        seconds: how long it searched.
        reason: why it stopped: a `Reason`; `killed` if nobody could say any more.
        notices: what readers must know, such as a missing layer of the sandbox.
    """

    first_ticket: int
    started: str
    seconds: float
    reason: str
    notices: tuple[str, ...]


PROPOSAL = (
    "p.operator, p.model, p.files, p.entry, p.concepts AS paths, p.message AS note, p.transcript,"
    " p.tokens_in, p.tokens_out, p.dollars, p.seconds"
)
EVALUATION = "e.outcome, e.score, e.exact, e.data, e.message, e.cpu_seconds"


def as_member(row: Row) -> Member | None:
    """Returns the member that a ticket became; None if it became none."""
    if row.member is None or row.evaluation is None or row.proposal.candidate is None:
        return None
    return Member(row.member, row.proposal.candidate, row.evaluation, row.parents, row.concepts)


def as_proposal(row: sqlite3.Row) -> Proposal:
    """Reads the columns of `PROPOSAL`."""
    made = None if row["files"] is None else Candidate(json.loads(row["files"]), row["entry"])
    stored = row["paths"]
    paths = None if stored is None else frozenset(tuple(path) for path in json.loads(stored))
    spend = Spend(row["tokens_in"], row["tokens_out"], row["dollars"], row["seconds"])
    transcript = json.loads(row["transcript"])
    return Proposal(made, paths, row["operator"], row["model"], spend, transcript, row["note"])


def as_evaluation(row: sqlite3.Row) -> Evaluation:
    """Reads the columns of `EVALUATION`."""
    return Evaluation(
        Outcome(row["outcome"]), row["score"], row["exact"], json.loads(row["data"]),
        row["message"], row["cpu_seconds"],
    )  # fmt: skip
