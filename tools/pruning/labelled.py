"""A file of the user's as examples with labels: which column says what, and what cannot be used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.datasets import Dataset, Description
from tools.errors import BadInput
from tools.pruning.dedup.progress import Progress, silent
from tools.pruning.frames import Frame, open_frame
from tools.pruning.frames.arrays import ArrayFrame
from tools.pruning.frames.folders import ImageFolder, TextFolder
from tools.pruning.frames.frame import VECTOR_COLUMNS
from tools.pruning.names import NO_LABELS

_UNLABELLED = ", ".join(NO_LABELS)
LABEL_COLUMNS = ("label", "labels", "target", "class", "y")


@dataclass(frozen=True)
class Labelled:
    """What was read.

    Attributes:
        frame: the file.
        inputs: float32, shape (n, d), in their own units.
        labels: int64, shape (n,), places in `classes`; all 0 where there is no label.
        classes: the values of the label column in order; one empty text where there is none.
        columns: where the inputs come from.
        label: the label's column, or "".
    """

    frame: Frame
    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    label: str

    def dataset(self) -> Dataset:
        """Returns it as a data set whose features `datasets.split` standardises."""
        description = Description(
            examples=len(self.inputs),
            features=self.inputs.shape[1],
            classes=len(self.classes),
            scale=None,
            source=str(self.frame.path),
            licence="the user's own",
        )
        name = self.frame.path.stem
        return Dataset(name, self.inputs, self.labels, len(self.classes), description)


def read(
    path: Path,
    *,
    label: str = "",
    features: Sequence[str] = (),
    embedding: str = "",
    needs_label: bool = True,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Labelled:
    """Reads inputs and labels.

    The inputs are, in this order: what `embedding` gives (texts through an embedder, an array of
    its own), the columns named in `features`, a column of vectors with a usual name, or all columns
    but the label.

    Args:
        path: of anything `open_frame` opens.
        label: column of labels; "" finds one with a usual name.
        features: columns of numbers, or one column of vectors.
        embedding: source of vectors, see `tools.pruning.vectors`; "" for none.
        needs_label: whether it is an error when there is none.
        folder: where embeddings are kept as they come.
        progress: shows it.

    Raises:
        BadInput: naming row and column of a missing label, of text where a number is needed, of a
            number that is not finite, of vectors of different length.
    """
    frame = open_frame(path)
    name = frame.has(label) if label else frame.guess(LABEL_COLUMNS) or ""
    if not name and needs_label:
        raise BadInput(
            f"{path} has no column with a usual name for labels ({', '.join(LABEL_COLUMNS)}).",
            "Put the files of each class into a folder of its own, or take a score that needs no"
            f" labels: {_UNLABELLED}."
            if isinstance(frame, ImageFolder | TextFolder)
            else f"Name the one that holds them (label): {', '.join(frame.columns)}; or take a"
            f" score that needs none: {_UNLABELLED}.",
        )
    numbers, classes = _labels(frame, name) if name else (np.zeros(frame.size, np.int64), ("",))
    if name and needs_label and len(classes) < 2:
        raise BadInput(
            f"{path}, column '{name}': every label is '{classes[0]}'.",
            f"Give two classes or more, or take a score that needs no labels: {_UNLABELLED}.",
        )
    inputs, columns = _inputs(frame, name, features, embedding, folder, progress)
    return Labelled(frame, inputs, numbers, classes, columns, name)


def _labels(frame: Frame, column: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Returns the class of each row and the values of the classes in order."""
    values = []
    for row, value in enumerate(frame.values(column)):
        if value is None or (isinstance(value, str) and not value.strip()):
            raise frame.wrong(row, column, "is missing", "Label or remove the row.")
        if isinstance(value, float):
            if not math.isfinite(value):
                raise frame.wrong(row, column, f"is {value}", "Label or remove the row.")
            if value != int(value):
                raise frame.wrong(row, column, f"is {value}", "Give classes, not measurements.")
            value = int(value)
        if not isinstance(value, str | int):
            raise frame.wrong(row, column, f"is of the kind {type(value).__name__}, not a class")
        values.append(value)
    kinds = {type(value) for value in values}
    order: list[Any] = sorted(set(values), key=str if len(kinds) > 1 else None)
    if len(order) > max(2, frame.size // 2):
        raise BadInput(
            f"{frame.path}, column '{column}': {len(order)} different labels in {frame.size} rows"
            " are no classes.",
            "Name the column of the labels.",
        )
    place = {value: number for number, value in enumerate(order)}
    return np.array([place[value] for value in values], np.int64), tuple(map(str, order))


def _inputs(
    frame: Frame,
    label: str,
    features: Sequence[str],
    embedding: str,
    folder: Path | None,
    progress: Progress,
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    if embedding or isinstance(frame, ImageFolder | TextFolder):
        from tools.pruning.vectors import unit_vectors

        column = features[0] if features else ""
        found = unit_vectors(
            frame, source=embedding, column=column, folder=folder, progress=progress
        )
        return np.asarray(found, np.float32), (column or embedding or frame.columns[-1],)
    columns = tuple(frame.has(name) for name in features)
    if not columns and (usual := frame.guess(VECTOR_COLUMNS)) and usual != label:
        columns = (usual,)
    columns = columns or tuple(name for name in frame.columns if name != label)
    if not columns:
        raise BadInput(f"{frame.path} has nothing but labels.", "Give columns of numbers.")
    parts = [_column(frame, name) for name in progress(columns, "reading columns")]
    return np.concatenate(parts, axis=1).astype(np.float32), columns


def _column(frame: Frame, column: str) -> NDArray[np.float64]:
    """Returns a column of numbers, or of vectors, as shape (n, d)."""
    if isinstance(frame, ArrayFrame):
        array = frame.array(column)
        if array.dtype.kind not in "fiub":
            raise frame.wrong(0, column, f"is of the kind {array.dtype}, not a number")
        return _finite(frame, column, array.reshape(len(array), -1).astype(np.float64))
    first = next(frame.values(column))
    if not isinstance(first, list):
        try:
            return frame.numbers(column)[:, None]
        except BadInput as error:
            remedy = "Mend the row, or name the columns of numbers (features)"
            remedy += ", or embed the texts (embedding minilm)." if _is_text(first) else "."
            raise BadInput(error.problem, remedy) from None
    rows = np.empty((frame.size, len(first)))
    for row, value in enumerate(frame.values(column)):
        if not isinstance(value, list) or not all(type(x) in (int, float) for x in value):
            raise frame.wrong(row, column, "is missing or no list of numbers")
        if len(value) != len(first):
            what = f"has {len(value)} numbers where the first row has {len(first)}"
            raise frame.wrong(row, column, what)
        rows[row] = frame.floats(row, column, value)
    return _finite(frame, column, rows)


def _is_text(value: Any) -> bool:
    """Tells whether a value is text and not a number written out, as in CSV."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return bool(value.strip())
    return False


def _finite(frame: Frame, column: str, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(rows).all():
        row, at = (int(x) for x in np.argwhere(~np.isfinite(rows))[0])
        raise frame.wrong(row, column, f"is {rows[row, at]} at place {at}")
    return rows


def standardised(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the inputs with mean 0 and deviation 1 in each column; constant ones become 0."""
    x = inputs.astype(np.float64)
    spread = x.std(axis=0)
    spread[spread == 0] = 1.0
    found: NDArray[np.float32] = ((x - x.mean(axis=0)) / spread).astype(np.float32)
    return found
