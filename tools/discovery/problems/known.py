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


@lru_cache(maxsize=64)
def read_known(folder: Path) -> Known:
    """Reads `known.toml` of a folder; a folder without one knows nothing.

    Raises:
        BadInput: when the file is malformed.
    """
    path = folder / "known.toml"
    if not path.is_file():
        return Known((), ())
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        records = [Record(**{**t, "value": Fraction(t["value"])}) for t in tables.get("record", ())]
        optima = [
            Optimum(**{**t, "value": Fraction(t["value"])}) for t in tables.get("optimum", ())
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{path} cannot be read: {error!r}.", "Compare it with a shipped one."
        ) from error
    return Known(tuple(sorted(records, key=lambda r: r.date)), tuple(optima))
