"""Embeddings of rows as unit vectors: from a column, an array, an embedder, or an endpoint.

Embedders are found by name through the entry-point group `ansatz.embedders`; each is a function
that returns an object with `encode(texts) -> (n, d)`. `minilm` comes with the program.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.errors import AnsatzError, BadInput, Unavailable
from tools.pruning.dedup.progress import Progress, silent
from tools.pruning.frames.arrays import ArrayFrame, opened
from tools.pruning.frames.folders import ImageFolder
from tools.pruning.frames.frame import TEXT_COLUMNS, VECTOR_COLUMNS, Frame

GROUP = "ansatz.embedders"
_BATCH = 64  # texts embedded between two checkpoints
_SIDE = 16  # of an image's thumbnail
_TRIES, _PAUSE, _TIMEOUT = 4, 1.0, 120.0

Vectors = NDArray[np.float32]
Block = NDArray[Any]
Source = Callable[[int], Iterator[Block]]
"""Yields the vectors from a row on, in blocks."""


class Embedder(Protocol):
    """Turns texts into vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns one row a text."""
        ...


def unit_vectors(
    frame: Frame,
    *,
    source: str = "",
    column: str = "",
    model: str = "",
    folder: Path | None = None,
    progress: Progress = silent,
) -> Vectors:
    """Returns the rows of a frame as unit vectors, shape (n, d).

    Args:
        frame: the rows.
        source: "" to find out; "column"; the name of an embedder; the path of a .npy file; the
            address of an OpenAI-compatible endpoint; "pixels" for images.
        column: of texts or of vectors; "" takes a usual one.
        model: what the endpoint calls its model.
        folder: where vectors are written as they come and, after a kill, found again; they are
            then a memory map. Without one they are held in memory.
        progress: shows it.

    Raises:
        BadInput: naming row and column of a value that is no vector, not finite, or zero.
    """
    where, blocks = _source(frame, source, column, model)
    done, vectors = _begun(folder, frame.size)
    total = frame.size - done
    for block in progress(_counted(blocks(done), total), "reading vectors", total=total):
        part = _unit(block, frame, where, done)
        if vectors is None:
            vectors = _new(folder, (frame.size, part.shape[1]))
        if part.shape[1] != vectors.shape[1]:
            what = f"has {part.shape[1]} numbers where the first row has {vectors.shape[1]}"
            raise frame.wrong(done, where, what)
        vectors[done : done + len(part)] = part
        done += len(part)
        if folder is not None:
            _mark(folder, done)
    if vectors is None or done != frame.size:
        raise BadInput(f"There are {done} vectors for {frame.size} rows.", "Give one a row.")
    return vectors


def _counted(blocks: Iterator[Block], total: int) -> Iterator[Block]:
    """Yields blocks, and cuts what goes beyond the rows there are into an error later."""
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen > total:
            raise BadInput(f"There are more vectors than the {total} rows.", "Give one a row.")
        yield block


def _unit(block: Block, frame: Frame, column: str, first: int) -> Vectors:
    rows = np.asarray(block, np.float64)
    bad = ~np.isfinite(rows)
    if bad.any():
        row, at = (int(x) for x in np.argwhere(bad)[0])
        raise frame.wrong(first + row, column, f"is {rows[row, at]} at place {at}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        row = int(np.flatnonzero(lengths[:, 0] == 0)[0])
        raise frame.wrong(first + row, column, "is the zero vector, which has no direction")
    found: Vectors = (rows / lengths).astype(np.float32)
    return found


# -- where vectors come from -------------------------------------------------------------------


def _source(frame: Frame, source: str, column: str, model: str) -> tuple[str, Source]:
    """Returns the column that errors name, and what yields the vectors."""
    if source.endswith(".npy"):
        return source, _from_array(_loaded(Path(source), frame.size))
    if source.startswith(("http://", "https://")):
        name = _text_column(frame, column)
        return name, _from_texts(frame, name, Endpoint(source, model))
    if source == "pixels" or (not source and isinstance(frame, ImageFolder)):
        return "image", _from_pixels(frame)
    if source in ("", "column"):
        if (of_vectors := _vector_column(frame, column)) is not None:
            return of_vectors, _from_column(frame, of_vectors)
        if source:
            raise BadInput(
                f"{frame.path} has no column of vectors.", f"It has: {', '.join(frame.columns)}."
            )
    name = _text_column(frame, column)
    return name, _from_texts(frame, name, embedder(source or "minilm"))


def _vector_column(frame: Frame, column: str) -> str | None:
    """Returns the column of vectors that is meant, or None where it is one of texts."""
    if isinstance(frame, ArrayFrame):
        return frame.has(column) if column else frame.guess(VECTOR_COLUMNS) or frame.columns[0]
    name = frame.has(column) if column else frame.guess(VECTOR_COLUMNS)
    if name is None or isinstance(next(frame.values(name)), str):
        return None
    return name


def _text_column(frame: Frame, column: str) -> str:
    name = frame.has(column) if column else frame.guess(TEXT_COLUMNS)
    if name is None:
        raise BadInput(
            f"{frame.path} has no column with a usual name for texts.",
            f"Name the one that holds them (column): {', '.join(frame.columns)}; or compare whole"
            " rows with the method exact.",
        )
    return name


def text_column(frame: Frame, column: str) -> str:
    """Returns the column of texts: the one named, or one with a usual name.

    Raises:
        BadInput: if there is none, naming the columns.
    """
    return _text_column(frame, column)


def _loaded(path: Path, size: int) -> NDArray[Any]:
    found = opened(path)
    if not isinstance(found, np.ndarray) or found.ndim != 2 or len(found) != size:
        shape = getattr(found, "shape", "an archive")
        raise BadInput(f"{path} is {shape} for {size} rows.", "Give an array of one row each.")
    return found


def _from_array(array: NDArray[Any], block: int = 4096) -> Source:
    def blocks(start: int) -> Iterator[Block]:
        for top in range(start, len(array), block):
            part = array[top : top + block]
            yield part.reshape(len(part), -1)

    return blocks


def _from_column(frame: Frame, column: str) -> Source:
    if isinstance(frame, ArrayFrame):
        array = frame.array(column)
        if array.dtype.kind not in "fiu":
            raise BadInput(f"{frame.path}: '{column}' holds {array.dtype}.", "Give numbers.")
        return _from_array(array)
    whole = getattr(frame, "vectors", None)

    def blocks(start: int) -> Iterator[Block]:
        for row, block in _lists(frame, column) if whole is None else whole(column):
            if row + len(block) > start:
                yield block[max(0, start - row) :]

    return blocks


def _lists(frame: Frame, column: str) -> Iterator[tuple[int, Block]]:
    """Yields (row, one vector) of a column of plain lists."""
    length = -1
    for row, value in enumerate(frame.values(column)):
        if not isinstance(value, list) or not all(type(x) in (int, float) for x in value):
            raise frame.wrong(row, column, "is missing or no list of numbers")
        length = len(value) if length < 0 else length
        if len(value) != length:
            what = f"has {len(value)} numbers where the first row has {length}"
            raise frame.wrong(row, column, what)
        yield row, np.array([frame.floats(row, column, value)])


def _from_texts(frame: Frame, column: str, embedder: Embedder) -> Source:
    def blocks(start: int) -> Iterator[Block]:
        texts = islice(frame.texts(column), start, None)
        while part := list(islice(texts, _BATCH)):
            yield embedder.encode(part)

    return blocks


def _from_pixels(frame: Frame) -> Source:
    """Yields thumbnails of 16 x 16 grey values, without their mean: crude, but needs no network."""
    from PIL import Image

    def blocks(start: int) -> Iterator[Block]:
        for pixels in islice(frame.values("image"), start, None):
            small = Image.fromarray(pixels).convert("L").resize((_SIDE, _SIDE))
            grey = np.asarray(small, np.float64).ravel()
            # An even picture would be the zero vector; a trace of brightness gives it a direction.
            yield (grey - grey.mean() + 1e-3 * (1 + grey.mean()))[None]

    return blocks


def embedder(name: str) -> Embedder:
    """Returns the embedder of a name.

    Raises:
        BadInput: naming those there are.
        Unavailable: if none is registered.
    """
    points = {p.name: p for p in importlib.metadata.entry_points(group=GROUP)}
    if name not in points:
        if not points:
            raise Unavailable(
                f"No embedder is registered, so '{name}' cannot be used.",
                "Install the program again: pip install -e .",
            )
        raise BadInput(
            f"There is no embedder '{name}'.",
            f"Give {', '.join(sorted(points))}, column, a .npy file or an endpoint's address.",
        )
    found: Embedder = points[name].load()()
    return found


class Endpoint:
    """An OpenAI-compatible endpoint: POST {address}/embeddings."""

    def __init__(self, address: str, model: str) -> None:
        """Takes the address, such as http://localhost:8000/v1, and the model's name.

        Raises:
            BadInput: if no model is named.
        """
        if not model:
            raise BadInput("The endpoint needs the name of a model.", "Set embedding_model.")
        self._address = address.rstrip("/") + "/embeddings"
        self._model = model

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns the vectors of texts, in their order.

        Raises:
            AnsatzError: if the endpoint does not answer, or not with one vector a text.
        """
        answer = self._ask({"model": self._model, "input": list(texts)})
        try:
            rows = sorted(answer["data"], key=lambda row: int(row["index"]))
            found = np.array([row["embedding"] for row in rows], np.float32)
        except (KeyError, TypeError, ValueError) as error:
            raise AnsatzError(f"{self._address} answered without vectors: {error}.") from error
        if found.ndim != 2 or len(found) != len(texts):
            raise AnsatzError(f"{self._address} gave {len(found)} vectors for {len(texts)} texts.")
        return found

    def _ask(self, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("OPENAI_API_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self._address, json.dumps(body).encode(), headers)
        for left in reversed(range(_TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if left == 0 or (error.code != 429 and error.code < 500):
                    raise self._failed(f"{error.code} {error.reason}") from error
            except (urllib.error.URLError, TimeoutError, ValueError) as error:
                if left == 0:
                    raise self._failed(str(error)) from error
            time.sleep(_PAUSE * 2 ** (_TRIES - 1 - left))
        raise AssertionError("the last try returns or raises")

    def _failed(self, reason: str) -> AnsatzError:
        return AnsatzError(
            f"{self._address} does not give embeddings: {reason}.", "Check address, model and key."
        )


# -- where they are kept -----------------------------------------------------------------------


def _begun(folder: Path | None, size: int) -> tuple[int, Vectors | None]:
    """Returns how many rows were written before a kill, and the array they are in."""
    if folder is None or not (folder / "vectors.done").exists():
        return 0, None
    done = int((folder / "vectors.done").read_text())
    vectors = np.load(folder / "vectors.npy", mmap_mode="r+")
    assert len(vectors) == size, f"{folder} holds vectors of {len(vectors)} rows, not {size}"
    return done, vectors


def _new(folder: Path | None, shape: tuple[int, int]) -> Vectors:
    if folder is None:
        return np.empty(shape, np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    return np.lib.format.open_memmap(
        folder / "vectors.npy", mode="w+", dtype=np.float32, shape=shape
    )


def _mark(folder: Path, done: int) -> None:
    part = folder / "vectors.part"
    part.write_text(str(done))
    part.replace(folder / "vectors.done")
