"""The vector index has one owner, survives crashes and damage, and says what it does."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge import KnowledgeError, Library

Start = Callable[..., subprocess.Popen[str]]

QUESTION = "the method of weaving"

OPEN_AND_WAIT = """
library = Library.open(Path(sys.argv[1]), cards=Path(sys.argv[2]), embedder=HashingEmbedder())
found = library.search("the method of weaving")
print(library._index.kind, library.notices, [p.id for p in found], flush=True)
sys.stdin.read()
library.close()
"""

DIE_WHILE_WRITING = """
from knowledge.chroma import ChromaIndex
library = Library.open(Path(sys.argv[1]), cards=Path(sys.argv[2]), embedder=HashingEmbedder())
library.search("anything")
ChromaIndex._check = lambda self, ids, matrix: os.kill(os.getpid(), signal.SIGKILL)
library.rebuild()
"""


def open_library(folder: Path, cards: Path, embedder: Any) -> Library:
    return Library.open(folder, cards=cards, embedder=embedder)


def damage(folder: Path) -> None:
    for path in (folder / "chroma").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00garbage" * 600)


def test_of_two_processes_one_owns_the_index_and_both_find_the_same(
    tmp_path: Path, cards: Path, start: Start
) -> None:
    running = [start(OPEN_AND_WAIT, tmp_path / "home", cards) for _ in range(2)]
    lines = []
    for process in running:
        assert process.stdout is not None
        lines.append(process.stdout.readline())
    for process in running:
        _, errors = process.communicate("", timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert sorted(line.split()[0] for line in lines) == ["chroma", "exact"]
    assert [line[line.rindex("[") :] for line in lines] == [lines[0][lines[0].rindex("[") :]] * 2
    exact = next(line for line in lines if line.startswith("exact"))
    assert "owns the vector index" in exact


def test_a_process_killed_while_it_rebuilds_leaves_a_library_that_heals(
    tmp_path: Path, cards: Path, start: Start, embedder: Any
) -> None:
    process = start(DIE_WHILE_WRITING, tmp_path / "home", cards)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with open_library(tmp_path / "home", cards, embedder) as library:
        assert library.search(QUESTION)[0].id == "second2024:method"
        assert library._index.kind == "chroma"
        assert library.notices == [
            "a process ended while it wrote the vector index; the index was rebuilt"
        ]
        assert all(check.ok for check in library.health())
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        assert library.notices == []


def test_a_damaged_folder_is_announced_searched_around_and_repaired_by_rebuild(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        before = [passage.id for passage in library.search(QUESTION)]
    damage(tmp_path / "home")
    with open_library(tmp_path / "home", cards, embedder) as library:
        assert [passage.id for passage in library.search(QUESTION)] == before
        assert library._index.kind == "exact"
        assert len(library.notices) == 1
        assert "damaged" in library.notices[0]
        assert "ansatz papers rebuild" in library.notices[0]
        index = {check.name: check for check in library.health()}["index"]
        assert not index.ok
        assert "ansatz papers rebuild" in index.detail
        library.rebuild()
        assert library._index.kind == "chroma"
        assert [passage.id for passage in library.search(QUESTION)] == before
        assert all(check.ok for check in library.health())


def test_a_damaged_folder_can_be_repaired_from_another_library_meanwhile(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
    damage(tmp_path / "home")
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        with open_library(tmp_path / "home", cards, embedder) as other:
            other.rebuild()
            assert all(check.ok for check in other.health())


def test_one_changed_byte_in_any_file_is_noticed_before_chroma_reads_it(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    home = tmp_path / "home"
    with open_library(home, cards, embedder) as library:
        library.search(QUESTION)
    files = [path for path in (home / "chroma").rglob("*") if path.is_file()]
    changed = [path for path in files if path.stat().st_size]
    assert len(changed) >= 3
    for path in changed:
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        for _ in range(2):  # still noticed the second time
            with open_library(home, cards, embedder) as library:
                library.search(QUESTION)
                assert f"{path.name} changed" in library.notices[0]
        path.write_bytes(content)
    with open_library(home, cards, embedder) as library:
        library.search(QUESTION)
        assert library.notices == []


def test_a_library_that_is_used_and_closed_in_order_never_looks_damaged(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    for round in range(8):
        with open_library(tmp_path / "home", cards, embedder) as library:
            library.search(QUESTION)
            library.add(f"text {round} " * 50, title=f"T{round}")
            library.search(f"text {round}")
            assert (library._index.kind, library.notices) == ("chroma", [])


def test_an_index_that_lost_passages_is_noticed(tmp_path: Path, cards: Path, embedder: Any) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        library._index._chroma._collection.delete(ids=["first2024:idea"])
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        assert "holds 11 passages, the library 12" in library.notices[0]


def test_an_index_with_wrong_vectors_is_noticed(tmp_path: Path, cards: Path, embedder: Any) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        collection = library._index._chroma._collection
        ids = collection.get()["ids"]
        wrong = embedder.encode(["unrelated"] * len(ids))
        collection.update(ids=ids, embeddings=wrong)
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        assert "does not find the passage" in library.notices[0]


def test_a_missing_folder_is_made_again_without_ado(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
    shutil.rmtree(tmp_path / "home" / "chroma")
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
        assert library._index.kind == "chroma"
        assert library.notices == []


def test_an_edited_card_reaches_the_index(
    tmp_path: Path, cards: Path, embedder: Any, write_card: Callable[..., Path]
) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
    write_card(cards, "second2024", "crocheting")
    with open_library(tmp_path / "home", cards, embedder) as library:
        assert library.search("the method of crocheting")[0].id == "second2024:method"
        assert library._index._chroma._collection.count() == 12
        assert library.notices == []


def test_vectors_of_another_model_are_never_mixed(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    with open_library(tmp_path / "home", cards, embedder) as library:
        library.search(QUESTION)
    embedder.sha256 = "1" * 64
    embedder.dimension = 32
    with open_library(tmp_path / "home", cards, embedder) as library:
        assert library.search(QUESTION)[0].id == "second2024:method"
        assert library._index.kind == "chroma"
        assert library.notices == []


def test_rebuild_is_refused_while_another_library_owns_the_index(
    tmp_path: Path, cards: Path, embedder: Any
) -> None:
    with open_library(tmp_path / "home", cards, embedder) as owner:
        with open_library(tmp_path / "home", cards, embedder) as other:
            assert other.search(QUESTION) == owner.search(QUESTION)
            with pytest.raises(KnowledgeError, match="stop that process"):
                other.rebuild()
        assert all(check.ok for check in owner.health())
