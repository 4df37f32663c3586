"""The owner of the Chroma folder: one process at a time, by a lock that dies with it.

Two processes writing one Chroma collection corrupt it without an error, so a process opens
the folder only while it holds this lock. The kernel releases it when the process ends,
however it ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from knowledge.errors import KnowledgeError


class Owner:
    """An advisory lock on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Takes the lock if nobody holds it, and says whether it is ours now.

        Raises:
            KnowledgeError: the lock file cannot be created.
        """
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise KnowledgeError(
                f"{self._path}: the lock cannot be opened: {error.strerror}; "
                "check the folder's permissions"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        return True

    def holder(self) -> str:
        """Describes the process that holds the lock, for messages."""
        try:
            number = self._path.read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            number = ""
        return f"process {number}" if number.isdigit() else "another process"

    def release(self) -> None:
        """Gives the lock back; without effect when it is not held."""
        if self._descriptor is not None:
            # The file stays: removing it would let two processes lock two files of one name.
            os.close(self._descriptor)
            self._descriptor = None
