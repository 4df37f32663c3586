"""What long work is given: a way to show progress and a place for what is done already."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput

T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]


class Progress(Protocol):
    """Yields items and says how far they are; `Run.progress` is one."""

    def __call__(self, items: Iterable[T], label: str, *, total: int | None = None) -> Iterator[T]:
        """Yields the items."""
        ...


def silent(items: Iterable[T], label: str, *, total: int | None = None) -> Iterator[T]:
    """Yields the items and says nothing."""
    yield from items


class Checkpoints:
    """Arrays that were computed before a process was killed, by name.

    Each lies in a file of its own that appears whole or not at all, so nothing half-written is ever
    read. Names are used again only for the same computation: the folder belongs to one run.
    """

    def __init__(self, folder: Path | None) -> None:
        """Uses a folder, or keeps nothing when there is none."""
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        """Tells whether the arrays of that name are there."""
        return self.folder is not None and (self.folder / f"{name}.npz").exists()

    def arrays(self, name: str, compute: Callable[[], Mapping[str, NDArray[Any]]]) -> Arrays:
        """Returns the arrays of that name, computed when they are not there yet."""
        if self.folder is None:
            return dict(compute())
        path = self.folder / f"{name}.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as found:
                return dict(found)
        made = dict(compute())
        part = path.with_suffix(".part")
        with part.open("wb") as handle:
            np.savez(handle, allow_pickle=False, **made)
        part.replace(path)
        return made

    def clear(self) -> None:
        """Removes everything that was kept but the description of the input."""
        if self.folder is None:
            return
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            elif path.suffix in (".npz", ".npy", ".done", ".part"):
                path.unlink()

    def same_input(self, description: Mapping[str, Any]) -> None:
        """Makes sure that the checkpoints belong to this input.

        Raises:
            BadInput: if they were made for another, because a file has changed since.
        """
        if self.folder is None:
            return
        path, text = self.folder / "input.json", json.dumps(description, sort_keys=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            raise BadInput(
                "The input has changed since this run began.", "Start a new run for the new input."
            )


def fingerprint(path: Path) -> dict[str, Any]:
    """Describes a file or a folder so that a change shows: sizes and times of change."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    size, newest = 0, 0
    for file in files:
        facts = file.stat()
        size, newest = size + facts.st_size, max(newest, facts.st_mtime_ns)
    return {"path": str(path), "files": len(files), "bytes": size, "changed": newest}
