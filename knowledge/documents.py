"""Documents and their passages in SQLite: the truth from which every index is derived."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from knowledge.card import Card
from knowledge.database import Database
from knowledge.document import Document, Draft, Piece, Sync, document_of_card, draft_of_text
from knowledge.errors import KnowledgeError
from knowledge.parts import Part, ids_of, parts_of_card
from knowledge.passage import Passage

# What a passage means depends on its heading: "Limits" is asked for by that word.
_EMBEDDED = "p.section || '. ' || p.text"

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True)
class Put:
    """What storing a file did: keys stored, keys already there from elsewhere, keys gone."""

    stored: tuple[str, ...]
    present: tuple[str, ...]
    gone: tuple[str, ...]


class Documents:
    """The tables of documents and passages. Every change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def revision(self) -> int:
        """A number that grows whenever any process changes documents or passages."""
        return int(self._database.rows("SELECT value FROM meta WHERE name = 'revision'")[0][0])

    def sync_cards(self, cards: Iterable[Card]) -> Sync:
        """Makes the stored cards equal to these; writes nothing where they already are.

        Raises:
            KnowledgeError: a card has the key of a document of the user's own.
        """
        wanted = {card.key: card for card in cards}
        if self._card_hashes() == {key: card.hash for key, card in wanted.items()}:
            return Sync((), (), ())
        with self._database.write() as connection:
            # Read again: another process may have synced while we waited for the lock.
            stored = self._card_hashes()
            added = sorted(wanted.keys() - stored.keys())
            changed = sorted(
                key for key in wanted.keys() & stored.keys() if stored[key] != wanted[key].hash
            )
            removed = sorted(stored.keys() - wanted.keys())
            for key in added + changed:
                self._refuse_other_kind(key, "card")
                card = wanted[key]
                _delete(connection, key)
                _insert(connection, document_of_card(card), card.hash, parts_of_card(card))
            for key in removed:
                _delete(connection, key)
            if added or changed or removed:
                _touch(connection)
        return Sync(tuple(added), tuple(changed), tuple(removed))

    def put(self, document: Document) -> bool:
        """Stores a text of the user's own, replacing one of the same key.

        Returns:
            Whether anything changed.

        Raises:
            KnowledgeError: bad key, empty text, or the key of a card.
        """
        if not _KEY.fullmatch(document.key):
            raise KnowledgeError(
                f"key {document.key!r}: use lower-case letters, digits, '.', '-' and '_' only"
            )
        draft = draft_of_text(document)
        if not draft.parts:
            raise KnowledgeError(f"document {document.key!r}: the text is empty; nothing to add")
        with self._database.write() as connection:
            self._refuse_other_kind(document.key, "text")
            changed = _replace(connection, draft)
            if changed:
                _touch(connection)
        return changed

    def put_file(self, path: str, hash: str, note: str, drafts: Sequence[Draft]) -> Put:
        """Stores what one file holds, and that it was read, in one transaction.

        A document keeps the key its title gives unless something else has it already: the same
        title with another text gets "-2". Documents that the file no longer holds go.

        Args:
            path: of the file, as later calls will name it.
            hash: sha256 of its content.
            note: sentence for later reports.
            drafts: what it holds; keys are proposals.
        """
        stored: dict[str, None] = {}  # in order, and quick to look up
        present: list[str] = []
        with self._database.write() as connection:
            old = {
                row[0]
                for row in connection.execute("SELECT key FROM documents WHERE origin = ?", (path,))
            }
            changed = False
            for draft in drafts:
                key = self._free_key(connection, draft.document, path, stored)
                if key is None:
                    present.append(draft.document.key)
                    continue
                named = replace(draft.document, key=key, origin=path)
                changed |= _replace(connection, Draft(named, draft.parts))
                stored[key] = None
            gone = old - stored.keys()
            for key in gone:
                _delete(connection, key)
                changed = True
            connection.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (path, hash, note))
            if changed:
                _touch(connection)
        return Put(tuple(stored), tuple(present), tuple(sorted(gone)))

    def file(self, path: str) -> tuple[str, str] | None:
        """Returns hash and note of a file that was read, or None."""
        rows = self._database.rows("SELECT hash, note FROM files WHERE path = ?", (path,))
        return (rows[0][0], rows[0][1]) if rows else None

    @staticmethod
    def _free_key(
        connection: sqlite3.Connection, document: Document, path: str, taken: Collection[str]
    ) -> str | None:
        """Returns the key to store under, or None where another file gave the same text."""
        key, number = document.key, 1
        while True:
            row = connection.execute(
                "SELECT kind, origin, source FROM documents WHERE key = ?", (key,)
            ).fetchone()
            if key not in taken and (row is None or row[1] == path):
                return key
            if row is not None and row[0] == "text" and row[2] == document.source:
                return None
            number += 1
            key = f"{document.key}-{number}"

    def remove(self, key: str) -> None:
        """Deletes a document of the user's own with its passages.

        Raises:
            KnowledgeError: no such document, or it is one of our cards.
        """
        with self._database.write() as connection:
            document = self.get(key)
            if document.kind == "card":
                raise KnowledgeError(
                    f"document {key!r}: is a card shipped with the program and would come "
                    "back at the next start; only your own documents can be removed"
                )
            _delete(connection, key)
            # Reading its file again must bring it back.
            connection.execute("DELETE FROM files WHERE path = ?", (document.origin,))
            _touch(connection)

    def get(self, key: str) -> Document:
        """Returns a document.

        Raises:
            KnowledgeError: unknown key; the message offers close ones.
        """
        rows = self._database.rows("SELECT * FROM documents WHERE key = ?", (key,))
        if not rows:
            raise KnowledgeError(f"document {key!r}: unknown; {_hint(key, self.keys())}")
        return _from_row(rows[0])

    def all(self) -> list[Document]:
        """Returns every document, by key."""
        return [
            _from_row(row) for row in self._database.rows("SELECT * FROM documents ORDER BY key")
        ]

    def facts(self) -> list[Document]:
        """Returns every document without its text, by key."""
        rows = self._database.rows(
            "SELECT key, kind, title, authors, year, venue, arxiv, url, tags, '' AS source, "
            "method, origin, '[]' AS pages FROM documents ORDER BY key"
        )
        return [_from_row(row) for row in rows]

    def keys(self) -> list[str]:
        """Returns every key, sorted."""
        return [row[0] for row in self._database.rows("SELECT key FROM documents ORDER BY key")]

    def pieces(self) -> list[Piece]:
        """Returns every passage as the indexes need it, in a fixed order."""
        rows = self._database.rows(
            f"SELECT p.id, {_EMBEDDED} AS embedded, "
            "d.title, d.key, d.authors, d.year, d.venue, d.tags "
            "FROM passages p JOIN documents d USING (key) ORDER BY p.key, p.position"
        )
        return [
            Piece(
                id=row["id"],
                key=row["key"],
                title=row["title"],
                embedded=row["embedded"],
                about=" ".join(
                    [
                        row["key"],
                        *json.loads(row["authors"]),
                        str(row["year"] or ""),
                        row["venue"] or "",
                        *json.loads(row["tags"]),
                    ]
                ),
            )
            for row in rows
        ]

    def texts(self, cards_only: bool = False) -> list[str]:
        """Returns everything that needs a vector: each title, followed by its passages."""
        kinds = "WHERE d.kind = 'card'" if cards_only else ""
        rows = self._database.rows(
            f"SELECT d.title AS said, d.key AS key, -1 AS position FROM documents d {kinds} "
            f"UNION ALL SELECT {_EMBEDDED}, p.key, p.position "
            f"FROM passages p JOIN documents d USING (key) {kinds} ORDER BY key, position"
        )
        return [row["said"] for row in rows]

    def count(self) -> int:
        """Returns the number of passages."""
        return int(self._database.rows("SELECT count(*) FROM passages")[0][0])

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Returns the passages of these ids, in that order; ids that are gone are left out."""
        marks = ",".join("?" * len(ids))
        rows = self._database.rows(
            "SELECT p.id, p.section, p.text, p.start, p.end, d.key, d.title, d.authors, d.year, "
            f"d.arxiv, d.url, d.pages FROM passages p JOIN documents d USING (key) "
            f"WHERE p.id IN ({marks})",
            ids,
        )
        found = {row["id"]: _passage(row) for row in rows}
        return [found[id] for id in ids if id in found]

    def passage(self, id: str) -> Passage:
        """Returns one passage.

        Raises:
            KnowledgeError: unknown id; the message offers close ones.
        """
        found = self.passages([id])
        if not found:
            known = [row[0] for row in self._database.rows("SELECT id FROM passages ORDER BY id")]
            raise KnowledgeError(f"passage {id!r}: unknown; {_hint(id, known)}")
        return found[0]

    def _card_hashes(self) -> dict[str, str]:
        rows = self._database.rows("SELECT key, hash FROM documents WHERE kind = 'card'")
        return {row[0]: row[1] for row in rows}

    def _refuse_other_kind(self, key: str, kind: str) -> None:
        rows = self._database.rows("SELECT kind FROM documents WHERE key = ?", (key,))
        if rows and rows[0][0] != kind:
            raise KnowledgeError(
                f"document {key!r}: the key is taken by "
                + ("a card" if kind == "text" else "a document of your own")
                + "; give your document another key"
            )


def _insert(
    connection: sqlite3.Connection, document: Document, digest: str, parts: Sequence[Part]
) -> None:
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.key,
            document.kind,
            document.title,
            json.dumps(document.authors),
            document.year,
            document.venue,
            document.arxiv,
            document.url,
            json.dumps(document.tags),
            document.source,
            digest,
            document.method,
            document.origin,
            json.dumps(document.pages),
        ),
    )
    rows = []
    for position, (id, part) in enumerate(
        zip(ids_of(document.key, list(parts)), parts, strict=True)
    ):
        text = document.source[part.start : part.end]
        rows.append((id, document.key, position, part.heading, text, part.start, part.end))
    connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _replace(connection: sqlite3.Connection, draft: Draft) -> bool:
    """Stores a document unless it is there as it is; says whether anything changed."""
    document = draft.document
    whole = json.dumps([document.title, document.authors, document.source])
    if document.origin:
        whole += json.dumps([document.year, document.venue, document.arxiv, document.tags])
    digest = hashlib.sha256(whole.encode()).hexdigest()
    row = connection.execute("SELECT hash FROM documents WHERE key = ?", (document.key,)).fetchone()
    if row is not None and row[0] == digest:
        return False
    _delete(connection, document.key)
    _insert(connection, document, digest, draft.parts)
    return True


def _delete(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("DELETE FROM documents WHERE key = ?", (key,))


def _touch(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")


def _from_row(row: sqlite3.Row) -> Document:
    return Document(
        key=row["key"],
        kind=row["kind"],
        title=row["title"],
        authors=tuple(json.loads(row["authors"])),
        year=row["year"],
        venue=row["venue"],
        arxiv=row["arxiv"],
        url=row["url"],
        tags=tuple(json.loads(row["tags"])),
        source=row["source"],
        method=row["method"],
        origin=row["origin"],
        pages=tuple(json.loads(row["pages"])),
    )


def _passage(row: sqlite3.Row) -> Passage:
    pages = json.loads(row["pages"])
    return Passage(
        id=row["id"],
        key=row["key"],
        title=row["title"],
        section=row["section"],
        text=row["text"],
        authors=tuple(json.loads(row["authors"])),
        year=row["year"],
        arxiv=row["arxiv"],
        url=row["url"],
        start=row["start"],
        end=row["end"],
        page=bisect_right(pages, row["start"]) if pages else None,
    )


def _hint(name: str, known: Sequence[str]) -> str:
    """Suggests what an unknown name may have meant."""
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + ", ".join(close) + "?"
    if not known:
        return "the library is empty"
    return "known are " + ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
