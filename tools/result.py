"""What an experiment returns: measured numbers with their errors, and claims."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.claims import Claim
from tools.errors import BadInput


@dataclass(frozen=True)
class Estimate:
    """A measured number with its uncertainty.

    Attributes:
        mean: the value.
        stderr: standard error of the mean, or None when it cannot be known (n = 1).
        n: number of independent measurements behind it.
        unit: unit in words, empty for a pure number.
    """

    mean: float
    stderr: float | None = None
    n: int = 1
    unit: str = ""

    @classmethod
    def of(cls, samples: Sequence[float], unit: str = "") -> Estimate:
        """Summarises independent measurements by their mean and its standard error.

        Raises:
            BadInput: if there are none.
        """
        if not samples:
            raise BadInput("An estimate needs at least one measurement; got none.")
        n = len(samples)
        error = statistics.stdev(samples) / math.sqrt(n) if n > 1 else None
        return cls(statistics.fmean(samples), error, n, unit)


@dataclass(frozen=True)
class Cost:
    """What a run is expected to cost.

    Attributes:
        seconds: wall-clock time on this machine.
        dollars: money spent on endpoints.
    """

    seconds: float
    dollars: float = 0.0


@dataclass(frozen=True)
class Result:
    """What an experiment returns: metrics, and claims whose verdicts were computed."""

    metrics: Mapping[str, Estimate | float] = field(default_factory=dict)
    claims: Sequence[Claim] = ()
