"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.frames.frame import Frame, broken, not_utf8


class JsonlFrame(Frame):
    """JSON lines: one object a line. Lines that are blank do not count."""

    kind: ClassVar[str] = "JSON lines"
    suffix: ClassVar[str] = ".jsonl"

    def __init__(self, path: Path) -> None:
        """Reads every line once, to count them and to know the columns."""
        self.path = path
        names: dict[str, None] = {}
        size = 0
        for row in self._rows():
            names |= dict.fromkeys(row)
            size += 1
        super().__init__(path, size, tuple(names))

    def values(self, column: str) -> Iterator[Any]:
        """Yields the plain values of a column, None where an object lacks it."""
        for row in self._rows():
            yield row.get(column)

    def contents(self, column: str) -> Iterator[bytes]:
        """Yields a row as JSON with sorted names, or one column's value."""
        if column:
            self.has(column)
        for row in self._rows():
            content = row.get(column) if column else row
            yield json.dumps(content, sort_keys=True).encode()

    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Copies the chosen lines as they are."""
        with path.open("wb") as handle:
            for keep, (_, line) in zip(chosen, self._lines(), strict=True):
                if keep:
                    handle.write(line.rstrip(b"\r\n") + b"\n")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        try:
            with self.path.open("rb") as handle:
                for number, line in enumerate(handle, 1):
                    if line.strip():
                        yield number, line
        except OSError as error:
            raise broken(self.path, "JSON lines", error) from error

    def _rows(self) -> Iterator[dict[str, Any]]:
        for row, (number, line) in enumerate(self._lines()):
            try:
                value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                raise not_utf8(self.path) from error
            except json.JSONDecodeError as error:
                raise BadInput(
                    f"{self.path}, line {number} (row {row}): not JSON: {error.msg} at character"
                    f" {error.pos + 1}.",
                    "Mend the line.",
                ) from None
            if not isinstance(value, dict):
                raise BadInput(
                    f"{self.path}, line {number} (row {row}): {type(value).__name__} instead of an"
                    " object.",
                    "Give one object a line.",
                )
            yield value
