"""The page on a search: right in number, and of one moment while the search goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.discovery import Climber, Stub, program

from tools.discovery import policies, problems
from tools.discovery.budget import Budget
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.log import Log
from tools.discovery.loop import Search
from tools.discovery.problems import FolderProblem
from tools.discovery.proposers import Proposal, Request
from tools.discovery.report import page
from tools.discovery.report_figures import rising

RULERS = {4: [0, 1, 4, 6], 5: [0, 2, 7, 8], 6: [0, 1, 4, 9]}


class Rulers(Climber):
    """Proposes programs by number."""

    async def propose(self, request: Request) -> Proposal:
        return Proposal(program(4 + request.seed % 3, f"# {request.seed}"), frozenset({("idea",)}))


class Lengths(Stub):
    """Gives each program a ruler."""

    async def evaluate(self, problem: FolderProblem, made: Candidate, seed: int) -> Evaluation:
        number = made.source.rsplit("return ", 1)[1].strip()
        data = RULERS.get(int(number) if number.isdigit() else 6, RULERS[6])
        return Evaluation(Outcome.OK, -float(data[-1]), str(data[-1]), data)


def search(path: Path, evaluations: int) -> FolderProblem:
    problem = problems.get("golomb_ruler", marks=4)
    made = Search(problem, policies.create("uniform"), Rulers(), Lengths())
    made.run(path, Budget(evaluations))
    return problem


def test_one_is_not_called_several_and_is_compared_with_nothing(tmp_path: Path) -> None:
    problem = search(tmp_path / "log", 1)
    with Log.read(tmp_path / "log") as log:
        text = page(log, problem)
    assert "<p>1 proposal in" in text
    assert "1 session;" in text
    assert "among the other" not in text
    assert "rgba(" not in text


def test_several_are_told_apart_by_their_concepts(tmp_path: Path) -> None:
    search(tmp_path / "log", 12)
    problem = search(tmp_path / "log", 14)
    with Log.read(tmp_path / "log") as log:
        text = page(log, problem)
    assert "<p>14 proposals in" in text
    assert "2 sessions;" in text
    assert "among the best 4 programs than among the other 10" in text
    assert "rgba(" in text


def test_the_best_so_far_never_falls_whichever_way_is_better() -> None:
    scores = [(0, -65.0), (1, -52.0), (3, -54.0), (4, -52.0), (7, -44.0)]
    assert rising(scores) == [(0, -65.0), (1, -52.0), (7, -44.0)]
    assert rising([]) == []


def test_a_page_is_of_one_moment_while_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = search(tmp_path / "log", 1)
    with Log.read(tmp_path / "log") as log:
        before = page(log, problem)
    best = Log.best

    def meanwhile(log: Log) -> Member | None:
        search(tmp_path / "log", 20)
        return best(log)

    with Log.read(tmp_path / "log") as log, monkeypatch.context() as patched:
        patched.setattr(Log, "best", meanwhile)
        assert page(log, problem) == before
        patched.undo()
        assert "<p>20 proposals in" in page(log, problem)
