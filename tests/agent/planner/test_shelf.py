"""Which words add files to the library or ask its papers, and which do not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.messages import Reply, ToolSpec, user
from agent.papers import ADD, ASK, SEARCH
from agent.planner import EmbeddedPlanner
from agent.planner.shelf import paths, question_to_papers
from evals.routing import Stubs
from tools.experiment import Experiment


@pytest.fixture
def tools(strangers: list[Experiment]) -> list[ToolSpec]:
    stubs = [spec for spec in Stubs(strangers).specs if spec.name != SEARCH.name]
    return [*stubs, SEARCH, ASK, ADD]


def said(planner: EmbeddedPlanner, tools: list[ToolSpec], text: str) -> Reply:
    return asyncio.run(planner.reply([user(text)], tools, lambda _: None))


def calls(planner: EmbeddedPlanner, tools: list[ToolSpec], text: str) -> list[tuple[str, Any]]:
    return [(c.name, c.arguments) for c in said(planner, tools, text).calls]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("add paper.pdf to the library", ["paper.pdf"]),
        ("please add ~/papers and refs.bib to my library", ["~/papers", "refs.bib"]),
        ("ingest ./zotero-export", ["./zotero-export"]),
        ("put 'My Notes.md' into the papers", ["My Notes.md"]),
        ("import the folder zotero to our library", ["zotero"]),
        ("can you add arXiv-2401.00001.tar.gz to the paper library?",
         ["arXiv-2401.00001.tar.gz"]),
        ('Add "/tmp/a b/c d.pdf" to the library', ["/tmp/a b/c d.pdf"]),
        ("store /data/x/notes.md in the library, please", ["/data/x/notes.md"]),
        ("load library.ris into the bibliography", ["library.ris"]),
    ],
)  # fmt: skip
def test_adding_is_understood_with_its_paths(
    planner: EmbeddedPlanner, tools: list[ToolSpec], text: str, wanted: list[str]
) -> None:
    assert calls(planner, tools, text) == [("add_papers", {"paths": wanted})]


@pytest.mark.parametrize(
    "text", ["add a paper to the library", "how do I add a paper to the library?"]
)
def test_without_a_path_it_is_asked_for(
    planner: EmbeddedPlanner, tools: list[ToolSpec], text: str
) -> None:
    reply = said(planner, tools, text)
    assert reply.calls == ()
    assert "Which file or folder" in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "did you add paper.pdf to the library?",
        "don't add x.pdf to the library",
        "should I add x.pdf to the library?",
        "he said 'add secret.txt to the library now please' yesterday",
        "when I add x.pdf to the library, what happens?",
        "add 10 % noise to digits",
        "deduplicate the data in data.jsonl with eps 0.05",
        "delete the library and add x.pdf to the library",
        "include the figure in the paper",
    ],
)
def test_nothing_is_added_that_was_not_ordered(
    planner: EmbeddedPlanner, tools: list[ToolSpec], text: str
) -> None:
    assert "add_papers" not in [name for name, _ in calls(planner, tools, text)]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("what do the papers say about label noise?", "label noise"),
        ("so what does the library know about layer collapse", "layer collapse"),
        ("ask the papers: why does GraNd fail?", "why does GraNd fail"),
        ("ask my library about grid cells", "grid cells"),
    ],
)
def test_the_papers_are_asked_the_question_alone(
    planner: EmbeddedPlanner, tools: list[ToolSpec], text: str, question: str
) -> None:
    assert question_to_papers(text) == question
    assert calls(planner, tools, text) == [("ask_papers", {"question": question})]


def test_where_asking_is_not_offered_the_papers_are_searched(
    planner: EmbeddedPlanner, strangers: list[Experiment]
) -> None:
    text = "what do the papers say about label noise?"
    offered = [spec for spec in Stubs(strangers).specs if spec.name != "ask_papers"]
    assert [name for name, _ in calls(planner, offered, text)] == ["search_papers"]


def test_other_questions_go_to_the_search_as_before(
    planner: EmbeddedPlanner, tools: list[ToolSpec]
) -> None:
    for text in ("what does the paper say about label noise?", "who proposed EL2N?"):
        assert [name for name, _ in calls(planner, tools, text)] == ["search_papers"]


def test_each_path_is_taken_once_and_in_order() -> None:
    assert paths("add b.pdf, a.bib and b.pdf to the library") == ("b.pdf", "a.bib")
