"""Proposers: parents in, a child program out.

`embedded` edits typed syntax trees and needs no endpoint; `endpoint` asks a language model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tools.discovery.candidate import Candidate, Member, Spend

if TYPE_CHECKING:
    from tools.discovery.concepts import ConceptTree
    from tools.discovery.problem import Problem


@dataclass(frozen=True)
class Request:
    """What a proposer is asked.

    Attributes:
        problem: the problem at its size.
        parents: the members chosen by the policy, the first is the one to change.
        failures: recent failed candidates, newest first, whose messages may help.
        tree: the concepts known so far.
        seed: the only source of randomness of the answer.
    """

    problem: Problem
    parents: tuple[Member, ...]
    failures: tuple[Member, ...]
    tree: ConceptTree
    seed: int


@dataclass(frozen=True)
class Proposal:
    """A proposer's answer.

    Attributes:
        candidate: the program; None when the answer held none, and `message` says why.
        concepts: concept paths from the root, such as `("start", "hexagonal")`; None when the
            proposer leaves them to be extracted.
        operator: how it was made: `mutate`, `crossover`, `rewrite`, `diff`.
        model: which model wrote it; empty for the embedded proposer.
        spend: what it cost.
        transcript: prompt and reply as sent and received; empty for the embedded proposer.
        message: why there is no candidate.
    """

    candidate: Candidate | None
    concepts: frozenset[tuple[str, ...]] | None = None
    operator: str = "mutate"
    model: str = ""
    spend: Spend = field(default_factory=Spend)
    transcript: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


class Proposer(Protocol):
    """Writes children.

    Attributes:
        name: as the command line and the log spell it.
    """

    name: str

    async def propose(self, request: Request) -> Proposal:
        """Returns one proposal; raises only when the whole run cannot go on."""
        ...
