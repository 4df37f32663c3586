"""`ansatz papers` searches, lists, shows and cites the library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from knowledge.card import CARDS_FOLDER
from knowledge.vectors import Vectors


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for all tests here: embedding the cards takes seconds."""
    return tmp_path_factory.mktemp("library")


@pytest.fixture(autouse=True)
def _here(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSATZ_HOME", str(library))


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


def test_search_finds_the_passage_and_gives_its_id() -> None:
    done = ansatz("papers", "search", "what", "about", "label", "noise?", "-k", "3")
    assert done.exit_code == 0, done.output
    assert "[paul2021:label-noise]" in done.stdout
    found = json.loads(ansatz("papers", "search", "label noise", "--json").stdout)["passages"]
    assert len(found) == 5
    assert found[0]["key"] == "paul2021"
    assert found[0]["relevant"] is True


def test_search_says_when_nothing_is_close() -> None:
    done = ansatz("papers", "search", "how do I bake sourdough bread in a cast iron pot")
    assert done.stdout.startswith("Nothing in the library is close to this")


def test_an_empty_question_is_bad_input() -> None:
    assert ansatz("papers", "search", " ").exit_code == 2
    assert ansatz("papers", "search").exit_code == 2


def test_papers_are_listed_shown_and_cited() -> None:
    assert "paul2021" in ansatz("papers", "list").stdout
    keys = [p["key"] for p in json.loads(ansatz("papers", "list", "--json").stdout)["papers"]]
    assert keys == sorted(keys)
    assert "Label noise" in ansatz("papers", "show", "2107.07075").stdout
    assert "Limits" in json.loads(ansatz("papers", "show", "paul2021", "--json").stdout)["sections"]
    text = ansatz("papers", "cite", "paul2021", "kirsch2023").stdout
    assert text.count("@") == 2
    assert "@inproceedings{paul2021," in text


def test_an_unknown_paper_is_bad_input_and_the_known_ones_are_named() -> None:
    done = ansatz("papers", "show", "nobody1999")
    assert done.exit_code == 2
    assert "paul2021" in done.stderr


def test_the_index_is_made_anew() -> None:
    done = ansatz("papers", "rebuild", "--json")
    assert done.exit_code == 0, done.output
    assert all(check["ok"] for check in json.loads(done.stdout)["health"])


def test_a_question_is_answered_in_quotes_or_is_unknown() -> None:
    done = json.loads(ansatz("papers", "ask", "how is the EL2N score defined?", "--json").stdout)
    assert done["known"] is True
    assert all(quote["end"] > quote["start"] >= 0 for quote in done["quotes"])
    assert set(done["bibtex"]) == {quote["key"] for quote in done["quotes"]}
    assert "characters" in ansatz("papers", "ask", "how is the EL2N score defined?").stdout
    unknown = ansatz("papers", "ask", "how do I bake sourdough bread in a cast iron pot")
    assert unknown.stdout.startswith("unknown")


def test_files_are_added_shown_cited_exported_and_removed(tmp_path: Path) -> None:
    (tmp_path / "mine.bib").write_text("@misc{mine2020, title={Mine}, abstract={Ripe figs.}}")
    (tmp_path / "bad.pdf").write_bytes(b"no")
    done = ansatz("papers", "add", str(tmp_path))
    assert done.exit_code == 1
    assert "failed" in done.stdout
    assert "2 files, 1 documents added, 1 files failed" in done.stdout
    assert "Ripe figs." in ansatz("papers", "show", "mine2020").stdout
    assert ansatz("papers", "cite", "mine2020").stdout.startswith("@misc{mine2020,")
    assert "mine2020" in ansatz("papers", "list").stdout
    assert "@misc{mine2020," in ansatz("papers", "export").stdout
    rows = ansatz("papers", "export", "--format", "jsonl").stdout.splitlines()
    assert any(json.loads(row)["text"] == "Ripe figs." for row in rows)
    assert ansatz("papers", "remove", "mine2020").exit_code == 0
    assert "mine2020" not in ansatz("papers", "list").stdout
    assert ansatz("papers", "remove", "paul2021").exit_code == 2


def test_filters_narrow_a_search() -> None:
    found = ansatz("papers", "search", "pruning", "--since", "2023", "--json").stdout
    assert all(p["year"] >= 2023 for p in json.loads(found)["passages"])
    assert ansatz("papers", "search", "x", "--since", "2023", "--until", "2020").exit_code == 2


def test_the_graph_is_shown_as_text_and_for_graphviz() -> None:
    assert "paul2021: Deep Learning on a Data Diet" in ansatz("papers", "graph", "paul2021").stdout
    assert ansatz("papers", "graph", "--dot").stdout.startswith("digraph papers {")


def test_cards_are_checked_for_everything_that_can_be_wrong(tmp_path: Path) -> None:
    done = ansatz("papers", "check")
    assert (done.exit_code, done.stdout) == (0, "no problems\n")
    card = (CARDS_FOLDER / "kirsch2023.md").read_text(encoding="utf-8")
    folder = tmp_path / "cards"
    folder.mkdir()
    made = card.replace("key: kirsch2023", "key: mine2020").replace("pruning.", "nowhere.")
    (folder / "mine2020.md").write_text(made.replace("related: [", "related: [nobody1999, "))
    (tmp_path / "source.txt").write_text(card.partition("## Limits")[2])
    found = ansatz("papers", "check", str(folder), "--published", str(tmp_path), "--json")
    assert found.exit_code == 1
    problems = " ".join(p["problem"] for p in json.loads(found.stdout)["problems"])
    for part in ("the same paper as card kirsch2023", "is not registered", "'nobody1999'"):
        assert part in problems
    assert "section 'Limits': copied from a source" in problems
    assert ansatz("papers", "check", str(tmp_path / "none")).exit_code == 1


def test_an_interrupt_while_adding_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "fig.md").write_text("# On figs\n\nA ripe fig called kadota.\n")
    with monkeypatch.context() as patch:
        patch.setattr(Vectors, "_store", interrupted)
        done = ansatz("papers", "add", str(tmp_path))
    assert done.exit_code == 130
    assert "stopped after 1 files, which are kept; 2 texts wait for their vectors" in done.stderr
    assert "kadota" in ansatz("papers", "search", "kadota").stdout
    assert ansatz("papers", "remove", "on-figs").exit_code == 0
