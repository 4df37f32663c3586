"""Fixtures: one real library for the session, and a fast embedder for the mechanics."""

from __future__ import annotations

import hashlib
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import knowledge
from knowledge import KnowledgeError, Library

ROOT = Path(knowledge.__file__).parents[1]

CARD = """---
key: {key}
title: "{title}"
authors: [Ada Example, Bob Sample]
year: 2024
venue: arXiv
arxiv: "2401.00001"
method: pruning
tags: [Sieve]
experiments: [pruning.compare]
---
## Question
Does {word} help?

## Idea
The idea of {word}.

## Method
The method of {word}.

## Headline figures
A figure about {word}.

## Limits
{limits}

## For the practitioner
Use {word}.
"""


class HashingEmbedder:
    """Unit vectors from hashed words: no network, same words near each other."""

    name = "hashing"
    sha256 = "0" * 64
    dimension = 64

    def encode(self, texts: Sequence[str]) -> Any:
        rows = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:2], "big")
                rows[row, place % self.dimension] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Gated(HashingEmbedder):
    """Embeds several texts only while the gate is open; notes them."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.seen: list[str] = []
        self.failing = False

    def encode(self, texts: Sequence[str]) -> Any:
        if len(texts) > 1:
            assert self.gate.wait(timeout=30)
            if self.failing:
                raise KnowledgeError("embedding endpoint: no answer; check the address")
            self.seen += texts
        return super().encode(texts)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The shipped cards with the shipped embedder."""
    with Library.open(tmp_path_factory.mktemp("library")) as opened:
        yield opened


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def gated() -> Gated:
    return Gated()


@pytest.fixture
def write_card() -> Callable[..., Path]:
    """Writes a small valid card and returns its path."""

    def write(folder: Path, key: str, word: str = "sieving", limits: str = "None known.") -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / f"{key}.md"
        title = f"On {word} of {key}"
        path.write_text(CARD.format(key=key, word=word, limits=limits, title=title))
        return path

    return write


@pytest.fixture
def cards(tmp_path: Path, write_card: Callable[..., Path]) -> Path:
    """A folder of two small cards."""
    write_card(tmp_path / "cards", "first2024", "sieving")
    write_card(tmp_path / "cards", "second2024", "weaving")
    return tmp_path / "cards"


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Starts a Python process that has `HashingEmbedder` and `Library` at hand."""
    prelude = (
        "import hashlib, os, signal, sys\nfrom pathlib import Path\nfrom typing import Any\n"
        "from collections.abc import Sequence\nimport numpy as np\nfrom knowledge import Library\n"
        + inspect.getsource(HashingEmbedder)
    )

    def begin(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", prelude + script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    return begin
