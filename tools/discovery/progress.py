"""How far a search is, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
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
        first: tickets that an earlier session had committed.
    """

    done: int
    total: int
    best: Member | None
    spend: Spend
    seconds: float
    rate: float
    outcomes: Mapping[str, int]
    first: int = 0

    def detail(self) -> str:
        """Writes what there is to tell beside the count: best, rate, spend and outcomes."""
        exact = self.best.evaluation.exact if self.best else ""
        told = [f"best {float(Fraction(exact)):.9g}" if exact else "nothing valid yet"]
        if self.rate:
            # Models answer a few times a minute, grammars many times a second.
            often = self.rate >= 1
            told.append(f"{self.rate:.1f}/s" if often else f"{60 * self.rate:.1f}/min")
        if tokens := self.spend.tokens_in + self.spend.tokens_out:
            told.append(f"{tokens} tokens")
        if self.spend.dollars:
            told.append(f"${self.spend.dollars:.4f}")
        told.append(", ".join(f"{name} {count}" for name, count in self.outcomes.items() if count))
        return "; ".join(part for part in told if part)


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
