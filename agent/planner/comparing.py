"""What differs between runs, written from the result of the tool `compare_runs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner.figures import measured, plain, sentence
from agent.planner.questions import shown


def comparison_text(content: Mapping[str, Any]) -> str:
    """Reports parameters, metrics and verdicts of runs side by side."""
    if content.get("error"):
        return f"The runs cannot be compared: {sentence(content['error'])}"
    runs = [
        str(r.get("run") or r.get("id") or "?") if isinstance(r, Mapping) else str(r)
        for r in content.get("runs") or ()
    ]
    lines = [f"Compared: {', '.join(f'[run {name}]' for name in runs)}."]
    parameters = content.get("parameters") or {}
    changed = [f"{name} ({_across(values)})" for name, values in parameters.items()]
    lines.append(
        f"They differ in {', '.join(changed)}." if changed else "Their parameters are the same."
    )
    metrics = content.get("metrics") or ()
    if isinstance(metrics, Mapping):
        metrics = [{"name": k, **v} for k, v in metrics.items() if isinstance(v, Mapping)]
    lines += [f"- {_metric(row, runs)}" for row in metrics if isinstance(row, Mapping)]
    for claim in content.get("claims") or ():
        if isinstance(claim, Mapping):
            verdicts = _across(claim.get("verdicts") or claim.get("verdict") or "no verdict")
            lines.append(f"Claim: {str(claim.get('text', '')).rstrip('. ')}: {verdicts}.")
    lines += [f"Note: {sentence(notice)}" for notice in content.get("notices") or ()]
    return "\n".join(lines)


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
    differences = row.get("differences")
    if isinstance(differences, Mapping):
        differences = list(differences.values())
    if differences is None:
        differences = [row] if "difference" in row else []
    return line + "".join(_difference(d) for d in differences if isinstance(d, Mapping)) + "."


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
