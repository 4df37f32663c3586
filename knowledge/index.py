"""The vector index of a process: Chroma if it may own the folder and the folder is sound,
otherwise exact search over the vectors in SQLite. Which one, and why, is announced."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.chroma import ChromaDamaged, ChromaIndex
from knowledge.errors import KnowledgeError
from knowledge.exact import ExactIndex
from knowledge.owner import Owner

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entries:
    """What an index is made from.

    Attributes:
        ids: of all passages.
        hashes: sha256 of their texts.
        matrix: their unit vectors, shape (n, dimension).
    """

    ids: Sequence[str]
    hashes: Sequence[str]
    matrix: NDArray[np.float32]


class Index:
    """Nearest passages by cosine. Threads may share one."""

    def __init__(self, folder: Path, model: str, announce: Callable[[str], None]) -> None:
        """Takes the lock if it is free; opens nothing yet.

        Args:
            folder: the library's; Chroma lives in its subfolder `chroma`.
            model: identifies the vectors.
            announce: is told, in a sentence, about every fallback.
        """
        self._owner = Owner(folder / "chroma.lock")
        self._chroma = ChromaIndex(folder / "chroma", model)
        self._announce = announce
        self._lock = threading.RLock()
        self._exact: ExactIndex | None = None
        self._entries: Entries | None = None
        self._usable = self._owner.acquire()
        self._opened = False
        self.damage = ""
        if not self._usable:
            announce(
                f"{self._owner.holder()} owns the vector index; this one searches the stored "
                "vectors directly"
            )

    @property
    def kind(self) -> str:
        """Says which index answers: "chroma" or "exact"."""
        return "chroma" if self._usable else "exact"

    def load(self, entries: Entries) -> None:
        """Makes the index hold exactly these passages."""
        with self._lock:
            self._entries = entries
            self._exact = None
            if not self._usable:
                return
            parts = (entries.ids, entries.hashes, entries.matrix)
            try:
                if self._opened:
                    self._chroma.update(*parts)
                else:
                    done = self._chroma.open(*parts)
                    self._opened = True
                    if done:
                        self._announce(done)
            except ChromaDamaged as error:
                self._fall_back(error)

    def query(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """Returns the n nearest as (id, cosine), nearest first."""
        with self._lock:
            if self._entries is None:
                raise RuntimeError("Index.query before Index.load")
            if self._usable:
                try:
                    return self._chroma.query(vector, n)
                except ChromaDamaged as error:
                    self._fall_back(error)
            if self._exact is None:
                self._exact = ExactIndex(self._entries.ids, self._entries.matrix)
            return self._exact.query(vector, n)

    def check(self) -> str:
        """Tests the index as it stands and returns what is wrong, or ""."""
        with self._lock:
            if self._usable and self._entries is not None:
                try:
                    self._chroma.check(self._entries.ids, self._entries.matrix)
                except ChromaDamaged as error:
                    self._fall_back(error)
            return self.damage

    def rebuild(self, entries: Entries) -> None:
        """Deletes the Chroma folder and fills it again.

        Raises:
            KnowledgeError: another process owns it, or Chroma fails on a fresh folder too.
        """
        with self._lock:
            if not self._owner.acquire():
                raise KnowledgeError(
                    f"vector index: {self._owner.holder()} is using it; stop that process "
                    "and run again: ansatz papers rebuild"
                )
            self._opened, self._usable, self.damage = False, True, ""
            try:
                self._chroma.destroy()
            except OSError as error:
                raise KnowledgeError(
                    f"vector index: the folder chroma/ cannot be deleted: {error.strerror}; "
                    "check its permissions"
                ) from error
            self.load(entries)
            if self.damage:
                raise KnowledgeError(
                    f"vector index: a fresh one does not work either: {self.damage}; "
                    "reinstall chromadb (search goes on without it)"
                )

    def close(self) -> None:
        """Closes Chroma and gives the lock back."""
        with self._lock:
            self._chroma.close()
            self._owner.release()
            self._usable = False

    def _fall_back(self, error: ChromaDamaged) -> None:
        self._usable = self._opened = False
        self.damage = str(error)
        self._chroma.close(sealed=False)
        # So that `ansatz papers rebuild` can repair it from another process.
        self._owner.release()
        notice = (
            f"the vector index is damaged ({error}); searching the stored vectors directly; "
            "to repair it run: ansatz papers rebuild"
        )
        log.warning("vector index damaged", extra={"reason": str(error)})
        self._announce(notice)
