"""Search: word match and meaning, fused by reciprocal rank.

Each passage scores sum over the two rankings of 1 / (60 + rank), where it occurs in them.
Ranks need no common scale, unlike BM25 scores and cosines [Cormack, Clarke, Buettcher 2009].
A question that names a paper adds a third ranking: that paper's passages by meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.documents import Documents
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeError
from knowledge.index import Entries, Index
from knowledge.lexical import LexicalIndex
from knowledge.names import Names
from knowledge.passage import Passage
from knowledge.vectors import Vectors, hash_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RRF_K = 60
DEPTH = 50

# How much of its title a passage carries. A title in full makes all passages of a paper look
# alike and draws in questions that share one word with it ("lottery numbers"); without it a
# passage that never repeats the paper's subject is lost. Measured on tests/knowledge/questions.
TITLE_WEIGHT = 0.3


@dataclass(frozen=True)
class Snapshot:
    """What was searchable at one revision of the library.

    Attributes:
        revision: of the documents table.
        entries: ids, hashes and vectors, also loaded into the vector index.
        lexical: the word index over the same passages.
        names: what the documents are called.
        places: position of each id in `entries`.
        keys: of the documents, by id.
    """

    revision: int
    entries: Entries
    lexical: LexicalIndex
    names: Names
    places: dict[str, int]
    keys: dict[str, str]


def take_snapshot(revision: int, documents: Documents, vectors: Vectors) -> Snapshot:
    """Reads passages and vectors and builds the word index."""
    import numpy as np

    pieces = documents.pieces()
    ids = [piece.id for piece in pieces]
    texts = vectors.get([piece.embedded for piece in pieces])
    matrix = texts + np.float32(TITLE_WEIGHT) * vectors.get([piece.title for piece in pieces])
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), np.float32(1e-9))
    hashes = [hash_of(f"{TITLE_WEIGHT}\0{piece.title}\0{piece.embedded}") for piece in pieces]
    return Snapshot(
        revision=revision,
        entries=Entries(ids, hashes, matrix),
        lexical=LexicalIndex(ids, [piece.words for piece in pieces]),
        names=Names(documents.all()),
        places={id: place for place, id in enumerate(ids)},
        keys={piece.id: piece.key for piece in pieces},
    )


def fuse(rankings: Sequence[Sequence[str]], k: int = RRF_K) -> dict[str, float]:
    """Scores ids by reciprocal rank, best first; ties in alphabetical order."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id in enumerate(ranking, start=1):
            scores[id] = scores.get(id, 0.0) + 1.0 / (k + rank)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def search(
    question: str,
    k: int,
    snapshot: Snapshot,
    index: Index,
    embedder: Embedder,
    documents: Documents,
) -> list[Passage]:
    """Returns the k best passages, best first, with score and similarity filled in.

    Raises:
        KnowledgeError: empty question, or k below 1.
    """
    if not question.strip():
        raise KnowledgeError("search: the question is empty; ask with at least one word")
    if k < 1:
        raise KnowledgeError(f"search: k: got {k}, expected at least 1")
    vector = embedder.encode([question])[0]
    depth = max(DEPTH, 4 * k)
    dense = [id for id, _ in index.query(vector, depth)]
    lexical = [id for id, _ in snapshot.lexical.query(question, depth)]
    named = snapshot.names.keys(question)
    of_named = [id for id, key in snapshot.keys.items() if key in named]
    of_named.sort(key=lambda id: -_cosine(id, vector, snapshot))
    scores = fuse([dense, lexical, of_named])
    best = [id for id in scores if id in snapshot.places][:k]
    return [
        replace(
            found,
            score=scores[found.id],
            similarity=_cosine(found.id, vector, snapshot),
            named=found.key in named,
        )
        for found in documents.passages(best)
    ]


def _cosine(id: str, vector: NDArray[np.float32], snapshot: Snapshot) -> float:
    """Returns the exact cosine, whichever index found the passage."""
    return float(snapshot.entries.matrix[snapshot.places[id]] @ vector)
