"""Vectors in SQLite: computed once for each text and model, whatever index uses them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from knowledge.database import Database
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[int, int], None]

# Texts embedded between two commits: about a second of work lost when the process is killed.
BATCH = 16

log = logging.getLogger(__name__)


class Vectors:
    """The vectors of one embedding model, keyed by the sha256 of the text."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self.model = f"{embedder.name}:{embedder.sha256}"

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Returns the distinct texts that have no vector yet, in order."""
        rows = self._database.rows("SELECT hash FROM vectors WHERE model = ?", [self.model])
        known = {row[0] for row in rows}
        return [text for text in dict.fromkeys(texts) if hash_of(text) not in known]

    def fill(self, texts: Sequence[str], progress: Progress | None = None) -> None:
        """Embeds the texts that have no vector yet.

        Safe to interrupt: finished batches stay. Two processes that fill at once do the
        same work twice and store it once.
        """
        missing = self.missing(texts)
        for first in range(0, len(missing), BATCH):
            batch = missing[first : first + BATCH]
            rows = self._embedder.encode(batch)
            with self._database.write() as connection:
                connection.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                    [
                        (hash_of(text), self.model, row.astype("<f4").tobytes())
                        for text, row in zip(batch, rows, strict=True)
                    ],
                )
            if progress is not None:
                progress(first + len(batch), len(missing))
        if missing:
            log.info("embedded", extra={"texts": len(missing), "model": self.model})

    def get(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns the vectors of these texts as rows, shape (n, dimension).

        Raises:
            KnowledgeError: one has no vector, or a damaged one.
        """
        import numpy as np

        hashes = [hash_of(text) for text in texts]
        stored = self._stored(hashes)
        matrix = np.empty((len(hashes), self._embedder.dimension), dtype=np.float32)
        for row, hash in enumerate(hashes):
            vector = stored.get(hash, b"")
            if len(vector) != 4 * self._embedder.dimension:
                raise KnowledgeError(
                    f"vectors: none for the text that begins {texts[row][:40]!r}; "
                    "run: ansatz papers rebuild"
                )
            matrix[row] = np.frombuffer(vector, dtype="<f4")
        return matrix

    def drop_unused(self, texts: Sequence[str]) -> None:
        """Deletes the vectors of all other texts and models, and those of damaged length."""
        used = {hash_of(text) for text in texts}
        rows = self._database.rows("SELECT hash, model, length(vector) FROM vectors")
        size = 4 * self._embedder.dimension
        drop = [
            (row[0], row[1])
            for row in rows
            if row[0] not in used or row[1] != self.model or row[2] != size
        ]
        with self._database.write() as connection:
            connection.executemany("DELETE FROM vectors WHERE hash = ? AND model = ?", drop)

    def _stored(self, hashes: Sequence[str]) -> dict[str, bytes]:
        stored: dict[str, bytes] = {}
        # SQLite takes a bounded number of variables, 999 in its oldest builds.
        for first in range(0, len(hashes), 900):
            part = hashes[first : first + 900]
            rows = self._database.rows(
                "SELECT hash, vector FROM vectors WHERE model = ? "
                f"AND hash IN ({','.join('?' * len(part))})",
                [self.model, *part],
            )
            stored |= {row[0]: row[1] for row in rows}
        return stored


def hash_of(text: str) -> str:
    """Returns the sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
