"""Documents and their passages in SQLite: the truth from which every index is derived."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from knowledge.card import Card
from knowledge.database import Database
from knowledge.document import Document, Piece, Sync, document_of_card
from knowledge.errors import KnowledgeError
from knowledge.parts import Part, ids_of, parts_of_card, parts_of_text
from knowledge.passage import Passage

# What a passage means depends on its heading: "Limits" is asked for by that word.
_EMBEDDED = "p.section || '. ' || p.text"

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*")


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
        parts = parts_of_text(document.source)
        if not parts:
            raise KnowledgeError(f"document {document.key!r}: the text is empty; nothing to add")
        whole = json.dumps([document.title, document.authors, document.source])
        digest = hashlib.sha256(whole.encode()).hexdigest()
        with self._database.write() as connection:
            self._refuse_other_kind(document.key, "text")
            stored = connection.execute(
                "SELECT hash FROM documents WHERE key = ?", (document.key,)
            ).fetchone()
            if stored is not None and stored[0] == digest:
                return False
            _delete(connection, document.key)
            _insert(connection, document, digest, parts)
            _touch(connection)
        return True

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
                words=" ".join(
                    [
                        row["title"],
                        row["embedded"],
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

    def texts(self) -> list[str]:
        """Returns everything that needs a vector: titles and passages."""
        rows = self._database.rows(
            f"SELECT title FROM documents UNION ALL SELECT {_EMBEDDED} FROM passages p"
        )
        return [row[0] for row in rows]

    def count(self) -> int:
        """Returns the number of passages."""
        return int(self._database.rows("SELECT count(*) FROM passages")[0][0])

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Returns the passages of these ids, in that order; ids that are gone are left out."""
        marks = ",".join("?" * len(ids))
        rows = self._database.rows(
            "SELECT p.id, p.section, p.text, p.start, p.end, d.key, d.title, d.authors, d.year, "
            f"d.arxiv, d.url FROM passages p JOIN documents d USING (key) WHERE p.id IN ({marks})",
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
    connection: sqlite3.Connection, document: Document, digest: str, parts: list[Part]
) -> None:
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        ),
    )
    rows = []
    for position, (id, part) in enumerate(zip(ids_of(document.key, parts), parts, strict=True)):
        text = document.source[part.start : part.end]
        rows.append((id, document.key, position, part.heading, text, part.start, part.end))
    connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


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
    )


def _passage(row: sqlite3.Row) -> Passage:
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
    )


def _hint(name: str, known: Sequence[str]) -> str:
    """Suggests what an unknown name may have meant."""
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + ", ".join(close) + "?"
    if not known:
        return "the library is empty"
    return "known are " + ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
