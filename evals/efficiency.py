"""Efficiency, the seventh of HELM's metrics: what a run took, as far as it was measured.

Tokens, requests and dollars are those of the replies behind the answers, cached ones included: what
the answers would cost if asked for anew. Time and energy are those of the sessions that the run was
worked on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evals.energy import Meter
from evals.journal import Entry, Journal
from evals.summary import summarise

if TYPE_CHECKING:
    from agent.messages import Usage

_KEY = "sessions"
_EVERY = 5.0  # seconds between notes of a session; a kill loses at most so much of it


@dataclass(frozen=True)
class Session:
    """One stretch of work on a run.

    Attributes:
        seconds: wall-clock time.
        joules: energy of this machine meanwhile; None where it cannot be read.
        source: what was counted, or why nothing was.
    """

    seconds: float
    joules: float | None
    source: str


class Clock:
    """Measures a session and keeps it in the journal, whatever ends the process."""

    def __init__(self, journal: Journal, meter: Meter | None = None, *, spread: bool = False):
        """Starts measuring.

        Args:
            journal: where the session is noted.
            meter: of energy.
            spread: whether other machines work too, whose energy no counter here sees.
        """
        self._journal = journal
        self._meter = meter or Meter()
        self._spread = spread
        self._start = self._noted = time.monotonic()
        self._before: list[Any] = list(journal.header.get(_KEY, ()))

    def tick(self) -> None:
        """Notes the session, unless it was just noted."""
        if time.monotonic() - self._noted >= _EVERY:
            self.note()

    def note(self) -> None:
        """Notes the session as it is."""
        self._noted = time.monotonic()
        read = self._meter.read()
        joules, source = read.joules, read.source
        if self._spread:
            joules, source = None, "not readable here: other machines of the cluster took part"
        session = Session(self._noted - self._start, joules, source)
        self._journal.note(_KEY, [*self._before, asdict(session)])


@dataclass(frozen=True)
class Efficiency:
    """What a run took.

    Attributes:
        samples: finished ones, which the shares are of.
        usage: tokens, requests and dollars; dollars are None where a price is unknown.
        waiting: seconds of the samples, added up; those at the same time count each.
        seconds: wall-clock time of all sessions; None where none was noted.
        joules: energy of all sessions; None unless each could read it.
        source: what the joules count, or why there are none.
    """

    samples: int
    usage: Usage
    waiting: float
    seconds: float | None
    joules: float | None
    source: str

    def rows(self) -> list[dict[str, Any]]:
        """Returns one row a measure: total, by sample, unit, and what a reader must know."""
        priced = self.usage.dollars is not None
        measures: list[tuple[str, float | None, str, str]] = [
            ("requests", self.usage.requests, "", ""),
            ("tokens in", self.usage.input_tokens, "", ""),
            ("tokens out", self.usage.output_tokens, "", ""),
            ("dollars", self.usage.dollars, "", "" if priced else "no price is known"),
            ("waiting", self.waiting, "s", "of all samples, added up"),
            ("time", self.seconds, "s", "" if self.seconds is not None else "was not noted"),
            ("energy", self.joules, "J", self.source),
        ]
        return [
            {
                "measure": name,
                "total": total,
                "per_sample": None if total is None or not self.samples else total / self.samples,
                "unit": unit,
                "note": note,
            }
            for name, total, unit, note in measures
        ]


def efficiency(entries: Sequence[Entry], header: Mapping[str, Any]) -> Efficiency:
    """Adds up what a run took.

    Args:
        entries: of its journal.
        header: of its journal.
    """
    summary = summarise(entries)
    sessions = [Session(**session) for session in header.get(_KEY, ())]
    known = [s.joules for s in sessions if s.joules is not None]
    whole = bool(known) and len(known) == len(sessions)
    blind = [s.source for s in sessions if s.joules is None]
    source = (
        "the whole machine meanwhile: " + "; ".join(dict.fromkeys(s.source for s in sessions))
        if whole
        else next(iter(blind), "was not noted")
    )
    return Efficiency(
        summary.scored,
        summary.usage,
        summary.seconds,
        sum(s.seconds for s in sessions) if sessions else None,
        sum(known) if whole else None,
        source,
    )
