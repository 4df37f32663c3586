"""Vectors follow in the background; until then texts are found by their words, and nothing is
lost whatever ends the process."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge import KnowledgeError, Library

COUNT = 24  # documents; each has a title and a passage

DIE_WHILE_EMBEDDING = """
class Deadly(HashingEmbedder):
    done = 0
    def encode(self, texts):
        if Deadly.done >= 32:
            os.kill(os.getpid(), signal.SIGKILL)
        Deadly.done += len(texts)
        return super().encode(texts)
home, cards, folder = map(Path, sys.argv[1:4])
library = Library.open(home, cards=cards, embedder=HashingEmbedder())
library._vectors._embedder = Deadly()
library.ingest([folder])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    for n in range(COUNT):
        (made / f"{n:02}.md").write_text(
            f"# Title number{n}\n\nThe fruit called kind{n} is ripe.\n"
        )
    return made


def test_texts_are_found_by_their_words_before_they_have_vectors(
    tmp_path: Path, cards: Path, folder: Path, gated: Any
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        gated.gate.clear()
        library.ingest([folder], wait=False)
        assert library.waiting() == 2 * COUNT
        first = library.search("which fruit is called kind7", k=1)[0]
        assert "kind7" in first.text
        assert f"{2 * COUNT} texts wait for their vectors" in library.notices[-1]
        gated.gate.set()
        library.wait()
        assert library.waiting() == 0
        assert sorted(gated.seen[-2 * COUNT :]) == sorted(set(gated.seen[-2 * COUNT :]))
        again = library.search("which fruit is called kind7", k=1)[0]
        assert again.id == first.id
        assert again.similarity > first.similarity
        assert len(library._current().entries.ids) == len(library._current().ids)
        assert all(check.ok for check in library.health())


def test_a_passage_without_a_vector_is_as_near_as_the_mean_of_the_others(
    tmp_path: Path, cards: Path, folder: Path, gated: Any
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        gated.gate.clear()
        library.ingest([folder], wait=False)
        now = library._current()
        assert now.waiting == 2 * COUNT
        waiting = [place for place, id in enumerate(now.ids) if id not in now.entries.ids]
        assert len(waiting) == COUNT
        assert all((now.matrix[place] == now.mean).all() for place in waiting)
        gated.gate.set()


def test_closing_stops_and_the_next_opening_goes_on(
    tmp_path: Path, cards: Path, folder: Path, gated: Any
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        gated.gate.clear()
        library.ingest([folder], wait=False)
        threading.Timer(0.2, gated.gate.set).start()
    first = len(gated.seen)
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        library.wait()
        assert library.waiting() == 0
    assert first < len(gated.seen)
    assert len(gated.seen) == len(set(gated.seen))


def test_an_interrupt_while_embedding_keeps_every_text(
    tmp_path: Path, cards: Path, folder: Path, gated: Any
) -> None:
    seen: list[tuple[int, int]] = []

    def interrupt(done: int, total: int) -> None:
        seen.append((done, total))
        raise KeyboardInterrupt

    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        with pytest.raises(KeyboardInterrupt):
            library.ingest([folder], progress=interrupt)
        assert seen == [(16, 2 * COUNT)]
        assert library.waiting() == 2 * COUNT - 16
        assert len(library.documents()) == COUNT + 2
        assert [line.state for line in library.ingest([folder])] == ["unchanged"] * COUNT
        assert library.waiting() == 0
    assert len(gated.seen) == len(set(gated.seen))


def test_a_kill_while_embedding_loses_no_text_and_repeats_no_vector(
    tmp_path: Path,
    cards: Path,
    folder: Path,
    start: Callable[..., subprocess.Popen[str]],
    gated: Any,
) -> None:
    process = start(DIE_WHILE_EMBEDDING, tmp_path / "home", cards, folder)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        library.wait()
        assert library.waiting() == 0
        assert len(library.documents()) == COUNT + 2
        assert "kind3 " in library.search("which fruit is called kind3", k=1)[0].text
    # Two batches of 16 were stored before the kill.
    assert len(gated.seen) == 2 * COUNT - 32


def test_an_embedder_that_fails_is_announced_and_words_still_find(
    tmp_path: Path, cards: Path, folder: Path, gated: Any
) -> None:
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as library:
        gated.failing = True
        library.ingest([folder], wait=False)
        with pytest.raises(KnowledgeError, match="no answer"):
            library.wait()
        assert "could not be embedded" in library.notices[-1]
        assert "kind5" in library.search("which fruit is called kind5", k=1)[0].text
        vectors = {check.name: check for check in library.health()}["vectors"]
        assert not vectors.ok
        assert f"{2 * COUNT} texts have no vector yet" in vectors.detail
        gated.failing = False
        library.rebuild()
        assert all(check.ok for check in library.health())


def test_while_one_process_fills_another_waits_for_what_it_stores(
    tmp_path: Path, cards: Path, folder: Path, gated: Any
) -> None:
    other = type(gated)()
    with Library.open(tmp_path / "home", cards=cards, embedder=gated) as first:
        gated.gate.clear()
        first.ingest([folder], wait=False)
        with Library.open(tmp_path / "home", cards=cards, embedder=other) as second:
            assert "kind9" in second.search("which fruit is called kind9", k=1)[0].text
            assert second.waiting() == 2 * COUNT
            gated.gate.set()
            second.wait()
            assert second.waiting() == 0
    assert other.seen == []
