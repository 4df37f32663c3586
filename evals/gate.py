"""The regression gate: does a suite still do as well as it did, beyond what noise can explain?

Baselines are committed (`baselines.toml`) with their numbers of samples. A suite fails the gate
when a two-proportion test finds its accuracy below the baseline; which samples turned from right to
wrong is in the report.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

from evals.statistics import Interval
from tools.errors import BadInput

BASELINES = Path(__file__).with_name("baselines.toml")
_LEVEL = 0.99


@dataclass(frozen=True)
class Baseline:
    """What a suite has reached.

    Attributes:
        accuracy: mean credit.
        n: samples behind it.
        least: a bar that must hold whatever the noise; 0 for none.
    """

    accuracy: float
    n: int
    least: float = 0.0


def baselines(path: Path = BASELINES) -> dict[str, Baseline]:
    """Reads the committed baselines by suite.

    Raises:
        BadInput: when an entry is out of range.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    found = {name: Baseline(**entry) for name, entry in tables.items()}
    for name, entry in found.items():
        if not (0 <= entry.accuracy <= 1 and entry.n > 0 and 0 <= entry.least <= 1):
            raise BadInput(f"{path.name}: {name} = {entry} is out of range.")
    return found


def drop(now: Interval, before: Baseline) -> str:
    """Returns what is wrong, or "" when the suite has not dropped beyond noise.

    One-sided two-proportion z test at 99 %, with the pooled share smoothed by one success and one
    failure, so that a perfect baseline still has some noise.
    """
    if now.value < before.least:
        return f"accuracy {now.value:.3f} is below the bar {before.least:.3f}"
    gap = before.accuracy - now.value
    pooled = (before.accuracy * before.n + now.value * now.n + 1) / (before.n + now.n + 2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / before.n + 1 / now.n))
    from scipy.stats import norm

    if gap > float(norm.ppf(_LEVEL)) * error:
        return (
            f"accuracy fell from {before.accuracy:.3f} ({before.n} samples) to {now.value:.3f}"
            f" ({now.n}), more than noise explains"
        )
    return ""
