"""What one comparison found out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

METHODS = (
    "exact",
    "symbolic",
    "numeric agreement",
    "numeric refutation",
    "operator normal form",
    "choice set",
    "text",
    "structure",
)
"""Every method a verdict can rest on, strongest first within its kind."""

_RANK = {name: place for place, name in enumerate(METHODS)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether two things are equal, how that was found, and why in words.

    Attributes:
        equal: True, False, or None when nothing could settle it.
        method: one of METHODS.
        reason: a sentence for a person.
    """

    equal: bool | None
    method: str
    reason: str


def yes(method: str, reason: str) -> Outcome:
    """Makes the outcome equal."""
    return Outcome(True, method, reason)


def no(method: str, reason: str) -> Outcome:
    """Makes the outcome different."""
    return Outcome(False, method, reason)


def open_question(reason: str) -> Outcome:
    """Makes the outcome undecided."""
    return Outcome(None, "structure", reason)


def every(outcomes: Iterable[Outcome], reason: str) -> Outcome:
    """Joins the outcomes of parts that all have to agree; the weakest method is reported."""
    weakest = "exact"
    undecided: Outcome | None = None
    for outcome in outcomes:
        if outcome.equal is False:
            return outcome
        if outcome.equal is None:
            undecided = undecided or outcome
        if _RANK[outcome.method] > _RANK[weakest]:
            weakest = outcome.method
    return undecided or yes(weakest, reason)
