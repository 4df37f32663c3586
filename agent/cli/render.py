"""How runs and comparisons look in a terminal."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from agent.cli.common import safe
from tools.duration import humane

if TYPE_CHECKING:
    from rich.console import Console

    from tools.comparison import Comparison
    from tools.experiment import Estimate, Experiment
    from tools.records import RunRecord

_STYLES = {
    "supported": "green",
    "refuted": "red",
    "inconclusive": "yellow",
    "completed": "green",
    "failed": "red",
    "interrupted": "yellow",
    "cancelled": "yellow",
}


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Returns an empty table; columns named in `right` hold numbers. Cells fold, never vanish."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def number(value: float, stderr: float | None = None) -> str:
    """Writes a number: to the second digit of its standard error, else to six digits."""
    if not math.isfinite(value):
        return str(value)
    if stderr and math.isfinite(stderr):
        digits = 1 - math.floor(math.log10(abs(stderr)))
        if 0 <= digits <= 12:
            return f"{value:.{digits}f}"
    return f"{value:.6g}"


def with_error(estimate: Estimate) -> str:
    """Writes `0.8312 +- 0.0041`, or the value alone."""
    value = number(estimate.mean, estimate.stderr)
    if estimate.stderr is None:
        return value
    return f"{value} +- {number(estimate.stderr, estimate.stderr)}"


def show_result(console: Console, record: RunRecord) -> None:
    """Prints what came out of a run: metrics, claims, files, notices, id."""
    if record.metrics:
        metrics = table("metric", "value +- stderr", "n", "unit", right=("value +- stderr", "n"))
        for name, value in record.metrics.items():
            metrics.add_row(safe(name), with_error(value), str(value.n), safe(value.unit))
        console.print(metrics)
        console.print()
    for claim in record.claims:
        console.print(_verdict(str(claim.verdict)), safe(claim.text), soft_wrap=True)
        source = f" ({claim.paper})" if claim.paper else ""
        console.print(f"    {safe(claim.reason)}{safe(source)}", style="dim", soft_wrap=True)
    for artifact in record.artifacts:
        console.print(f"{artifact.kind} {safe(artifact.name)}: {artifact.path}", soft_wrap=True)
    for notice in record.notices:
        console.print(f"note: {safe(notice)}", style="yellow", soft_wrap=True)
    console.print(
        f"run {record.id} (#{record.number}): ",
        _verdict(str(record.status)),
        f" after {humane(record.seconds)}",
        sep="",
        soft_wrap=True,
    )


def show_run(console: Console, record: RunRecord) -> None:
    """Prints everything that is known about a run."""
    show_result(console, record)
    console.print()
    facts: dict[str, Any] = {
        "experiment": record.experiment,
        "tests": f"{record.claim} ({', '.join(record.papers)})" if record.papers else record.claim,
        "parameters": _pairs(record.params),
        "seed": record.seed,
        "error": record.error,
        "created": _moment(record.created),
        "started": _moment(record.started),
        "finished": _moment(record.finished),
        "estimated": None if record.estimate is None else humane(record.estimate),
        "attempt": record.attempt,
        "asked by": record.origin,
        "folder": record.folder,
        "log": record.log if record.log.exists() else None,
    }
    if record.progress and not record.status.over:
        from tools.launch import progress_line

        facts["progress"] = progress_line(record.progress)
    for name, value in (facts | environment_facts(record.environment)).items():
        if value not in (None, ""):
            console.print(f"{name:>12}  {safe(value)}", soft_wrap=True)


def environment_facts(environment: dict[str, Any]) -> dict[str, str]:
    """Returns what a run ran on, as lines for people."""
    if not environment:
        return {}
    hardware = environment.get("hardware", {})
    git = environment.get("git")
    return {
        "python": str(environment.get("python", "")),
        "versions": ", ".join(f"{k} {v}" for k, v in environment.get("versions", {}).items()),
        "code": f"{git['revision'][:12]}{' with local changes' if git['dirty'] else ''}"
        if git
        else "",
        "hardware": ", ".join(
            str(part)
            for part in (
                hardware.get("processor"),
                f"{hardware.get('cores')} cores",
                *hardware.get("gpus", ()),
            )
            if part
        ),
    }


def list_runs(
    records: Iterable[RunRecord], defaults: dict[str, dict[str, Any]], now: float
) -> Table:
    """Returns a table of runs, with the parameters that are not at their defaults."""
    made = table(
        "#", "id", "experiment", "parameters", "status", "verdicts", "when", "took",
        right=("#", "took"),
    )  # fmt: skip
    for record in records:
        usual = defaults.get(record.experiment, {})
        changed = {k: v for k, v in record.params.items() if k not in usual or usual[k] != v}
        if record.seed:
            changed["seed"] = record.seed
        made.add_row(
            str(record.number),
            record.id,
            safe(record.experiment),
            safe(_pairs(changed)),
            _verdict(str(record.status)),
            _verdict_counts(record),
            _ago(now - record.created),
            humane(record.seconds) if record.started else "",
        )
    return made


def defaults_of(experiments: Iterable[Experiment]) -> dict[str, dict[str, Any]]:
    """Returns each experiment's defaults as they are recorded: plain JSON values."""
    return {
        e.name: {p.name: json.loads(json.dumps(p.default, default=str)) for p in e.parameters()}
        for e in experiments
    }


def show_comparison(console: Console, comparison: Comparison) -> None:
    """Prints what differs between runs."""
    heads = [f"#{run.number}" for run in comparison.runs]
    for head, run in zip(heads, comparison.runs, strict=True):
        console.print(f"{head}  {run.id}  {safe(run.experiment)}  {run.status}", soft_wrap=True)
    console.print()
    parameters = table("differs", *heads)
    for setting in comparison.parameters:
        cells = (json.dumps(v, default=str) for v in setting.values)
        parameters.add_row(safe(setting.name), *map(safe, cells))
    if comparison.parameters:
        console.print(parameters)
    else:
        console.print("Parameters, seed and versions are the same.")
    numbers = {run.id: head for run, head in zip(comparison.runs, heads, strict=True)}
    metrics = table("metric", *heads, f"difference to {heads[0]} [95 % interval]", "", right=heads)
    for row in comparison.metrics:
        gaps, signs = [], []
        for gap in row.differences:
            text = f"{numbers[gap.run]}: " if len(heads) > 2 else ""
            text += number(gap.value, gap.stderr)
            if gap.stderr is not None and gap.low is not None and gap.high is not None:
                low, high = (number(x, gap.stderr) for x in (gap.low, gap.high))
                text += f" +- {number(gap.stderr, gap.stderr)} [{low}, {high}]"
            gaps.append(text)
            signs.append(gap.direction)
        name = safe(f"{row.name} ({row.unit})" if row.unit else row.name)
        values = ("-" if v is None else with_error(v) for v in row.values)
        metrics.add_row(name, *values, "\n".join(gaps), "\n".join(signs))
    if comparison.metrics:
        console.print()
        console.print(metrics)
    claims = table("claim", *heads)
    for claim in comparison.claims:
        text = f"{claim.text}{' [changed]' if claim.changed else ''}"
        claims.add_row(safe(text), *(_verdict(v or "-") for v in claim.verdicts))
    if comparison.claims:
        console.print()
        console.print(claims)
    for notice in comparison.notices:
        console.print(f"note: {safe(notice)}", style="yellow", soft_wrap=True)


def _verdict(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))


def _verdict_counts(record: RunRecord) -> str:
    counts: dict[str, int] = {}
    for claim in record.claims:
        counts[str(claim.verdict)] = counts.get(str(claim.verdict), 0) + 1
    return ", ".join(f"{n} {verdict}" for verdict, n in counts.items())


def _pairs(params: dict[str, Any]) -> str:
    return " ".join(f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in params.items())


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _ago(seconds: float) -> str:
    return f"{humane(seconds)} ago" if seconds < 3 * 3600 else _days(seconds)


def _days(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - seconds))
