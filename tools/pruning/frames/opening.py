"""Which frame a path is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tools.errors import BadInput
from tools.files import regular
from tools.pruning.frames.arrays import ArchiveFrame, ArrayFrame
from tools.pruning.frames.folders import open_folder
from tools.pruning.frames.frame import Frame
from tools.pruning.frames.lines import JsonlFrame
from tools.pruning.frames.tables import CsvFrame, DatasetFrame, ParquetFrame

_KINDS: dict[str, Callable[[Path], Frame]] = {
    ".parquet": ParquetFrame,
    ".pq": ParquetFrame,
    ".csv": CsvFrame,
    ".jsonl": JsonlFrame,
    ".ndjson": JsonlFrame,
    ".npy": ArrayFrame,
    ".npz": ArchiveFrame,
}


def open_frame(path: Path) -> Frame:
    """Opens a file or a folder by its name and what is in it.

    Raises:
        BadInput: if there is nothing, it is of no known kind, or it is broken.
    """
    if not path.exists():
        raise BadInput(f"There is nothing at {path}.", "Check the path.")
    if path.is_dir():
        if (path / "state.json").exists() or (path / "dataset_dict.json").exists():
            return DatasetFrame(path)
        return open_folder(path)
    regular(path, "The data")
    if path.suffix.lower() not in _KINDS:
        raise BadInput(
            f"{path.name} ends in '{path.suffix}'.",
            f"Give {', '.join(_KINDS)}, a folder of texts or images, or a saved data set.",
        )
    return _KINDS[path.suffix.lower()](path)
