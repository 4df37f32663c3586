"""How far a search is, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.discovery.budget import Reason
from tools.discovery.candidate import Member, Spend

if TYPE_CHECKING:
    from tools.discovery.archive import Archive


@dataclass(frozen=True)
class Progress:
    """How far a search is.

    Attributes:
        done: committed tickets.
        total: tickets of the budget.
        best: the best member so far.
        spend: what proposals have cost.
        seconds: time searched over all sessions.
        rate: tickets a second in this session.
        outcomes: how evaluations ended; `repeated` and `no program` count tickets without one.
    """

    done: int
    total: int
    best: Member | None
    spend: Spend
    seconds: float
    rate: float
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class Summary:
    """What a search came to.

    Attributes:
        reason: why it stopped.
        archive: all members, with the concept tree.
        progress: the last count.
        notices: what every reader of the result must know.
    """

    reason: Reason
    archive: Archive
    progress: Progress
    notices: tuple[str, ...]

    @property
    def best(self) -> Member | None:
        """The best member; None if nothing was valid."""
        return self.archive.best()
