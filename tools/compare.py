"""Comparing runs: how their parameters, metrics and verdicts differ, and how surely."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tools.comparison import CONFIDENCE, ClaimRow, Difference, MetricRow, ParameterRow
from tools.comparison import Comparison as Comparison
from tools.errors import BadInput
from tools.experiment import Estimate
from tools.records import ClaimRecord, RunRecord

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?%?")
_MERGED = re.compile(rf"{_NUMBER.pattern}(?: \| {_NUMBER.pattern})*")


def compare(records: Sequence[RunRecord]) -> Comparison:
    """Compares runs with the first of them.

    Differences are unpaired: the standard error is sqrt(s_1^2 + s_2^2) and the interval Student's
    with Welch's degrees of freedom, because two stored means do not say what their measurements
    had in common.

    Raises:
        BadInput: for fewer than two runs, or one named twice.
    """
    runs = tuple(records)
    if len(runs) < 2:
        raise BadInput(f"A comparison needs at least two runs; got {len(runs)}.", "Name another.")
    if twice := [run.id for i, run in enumerate(runs) if run.id in {r.id for r in runs[:i]}]:
        raise BadInput(f"Run {twice[0]} is named twice.", "Compare different runs.")
    metrics = tuple(_metric(name, runs) for name in _union(run.metrics for run in runs))
    return Comparison(
        runs, _parameters(runs), metrics, _claims(runs), tuple(_notices(runs, metrics))
    )


def difference(run: str, value: Estimate, base: Estimate) -> Difference:
    """Returns `value` minus `base` with its unpaired standard error and interval."""
    gap = value.mean - base.mean
    if value.stderr is None or base.stderr is None or min(value.n, base.n) < 2:
        return Difference(run, gap)
    va, vb = value.stderr**2, base.stderr**2
    if not all(map(math.isfinite, (gap, va, vb))):
        return Difference(run, gap)
    stderr = math.hypot(value.stderr, base.stderr)
    share = va / (va + vb) if va + vb > 0 else 0.5
    freedom = 1 / (share**2 / (value.n - 1) + (1 - share) ** 2 / (base.n - 1))
    from scipy.special import stdtrit

    half = float(stdtrit(freedom, 0.5 + CONFIDENCE / 2)) * stderr
    return Difference(run, gap, stderr, gap - half, gap + half)


def _metric(name: str, runs: tuple[RunRecord, ...]) -> MetricRow:
    values = tuple(run.metrics.get(name) for run in runs)
    units = {value.unit for value in values if value is not None}
    base = values[0]
    differences: tuple[Difference, ...] = ()
    # Apples minus pears is no number.
    if base is not None and len(units) == 1:
        differences = tuple(
            difference(run.id, value, base)
            for run, value in zip(runs[1:], values[1:], strict=True)
            if value is not None
        )
    return MetricRow(name, units.pop() if len(units) == 1 else "", values, differences)


def _parameters(runs: tuple[RunRecord, ...]) -> tuple[ParameterRow, ...]:
    rows = [
        ParameterRow("experiment", tuple(run.experiment for run in runs)),
        *(
            ParameterRow(name, tuple(run.params.get(name) for run in runs))
            for name in _union(run.params for run in runs)
        ),
        ParameterRow("seed", tuple(run.seed for run in runs)),
        *(
            ParameterRow(f"version of {name}", tuple(_versions(run).get(name) for run in runs))
            for name in _union(_versions(run) for run in runs if run.environment)
            if all(run.environment for run in runs)
        ),
    ]
    return tuple(row for row in rows if any(value != row.values[0] for value in row.values))


def _versions(run: RunRecord) -> dict[str, Any]:
    return dict(run.environment.get("versions", {}))


def _claims(runs: tuple[RunRecord, ...]) -> tuple[ClaimRow, ...]:
    """Matches claims by their words: equal ones first, then those that differ in numbers only."""
    found: list[ClaimRow] = []
    for position, run in enumerate(runs):
        rest = list(run.claims)
        for same in (str, _skeleton):
            for claim in list(rest):
                for i, row in enumerate(found):
                    if row.verdicts[position] is None and same(row.text) == same(claim.text):
                        found[i] = _filled(row, position, claim)
                        rest.remove(claim)
                        break
        empty = (None,) * len(runs)
        found += [_filled(ClaimRow(c.text, c.paper, empty), position, c) for c in rest]
    return tuple(found)


def _filled(row: ClaimRow, position: int, claim: ClaimRecord) -> ClaimRow:
    verdicts = list(row.verdicts)
    verdicts[position] = str(claim.verdict)
    return ClaimRow(_merged(row.text, claim.text), row.paper, tuple(verdicts))


def _merged(text: str, other: str) -> str:
    """Joins two wordings that differ in numbers only."""
    if text == other:
        return text
    new = iter(_NUMBER.findall(other))

    def both(match: re.Match[str]) -> str:
        number = next(new)
        return match[0] if number in match[0].split(" | ") else f"{match[0]} | {number}"

    return _MERGED.sub(both, text)


def _skeleton(text: str) -> str:
    """Returns a claim without its numbers, which follow the parameters."""
    return _MERGED.sub("#", text)


def _notices(runs: tuple[RunRecord, ...], metrics: tuple[MetricRow, ...]) -> list[str]:
    notices = []
    if any(d.stderr is not None for row in metrics for d in row.differences):
        notices.append(
            "Differences are unpaired: measurements of different runs are taken as independent. "
            f"Each interval covers {CONFIDENCE:.0%} on its own."
        )
    unsure = [r.name for r in metrics if any(d.stderr is None for d in r.differences)]
    if unsure:
        notices.append(f"No standard error, hence no interval: {', '.join(unsure)}.")
    units = [r.name for r in metrics if len({v.unit for v in r.values if v is not None}) > 1]
    if units:
        notices.append(f"Measured in different units, hence no difference: {', '.join(units)}.")
    if len({run.experiment for run in runs}) > 1:
        notices.append("The runs are of different experiments; equal names need not mean the same.")
    notices += [f"Run {run.id} is {run.status}." for run in runs if str(run.status) != "completed"]
    return notices + [f"Run {run.id}: {notice}" for run in runs for notice in run.notices]


def _union(names: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for group in names for name in group))
