"""What is told of a search while it goes on."""

from __future__ import annotations

from pathlib import Path

from fakes.discovery import Climber, Hill, Stub, program

from tools.discovery import policies
from tools.discovery.budget import Budget
from tools.discovery.candidate import Evaluation, Member, Outcome, Spend
from tools.discovery.loop import Progress, Search


def told(exact: str = "", spend: Spend | None = None, rate: float = 0.0, **outcomes: int) -> str:
    best = Member(0, program(0), Evaluation(Outcome.OK, 1.0, exact)) if exact else None
    return Progress(3, 9, best, spend or Spend(), 1.0, rate, outcomes).detail()


def test_the_best_is_told_as_a_number_however_exactly_it_is_known() -> None:
    assert told("5129830254776/1942061503311") == "best 2.64143553"
    assert told("2.635983084910000000000000001") == "best 2.63598308"
    assert told("-112") == "best -112"
    assert told() == "nothing valid yet"


def test_rate_spend_and_outcomes_are_told_where_there_are_any() -> None:
    spend = Spend(900, 100, 0.0123)
    line = told("7", spend, 2.345, ok=12, invalid=3, crashed=0)
    assert line == "best 7; 2.3/s; 1000 tokens; $0.0123; ok 12, invalid 3"
    assert told("7", rate=0.05) == "best 7; 3.0/min"


def test_a_resumed_search_tells_what_was_done_before(tmp_path: Path) -> None:
    seen: list[Progress] = []
    for total in (6, 9):
        made = Search(Hill(), policies.create("greedy"), Climber(), Stub())
        made.run(tmp_path / "log", Budget(total), progress=seen.append)
    assert [p.first for p in seen] == [0] * 6 + [6] * 9
