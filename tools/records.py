"""A run as people and programs read it: status, progress, claims, artifacts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from tools.claims import Verdict
from tools.result import Cost, Estimate

MAX_SEED = 2**31 - 1
"""The largest seed of a run, which every generator takes; the smallest is 0."""


class Status(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen unless someone resumes it."""
        return self not in (Status.QUEUED, Status.RUNNING)


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        label: what is being done.
        done: finished steps.
        total: all steps, or None when unknown.
        eta: seconds to go, or None when unknown.
        detail: what changes meanwhile, such as the best so far; may be empty.
    """

    label: str
    done: int
    total: int | None = None
    eta: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class ClaimRecord:
    """A claim as recorded: text, paper, verdict, and the evidence that decided it."""

    text: str
    paper: str
    verdict: Verdict
    method: str
    reason: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Artifact:
    """A file a run left: a `figure`, a `table` (CSV) or a plain `file`."""

    name: str
    kind: str
    path: Path


@dataclass(frozen=True)
class RunRecord:
    """One run, as read from the store.

    Attributes:
        number: running number in this store, for people.
        id: three pronounceable words, unique; never contains a digit.
        params: parameters as plain JSON values.
        origin: who asked: `cli`, or `THREAD/CALL` for a conversation.
        estimate: expected seconds when it was submitted.
        seconds: time spent computing, over all attempts.
        environment: versions, git revision and hardware it ran on.
        error: why it failed, or None.
        notices: fallbacks and other things a reader must know.
    """

    number: int
    id: str
    experiment: str
    params: dict[str, Any]
    seed: int
    status: Status
    attempt: int
    resumable: bool
    origin: str
    papers: tuple[str, ...]
    claim: str
    estimate: float | None
    created: float
    started: float | None
    finished: float | None
    seconds: float
    pid: int | None
    cancel: bool
    progress: Progress | None
    environment: dict[str, Any]
    error: str | None
    notices: tuple[str, ...]
    folder: Path
    metrics: dict[str, Estimate] = field(default_factory=dict)
    claims: tuple[ClaimRecord, ...] = ()
    artifacts: tuple[Artifact, ...] = ()

    @property
    def log(self) -> Path:
        """The file that holds what the run printed, a traceback included."""
        return self.folder / "output.log"

    def as_json(self) -> dict[str, Any]:
        """Returns the run as plain JSON values; claims carry `verdict`."""
        return {
            "id": self.id,
            "number": self.number,
            "experiment": self.experiment,
            "params": plain(self.params),
            "seed": self.seed,
            "status": str(self.status),
            "attempt": self.attempt,
            "resumable": self.resumable,
            "origin": self.origin,
            "papers": list(self.papers),
            "paper_claim": self.claim,
            "created": self.created,
            "started": self.started,
            "finished": self.finished,
            "seconds": self.seconds,
            "estimate": self.estimate,
            "metrics": {
                name: {
                    "value": finite(m.mean),
                    "stderr": None if m.stderr is None else finite(m.stderr),
                    "n": m.n,
                    "unit": m.unit,
                }
                for name, m in self.metrics.items()
            },
            "claims": [
                {
                    "text": c.text,
                    "paper": c.paper,
                    "verdict": str(c.verdict),
                    "method": c.method,
                    "reason": c.reason,
                    "evidence": plain(c.evidence),
                }
                for c in self.claims
            ],
            "artifacts": [
                {"name": a.name, "kind": a.kind, "path": str(a.path)} for a in self.artifacts
            ],
            "folder": str(self.folder),
            "log": str(self.log),
            "environment": self.environment,
            "error": self.error,
            "notices": list(self.notices),
        }


def plain(node: Any) -> Any:
    """Returns JSON values with every number that JSON cannot carry replaced by None."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [plain(value) for value in node]
    return finite(node) if isinstance(node, float) else node


def finite(x: float) -> float | None:
    """Returns a number that JSON can carry: None for NaN and infinities."""
    return x if math.isfinite(x) else None


class Described(Protocol):
    """What the store needs to know of an experiment in order to record a run of it."""

    @property
    def name(self) -> str:
        """Its dotted name."""

    @property
    def papers(self) -> tuple[str, ...]:
        """Citation keys of the papers whose claim it tests."""

    @property
    def claim(self) -> str:
        """The claim in words."""

    @property
    def resumable(self) -> bool:
        """Whether an interrupted run can go on."""

    @property
    def estimate(self) -> Callable[[Any], Cost]:
        """Expected cost for given parameters."""
