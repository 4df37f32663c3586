"""SQLite holds the truth: syncing is idempotent, and the user's own documents are safe."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from knowledge import Document, KnowledgeError, Library
from knowledge.card import read_cards
from knowledge.database import Database
from knowledge.documents import Documents

WriteCard = Callable[..., Path]


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return Documents(Database(tmp_path / "library.sqlite3"))


def test_syncing_the_same_cards_again_changes_nothing(documents: Documents, cards: Path) -> None:
    first = documents.sync_cards(read_cards(cards))
    revision, passages = documents.revision, documents.pieces()
    again = documents.sync_cards(read_cards(cards))
    assert first.added == ("first2024", "second2024")
    assert (again.added, again.changed, again.removed) == ((), (), ())
    assert documents.revision == revision
    assert documents.pieces() == passages


def test_editing_a_card_updates_its_passages_and_no_others(
    documents: Documents, cards: Path, write_card: WriteCard
) -> None:
    documents.sync_cards(read_cards(cards))
    other = documents.passage("second2024:limits")
    write_card(cards, "first2024", limits="It fails on Mondays.")
    synced = documents.sync_cards(read_cards(cards))
    assert synced.changed == ("first2024",)
    assert documents.passage("first2024:limits").text == "It fails on Mondays."
    assert documents.passage("second2024:limits") == other


def test_a_deleted_card_goes_with_its_passages(documents: Documents, cards: Path) -> None:
    documents.sync_cards(read_cards(cards))
    (cards / "first2024.md").unlink()
    assert documents.sync_cards(read_cards(cards)).removed == ("first2024",)
    assert documents.keys() == ["second2024"]
    assert all(piece.key == "second2024" for piece in documents.pieces())


def test_a_document_of_the_users_own_survives_a_sync(documents: Documents, cards: Path) -> None:
    documents.put(Document("notes", "text", "Notes", "my own words"))
    documents.sync_cards(read_cards(cards))
    documents.sync_cards([])
    assert documents.keys() == ["notes"]


def test_passage_offsets_point_into_the_source(library: Library) -> None:
    for document in library.documents():
        for id in [piece.id for piece in library._documents.pieces() if piece.key == document.key]:
            passage = library.passage(id)
            assert document.source[passage.start : passage.end] == passage.text


def test_a_card_and_a_document_cannot_share_a_key(documents: Documents, cards: Path) -> None:
    documents.sync_cards(read_cards(cards))
    with pytest.raises(KnowledgeError, match="taken by a card"):
        documents.put(Document("first2024", "text", "Mine", "words"))
    documents.sync_cards([])
    documents.put(Document("first2024", "text", "Mine", "words"))
    with pytest.raises(KnowledgeError, match="taken by a document of your own"):
        documents.sync_cards(read_cards(cards))


def test_a_failed_sync_leaves_everything_as_it_was(documents: Documents, cards: Path) -> None:
    documents.put(Document("second2024", "text", "Mine", "words"))
    revision = documents.revision
    with pytest.raises(KnowledgeError):
        documents.sync_cards(read_cards(cards))
    assert documents.keys() == ["second2024"]
    assert documents.revision == revision


def test_a_card_cannot_be_removed_by_hand(documents: Documents, cards: Path) -> None:
    documents.sync_cards(read_cards(cards))
    with pytest.raises(KnowledgeError, match="card shipped with the program"):
        documents.remove("first2024")


def test_an_unknown_passage_is_answered_with_close_ones(library: Library) -> None:
    with pytest.raises(KnowledgeError, match=r"did you mean .*paul2021:limits"):
        library.passage("paul2021:limit")


def test_a_file_that_is_no_database_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"this is not a database, " * 50)
    with pytest.raises(KnowledgeError, match=r"library\.sqlite3.*move the file away"):
        Database(tmp_path / "library.sqlite3")


def test_a_library_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite3")
    with database.write() as connection:
        connection.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(KnowledgeError, match="newer version"):
        Database(tmp_path / "library.sqlite3")


def test_many_processes_may_create_the_library_at_once(
    tmp_path: Path, cards: Path, start: Callable[..., Any]
) -> None:
    script = """
from knowledge.card import read_cards
from knowledge.database import Database
from knowledge.documents import Document, Documents
documents = Documents(Database(Path(sys.argv[1])))
documents.sync_cards(read_cards(Path(sys.argv[2])))
for n in range(20):
    documents.put(Document(f"d{sys.argv[3]}-{n}", "text", "Title", f"text {n}"))
"""
    running = [start(script, tmp_path / "library.sqlite3", cards, n) for n in range(4)]
    assert [process.communicate(timeout=60)[1] for process in running] == [""] * 4
    documents = Documents(Database(tmp_path / "library.sqlite3"))
    assert len(documents.keys()) == 2 + 4 * 20
    assert documents.revision == 1 + 4 * 20


def test_a_writer_waits_for_another_and_loses_nothing(tmp_path: Path) -> None:
    one, two = (Database(tmp_path / "library.sqlite3") for _ in range(2))

    def count_up(database: Database) -> None:
        with database.write() as connection:
            value = connection.execute("SELECT value FROM meta").fetchone()[0]
            time.sleep(0.1)  # long enough for the other to come in between, were it let
            connection.execute("UPDATE meta SET value = ?", (value + 1,))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count_up, [one, two]))
    assert Documents(one).revision == 2
