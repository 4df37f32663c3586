"""How a graded batch is written down: table rows and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.experiment import Estimate
from tools.grading.agreement import Summary

if TYPE_CHECKING:
    from tools.grading.agreement import Rate


def table_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the record of a row as one row of a table."""
    given = record["input"]
    graded = record["verdict"] is not None
    return {
        "row": record["row"],
        "id": given.get("id", ""),
        "kind": _kind(record),
        "verdict": record["verdict"] or "bad row",
        "truth": record.get("truth") if graded else None,
        "method": record.get("method", ""),
        "reason": record["reason"] if graded else record["problem"],
        "gold": given.get("gold", ""),
        "answer": short(str(given.get("answer", "")), 200)[1:-1],
        "seconds": record.get("seconds"),
    }


def by_kind(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns one row for each kind of pair, in order of appearance; none where no row has one."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault(_kind(record), []).append(record)
    rows = []
    for kind, own in groups.items():
        summary = Summary.of(own)
        low, high = summary.agreement.interval
        known = bool(summary.agreement.trials)
        rows.append(
            {
                "kind": kind,
                "rows": summary.rows,
                **{v: summary.verdicts.get(v, 0) for v in ("correct", "incorrect", "ungradable")},
                "with_truth": summary.agreement.trials,
                "agreement": summary.agreement.share if known else None,
                "low": low if known else None,
                "high": high if known else None,
                "false_accepts": summary.false_accepts.successes,
            }
        )
    return rows if any(groups.keys()) else []


def _kind(record: Mapping[str, Any]) -> str:
    given = record["input"]
    return str(given.get("kind") or given.get("category") or "")


def batch_metrics(summary: Summary) -> dict[str, Estimate | float]:
    """Returns what a summary says as metrics."""
    metrics: dict[str, Estimate | float] = {"rows": Estimate(summary.rows, unit="rows")}
    for verdict in ("correct", "incorrect", "ungradable"):
        metrics[verdict] = Estimate(summary.verdicts.get(verdict, 0), unit="rows")
    metrics["bad_rows"] = Estimate(len(summary.bad), unit="rows")
    if summary.agreement.trials:
        metrics["agreement_with_truth"] = share(summary.agreement)
        metrics["false_accepts"] = Estimate(summary.false_accepts.successes, unit="rows")
        metrics["false_rejects"] = Estimate(summary.false_rejects.successes, unit="rows")
    return metrics


def share(rate: Rate) -> Estimate:
    """Returns a share as an estimate with the standard error of its Wilson interval."""
    return Estimate(rate.share, rate.stderr, rate.trials)


def short(text: str, longest: int = 80) -> str:
    """Returns a text on one line, in quotes, cut where it is long."""
    line = " ".join(text.split())
    return f"'{line if len(line) <= longest else line[: longest - 3] + '...'}'"
