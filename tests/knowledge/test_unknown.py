"""Whether the library knows: tested on questions on which nothing was fitted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import evals
from knowledge import Library

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(evals.__file__).parent / "suites" / "data" / "relevance.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
REPORT = [row for row in ROWS if row["half"] == "report"]


def known(library: Library, row: dict[str, Any]) -> bool:
    return any(passage.relevant for passage in library.search(row["query"], k=10))


def test_the_questions_are_many_new_and_fairly_split(library: Library) -> None:
    inside = [row for row in ROWS if row["gold"]]
    outside = [row for row in ROWS if not row["gold"]]
    assert min(len(inside), len(outside)) >= 60
    assert abs(len(REPORT) - len(ROWS) / 2) <= 1
    assert {key for row in inside for key in row["gold"]} == {c.key for c in library.cards()}
    assert {row["topic"] for row in outside} == {"daily", "science", "physics", "ml"}
    here = Path(__file__).parent
    older = (here / "questions.jsonl").read_text() + (here / "unknown.jsonl").read_text()
    older += Path(evals.__file__).with_name("suites").joinpath("data/retrieval.jsonl").read_text()
    assert not [row["query"] for row in ROWS if f'"{row["query"]}"' in older]


def test_nine_of_ten_questions_outside_the_library_are_answered_unknown(library: Library) -> None:
    outside = [row for row in REPORT if not row["gold"]]
    answered = [row["query"] for row in outside if known(library, row)]
    assert len(answered) <= 0.1 * len(outside), answered


def test_at_most_one_in_twenty_questions_inside_the_library_is_lost(library: Library) -> None:
    inside = [row for row in REPORT if row["gold"]]
    lost = [row["query"] for row in inside if not known(library, row)]
    assert len(lost) <= 0.05 * len(inside), lost
