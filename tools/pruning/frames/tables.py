"""Tables: Parquet, CSV, and Hugging Face data sets saved to disk."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.frames.frame import Frame, broken, not_utf8

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 4096


class _ArrowFrame(Frame):
    """A table that pyarrow reads batch by batch."""

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yields the table in order; all columns when none are named."""
        raise NotImplementedError

    def values(self, column: str) -> Iterator[Any]:
        """Yields the plain values of a column, row by row."""
        for batch in self.batches([self.has(column)]):
            yield from batch.column(0).to_pylist()

    def vectors(self, column: str) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yields (first row, values of shape (b, d)) for each batch of a column of lists.

        Raises:
            BadInput: naming the row of a list that is missing, of another length, or not numbers.
        """
        import pyarrow as pa

        row, length = 0, -1
        for batch in self.batches([self.has(column)]):
            lists = batch.column(0)
            kind = lists.type
            if not (pa.types.is_list(kind) or _large(kind) or pa.types.is_fixed_size_list(kind)):
                raise self.wrong(row, column, f"has the type {kind}, not a list of numbers")
            if lists.null_count:
                missing = int(np.flatnonzero(lists.is_null().to_numpy(zero_copy_only=False))[0])
                raise self.wrong(row + missing, column, "is missing")
            lengths = lists.value_lengths().to_numpy(zero_copy_only=False)
            length = int(lengths[0]) if length < 0 else length
            if (other := np.flatnonzero(lengths != length)).size:
                at = int(other[0])
                what = f"has {lengths[at]} numbers where the first row has {length}"
                raise self.wrong(row + at, column, what)
            flat = lists.flatten()
            if not (pa.types.is_floating(flat.type) or pa.types.is_integer(flat.type)):
                raise self.wrong(row, column, f"holds {flat.type}, not numbers")
            yield row, flat.to_numpy(zero_copy_only=False).reshape(len(lists), length)
            row += len(lists)

    def contents(self, column: str) -> Iterator[bytes]:
        """Yields a row's values as JSON with sorted names, or one column's."""
        names = [self.has(column)] if column else None
        for batch in self.batches(names):
            for row in batch.to_pylist():
                yield json.dumps(row, sort_keys=True, default=repr).encode()

    def chosen(self, chosen: NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
        """Yields the chosen rows, batch by batch."""
        import pyarrow as pa

        row = 0
        for batch in self.batches():
            yield batch.filter(pa.array(chosen[row : row + len(batch)]))
            row += len(batch)


def _large(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_large_list(kind))


class ParquetFrame(_ArrowFrame):
    """A Parquet file."""

    kind: ClassVar[str] = "Parquet"
    suffix: ClassVar[str] = ".parquet"

    def __init__(self, path: Path) -> None:
        """Reads the footer."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(path, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise broken(path, "Parquet", error) from error
        super().__init__(path, self._file.metadata.num_rows, tuple(self._file.schema_arrow.names))

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yields the table in order."""
        import pyarrow as pa

        try:
            yield from self._file.iter_batches(_ROWS, columns=columns)
        except (pa.ArrowException, OSError) as error:
            raise broken(self.path, "Parquet", error) from error

    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Writes the chosen rows as Parquet."""
        import pyarrow.parquet as pq

        with pq.ParquetWriter(path, self._file.schema_arrow) as writer:
            for batch in self.chosen(chosen):
                writer.write_batch(batch)


class CsvFrame(_ArrowFrame):
    """A CSV file with a header, in UTF-8. Values stay the text that they are.

    Columns are separated by commas; by semicolons or tabs where the header has those instead.
    """

    kind: ClassVar[str] = "CSV"
    suffix: ClassVar[str] = ".csv"

    def __init__(self, path: Path) -> None:
        """Reads the header and counts the rows."""
        import csv

        try:
            with path.open(newline="", encoding="utf-8-sig") as handle:
                header = handle.readline()
                self._delimiter = next((mark for mark in ",;\t" if mark in header), ",")
                handle.seek(0)
                self._names = next(csv.reader(handle, delimiter=self._delimiter), [])
        except UnicodeDecodeError as error:
            raise not_utf8(path) from error
        except (OSError, csv.Error) as error:
            raise broken(path, "CSV", error) from error
        twice = {name for name in self._names if self._names.count(name) > 1}
        if twice:
            raise BadInput(f"{path} has the column '{twice.pop()}' twice.", "Rename one.")
        self.path = path
        size = sum(len(batch) for batch in self.batches()) if self._names else 0
        super().__init__(path, size, tuple(self._names))

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yields the table in order, every value as text."""
        import pyarrow as pa
        from pyarrow import csv

        convert = csv.ConvertOptions(
            column_types={name: pa.string() for name in self._names},
            strings_can_be_null=False,
            include_columns=columns,
        )
        parse = csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True)
        try:
            yield from csv.open_csv(self.path, parse_options=parse, convert_options=convert)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> BadInput:
        if "UTF8" in str(error):
            return not_utf8(self.path)
        # pyarrow counts from 1 and the header as well.
        said = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", str(error))
        if said is None:
            return broken(self.path, "CSV", error)
        row, wanted, got = map(int, said.groups())
        return BadInput(
            f"{self.path}, row {row - 2}: {got} values for {wanted} columns.", "Mend the row."
        )

    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Writes the chosen rows as CSV."""
        import csv

        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, delimiter=self._delimiter)
            writer.writerow(self._names)
            for batch in self.chosen(chosen):
                writer.writerows(zip(*(c.to_pylist() for c in batch.columns), strict=True))


class DatasetFrame(_ArrowFrame):
    """A Hugging Face data set written by `save_to_disk`: Arrow streams, memory-mapped."""

    kind: ClassVar[str] = "Hugging Face data set"
    suffix: ClassVar[str] = ""

    def __init__(self, path: Path) -> None:
        """Reads the state file and the schemas."""
        if (splits := path / "dataset_dict.json").exists():
            names = json.loads(splits.read_text(encoding="utf-8")).get("splits", [])
            raise BadInput(
                f"{path} holds the splits {', '.join(names)}.", f"Give one: {path / names[0]}."
            )
        try:
            state = json.loads((path / "state.json").read_text(encoding="utf-8"))
            self._files = [path / entry["filename"] for entry in state["_data_files"]]
        except (OSError, ValueError, KeyError) as error:
            raise broken(path, "Hugging Face data set", error) from error
        self.path, self._state = path, state
        self._columns: tuple[str, ...] = ()
        super().__init__(path, sum(len(b) for b in self.batches()), self._columns)

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yields the table in order, without a copy."""
        import pyarrow as pa

        for file in self._files:
            try:
                with pa.memory_map(str(file)) as source, pa.ipc.open_stream(source) as reader:
                    self._columns = tuple(reader.schema.names)
                    for batch in reader:
                        yield batch if columns is None else batch.select(columns)
            except (pa.ArrowException, OSError) as error:
                raise broken(file, "Arrow", error) from error

    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Writes the chosen rows as a data set that `load_from_disk` reads."""
        import pyarrow as pa

        path.mkdir(parents=True)
        name = "data-00000-of-00001.arrow"
        writer = None
        with pa.OSFile(str(path / name), "wb") as sink:
            for batch in self.chosen(chosen):
                writer = writer or pa.ipc.new_stream(sink, batch.schema)
                writer.write_batch(batch)
            if writer is not None:
                writer.close()
        state = self._state | {"_data_files": [{"filename": name}], "_fingerprint": "0" * 16}
        (path / "state.json").write_text(json.dumps(state, indent=2), encoding="utf-8")
        if (info := self.path / "dataset_info.json").exists():
            shutil.copyfile(info, path / "dataset_info.json")
