"""Runs for other programs: JSON with everything, CSV and Parquet with one row a metric."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.errors import BadInput, Unavailable
from tools.records import RunRecord, plain

FORMATS = ("json", "csv", "parquet")

COLUMNS: dict[str, str] = {
    "run": "string",
    "number": "int64",
    "experiment": "string",
    "status": "string",
    "seed": "int64",
    "params": "string",
    "metric": "string",
    "value": "float64",
    "stderr": "float64",
    "n": "int64",
    "unit": "string",
    "created": "string",
    "seconds": "float64",
    "versions": "string",
    "git_revision": "string",
    "git_dirty": "bool",
}
"""Columns of a row, with their Arrow types. `params` and `versions` hold JSON text."""


def rows(records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """Returns one row a metric; a run without metrics keeps one row, its metric empty."""
    made = []
    for record in records:
        git = record.environment.get("git") or {}
        common = {
            "run": record.id,
            "number": record.number,
            "experiment": record.experiment,
            "status": str(record.status),
            "seed": record.seed,
            "params": json.dumps(plain(record.params)),
            "created": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "seconds": record.seconds,
            "versions": json.dumps(record.environment.get("versions", {})),
            "git_revision": git.get("revision"),
            "git_dirty": git.get("dirty"),
        }
        for name, metric in record.metrics.items():
            values = {
                "metric": name,
                "value": metric.mean,
                "stderr": metric.stderr,
                "n": metric.n,
                "unit": metric.unit,
            }
            made.append(_in_order(common | values))
        if not record.metrics:
            made.append(_in_order(common))
    return made


def text(records: Iterable[RunRecord], format: str) -> str:
    """Returns runs as text in a format that is text.

    Raises:
        BadInput: for Parquet or an unknown format.
    """
    if format == "json":
        return json.dumps({"runs": [r.as_json() for r in records]}, allow_nan=False, indent=1)
    if format == "csv":
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows(records))
        return buffer.getvalue()
    if format == "parquet":
        raise BadInput("Parquet is not text.", "Name a file with -o PATH.")
    raise BadInput(f"Format '{format}' is unknown.", f"Choose one of {', '.join(FORMATS)}.")


def write(records: Iterable[RunRecord], format: str, path: Path) -> None:
    """Writes runs to a file, whole or not at all.

    Raises:
        BadInput: for an unknown format, or a path that cannot be written.
        Unavailable: for Parquet without pyarrow.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        if format == "parquet":
            _write_parquet(rows(records), unfinished)
        else:
            unfinished.write_text(text(records, format), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror or error}.", "Name another place."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _in_order(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in COLUMNS}


def _write_parquet(table: list[dict[str, Any]], path: Path) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise Unavailable("Parquet needs pyarrow.", "pip install pyarrow") from error
    kinds = {
        "string": pyarrow.string(),
        "int64": pyarrow.int64(),
        "float64": pyarrow.float64(),
        "bool": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table, schema), str(path))
