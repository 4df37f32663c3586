"""What the planner knows of language apart from the experiments: the contents of words.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from agent.planner.text import STOP_WORDS, stem, stems


@cache
def words() -> dict[str, Any]:
    """Returns the contents of words.toml."""
    with (Path(__file__).parent / "words.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def names() -> dict[str, str]:
    """Returns well-known name -> `data`, `method` or `model`."""
    return {name: kind for kind, listed in words()["names"].items() for name in listed}


@cache
def general() -> frozenset[str]:
    """Returns ordinary words, as written and as stems, that name neither data nor method."""
    plain = set(words()["general"]["words"]) | STOP_WORDS
    return frozenset(plain | {stem(w) for w in plain})


@cache
def synonyms() -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Returns phrase -> phrases of the same meaning, all as stems."""
    return {tuple(stems(a)): [tuple(stems(b)) for b in same] for a, same in words()["same"].items()}
