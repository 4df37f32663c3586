"""Search: words and meaning, added up for papers and passages.

BM25 and cosine are brought to one scale by their mean and spread over the whole library (z
scores) and added. Joining by rank alone throws away how much better the first is than the
second; on questions with coined names that lost papers which BM25 had found beyond doubt
(benchmarks/knowledge_search.py compares the two).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.documents import Documents
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeError
from knowledge.filter import Filter
from knowledge.index import Entries, Index
from knowledge.lexical import LexicalIndex, stems
from knowledge.names import Names
from knowledge.passage import Passage, evidence
from knowledge.vectors import Vectors, hash_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.document import Document

DEPTH = 50

# Weight of the cosine beside BM25, and what being named adds, in standard deviations.
DENSE_WEIGHT = 0.7
NAMED = 4.0

# What a passage gains whose heading is asked for by name ("limitations of ...").
ASKED_FOR = 2.0
_PLAIN_HEADINGS = frozenset({"text", "abstract"})

# How much of its title a passage carries. A title in full makes all passages of a paper look
# alike and draws in questions that share one word with it ("lottery numbers"); without it a
# passage that never repeats the paper's subject is lost. Measured on tests/knowledge/questions.
TITLE_WEIGHT = 0.3

# Two passages with this share of the shorter one's words are the same text twice.
SAME = 0.8
_LEAST_WORDS = 30
_WORD = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True)
class Snapshot:
    """What was searchable at one revision of the library.

    Attributes:
        revision: of the documents table.
        ids: of n passages.
        matrix: their vectors, shape (n, dimension). A passage that waits for its vector stands at
            the mean of the others, neither near to a question nor far from it.
        waiting: texts, titles included, that have no vector yet.
        entries: the passages that have one, as loaded into the vector index.
        owner: position in `keys` of each passage's document, shape (n,).
        keys: of the documents that have passages.
        lexical: the word index over passages.
        whole: the word index over documents.
        names: what the documents are called.
        facts: the documents without their text, by key, for filters.
        places: position of each id in `ids`.
        mean: of the vectors.
        spread: covariance of the vectors, shape (dimension, dimension).
    """

    revision: int
    ids: list[str]
    matrix: NDArray[np.float32]
    waiting: int
    entries: Entries
    owner: NDArray[np.int64]
    keys: list[str]
    lexical: LexicalIndex
    whole: LexicalIndex
    names: Names
    facts: dict[str, Document]
    places: dict[str, int]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


def take_snapshot(revision: int, documents: Documents, vectors: Vectors) -> Snapshot:
    """Reads passages and vectors and builds the word indexes."""
    import numpy as np

    pieces = documents.pieces()
    ids = [piece.id for piece in pieces]
    texts, embedded = vectors.get([piece.embedded for piece in pieces])
    titles, titled = vectors.get([piece.title for piece in pieces])
    present = embedded & titled
    matrix = texts + np.float32(TITLE_WEIGHT) * titles
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), np.float32(1e-9))
    hashes = [hash_of(f"{TITLE_WEIGHT}\0{piece.title}\0{piece.embedded}") for piece in pieces]
    wholes: dict[str, list[str]] = {}
    for piece in pieces:
        wholes.setdefault(piece.key, [piece.title, piece.about]).append(piece.embedded)
    number = {key: place for place, key in enumerate(wholes)}
    known = matrix[present]
    mean = known.mean(axis=0) if len(known) else np.zeros(matrix.shape[1], dtype=np.float32)
    spread = _covariance(known, mean)
    matrix[~present] = mean
    waiting = {piece.embedded for piece, has in zip(pieces, embedded, strict=True) if not has}
    waiting |= {piece.title for piece, has in zip(pieces, titled, strict=True) if not has}
    with_vector = np.flatnonzero(present).tolist()
    facts = documents.facts()
    return Snapshot(
        revision=revision,
        ids=ids,
        matrix=matrix,
        waiting=len(waiting),
        entries=Entries(
            [ids[place] for place in with_vector], [hashes[place] for place in with_vector], known
        ),
        owner=np.array([number[piece.key] for piece in pieces], dtype=np.int64),
        keys=list(wholes),
        lexical=LexicalIndex(ids, [piece.words for piece in pieces]),
        whole=LexicalIndex(list(wholes), [" ".join(words) for words in wholes.values()]),
        names=Names(facts),
        facts={document.key: document for document in facts},
        places={id: place for place, id in enumerate(ids)},
        mean=mean,
        spread=spread,
    )


def _covariance(matrix: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    square: NDArray[np.float32] = matrix.T @ matrix / np.float32(max(len(matrix), 1))
    return square - mean[:, None] * mean[None, :]


def search(
    question: str,
    k: int,
    snapshot: Snapshot,
    index: Index,
    embedder: Embedder,
    documents: Documents,
    where: Filter | None = None,
) -> list[Passage]:
    """Returns the k best passages, best first, with score, similarity and evidence filled in.

    A passage scores what its paper scores plus what it scores itself; each is z(BM25) +
    0.7 z(cosine), where a paper's cosine is its best passage's. Passages that repeat a better
    one are left out.

    Raises:
        KnowledgeError: empty question, or k below 1.
    """
    import numpy as np

    if not question.strip():
        raise KnowledgeError("search: the question is empty; ask with at least one word")
    if k < 1:
        raise KnowledgeError(f"search: k: got {k}, expected at least 1")
    if not snapshot.keys:
        return []
    vector = embedder.encode([question])[0]
    whole = snapshot.whole.match(question)
    named = snapshot.names.keys(question)
    allowed = None
    if where is not None:
        facts = snapshot.facts
        allowed = np.array([where.accepts(facts[key]) for key in snapshot.keys], dtype=bool)
    chosen = _candidates(vector, whole.scores, named, max(DEPTH, 4 * k), snapshot, index, allowed)
    if not len(chosen):
        return []
    cosines = snapshot.matrix[chosen] @ vector
    owners = snapshot.owner[chosen]
    best = np.full(len(snapshot.keys), -1.0, dtype=np.float32)
    np.maximum.at(best, owners, cosines)
    usual = float(snapshot.mean @ vector)
    deviation = float(max(vector @ snapshot.spread @ vector, 1e-9)) ** 0.5
    is_named = np.array([key in named for key in snapshot.keys], dtype=np.float32)
    of_paper = (
        _standard(whole.scores) + DENSE_WEIGHT * (best - usual) / deviation + NAMED * is_named
    )
    words = _standard(snapshot.lexical.match(question).scores)[chosen]
    scores = of_paper[owners] + words + DENSE_WEIGHT * (cosines - usual) / deviation
    order = np.argsort(-scores, kind="stable")[: 3 * k]
    rank = {snapshot.ids[chosen[place]]: int(place) for place in order}
    found = []
    for passage in documents.passages(list(rank)):
        place = rank[passage.id]
        owner = owners[place]
        found.append(
            replace(
                passage,
                score=float(scores[place]) + ASKED_FOR * _asks_for(passage.section, question),
                similarity=float(cosines[place]),
                named=passage.key in named,
                evidence=evidence(float(best[owner]), float(whole.coverage[owner])),
            )
        )
    found.sort(key=lambda passage: -passage.score)
    return _gated(without_repeats(found)[:k])


def _candidates(
    vector: NDArray[np.float32],
    scores: NDArray[np.float32],
    named: set[str],
    depth: int,
    snapshot: Snapshot,
    index: Index,
    allowed: NDArray[np.bool_] | None,
) -> NDArray[np.int64]:
    """Returns the places of passages worth a score: near ones, and all of the best papers'."""
    import numpy as np

    if allowed is None:
        near = [
            snapshot.places[id] for id, _ in index.query(vector, depth) if id in snapshot.places
        ]
    else:
        inside = np.flatnonzero(allowed[snapshot.owner])
        cosines = snapshot.matrix[inside] @ vector
        near = inside[np.argsort(-cosines, kind="stable")[:depth]].tolist()
        scores = np.where(allowed, scores, 0)
    wanted = np.array([key in named for key in snapshot.keys], dtype=bool)
    lexical = np.argsort(-scores, kind="stable")[:depth]
    wanted[lexical[scores[lexical] > 0]] = True
    if allowed is not None:
        wanted &= allowed
    # Also the other passages of papers that are near, so that a paper's best is known exactly.
    wanted[snapshot.owner[near]] = True
    return np.flatnonzero(wanted[snapshot.owner])


def _asks_for(heading: str, question: str) -> bool:
    """Whether a question has all words of a heading, by their stems."""
    if heading.lower() in _PLAIN_HEADINGS:
        return False
    wanted, asked = (set(words) for words in stems([heading, question]))
    return bool(wanted) and wanted <= asked


def _standard(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the z scores; all 0 where the scores do not differ."""
    deviation = scores.std()
    standard: NDArray[np.float32] = (scores - scores.mean()) / (deviation if deviation else 1)
    return standard


def without_repeats(found: Sequence[Passage]) -> list[Passage]:
    """Drops passages whose words an earlier one of another document has already.

    Of two copies the one that names its authors is kept, at the better place.
    """
    kept: list[Passage] = []
    bags: list[set[str]] = []
    for passage in found:
        bag = set(_WORD.findall(passage.text.lower()))
        twin = next(
            (place for place, other in enumerate(kept) if _same(passage, bag, other, bags[place])),
            None,
        )
        if twin is None:
            kept.append(passage)
            bags.append(bag)
        elif passage.authors and not kept[twin].authors:
            kept[twin] = replace(passage, score=kept[twin].score)
    return kept


def _same(one: Passage, words: set[str], other: Passage, others: set[str]) -> bool:
    least = min(len(words), len(others))
    return (
        one.key != other.key
        and least >= _LEAST_WORDS
        and len(words & others) >= SAME * least
        and max(len(words), len(others)) <= 2 * least
    )


def _gated(found: list[Passage]) -> list[Passage]:
    """Calls nothing relevant where the best paper is not: lower ones match by chance."""
    if not found or found[0].relevant or any(passage.named for passage in found):
        return found
    return [replace(passage, evidence=0.0) for passage in found]
