"""Answers quote the library to the letter, or say that it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge import Document, Library
from knowledge.answer import sentences
from knowledge.citation import bibtex_of
from knowledge.graph import around, as_dot, as_text, graph_of
from knowledge.passage import Passage
from knowledge.search import without_repeats

HELD = [
    row["question"]
    for row in map(json.loads, Path(__file__).with_name("unknown.jsonl").read_text().splitlines())
    if row["part"] == "held-out"
]


def test_quotes_stand_in_the_document_where_they_say(library: Library) -> None:
    answer = library.ask("how does label noise change which examples have high scores?")
    assert answer.known
    for quote in answer.quotes:
        source = library.document(quote.passage.key).source
        assert source[quote.start : quote.end] == quote.text
    assert answer.quotes[0].passage.key == "paul2021"


def test_questions_about_something_else_are_answered_unknown(library: Library) -> None:
    answered = [question for question in HELD if library.ask(question).known]
    assert len(answered) <= 0.1 * len(HELD), answered


def test_sentences_are_cut_at_full_stops_but_not_in_numbers() -> None:
    text = (
        "The error falls by 0.5 in all. A second sentence follows!\n\nA third one, without an end"
    )
    assert [text[a:b] for a, b in sentences(text)] == [
        "The error falls by 0.5 in all.",
        "A second sentence follows!",
        "A third one, without an end",
    ]


def test_a_document_is_cited_with_what_is_known() -> None:
    document = Document(
        "a1", "text", "50% of $x_1$ & more", "", ("A B", "C D"), 2020, "Journal of X", "2001.00001"
    )
    entry = bibtex_of(document)
    assert entry.startswith("@article{a1,\n  title = {{50\\% of $x_1$ \\& more}},")
    assert "author = {A B and C D}" in entry
    assert "eprint = {2001.00001}" in entry
    assert bibtex_of(Document("b", "text", "Open } brace", "")) == (
        "@misc{b,\n  title = {{Open  brace}},\n}\n"
    )


@pytest.mark.parametrize("named", ["first", "second"])
def test_of_two_copies_the_one_with_authors_stays(named: str) -> None:
    words = " ".join("word" + chr(97 + n // 26) + chr(97 + n % 26) for n in range(60))
    found = [
        Passage(f"{key}:text", key, key, "Text", words, ("A",) if key == named else (), None, None,
                None, 0, len(words), score=score)
        for key, score in (("first", 2.0), ("second", 1.0))
    ]  # fmt: skip
    kept = without_repeats(found)
    assert [(p.key, p.score) for p in kept] == [(named, 2.0)]


def test_the_graph_shows_links_both_ways(library: Library) -> None:
    graph = graph_of(library.cards())
    for a, b in graph.links:
        assert a in graph.neighbors(b)
        assert b in graph.neighbors(a)
    near = around(graph, "paul2021", 1)
    assert set(near.cards) == {"paul2021", *graph.neighbors("paul2021")}
    assert "paul2021: Deep Learning on a Data Diet" in as_text(near)
    dot = as_dot(near)
    assert dot.startswith("digraph papers {")
    assert dot.count("->") == len(near.links)
