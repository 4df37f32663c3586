"""What every kind of input offers, and the checks on its values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
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
            if value is None or (isinstance(value, str) and not value.strip()):
                raise self.wrong(row, column, "is missing")
            try:
                found[row] = float(value)
            except (TypeError, ValueError):
                raise self.wrong(row, column, f"is {_short(value)}, not a number") from None
            except OverflowError:
                raise self.wrong(row, column, "is too large a number") from None
            if not math.isfinite(found[row]):
                raise self.wrong(row, column, f"is {value}")
        return found

    def floats(self, row: int, column: str, values: Sequence[int | float]) -> list[float]:
        """Returns the numbers of a row as floats.

        Raises:
            BadInput: naming row and column of a number that is too large.
        """
        try:
            return [float(value) for value in values]
        except OverflowError:
            raise self.wrong(row, column, "holds a number that is too large") from None

    def wrong(
        self, row: int, column: str, what: str, remedy: str = "Mend or remove the row."
    ) -> BadInput:
        """Returns the error that names a row and a column."""
        return BadInput(
            f"{self.path}, {self.name(row)}, column '{column}': the value {what}.", remedy
        )


def not_utf8(path: Path) -> BadInput:
    """Returns the error for a text in another encoding."""
    return BadInput(f"{path} is not in UTF-8.", "Save it again in that encoding.")


def broken(path: Path, kind: str, error: Exception) -> BadInput:
    """Returns the error for a file that is not of its kind."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return BadInput(f"{path} cannot be read as {kind}: {reason.rstrip('.')}.", "Check the file.")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
