"""Search finds the right paper, says when there is none, and keeps up with changes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from knowledge import KnowledgeError, Library

QUESTIONS = [
    json.loads(line)
    for line in Path(__file__).with_name("questions.jsonl").read_text().splitlines()
]
INSIDE = [row for row in QUESTIONS if row["keys"]]
OUTSIDE = [row["question"] for row in QUESTIONS if not row["keys"]]


def rank(library: Library, row: dict[str, Any]) -> int:
    """The place of the first right paper among the papers found, 1 is best."""
    keys = list(dict.fromkeys(passage.key for passage in library.search(row["question"], k=30)))
    return min((keys.index(key) + 1 for key in row["keys"] if key in keys), default=99)


def test_the_right_paper_is_found_for_the_labelled_questions(library: Library) -> None:
    ranks = [rank(library, row) for row in INSIDE]
    assert len(ranks) >= 40
    first = sum(place == 1 for place in ranks) / len(ranks)
    assert first >= 0.85
    assert all(place <= 5 for place in ranks)
    assert sum(1 / place for place in ranks) / len(ranks) >= 0.92


@pytest.mark.parametrize(
    ("question", "id"),
    [
        ("what does the paper say about label noise?", "paul2021:label-noise"),
        ("formula of the DCO loss", "chen2025:method"),
        ("what are the limitations of pass@N training", "chen2025:limits"),
        ("limits of SynFlow", "tanaka2020:limits"),
    ],
)
def test_the_right_passage_is_among_the_first_three(
    library: Library, question: str, id: str
) -> None:
    assert id in [passage.id for passage in library.search(question, k=3)]


@pytest.mark.parametrize("question", OUTSIDE)
def test_a_question_about_something_else_comes_back_not_relevant(
    library: Library, question: str
) -> None:
    assert not any(passage.relevant for passage in library.search(question, k=10))


def test_questions_about_the_papers_come_back_relevant(library: Library) -> None:
    missed = [
        row["question"]
        for row in INSIDE
        if not any(passage.relevant for passage in library.search(row["question"]))
    ]
    assert len(missed) <= 0.05 * len(INSIDE), missed


@pytest.mark.parametrize(
    ("question", "key", "named"),
    [
        ("what is synflow", "tanaka2020", True),
        ("Pan et al. on grading", "pan2025", True),
        ("how to clean a frying pan", "pan2025", False),
        ("GraNd scores", "paul2021", True),
        ("a grand hotel in Paris", "paul2021", False),
        ("songs of Paul McCartney", "paul2021", False),
        ("Paul (2021)", "paul2021", True),
        ("what is in 2303.14753?", "kirsch2023", True),
    ],
)
def test_a_name_counts_only_where_it_is_one(
    library: Library, question: str, key: str, named: bool
) -> None:
    found = library.search(question, k=30)
    assert any(passage.key == key and passage.named for passage in found) is named


def test_british_and_american_spelling_find_the_same(library: Library) -> None:
    british = library._current().lexical.query("prune at initialisation", 5)
    american = library._current().lexical.query("prune at initialization", 5)
    assert british == american
    assert len(british) == 5


def test_similarity_is_the_cosine_and_scores_fall(library: Library) -> None:
    found = library.search("semantic deduplication", k=10)
    assert [passage.score for passage in found] == sorted(
        (passage.score for passage in found), reverse=True
    )
    assert all(-1 <= passage.similarity <= 1 for passage in found)
    assert len({passage.id for passage in found}) == 10


@pytest.mark.parametrize(("query", "k"), [("", 5), ("  \n", 5), ("label noise", 0)])
def test_an_empty_question_or_count_is_refused(library: Library, query: str, k: int) -> None:
    with pytest.raises(KnowledgeError, match="search: "):
        library.search(query, k)


@pytest.mark.parametrize("query", ["???", "the of and", "\u6570\u636e", "x" * 10_000, "a\x00b"])
def test_odd_questions_are_answered_all_the_same(library: Library, query: str) -> None:
    assert len(library.search(query, k=3)) == 3


def test_threads_get_the_same_answers_as_one(library: Library) -> None:
    questions = [row["question"] for row in INSIDE[:12]]
    alone = [library.search(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(library.search, questions)) == alone


def test_an_empty_library_finds_nothing(tmp_path: Path, embedder: Any) -> None:
    (tmp_path / "none").mkdir()
    with Library.open(tmp_path / "home", cards=tmp_path / "none", embedder=embedder) as empty:
        assert empty.search("anything") == []
        assert all(check.ok for check in empty.health())
