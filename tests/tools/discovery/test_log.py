"""The log keeps everything at full precision and tells when it does not fit the search."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from fakes.discovery import Climber, Hill, Stub, program

from tools.discovery import policies, problems
from tools.discovery.budget import Budget
from tools.discovery.candidate import Candidate, Evaluation, Outcome, Spend
from tools.discovery.concepts import ConceptTree
from tools.discovery.log import Call, Log
from tools.discovery.loop import Search
from tools.discovery.problems.scaffold import scaffold
from tools.discovery.proposers import Proposal
from tools.discovery.writing import LogWriter
from tools.errors import BadInput, NotFound

HEADER = {"problem": "hill", "tree": ConceptTree({}).to_json()}


def search(**changes: object) -> Search:
    settings = {"seed": 1, **changes}
    return Search(Hill(), policies.create("uniform"), Climber(), Stub(), **settings)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = Candidate({"program.py": "x = '\ud800é'\n", "notes.txt": "n"})
    proposal = Proposal(
        made,
        frozenset({("a",), ("a", "b")}),
        "diff",
        "m",
        Spend(1, 2, 0.1, 0.5),
        {"reply": "r"},
        "why",
    )
    evaluation = Evaluation(Outcome.OK, 0.1 + 0.2, "3/10", [1, 2.5, math.inf, None], "note", 0.25)
    tree = ConceptTree({})
    ids = tree.close([("a", "b")])
    with LogWriter.open(tmp_path / "log", HEADER) as log:
        log.add_proposal(0, 77, (), proposal)
        log.add_evaluation(made.key, evaluation)
        log.commit(0, 0, None, ids, [tree.node(1), tree.node(2)], 1.5)
    with Log.read(tmp_path / "log") as log:
        (row,) = log.rows()
        assert (row.proposal, row.evaluation, row.concepts, row.elapsed) == (
            proposal, evaluation, ids, 1.5,
        )  # fmt: skip
        assert log.tree().path(2) == ("a", "b")
        best = log.best()
        assert best is not None
        assert (best.candidate, best.score) == (made, 0.1 + 0.2)


def test_calls_of_a_model_replace_the_transcript(tmp_path: Path) -> None:
    call = Call(0, "m", [{"role": "user", "content": "p"}], "r", Spend(3, 4, 0.01, 2.0))
    with LogWriter.open(tmp_path / "log", HEADER) as log:
        log.add_call(77, call)
        log.add_proposal(5, 77, (), Proposal(None, transcript={"reply": "r"}, message="none"))
        assert log.calls(5) == [call]
        assert log.call(77, 0) == call
        assert log.call(77, 1) is None
        found = log.proposal(5)
        assert found is not None
        assert found[1].transcript == {}


def test_a_log_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    seen: list[int] = []

    def look(progress: object) -> None:
        with Log.read(path) as log:
            seen.append(sum(1 for _ in log.rows()))

    search().run(path, Budget(6), progress=look)
    assert seen == [1, 2, 3, 4, 5, 6]


def test_only_one_process_writes(tmp_path: Path) -> None:
    with LogWriter.open(tmp_path / "log", HEADER), pytest.raises(BadInput, match="Another process"):
        LogWriter.open(tmp_path / "log", HEADER)
    LogWriter.open(tmp_path / "log", HEADER).close()


def test_another_search_cannot_go_on_in_a_log(tmp_path: Path) -> None:
    search().run(tmp_path / "log", Budget(3))
    for changes in ({"seed": 2}, {"window": 3}):
        with pytest.raises(BadInput, match=r"another search: its (seed|window)"):
            search(**changes).run(tmp_path / "log", Budget(3))


def own(folder: Path) -> dict[str, Any]:
    made = Search(problems.get(str(folder)), policies.create("uniform"), Climber(), Stub())
    return made.header()


def test_a_search_does_not_go_on_after_its_problem_was_edited(tmp_path: Path) -> None:
    folder, path = tmp_path / "mine", tmp_path / "log"
    scaffold("mine", folder)
    LogWriter.open(path, own(folder)).close()
    for name in ("known.toml", "test_problem.py", "README.md"):
        (folder / name).write_text((folder / name).read_text() + "\n")
    LogWriter.open(path, own(folder)).close()
    for name in ("problem.py", "baseline.py", "statement.md", "parts.py", "grammar.toml"):
        before = (folder / name).read_text()
        (folder / name).write_text(before + "\n")
        with pytest.raises(BadInput, match="the problem mine have been edited"):
            LogWriter.open(path, own(folder))
        (folder / name).write_text(before)
    LogWriter.open(path, own(folder)).close()


def test_a_log_of_before_there_were_digests_goes_on(tmp_path: Path) -> None:
    scaffold("mine", tmp_path / "mine")
    header = own(tmp_path / "mine")
    LogWriter.open(tmp_path / "log", {k: v for k, v in header.items() if k != "files"}).close()
    LogWriter.open(tmp_path / "log", header).close()
    # Ours have versions, and their texts may be improved.
    ours = Search(problems.get("cap_set"), policies.create("uniform"), Climber(), Stub())
    assert "files" not in ours.header()


def test_a_replay_that_comes_out_differently_is_told(tmp_path: Path) -> None:
    search().run(tmp_path / "log", Budget(5))
    db = sqlite3.connect(tmp_path / "log")
    db.execute("UPDATE commits SET concepts = '[9]' WHERE ticket = 2")
    db.commit()
    db.close()
    with pytest.raises(BadInput, match="ticket 2 replays"):
        search().run(tmp_path / "log", Budget(6))


def test_reports_count_without_reading_everything(tmp_path: Path) -> None:
    summary = search().run(tmp_path / "log", Budget(80))
    with Log.read(tmp_path / "log") as log:
        assert log.outcomes() == dict(summary.progress.outcomes)
        assert log.spend() == summary.progress.spend
        assert list(log.members()) == list(summary.archive.members)
        assert log.best() == summary.best
        assert len(log.tree()) == len(summary.archive.tree)
        assert [s.reason for s in log.sessions()] == ["evaluations used up"]
        assert program(0) == next(log.rows()).proposal.candidate


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Log.read(tmp_path / "none")
    (tmp_path / "text").write_text("this is not a database, just a text of some length" * 9)
    with pytest.raises(BadInput):
        Log.read(tmp_path / "text")
    with pytest.raises(BadInput):
        LogWriter.open(tmp_path / "text", HEADER)
