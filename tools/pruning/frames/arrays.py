"""NumPy arrays: one in a .npy file, several in a .npz file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.pruning.frames.frame import Frame


class ArrayFrame(Frame):
    """The rows of arrays; a .npy file is memory-mapped and its only column is called `array`."""

    kind: ClassVar[str] = "NumPy array"
    suffix: ClassVar[str] = ".npy"

    def __init__(self, path: Path) -> None:
        """Opens the file; nothing but its header is read of a .npy file."""
        found = opened(path)
        self._arrays = {"array": found} if isinstance(found, np.ndarray) else found
        shapes = {name: a.shape for name, a in self._arrays.items()}
        if not shapes or any(not shape for shape in shapes.values()):
            raise BadInput(f"{path} holds no rows: {shapes}.", "Give arrays of one row an example.")
        sizes = {shape[0] for shape in shapes.values()}
        if len(sizes) > 1:
            raise BadInput(f"{path} has arrays of different length: {shapes}.", "Give equal ones.")
        super().__init__(path, sizes.pop(), tuple(self._arrays))

    def array(self, column: str) -> NDArray[Any]:
        """Returns a whole array."""
        return self._arrays[self.has(column)]

    def values(self, column: str) -> Iterator[Any]:
        """Yields the plain values of an array, row by row."""
        array = self.array(column)
        for row in array:
            yield row.item() if array.ndim == 1 else row

    def contents(self, column: str) -> Iterator[bytes]:
        """Yields the bytes of a row of one array, or of all."""
        arrays = [self.array(column)] if column else list(self._arrays.values())
        for row in range(self.size):
            yield b"".join(np.ascontiguousarray(array[row]).tobytes() for array in arrays)

    def keep(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Writes the chosen rows as .npy, or as .npz where there are several arrays."""
        if self.columns == ("array",) and path.suffix == ".npy":
            np.save(path, self._arrays["array"][chosen])
        else:
            np.savez(path, allow_pickle=False, **{n: a[chosen] for n, a in self._arrays.items()})


def opened(path: Path) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Maps the array of a .npy file, or reads the arrays of a .npz file.

    Raises:
        BadInput: if it is broken, or holds Python objects, which could run code when read.
    """
    name = ""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        arrays = {}
        with found:
            for name in found.files:
                arrays[name] = found[name]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        where = f"{path}, array '{name}'," if name else f"{path}"
        reason = " ".join(str(error).split()).rstrip(".")
        raise BadInput(f"{where} cannot be read as NumPy: {reason}.", "Check the file.") from error
    return arrays


class ArchiveFrame(ArrayFrame):
    """The rows of the arrays of a .npz file."""

    kind: ClassVar[str] = "NumPy archive"
    suffix: ClassVar[str] = ".npz"
