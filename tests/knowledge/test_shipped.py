"""The vectors that ship are those of the shipped cards and embedder, and of nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge import Library
from knowledge.card import CARDS_FOLDER
from knowledge.embed import default_embedder
from knowledge.shipped import lacking, shipped_vectors, texts_of_cards, write
from knowledge.vectors import hash_of, model_of


class Counting:
    """An embedder that notes what it embeds."""

    dimension = 384

    def __init__(self, name: str = "", sha256: str = "") -> None:
        self._inner = default_embedder()
        self.name = name or self._inner.name
        self.sha256 = sha256 or self._inner.sha256
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.seen += texts
        return self._inner.encode(texts)


def test_every_text_of_the_shipped_cards_has_its_vector() -> None:
    remedy = "cards have changed; run: python -m knowledge.shipped"
    assert lacking(default_embedder()) == [], remedy


def test_they_are_the_vectors_that_the_embedder_computes() -> None:
    shipped = shipped_vectors(model_of(default_embedder()))
    sample = texts_of_cards()[::60]
    fresh = default_embedder().encode(sample)
    stored = np.stack([shipped[hash_of(text)] for text in sample])
    # Other processors round the quantised products a little differently.
    assert (fresh * stored).sum(axis=1).min() > 0.99


def test_a_first_opening_embeds_nothing(tmp_path: Path) -> None:
    embedder = Counting()
    with Library.open(tmp_path, embedder=embedder) as library:
        assert embedder.seen == []
        assert library.waiting() == 0
        assert library.search("label noise", k=1)[0].key == "paul2021"


def test_a_changed_card_is_noticed_and_only_its_new_text_embedded(tmp_path: Path) -> None:
    shutil.copytree(CARDS_FOLDER, tmp_path / "cards")
    path = tmp_path / "cards" / "kirsch2023.md"
    source = path.read_text(encoding="utf-8")
    path.write_text(source + "\nA sentence about marmalade.\n", encoding="utf-8")
    embedder = Counting()
    with Library.open(tmp_path / "home", cards=tmp_path / "cards", embedder=embedder) as library:
        assert len(embedder.seen) == 1
        assert "marmalade" in embedder.seen[0]
        assert library.search("marmalade", k=1)[0].key == "kirsch2023"


@pytest.mark.parametrize("other", [{"name": "another model"}, {"sha256": "0" * 64}])
def test_another_embedder_is_given_none_of_them(tmp_path: Path, other: dict[str, str]) -> None:
    assert shipped_vectors(model_of(Counting(**other))) == {}
    (tmp_path / "cards").mkdir()
    shutil.copy(CARDS_FOLDER / "kirsch2023.md", tmp_path / "cards")
    embedder = Counting(**other)
    Library.open(tmp_path / "home", cards=tmp_path / "cards", embedder=embedder).close()
    assert len(embedder.seen) > 5


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_a_damaged_or_missing_file_is_logged_and_costs_no_answer(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is not None:
        (tmp_path / "cards.npz").write_bytes(content)
    assert shipped_vectors("any", tmp_path / "cards.npz") == {}
    assert "shipped vectors unusable" in caplog.text


def test_the_file_can_be_written_anew(tmp_path: Path, embedder: Any) -> None:
    path = tmp_path / "cards.npz"
    assert write(embedder, path) == len(texts_of_cards())
    assert lacking(embedder, path) == []
    assert len(lacking(default_embedder(), path)) == len(texts_of_cards())
