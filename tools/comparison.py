"""A comparison of runs: what it holds, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.experiment import Estimate
from tools.records import RunRecord, finite, plain

CONFIDENCE = 0.95
"""Coverage of every interval of a difference."""


@dataclass(frozen=True)
class Difference:
    """How one run's metric differs from that of the first run.

    Attributes:
        run: id of the run that is compared with the first.
        value: its metric minus the first run's.
        stderr: standard error of the difference, or None where either side has none.
        low, high: confidence interval of the difference, or None.
    """

    run: str
    value: float
    stderr: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def direction(self) -> str:
        """`higher`, `lower` or `equal` when that is certain enough, else `unclear`."""
        if self.low is None or self.high is None:
            return "unclear"
        if self.low == self.high == 0:
            return "equal"
        return "higher" if self.low > 0 else "lower" if self.high < 0 else "unclear"


@dataclass(frozen=True)
class MetricRow:
    """One metric across the runs.

    Attributes:
        name, unit: as recorded; the unit is empty when the runs disagree about it.
        values: one for each run, None where it has no such metric.
        differences: to the first run, for each later run where both have the metric.
    """

    name: str
    unit: str
    values: tuple[Estimate | None, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class ParameterRow:
    """One parameter (or `seed`, `experiment`, a version) that is not the same in all runs.

    Attributes:
        name: of the parameter.
        values: one for each run; None where the run has no such parameter.
    """

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class ClaimRow:
    """One claim across the runs.

    Attributes:
        text: its words; numbers in which the runs differ stand side by side, "keeps 0.3 | 0.5".
        paper: citation key.
        verdicts: one for each run, None where it makes no such claim.
    """

    text: str
    paper: str
    verdicts: tuple[str | None, ...]

    @property
    def changed(self) -> bool:
        """Whether the runs that make the claim disagree about it."""
        return len({v for v in self.verdicts if v is not None}) > 1


@dataclass(frozen=True)
class Comparison:
    """What differs between runs. The first run is what the others are compared with.

    Attributes:
        runs: the runs compared.
        parameters: what was set differently.
        metrics: every metric, with differences.
        claims: every claim, with its verdicts.
        notices: what a reader must know before believing the numbers.
    """

    runs: tuple[RunRecord, ...]
    parameters: tuple[ParameterRow, ...]
    metrics: tuple[MetricRow, ...]
    claims: tuple[ClaimRow, ...]
    notices: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns the comparison as plain JSON values."""
        ids = [run.id for run in self.runs]
        return {
            "runs": [
                {
                    "run": run.id,
                    "number": run.number,
                    "experiment": run.experiment,
                    "status": str(run.status),
                    "seed": run.seed,
                    "params": plain(run.params),
                    "papers": list(run.papers),
                    "claims": [
                        {"text": c.text, "paper": c.paper, "verdict": str(c.verdict)}
                        for c in run.claims
                    ],
                }
                for run in self.runs
            ],
            "parameters": {
                row.name: dict(zip(ids, plain(row.values), strict=True)) for row in self.parameters
            },
            "metrics": [_metric_json(row, ids) for row in self.metrics],
            "claims": [
                {
                    "text": row.text,
                    "paper": row.paper,
                    "verdicts": dict(zip(ids, row.verdicts, strict=True)),
                    "changed": row.changed,
                }
                for row in self.claims
            ],
            "paired": False,
            "confidence": CONFIDENCE,
            "notices": list(self.notices),
        }


def _metric_json(row: MetricRow, ids: list[str]) -> dict[str, Any]:
    return {
        "name": row.name,
        "unit": row.unit,
        "values": {
            run: None if v is None else {"value": finite(v.mean), "stderr": v.stderr, "n": v.n}
            for run, v in zip(ids, row.values, strict=True)
        },
        "differences": [
            plain(
                {
                    "run": d.run,
                    "to": ids[0],
                    "difference": d.value,
                    "stderr": d.stderr,
                    "low": d.low,
                    "high": d.high,
                    "direction": d.direction,
                }
            )
            for d in row.differences
        ],
    }
