"""NumPy arrays: one in a .npy file, several in a .npz file."""

from __future__ import annotations

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
        try:
            found = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise BadInput(
                f"{path} cannot be read as NumPy: {error}.", "Check the file."
            ) from error
        if isinstance(found, np.ndarray):
            self._arrays = {"array": found}
        else:
            with found:
                self._arrays = {name: found[name] for name in found.files}
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


class ArchiveFrame(ArrayFrame):
    """The rows of the arrays of a .npz file."""

    kind: ClassVar[str] = "NumPy archive"
    suffix: ClassVar[str] = ".npz"
