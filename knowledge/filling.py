"""Filling: vectors computed while the library is in use, by one process at a time.

Texts are stored and found by their words at once; their vectors follow here, a few at a time.
Every few are one transaction, so whoever is stopped or killed loses at most these, and the next
opening of the library goes on from there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.owner import Owner
from knowledge.vectors import Vectors

# Few enough that stopping takes a moment, and that searches find a free core.
BATCH = 4
LOOK_AGAIN_S = 1.0

log = logging.getLogger(__name__)


class Filling:
    """A thread that embeds what has no vector yet.

    Attributes:
        left: texts that had no vector when last looked at, whichever process computes them.
        failure: why it gave up, or "".
    """

    def __init__(
        self,
        folder: Path,
        vectors: Vectors,
        texts: Callable[[], list[str]],
        announce: Callable[[str], None],
    ) -> None:
        """Starts nothing yet.

        Args:
            folder: the library's, for the lock.
            vectors: where they go.
            texts: returns everything that needs a vector.
            announce: is told, in a sentence, when embedding fails.
        """
        self._vectors = vectors
        self._texts = texts
        self._announce = announce
        self._owner = Owner(folder / "vectors.lock")
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._wanted = False
        self._thread: threading.Thread | None = None
        self.left = 0
        self.failure = ""

    def start(self, left: int) -> None:
        """Sees to it that these many texts are embedded; returns at once."""
        with self._guard:
            self.left = left
            if self.failure:
                return
            self._wanted = True
            if self._thread is None:
                self._stop.clear()
                self._thread = threading.Thread(target=self._run, name="filling", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the texts it is at; what is left waits for the next start."""
        with self._guard:
            thread = self._thread
            self._stop.set()
        if thread is not None:
            thread.join()

    def wait(self) -> None:
        """Waits until nothing is left.

        Raises:
            KnowledgeError: embedding failed.
        """
        thread = self._thread
        if thread is not None:
            thread.join()
        if self.failure:
            raise KnowledgeError(self.failure)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops the thread and keeps other processes from filling, while the caller does it."""
        self.stop()
        self.failure = ""
        # Where another process fills already, both do: twice the work, stored once.
        self._owner.acquire()
        try:
            yield
        finally:
            self._owner.release()

    def _run(self) -> None:
        try:
            while not self._ended():
                if self._owner.acquire():
                    self._vectors.fill(self._texts(), self._seen, BATCH, self._stop.is_set)
                self.left = len(self._vectors.missing(self._texts()))
                if self.left:
                    # Another process is at it, or texts came meanwhile.
                    self._stop.wait(LOOK_AGAIN_S)
        except KnowledgeError as error:
            log.warning("embedding failed", extra={"reason": str(error)})
            self.failure = str(error)
            self._announce(
                f"{self.left} texts could not be embedded and are found by their words only "
                f"({error})"
            )
        finally:
            with self._guard:
                if self._thread is threading.current_thread():
                    self._end()

    def _ended(self) -> bool:
        """Ends where nothing is left or stopping was asked for; else takes note of what is."""
        with self._guard:
            if self._stop.is_set() or not (self._wanted or self.left):
                self._end()
                return True
            self._wanted = False
            return False

    def _end(self) -> None:
        self._owner.release()
        self._thread = None

    def _seen(self, done: int, total: int) -> None:
        self.left = total - done
