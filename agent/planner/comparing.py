"""What differs between runs, written from the result of the tool `compare_runs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner.figures import measured, plain, sentence
from agent.planner.questions import shown

_MOST_METRICS = 5


def comparison_text(content: Mapping[str, Any]) -> str:
    """Reports parameters, metrics and verdicts of runs side by side."""
    if content.get("error"):
        return f"The runs cannot be compared: {sentence(content['error'])}"
    runs = [
        str(r.get("run") or r.get("id") or "?") if isinstance(r, Mapping) else str(r)
        for r in content.get("runs") or ()
    ]
    parameters = content.get("parameters") or {}
    changed = [f"{name} ({_across(values)})" for name, values in parameters.items()]
    metrics = content.get("metrics") or ()
    if isinstance(metrics, Mapping):
        metrics = [{"name": k, **v} for k, v in metrics.items() if isinstance(v, Mapping)]
    rows = [row for row in metrics if isinstance(row, Mapping)]
    # An interval says whether the runs differ; a count of examples does not.
    telling = [row for row in rows if _intervals(row)] or rows
    apart = [str(row.get("name")) for row in telling if any(_apart(d) for d in _intervals(row))]
    named = ", ".join(f"[run {name}]" for name in runs)
    blocks = [
        f"{named}: different in {', '.join(apart)}."
        if apart
        else f"{named}: no difference is shown in any metric.",
        f"They differ in {', '.join(changed)}." if changed else "Their parameters are the same.",
        "\n".join(f"- {_metric(row, runs)}" for row in telling[:_MOST_METRICS]),
        _verdicts(content.get("claims") or (), runs),
        *(f"Note: {sentence(notice)}" for notice in list(content.get("notices") or ())[:1]),
    ]
    return "\n\n".join(block for block in blocks if block)


def _verdicts(claims: Sequence[Any], runs: Sequence[str]) -> str:
    """Sets verdicts side by side where the claims are the same, else lists them run by run."""
    lines = []
    own: dict[str, list[str]] = {}
    for claim in claims:
        if not isinstance(claim, Mapping):
            continue
        verdicts = claim.get("verdicts") or claim.get("verdict") or "no verdict"
        if isinstance(verdicts, Mapping) and None in [verdicts.get(name) for name in runs]:
            for name, verdict in verdicts.items():
                own.setdefault(str(name), []).extend([str(verdict)] if verdict else [])
            continue
        lines.append(f"Claim: {str(claim.get('text', '')).rstrip('. ')}: {_across(verdicts)}.")
    apiece = [f"[run {name}] {', '.join(said)}" for name, said in own.items() if said]
    lines += [f"Verdicts: {'; '.join(apiece)}."] if apiece else []
    return "\n".join(lines)


def _intervals(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the differences of a metric that come with an interval."""
    return [d for d in _differences(row) if isinstance(d.get("low"), int | float)]


def _apart(difference: Mapping[str, Any]) -> bool:
    """Whether an interval leaves out zero."""
    return bool(difference["low"] > 0 or difference.get("high", 0) < 0)


def _differences(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    differences = row.get("differences")
    if isinstance(differences, Mapping):
        differences = list(differences.values())
    if differences is None:
        differences = [row] if "difference" in row else []
    return [d for d in differences if isinstance(d, Mapping)]


def _across(values: Any) -> str:
    """Writes one value a run: "0.3 / 0.5"."""
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, Sequence) and not isinstance(values, str):
        return " / ".join("none" if v is None else shown(v) for v in values)
    return shown(values)


def _metric(row: Mapping[str, Any], runs: Sequence[str]) -> str:
    values = row.get("values")
    if isinstance(values, Mapping):
        values = (
            [values.get(name) for name in runs] if set(runs) <= set(values) else [*values.values()]
        )
    if not values:
        values = [row.get("a"), row.get("b")]
    unit = f" {row['unit']}" if row.get("unit") else ""
    line = f"{row.get('name')}: {' / '.join(_value(v) for v in values)}{unit}"
    return line + "".join(_difference(d) for d in _differences(row)) + "."


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return measured(value.get("value", value.get("mean")), value.get("stderr"))
    return plain(value)


def _difference(row: Mapping[str, Any]) -> str:
    """Says by how much a run differs from the first, and whether the interval leaves that open."""
    value = row.get("difference", row.get("value"))
    if not isinstance(value, (int, float)):
        return ""
    line = f"; difference {measured(value, row.get('stderr'))}"
    low, high = row.get("low"), row.get("high")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        line += f", interval [{plain(low)}, {plain(high)}]"
        if low > 0 or high < 0:
            line += f": {'higher' if low > 0 else 'lower'} than in the first run"
        else:
            line += ": no difference is shown"
    return line
