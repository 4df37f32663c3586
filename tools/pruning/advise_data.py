"""Labelled data of the user's own, read from a file for a classification pilot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.datasets import Dataset, Description
from tools.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tools.pruning.frames import Frame

LABEL_COLUMNS = ("label", "labels", "target", "targets", "class", "y")
_LEAST = 4  # examples of a class, so that train and test part both have some
_MOST_CLASSES = 1000


def read(path: Path, label: str = "", columns: Sequence[str] = ()) -> Dataset:
    """Reads inputs and labels from CSV, Parquet, JSONL or NPZ.

    Every column but the label's must hold numbers; arrays of more than one dimension are
    flattened. Labels may be anything that can be told apart.

    Args:
        path: the file.
        label: the column of labels; a usual name is found.
        columns: the columns to learn from; all but the label's when empty.

    Raises:
        BadInput: naming the file, the row and the column of what cannot be used.
    """
    import numpy as np

    from tools.pruning.frames import open_frame

    frame = open_frame(path)
    name = frame.has(label) if label else frame.guess(LABEL_COLUMNS)
    if name is None:
        raise BadInput(
            f"{path} has no column with a usual name for labels.",
            f"Name one of: {', '.join(frame.columns)}.",
        )
    chosen = [frame.has(c) for c in columns] or [c for c in frame.columns if c != name]
    if not chosen or name in chosen:
        raise BadInput(
            f"{path} leaves nothing to learn from beside the labels '{name}'.",
            "Name the columns that are inputs.",
        )
    labels, classes = _labels(frame, name)
    inputs = np.concatenate([_numbers(frame, column) for column in chosen], axis=1)
    description = Description(
        len(labels), inputs.shape[1], classes, None, f"the user's file {path.name}", "the user's"
    )
    return Dataset(path.stem, inputs.astype("float32"), labels, classes, description)


def _labels(frame: Frame, column: str) -> tuple[NDArray[np.int64], int]:
    """Returns labels 0 .. classes - 1 in the order of their names."""
    import numpy as np

    values: list[Any] = list(frame.values(column))
    for row, value in enumerate(values):
        if value is None or value == "" or value != value or isinstance(value, np.ndarray | list):
            raise frame.wrong(row, column, "is no label")
    names = sorted(set(values), key=lambda v: (str(type(v)), v))
    if not 2 <= len(names) <= _MOST_CLASSES:
        raise BadInput(
            f"{frame.path}, column '{column}': {len(names)} different labels.",
            f"Give a column of 2 to {_MOST_CLASSES} classes.",
        )
    code = {name: k for k, name in enumerate(names)}
    labels = np.array([code[value] for value in values], np.int64)
    counts = np.bincount(labels)
    if counts.min() < _LEAST:
        rare = names[int(counts.argmin())]
        raise BadInput(
            f"{frame.path}, column '{column}': the class {rare!r} has {counts.min()} examples.",
            f"Give at least {_LEAST} of each class, or leave the rare ones out.",
        )
    return labels, len(names)


def _numbers(frame: Frame, column: str) -> NDArray[np.float64]:
    """Returns a column as numbers, shape (n, width)."""
    import numpy as np

    from tools.pruning.frames.arrays import ArrayFrame

    if not isinstance(frame, ArrayFrame):
        return frame.numbers(column)[:, None]
    array = frame.array(column)
    if array.dtype.kind not in "fiub":
        raise BadInput(f"{frame.path}: '{column}' holds {array.dtype}.", "Give numbers.")
    found: NDArray[np.float64] = array.reshape(len(array), -1).astype(np.float64)
    if not np.isfinite(found).all():
        row = int(np.argwhere(~np.isfinite(found))[0, 0])
        raise frame.wrong(row, column, "is not finite")
    return found
