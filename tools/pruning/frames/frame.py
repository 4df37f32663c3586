"""What every kind of input offers, and the checks on its values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput

TEXT_COLUMNS = ("text", "content", "document", "sentence", "question", "prompt")
VECTOR_COLUMNS = ("embedding", "embeddings", "vector", "vectors")


class Frame(ABC):
    """Rows of a file or a folder, in order.

    Attributes:
        path: where they are.
        kind: what it is, in words.
        size: number of rows, n.
        columns: names of what each row has.
        suffix: what the name of a copy with fewer rows ends in; "" for a folder.
    """

    kind: ClassVar[str]
    suffix: ClassVar[str]

    def __init__(self, path: Path, size: int, columns: tuple[str, ...]) -> None:
        """Takes what was found out about a path.

        Raises:
            BadInput: if it has no rows.
        """
        if size == 0:
            raise BadInput(f"{path} has no rows.", "Give data with at least one row.")
        self.path, self.size, self.columns = path, size, columns

    @abstractmethod
    def values(self, column: str) -> Iterator[Any]:
        """Yields the plain values of a column, row by row."""

    @abstractmethod
    def contents(self, column: str) -> Iterator[bytes]:
        """Yields what makes a row the same as another: a column, or everything for ""."""

    @abstractmethod
    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Writes the chosen rows to a new path in the frame's own format."""

    def name(self, row: int) -> str:
        """Names a row for people."""
        return f"row {row}"

    def has(self, column: str) -> str:
        """Returns the column.

        Raises:
            BadInput: naming the columns there are.
        """
        if column in self.columns:
            return column
        raise BadInput(
            f"{self.path} has no column '{column}'.", f"It has: {', '.join(self.columns)}."
        )

    def guess(self, names: tuple[str, ...]) -> str | None:
        """Returns the first of some usual names that is a column here."""
        return next((name for name in names if name in self.columns), None)

    def texts(self, column: str) -> Iterator[str]:
        """Yields the texts of a column.

        Raises:
            BadInput: naming the row of a value that is missing, empty or no text.
        """
        for row, value in enumerate(self.values(self.has(column))):
            if not isinstance(value, str):
                what = "is missing" if value is None else f"is {_short(value)}, not text"
                raise self.wrong(row, column, what)
            if not value.strip():
                raise self.wrong(row, column, "is empty", "Fill it in or remove the row.")
            yield value

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Returns a column of finite numbers, shape (n,).

        Raises:
            BadInput: naming the row of a value that is missing, no number or not finite.
        """
        found = np.empty(self.size)
        for row, value in enumerate(self.values(self.has(column))):
            try:
                found[row] = math.nan if value is None else float(value)
            except (TypeError, ValueError):
                raise self.wrong(row, column, f"is {_short(value)}, not a number") from None
            if not math.isfinite(found[row]):
                raise self.wrong(row, column, "is missing" if value is None else f"is {value}")
        return found

    def wrong(
        self, row: int, column: str, what: str, remedy: str = "Mend or remove the row."
    ) -> BadInput:
        """Returns the error that names a row and a column."""
        return BadInput(
            f"{self.path}, {self.name(row)}, column '{column}': the value {what}.", remedy
        )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
