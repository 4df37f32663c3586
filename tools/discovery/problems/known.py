"""What is known of a problem: proven optima of small sizes, and dated records."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from tools.errors import BadInput


@dataclass(frozen=True)
class Record:
    """A best known value at a date.

    Attributes:
        size: the parameters of the instance.
        value: the objective, as published.
        date: year, or year and month, of publication.
        source: who and where.
        recomputed: whether the value was computed again from the published construction.
        remark: what a reader must know, such as what is claimed but not checked.
    """

    size: dict[str, Any]
    value: Fraction
    date: str
    source: str
    recomputed: bool
    remark: str = ""


@dataclass(frozen=True)
class Optimum:
    """A value that cannot be beaten.

    Attributes:
        size: the parameters of the instance.
        value: the objective; a decimal stands for an irrational value, rounded to its last digit.
        source: the proof, or how it was checked.
        proven: False for a value that is only believed to be best.
    """

    size: dict[str, Any]
    value: Fraction
    source: str
    proven: bool = True


@dataclass(frozen=True)
class Known:
    """All that `known.toml` of a problem says."""

    records: tuple[Record, ...]
    optima: tuple[Optimum, ...]


def read_known(folder: Path) -> Known:
    """Reads `known.toml` of a folder; a folder without one knows nothing.

    Raises:
        BadInput: when the file is malformed.
    """
    path = folder / "known.toml"
    if not path.is_file():
        return Known((), ())
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except (OSError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise BadInput(
            f"{path} cannot be read: {why}.", "Compare it with a shipped one."
        ) from error


@lru_cache(maxsize=64)
def _parsed(text: str) -> Known:
    tables = tomllib.loads(text)
    if unknown := sorted(set(tables) - {"record", "optimum"}):
        raise ValueError(f"it has {unknown}; only [[record]] and [[optimum]] mean anything")
    records = [Record(**_row("record", t)) for t in _rows(tables, "record")]
    optima = [Optimum(**_row("optimum", t)) for t in _rows(tables, "optimum")]
    return Known(tuple(sorted(records, key=lambda r: r.date)), tuple(optima))


def _rows(tables: dict[str, Any], kind: str) -> list[Any]:
    rows = tables.get(kind, [])
    if not isinstance(rows, list):
        raise ValueError(f"[{kind}] must be written [[{kind}]], since there may be several")
    return rows


def _row(kind: str, table: Any) -> dict[str, Any]:
    """Returns the fields of a record or an optimum, each of its type."""
    row = {**table, "value": Fraction(table["value"])}
    for name, (wanted, called) in _TYPES.items():
        if name in row and not isinstance(row[name], wanted):
            raise ValueError(f"in [[{kind}]], {name} = {row[name]} is not {called}")
    return row


_TEXT, _FLAG = (str, "a text in quotes"), (bool, "true or false")
_TYPES: dict[str, tuple[type, str]] = {
    "size": (dict, "a table such as {n = 4}"),
    "date": _TEXT,
    "source": _TEXT,
    "remark": _TEXT,
    "recomputed": _FLAG,
    "proven": _FLAG,
}
