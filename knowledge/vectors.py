"""Vectors in SQLite: computed once for each text and model, whatever index uses them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
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

SHIPPED = Path(__file__).parent / "data" / "cards.npz"

log = logging.getLogger(__name__)


class Vectors:
    """The vectors of one embedding model, keyed by the sha256 of the text."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self.model = model_of(embedder)

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Returns the distinct texts that have no vector yet, in order."""
        rows = self._database.rows("SELECT hash FROM vectors WHERE model = ?", [self.model])
        known = {row[0] for row in rows}
        return [text for text in dict.fromkeys(texts) if hash_of(text) not in known]

    def fill(
        self,
        texts: Sequence[str],
        progress: Progress | None = None,
        batch: int = BATCH,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Embeds the texts that have no vector yet, those of shipped cards excepted.

        Safe to interrupt: finished batches stay. Two processes that fill at once do the
        same work twice and store it once.

        Args:
            texts: those that need a vector.
            progress: called with (texts embedded, texts to embed) after each batch.
            batch: texts between two commits.
            stopped: asked before each batch; what is left then stays without a vector.
        """
        missing = self._adopt(self.missing(texts))
        for first in range(0, len(missing), batch):
            if stopped():
                return
            part = missing[first : first + batch]
            self._store([hash_of(text) for text in part], self._embedder.encode(part))
            if progress is not None:
                progress(first + len(part), len(missing))
        if missing:
            log.info("embedded", extra={"texts": len(missing), "model": self.model})

    def _adopt(self, missing: list[str]) -> list[str]:
        """Takes over the vectors that ship with the cards; returns the texts still without."""
        from knowledge.shipped import shipped_vectors

        shipped = shipped_vectors(self.model) if missing else {}
        hashes = [hash for hash in map(hash_of, missing) if hash in shipped]
        if hashes:
            self._store(hashes, [shipped[hash] for hash in hashes])
        return [text for text in missing if hash_of(text) not in shipped]

    def _store(self, hashes: Sequence[str], rows: Iterable[NDArray[np.float32]]) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                [
                    (hash, self.model, row.astype("<f4").tobytes())
                    for hash, row in zip(hashes, rows, strict=True)
                ],
            )

    def get(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Returns the vectors of these texts.

        Returns:
            rows of shape (n, dimension), zero where there is none yet, and whether there is one,
            shape (n,).

        Raises:
            KnowledgeError: one is damaged.
        """
        import numpy as np

        hashes = [hash_of(text) for text in texts]
        stored = self._stored(hashes)
        matrix = np.zeros((len(hashes), self._embedder.dimension), dtype=np.float32)
        present = np.zeros(len(hashes), dtype=bool)
        for row, hash in enumerate(hashes):
            vector = stored.get(hash)
            if vector is None:
                continue
            if len(vector) != 4 * self._embedder.dimension:
                raise KnowledgeError(
                    f"vectors: damaged for the text that begins {texts[row][:40]!r}; "
                    "run: ansatz papers rebuild"
                )
            matrix[row] = np.frombuffer(vector, dtype="<f4")
            present[row] = True
        return matrix, present

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


def model_of(embedder: Embedder) -> str:
    """Returns name and checksum of a model: vectors of different ones never meet."""
    return f"{embedder.name}:{embedder.sha256}"


def hash_of(text: str) -> str:
    """Returns the sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
