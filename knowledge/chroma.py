"""The Chroma collection: an index derived from SQLite, checked on opening, never the truth."""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from knowledge.errors import KnowledgeError
from knowledge.seal import Seal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLLECTION = "passages"
BATCH = 1000
PROBES = 16

T = TypeVar("T")

log = logging.getLogger(__name__)


class ChromaDamaged(KnowledgeError):
    """The Chroma folder does not answer as it should; everything in it can be rebuilt."""


class ChromaIndex:
    """One collection of (id, vector), opened by the process that owns the folder.

    A marker file lies beside the folder while it is opened or written. Whoever finds one
    left behind knows that a process died halfway, and starts the folder afresh instead of
    trusting it.
    """

    def __init__(self, folder: Path, model: str) -> None:
        """Names the folder and the model of the vectors; opens nothing yet."""
        self._folder = folder
        self._marker = folder.with_name(folder.name + ".busy")
        self._seal = Seal(folder)
        self._model = model
        self._client: Any = None
        self._collection: Any = None

    def open(self, ids: Sequence[str], hashes: Sequence[str], matrix: NDArray[np.float32]) -> str:
        """Opens the collection, brings it up to date and checks it.

        Args:
            ids: of all passages.
            hashes: of their texts, to notice changed ones.
            matrix: their vectors, shape (n, dimension).

        Returns:
            What had to be done that a person should know, or "".

        Raises:
            ChromaDamaged: the folder cannot be used as it is.
        """
        interrupted = self._marker.exists()

        def work() -> None:
            self._connect()
            self._update(ids, hashes, matrix)
            self._check(ids, matrix)

        if interrupted or not self._folder.exists():
            self._guard(self.destroy)
        self._guard(self._open_seal)
        self._busily(work)
        if interrupted:
            return "a process ended while it wrote the vector index; the index was rebuilt"
        return ""

    def update(
        self, ids: Sequence[str], hashes: Sequence[str], matrix: NDArray[np.float32]
    ) -> None:
        """Makes an open collection hold exactly these passages.

        Raises:
            ChromaDamaged: Chroma failed.
        """
        self._busily(lambda: self._update(ids, hashes, matrix))

    def query(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """Returns the n nearest as (id, cosine), nearest first.

        Raises:
            ChromaDamaged: Chroma failed.
        """
        return self._guard(lambda: self._query(vector, n))

    def check(self, ids: Sequence[str], matrix: NDArray[np.float32]) -> None:
        """Compares the count and asks for some passages by their own vectors.

        Raises:
            ChromaDamaged: the answer is not what SQLite says.
        """
        self._guard(lambda: self._check(ids, matrix))

    def close(self, sealed: bool = True) -> None:
        """Lets go of the folder, and seals it unless told that it is not to be trusted."""
        client, self._client, self._collection = self._client, None, None
        if client is None:
            return

        def work() -> None:
            client.close()
            if sealed:
                self._seal.write()

        try:
            self._guard(work)
        except ChromaDamaged as error:
            # Nothing is lost: without its seal the folder is checked in other ways next time.
            log.warning("vector index not closed in order", extra={"reason": str(error)})

    def destroy(self) -> None:
        """Closes and deletes the folder."""
        self.close(sealed=False)
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._seal.remove()
        self._marker.unlink(missing_ok=True)

    def _open_seal(self) -> None:
        damage = self._seal.damage()
        if damage:
            # The seal stays broken, so that the folder is not trusted until it is rebuilt.
            raise ChromaDamaged(damage)
        self._seal.remove()

    def _connect(self) -> None:
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import NotFoundError

        store = self._store()
        _check_sqlite(store / "chroma.sqlite3")
        self._client = chromadb.PersistentClient(
            path=str(store), settings=Settings(anonymized_telemetry=False)
        )
        metadata: dict[str, str] = {}
        try:
            collection = self._client.get_collection(COLLECTION, embedding_function=None)
            metadata = collection.metadata or {}
        except NotFoundError:
            log.info("vector index created")
        else:
            if metadata.get("model") != self._model:
                self._client.delete_collection(COLLECTION)
        if metadata.get("model") != self._model:
            # Without an embedding function: Chroma's own would fetch a model from the network.
            collection = self._client.create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"model": self._model, "state": ""},
            )
        self._collection = collection

    def _store(self) -> Path:
        """Returns Chroma's own folder, which gets a new name whenever it is made anew.

        Chroma remembers for the life of a process that a path failed to open, so a rebuilt
        index must not lie where the damaged one lay.
        """
        self._folder.mkdir(exist_ok=True)
        stores = list(self._folder.glob("store-*"))
        if len(stores) == 1:
            return stores[0]
        return Path(tempfile.mkdtemp(prefix="store-", dir=self._folder))

    def _update(
        self, ids: Sequence[str], hashes: Sequence[str], matrix: NDArray[np.float32]
    ) -> None:
        state = _state(ids, hashes)
        if (self._collection.metadata or {}).get("state") == state:
            return
        stored = self._collection.get(include=["metadatas"])
        present = {
            id: metadata["hash"]
            for id, metadata in zip(stored["ids"], stored["metadatas"], strict=True)
        }
        wanted = dict(zip(ids, hashes, strict=True))
        gone = [id for id in present if wanted.get(id) != present[id]]
        for first in range(0, len(gone), BATCH):
            self._collection.delete(ids=gone[first : first + BATCH])
        new = [place for place, id in enumerate(ids) if present.get(id) != hashes[place]]
        for first in range(0, len(new), BATCH):
            places = new[first : first + BATCH]
            self._collection.add(
                ids=[ids[place] for place in places],
                embeddings=matrix[places],
                metadatas=[{"hash": hashes[place]} for place in places],
            )
        self._collection.modify(metadata={"model": self._model, "state": state})

    def _query(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        count = self._collection.count()
        if count == 0:
            return []
        answer = self._collection.query(
            query_embeddings=[vector], n_results=min(n, count), include=["distances"]
        )
        pairs = zip(answer["ids"][0], answer["distances"][0], strict=True)
        return [(id, 1.0 - float(distance)) for id, distance in pairs]

    def _check(self, ids: Sequence[str], matrix: NDArray[np.float32]) -> None:
        count = self._collection.count()
        if count != len(ids):
            raise ChromaDamaged(f"holds {count} passages, the library {len(ids)}")
        if not ids:
            return
        places = sorted({len(ids) * step // PROBES for step in range(PROBES)})
        answer = self._collection.query(
            query_embeddings=matrix[places], n_results=1, include=["distances"]
        )
        # Passages of one text tie, so nearness decides, not the id.
        lost = [
            ids[place]
            for place, distances in zip(places, answer["distances"], strict=True)
            if not distances or distances[0] > 0.001
        ]
        # The index is approximate and may miss a passage, but not several of a few.
        if len(lost) > len(places) // 8:
            raise ChromaDamaged(f"does not find the passage {lost[0]} by its own vector")

    def _busily(self, action: Callable[[], None]) -> None:
        """Runs a write with the marker beside it; a process that dies leaves the marker."""
        self._guard(self._marker.touch)
        try:
            self._guard(action)
        except ChromaDamaged:
            self._marker.unlink(missing_ok=True)
            raise
        self._marker.unlink(missing_ok=True)

    def _guard(self, action: Callable[[], T]) -> T:
        """Runs one call into Chroma; whatever it raises becomes ChromaDamaged."""
        try:
            return action()
        except ChromaDamaged as error:
            raise ChromaDamaged(f"{self._folder.name}/: {error}") from error
        except Exception as error:
            raise ChromaDamaged(f"{self._folder.name}/: {_brief(error)}") from error
        except BaseException as error:
            # A panic in Chroma's Rust core arrives as an exception outside Exception.
            if type(error).__name__ != "PanicException":
                raise
            raise ChromaDamaged(f"{self._folder.name}/: {_brief(error)}") from error


def _check_sqlite(path: Path) -> None:
    """Refuses a damaged database before Chroma sees it: its Rust core may abort the process."""
    if not path.exists():
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise ChromaDamaged(f"chroma.sqlite3: {' '.join(result.split())[:160]}")


def _state(ids: Sequence[str], hashes: Sequence[str]) -> str:
    """Returns a checksum of what the collection should hold."""
    digest = hashlib.sha256()
    for pair in sorted(zip(ids, hashes, strict=True)):
        digest.update("\0".join(pair).encode() + b"\n")
    return digest.hexdigest()


def _brief(error: BaseException) -> str:
    """Shortens a foreign error to one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
