"""Ingestion: the same files twice change nothing, a kill loses nothing, bad files cost a line."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge import Filter, Library
from knowledge.database import Database

OPEN = """
class Slow(HashingEmbedder):
    def encode(self, texts):
        import time; time.sleep(0.01 * len(texts)); return super().encode(texts)
home, cards, folder = map(Path, sys.argv[1:4])
with Library.open(home, cards=cards, embedder=Slow()) as library:
    print("open", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    (made / "deep" / "er").mkdir(parents=True)
    (made / "one.md").write_text("# One\n\nRed apples.\n")
    (made / "deep" / "two.txt").write_text("Green pears.")
    (made / "deep" / "er" / "three.html").write_text("<title>Three</title><p>Blue plums.")
    (made / "all.bib").write_text("@article{four, title={Four}, abstract={Ripe figs.}, year=2020}")
    (made / "bad.pdf").write_bytes(b"%PDF-nothing")
    (made / "picture.png").write_bytes(b"x")
    (made / ".hidden.md").write_text("# Hidden")
    return made


def test_each_file_gets_a_line_and_the_second_time_nothing_is_read(
    tmp_path: Path, cards: Path, embedder: Any, folder: Path
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:
        lines = {Path(line.path).name: line for line in library.ingest([folder])}
        assert {name: line.state for name, line in lines.items()} == {
            "one.md": "added",
            "two.txt": "added",
            "three.html": "added",
            "all.bib": "added",
            "bad.pdf": "failed",
            "picture.png": "skipped",
        }
        assert lines["all.bib"].keys == ("four",)
        assert library.search("ripe figs", k=1)[0].year == 2020
        revision = library._documents.revision
        again = [line.state for line in library.ingest([folder])]
        assert again.count("unchanged") == 4
        assert library._documents.revision == revision
        assert len(library.documents()) == 6


def test_a_changed_file_replaces_what_it_held(
    tmp_path: Path, cards: Path, embedder: Any, folder: Path
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:
        library.ingest([folder])
        (folder / "all.bib").write_text("@misc{five, title={Five}, abstract={Sour figs.}}")
        lines = {Path(line.path).name: line for line in library.ingest([folder])}
        assert lines["all.bib"].keys == ("five",)
        assert "1 no longer in the file" in lines["all.bib"].detail
        keys = {document.key for document in library.documents()}
        assert "five" in keys
        assert "four" not in keys
        library.remove("five")
        lines = {Path(line.path).name: line for line in library.ingest([folder])}
        assert lines["all.bib"].keys == ("five",)


def test_equal_titles_and_equal_texts_are_told_apart(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    for name, text in {
        "a": "# Same\n\nRed.",
        "b": "# Same\n\nRed.",
        "c": "# Same\n\nBlue.",
    }.items():
        (tmp_path / f"{name}.md").write_text(text)
    with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:
        a, b, c = library.ingest([tmp_path / f"{name}.md" for name in "abc"])
        assert (a.keys, b.keys, c.keys) == (("same",), (), ("same-2",))
        assert "already" in b.detail


def test_a_document_never_takes_the_key_of_a_card(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    (tmp_path / "x.bib").write_text("@misc{first2024, title={Mine}, abstract={My own words.}}")
    with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:
        (line,) = library.ingest([tmp_path / "x.bib"])
        assert line.keys == ("first2024-2",)
        assert library.document("first2024").kind == "card"


def test_filters_leave_only_what_fulfils_them(
    tmp_path: Path, cards: Path, embedder: Any, folder: Path
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=embedder) as library:
        library.ingest([folder])

        def keys(**conditions: Any) -> set[str]:
            return {p.key for p in library.search("figs", k=50, where=Filter(**conditions))}

        assert keys(until=2020) == {"four"}
        assert keys(author="ada ex", method="pruning") == {"first2024", "second2024"}
        assert keys(tag="sieve", since=2024) == {"first2024", "second2024"}
        assert keys(author="nobody") == set()


def test_a_library_of_the_first_schema_is_brought_up_to_date(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    home = tmp_path / "home"
    with Library.open(home, cards=cards, embedder=embedder) as library:
        library.add("red apples", title="Fruit")
    connection = sqlite3.connect(home / "library.sqlite3")
    connection.execute("DROP INDEX documents_by_origin")
    for column in ("method", "origin", "pages"):
        connection.execute(f"ALTER TABLE documents DROP COLUMN {column}")
    connection.executescript("DROP TABLE files; PRAGMA user_version = 1;")
    connection.close()
    with Library.open(home, cards=cards, embedder=embedder) as library:
        assert library.document("fruit").source == "red apples"
        assert library.document("first2024").method == "pruning"


@pytest.mark.parametrize("step", ["ingest", "rebuild"])
def test_a_kill_loses_nothing_and_the_same_call_goes_on(
    tmp_path: Path, cards: Path, embedder: Any, start: Callable[..., Any], step: str
) -> None:
    folder, home = tmp_path / "many", tmp_path / "home"
    folder.mkdir()
    for n in range(60):
        (folder / f"{n:02}.md").write_text(f"# Paper {n}\n\nWords about subject{n}.")
    body = (
        "    library.ingest([folder], lambda line: print(line.path, flush=True))\n"
        if step == "ingest"
        else "    library.ingest([folder])\n"
        "    print('rebuilding', flush=True)\n"
        "    with library._database.write() as c: c.execute('DELETE FROM vectors')\n"
        "    library.rebuild()\n"
    )
    process = start(OPEN + body, home, cards, folder)
    for _ in range(12 if step == "ingest" else 2):
        assert process.stdout.readline()
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    with Library.open(home, cards=cards, embedder=embedder) as library:
        kept = len(library.documents())
        assert kept >= (12 if step == "ingest" else 62)
        lines = library.ingest([folder])
        assert sum(line.state == "unchanged" for line in lines) >= kept - 2
        assert len(library.documents()) == 62
        assert library.search("words about subject41", k=1)[0].key == "paper-41"
        assert all(check.ok for check in library.health())


def test_two_processes_that_ingest_at_once_lose_nothing(
    tmp_path: Path, cards: Path, embedder: Any, start: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    Library.open(home, cards=cards, embedder=embedder).close()
    processes = []
    for half in ("a", "b"):
        folder = tmp_path / half
        folder.mkdir()
        for n in range(25):
            (folder / f"{n}.md").write_text(f"# {half} {n}\n\nWords about {half}subject{n}.")
        script = OPEN + "    library.search('words'); library.ingest([folder])\n"
        processes.append(start(script, home, cards, folder))
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with Library.open(home, cards=cards, embedder=embedder) as library:
        assert len(library.documents()) == 52
        assert library.search("words about bsubject7", k=1)[0].key == "b-7"
        assert all(check.ok for check in library.health())


def test_a_truncated_chroma_folder_is_said_and_search_goes_on(
    tmp_path: Path, cards: Path, embedder: Any, folder: Path
) -> None:
    home = tmp_path / "home"
    with Library.open(home, cards=cards, embedder=embedder) as library:
        library.ingest([folder])
        library.search("red apples")
    for path in (home / "chroma").rglob("*"):
        if path.is_file() and path.stat().st_size:
            os.truncate(path, path.stat().st_size // 2)
    with Library.open(home, cards=cards, embedder=embedder) as library:
        assert library.search("red apples", k=1)[0].key == "one"
        assert "run: ansatz papers rebuild" in library.notices[0]
        library.rebuild()
        assert all(check.ok for check in library.health())
        assert library.search("red apples", k=1)[0].key == "one"


def test_a_lost_chroma_folder_is_made_anew(
    tmp_path: Path, cards: Path, embedder: Any, folder: Path
) -> None:
    home = tmp_path / "home"
    with Library.open(home, cards=cards, embedder=embedder) as library:
        library.ingest([folder])
        library.search("red apples")
    shutil.rmtree(home / "chroma")
    with Library.open(home, cards=cards, embedder=embedder) as library:
        assert library._documents.count() > 0
        assert library.search("red apples", k=1)[0].key == "one"


def test_a_library_of_the_second_schema_gets_the_index_that_spares_reading_every_text(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    Library.open(tmp_path, cards=cards, embedder=embedder).close()
    connection = sqlite3.connect(tmp_path / "library.sqlite3")
    connection.executescript("DROP INDEX documents_by_origin; PRAGMA user_version = 2;")
    connection.close()
    with Library.open(tmp_path, cards=cards, embedder=embedder) as library:
        asked = "EXPLAIN QUERY PLAN SELECT key FROM documents WHERE origin = 'a'"
        (plan,) = library._database.rows(asked)
        assert "documents_by_origin" in plan["detail"]
        assert len(library.documents()) == 2


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Database(tmp_path / "x.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "x.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Exception, match="newer version"):
        Database(tmp_path / "x.sqlite3")
