"""The health of a library: every part checked as it stands, each in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from knowledge.database import Database
from knowledge.documents import Documents
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeError
from knowledge.index import Index
from knowledge.vectors import Vectors


@dataclass(frozen=True)
class Health:
    """One check of the library: its name, whether all is well, and a sentence."""

    name: str
    ok: bool
    detail: str


def health_of(
    database: Database,
    documents: Documents,
    vectors: Vectors,
    embedder: Embedder,
    index: Index,
    load: Callable[[], object],
) -> list[Health]:
    """Checks the parts of a library; `load` brings the index up to date."""

    def check_database() -> str:
        result = database.rows("PRAGMA quick_check")[0][0]
        if result != "ok":
            raise KnowledgeError(
                f"library.sqlite3 is damaged: {result}; move it away: cards come back by "
                "themselves, your own documents must be added again"
            )
        return f"{len(documents.keys())} documents, {documents.count()} passages"

    def check_embedder() -> str:
        embedder.encode(["ready"])
        return f"{embedder.name}, sha256 {embedder.sha256[:12]} as expected"

    def check_vectors() -> str:
        missing = vectors.missing(documents.texts())
        if missing:
            raise KnowledgeError(
                f"{len(missing)} texts have no vector yet and are found by their words only; "
                "run: ansatz papers rebuild"
            )
        return "every passage has its vector"

    def check_index() -> str:
        load()
        damage = index.check()
        if damage:
            raise KnowledgeError(f"{damage}; run: ansatz papers rebuild")
        if index.kind == "chroma":
            return "chroma, complete, finds a passage by its own vector"
        return "exact search over the stored vectors; another process owns chroma"

    return [
        _checked("database", check_database),
        _checked("embedding model", check_embedder),
        _checked("vectors", check_vectors),
        _checked("index", check_index),
    ]


def _checked(name: str, check: Callable[[], str]) -> Health:
    try:
        return Health(name, True, check())
    except KnowledgeError as error:
        return Health(name, False, str(error))
