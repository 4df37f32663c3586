"""The loop: the same log whatever the timing, nothing lost by a kill, budgets kept and named."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fakes.discovery import Climber, Hill, Stub, program

from tools.discovery import policies
from tools.discovery.budget import Budget, Reason
from tools.discovery.candidate import Candidate, Evaluation
from tools.discovery.log import Log
from tools.discovery.loop import Progress, Search
from tools.discovery.proposers import Proposal, Request
from tools.discovery.static_concepts import concepts_of
from tools.errors import BadInput, Cancelled, Unavailable

TESTS = Path(__file__).parents[2]


def search(
    proposer: Any = None, executor: Any = None, policy: str = "k-elites", **more: Any
) -> Search:
    return Search(
        Hill(), policies.create(policy), proposer or Climber(), executor or Stub(), seed=3, **more
    )


def replayable(path: Path) -> list[tuple[Any, ...]]:
    with Log.read(path) as log:
        return list(log.replayable())


def test_the_first_member_is_the_baseline(tmp_path: Path) -> None:
    summary = search().run(tmp_path / "log", Budget(1))
    (member,) = summary.archive.members
    assert (member.candidate, member.parents, summary.reason) == (
        Hill().baseline(), (), Reason.EVALUATIONS,
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["k-elites", "islands", "ccts"])
def test_timing_changes_nothing(tmp_path: Path, policy: str) -> None:
    search(policy=policy).run(tmp_path / "quick", Budget(60))
    slow = search(Climber(0.01), Stub(0.01), policy=policy)
    slow.run(tmp_path / "slow", Budget(60))
    assert replayable(tmp_path / "quick") == replayable(tmp_path / "slow")


def test_another_seed_gives_another_log(tmp_path: Path) -> None:
    for seed in (1, 2):
        made = Search(Hill(), policies.create("uniform"), Climber(), Stub(), seed=seed)
        made.run(tmp_path / str(seed), Budget(20))
    assert replayable(tmp_path / "1")[20:] != replayable(tmp_path / "2")[20:]


def test_a_selection_sees_what_was_committed_a_window_before(tmp_path: Path) -> None:
    seen: dict[int, int] = {}

    class Watcher:
        name = "watcher"

        def select(self, archive: Any, rng: Any, count: int) -> tuple[int, ...]:
            seen[len(seen) + 1] = len(archive)
            return (0,)

    class Fresh(Climber):
        async def propose(self, request: Request) -> Proposal:
            await asyncio.sleep(random.random() / 100)
            return Proposal(program(len(self.asked), f"# {request.seed}"))

    Search(Hill(), Watcher(), Fresh(), Stub(0.01), window=3).run(tmp_path / "log", Budget(12))
    # Ticket t sees the members 0 to t - 3, and the baseline in any case.
    assert seen == {t: max(1, t - 2) for t in range(1, 12)}


def test_going_on_gives_the_log_of_a_search_that_never_stopped(tmp_path: Path) -> None:
    for total in (1, 7, 30, 45):
        search(Climber(0.002), Stub(0.002)).run(tmp_path / "steps", Budget(total))
    search().run(tmp_path / "whole", Budget(45))
    assert replayable(tmp_path / "steps") == replayable(tmp_path / "whole")
    with Log.read(tmp_path / "steps") as log:
        assert [s.first_ticket for s in log.sessions()] == [0, 1, 7, 30]


def test_proposals_and_evaluations_are_not_asked_for_twice(tmp_path: Path) -> None:
    first, executor = Climber(), Stub()
    search(first, executor).run(tmp_path / "log", Budget(30))
    assert len(set(executor.evaluated)) == len(executor.evaluated)
    assert len(first.asked) == 29
    second, executor = Climber(), Stub()
    search(second, executor).run(tmp_path / "log", Budget(31))
    assert len(second.asked) == 1
    assert len(executor.evaluated) <= 1


KILLED = """
import sys
from pathlib import Path
from fakes.discovery import Climber, Hill
from tools.discovery import policies
from tools.discovery.budget import Budget
from tools.discovery.evaluate import Evaluator
from tools.discovery.loop import Search
with Evaluator(2) as evaluator:
    made = Search(Hill(), policies.create("ccts"), Climber(0.01), evaluator, seed=3)
    made.run(Path(sys.argv[1]), Budget(int(sys.argv[2])))
"""


def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    path, total, kills = tmp_path / "log", 900, 0
    paid: set[tuple[Any, ...]] = set()
    draw = random.Random(7)
    while kills < 5:
        process = _start(path, total)
        _wait_for(path, lambda log: log.committed(), more_than=kills * 60, process=process)
        time.sleep(draw.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        proposals = {row for row in replayable(path) if len(row) == 13}
        assert paid <= proposals
        paid = proposals
    assert _start(path, total).wait(timeout=120) == 0
    search(policy="ccts").run(tmp_path / "twin", Budget(total))
    assert replayable(path) == replayable(tmp_path / "twin")
    with Log.read(path) as log:
        reasons = [s.reason for s in log.sessions()]
    assert reasons == ["killed"] * kills + ["evaluations used up"]


def _start(path: Path, total: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", KILLED, str(path), str(total)]
    return subprocess.Popen(command, cwd=TESTS)


def _wait_for(path: Path, count: Any, more_than: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and process.poll() is None:
        if path.exists():
            try:
                with Log.read(path) as log:
                    if count(log) > more_than:
                        return
            except BadInput:
                pass  # the tables are not there yet
        time.sleep(0.005)
    raise AssertionError("the search did not get so far")


def test_an_equal_program_is_evaluated_once_and_is_no_second_member(tmp_path: Path) -> None:
    class Same(Climber):
        async def propose(self, request: Request) -> Proposal:
            return Proposal(program(7))

    executor = Stub(0.01)
    summary = search(Same(), executor).run(tmp_path / "log", Budget(20))
    assert len(executor.evaluated) == 2
    assert len(summary.archive) == 2
    assert summary.progress.outcomes == {"ok": 2, "repeated": 18}
    with Log.read(tmp_path / "log") as log:
        assert [row.repeats for row in log.rows()] == [None, None] + [1] * 18


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(500, tokens=300), Reason.TOKENS),
        (Budget(500, dollars=0.02), Reason.DOLLARS),
        (Budget(10**6, seconds=0.2), Reason.SECONDS),
        (Budget(500, target=20.0), Reason.TARGET),
    ],
)
def test_a_budget_stops_a_search_and_is_named(
    tmp_path: Path, budget: Budget, reason: Reason
) -> None:
    summary = search().run(tmp_path / "log", budget)
    assert summary.reason is reason
    assert summary.progress.done < budget.evaluations
    with Log.read(tmp_path / "log") as log:
        assert log.sessions()[-1].reason == reason
        # Whatever was under way has been paid for, and is in the log to its end.
        assert log.committed() == summary.progress.done
        assert sum(1 for row in log.replayable() if len(row) == 13) == summary.progress.done
    again = search().run(tmp_path / "log", budget)
    assert (again.reason, again.progress.done) == (reason, summary.progress.done)


def test_a_proposal_missing_among_those_logged_is_made_although_the_budget_is_spent(
    tmp_path: Path,
) -> None:
    # Proposals arrive in any order: here the kill came when ticket 2 alone was still under way.
    path = tmp_path / "log"
    whole = search().run(path, Budget(500, tokens=120))
    expected = replayable(path)
    db = sqlite3.connect(path)
    db.execute("DELETE FROM proposals WHERE ticket = 2")
    for table in ("commits", "concepts"):
        db.execute(f"DELETE FROM {table} WHERE ticket >= 2")
    db.commit()
    db.close()
    give_up, proposer = time.monotonic() + 30, Climber()

    def stop() -> None:
        assert time.monotonic() < give_up, "the search waits for ever"

    summary = search(proposer).run(path, Budget(500, tokens=60), stop=stop)
    assert len(proposer.asked) == 1
    assert (summary.reason, summary.progress.done) == (Reason.TOKENS, whole.progress.done)
    assert replayable(path) == expected


def test_a_budget_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match="tokens = -1"):
        Budget(tokens=-1)


def test_cancelling_keeps_what_was_paid_for(tmp_path: Path) -> None:
    proposer = Climber(0.05)

    def stop_after_ten(progress: Progress) -> None:
        if progress.done == 10:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        search(proposer).run(tmp_path / "log", Budget(50), progress=stop_after_ten)
    with Log.read(tmp_path / "log") as log:
        assert log.sessions()[-1].reason == Reason.CANCELLED
        assert sum(1 for row in log.replayable() if len(row) == 13) == len(proposer.asked) + 1
    search().run(tmp_path / "log", Budget(50))
    search().run(tmp_path / "whole", Budget(50))
    assert replayable(tmp_path / "log") == replayable(tmp_path / "whole")


def test_a_search_that_waits_can_be_stopped(tmp_path: Path) -> None:
    class Asleep(Stub):
        async def evaluate(self, problem: Any, candidate: Candidate, seed: int) -> Evaluation:
            await asyncio.sleep(1000)
            raise AssertionError

    def stop() -> None:
        raise Cancelled("now")

    with pytest.raises(Cancelled):
        search(executor=Asleep()).run(tmp_path / "log", Budget(50), stop=stop)


def test_a_proposer_that_cannot_go_on_ends_the_search_with_its_words(tmp_path: Path) -> None:
    class Broken(Climber):
        async def propose(self, request: Request) -> Proposal:
            if len(self.asked) > 10:
                raise Unavailable("the endpoint is gone")
            return await super().propose(request)

    with pytest.raises(Unavailable, match="the endpoint is gone"):
        search(Broken()).run(tmp_path / "log", Budget(50))
    with Log.read(tmp_path / "log") as log:
        assert log.sessions()[-1].reason == Reason.FAILED
    search().run(tmp_path / "log", Budget(30))
    search().run(tmp_path / "whole", Budget(30))
    assert replayable(tmp_path / "log") == replayable(tmp_path / "whole")


def test_a_proposer_learns_in_the_order_of_tickets_and_again_in_a_replay(tmp_path: Path) -> None:
    class Pupil(Climber):
        def __init__(self, delay: float) -> None:
            super().__init__(delay)
            self.lessons: list[Any] = []

        def learn(self, proposal: Proposal, evaluation: Any, parents: Any) -> None:
            self.lessons.append((proposal, evaluation, parents))

    first, second = Pupil(0.005), Pupil(0)
    search(first).run(tmp_path / "log", Budget(30))
    search(second).run(tmp_path / "log", Budget(31))
    assert second.lessons[:29] == first.lessons
    assert len(second.lessons) == 30


def test_progress_tells_the_best_the_spend_and_the_outcomes(tmp_path: Path) -> None:
    told: list[Progress] = []
    summary = search().run(tmp_path / "log", Budget(40), progress=told.append)
    assert [p.done for p in told] == list(range(1, 41))
    last = told[-1]
    assert last.best == summary.best
    assert sum(last.outcomes.values()) == 40
    assert (last.spend.tokens_in, last.spend.tokens_out) == (390, 195)
    bests = [p.best.score for p in told if p.best is not None and p.best.score is not None]
    assert bests == sorted(bests)


def test_concepts_nobody_names_are_read_from_the_program(tmp_path: Path) -> None:
    class Silent(Climber):
        async def propose(self, request: Request) -> Proposal:
            return Proposal(program(request.seed % 900, "while False: pass"))

    summary = search(Silent()).run(tmp_path / "log", Budget(5))
    tree = summary.archive.tree
    for member in summary.archive.members[1:]:
        paths = concepts_of(member.candidate)
        assert paths
        assert {tree.path(id) for id in member.concepts} >= paths
