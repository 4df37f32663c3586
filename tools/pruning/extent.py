"""How large a file is, found out at a glance: for estimates of time, before anything is read."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tools.files import regular

_GLANCE = 1 << 16  # bytes of a text file that are looked at
_ROW = 500  # bytes of one, in a data set whose size is not looked up
_EMBEDDED = 256  # numbers that stand for a text or an image
_TABLES = (".parquet", ".pq")
_LINES = (".csv", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Extent:
    """About how much there is.

    Attributes:
        rows: n; of a text file from the length of its first lines.
        columns: numbers, texts or the like in a row, d; a vector counts with its length.
        array: whether the numbers lie there as such, and need not be taken out of text or lists.
    """

    rows: float
    columns: float
    array: bool = False


def glance(path: Path) -> Extent:
    """Returns about how many rows and columns a file or folder has; none where it is no such file.

    What is broken is not reported here: whoever reads it does that.

    Raises:
        BadInput: for a pipe or a device, which would be waited for.
    """
    try:
        if path.is_dir():
            return _folder(path)
        regular(path, "The data")
        if path.suffix == ".npy":
            with path.open("rb") as handle:
                return _array(_shape(handle))
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                return _together([_shape(archive.open(name)) for name in archive.namelist()])
        if path.suffix in _TABLES:
            return _table(path)
        if path.suffix in _LINES:
            return _lines(path)
    except (OSError, ValueError, zipfile.BadZipFile):
        pass
    return Extent(0, 0)


def _folder(path: Path) -> Extent:
    """One file a row, with a thumbnail or an embedding of each; or a saved data set."""
    sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    if (path / "state.json").exists():
        return Extent(sum(sizes) / _ROW, 1)
    return Extent(len(sizes), _EMBEDDED)


def _shape(handle: IO[bytes]) -> tuple[int, ...]:
    """Reads the header of an array."""
    from numpy.lib import format as npy

    version = npy.read_magic(handle)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    return tuple(read(handle)[0])


def _array(shape: tuple[int, ...]) -> Extent:
    return Extent(shape[0], math.prod(shape[1:]), array=True) if shape else Extent(0, 0)


def _together(shapes: list[tuple[int, ...]]) -> Extent:
    parts = [_array(shape) for shape in shapes]
    rows = max((part.rows for part in parts), default=0)
    return Extent(rows, sum(part.columns for part in parts), array=True)


def _table(path: Path) -> Extent:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found: Any = pq.read_metadata(path)
    except pa.ArrowException:
        return Extent(0, 0)
    groups = map(found.row_group, range(found.num_row_groups))
    values = sum(g.column(c).num_values for g in groups for c in range(found.num_columns))
    return Extent(found.num_rows, values / max(1, found.num_rows))


def _lines(path: Path) -> Extent:
    with path.open("rb") as handle:
        start = handle.read(_GLANCE)
    start = start[: start.rfind(b"\n") + 1 or len(start)]  # whole lines
    lines = max(1, start.count(b"\n"))
    rows = path.stat().st_size / max(1.0, len(start) / lines)
    if path.suffix == ".csv":
        header = start.partition(b"\n")[0]
        return Extent(max(0.0, rows - 1), max(map(header.count, (b",", b";", b"\t"))) + 1)
    return Extent(rows, start.count(b",") / lines + 1)
