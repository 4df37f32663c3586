from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.messages import Reply, Usage, user
from evals import runner
from evals.journal import Journal
from evals.limits import Limits, Pace
from evals.replies import ReplyStore
from evals.runner import Settings
from evals.sample import Answer, Sample, Score, State, Suite
from tools.errors import BadInput


class Parrot:
    """Answers with the last message; counts what it is asked."""

    name, offline, base_url = "parrot", False, "http://localhost"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def reply(self, messages, tools, on_token) -> Reply:
        text = messages[-1]["content"]
        self.asked.append(text)
        await asyncio.sleep(0)
        if text == "broken":
            raise ConnectionError("the line is dead")
        return Reply(text, usage=Usage(10, 5, 0.01, 1), model=self.name)

    async def close(self) -> None: ...


async def ask(sample: Sample, context) -> Answer:
    reply = await context.reply([user(sample.question)])
    return Answer(reply.text, usage=context.usage)


async def same(sample: Sample, answer: Answer) -> Score:
    if answer.text == "scorer bug":
        raise KeyError("gold")
    if not answer.text:
        return Score.wrong("empty", state=State.NO_ANSWER)
    ok = answer.text == sample.gold
    return Score.right(answer=answer.text) if ok else Score.wrong("differs", answer.text)


def suite(*questions: str, solver=ask, epochs: int = 1) -> Suite:
    samples = [Sample(f"s{i}", q, "yes") for i, q in enumerate(questions)]
    return Suite("parrots", "Parrots", 1, samples, solver, same, epochs)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = Parrot()

    def run(self, a_suite: Suite, shared: ReplyStore | None = None, **settings) -> str:
        journal, replies = Journal(self.folder / "j.sqlite"), ReplyStore(self.folder / "r.sqlite")
        try:
            return asyncio.run(
                runner.run(a_suite, self.model, journal, replies, shared=shared,
                           settings=Settings(**settings))
            )  # fmt: skip
        finally:
            journal.close()
            replies.close()

    def entries(self, scorer: str = "parrots"):
        journal = Journal(self.folder / "j.sqlite")
        found = list(journal.entries(scorer))
        journal.close()
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_every_kind_of_end_is_a_result_of_its_own(bench: Bench) -> None:
    assert bench.run(suite("yes", "no", "", "broken", "scorer bug")) == "complete"
    states = [entry.score.state for entry in bench.entries()]
    assert states == [
        State.CORRECT, State.INCORRECT, State.NO_ANSWER, State.FAILED, State.UNGRADABLE,
    ]  # fmt: skip
    failed = bench.entries()[3]
    assert failed.errors == ("ConnectionError: the line is dead",) * 2
    assert failed.answer is None


def test_a_finished_run_asks_nothing_again(bench: Bench) -> None:
    bench.run(suite("yes", "no"))
    bench.run(suite("yes", "no"))
    assert sorted(bench.model.asked) == ["no", "yes"]
    assert len(bench.entries()) == 2


def test_epochs_are_draws_of_their_own(bench: Bench) -> None:
    bench.run(suite("yes", epochs=3))
    assert bench.model.asked == ["yes"] * 3
    assert [e.epoch for e in bench.entries()] == [0, 1, 2]


def test_replies_of_other_runs_are_used_where_the_whole_request_is_equal(tmp_path: Path) -> None:
    shared = ReplyStore(tmp_path / "shared.sqlite")
    first, second = Bench(tmp_path / "a"), Bench(tmp_path / "b")
    first.run(suite("yes", "no"), shared)
    second.run(suite("yes", "other"), shared)
    assert second.model.asked == ["other"]
    third = Bench(tmp_path / "c")
    third.model.name = "another parrot"
    third.run(suite("yes"), shared)
    assert third.model.asked == ["yes"]


def test_a_run_over_its_total_stops_at_a_sample_and_resumes(bench: Bench) -> None:
    questions = [f"q{i}" for i in range(20)]
    assert bench.run(suite(*questions), concurrency=1, total=Limits(tokens=45)) == "limit of tokens"
    assert len(bench.entries()) == 3
    assert bench.run(suite(*questions)) == "complete"
    assert sorted(bench.model.asked) == sorted(questions)


def test_a_sample_over_its_limit_is_scored_as_it_stands(bench: Bench) -> None:
    async def chatter(sample: Sample, context) -> Answer:
        for turn in range(100):
            await context.reply([user(f"yes{turn}")])
        raise AssertionError("the limit did not hold")

    bench.run(suite("x", solver=chatter), per_sample=Limits(tokens=40))
    (entry,) = bench.entries()
    assert entry.answer.limit == "tokens"
    assert entry.answer.text == "yes2"
    assert entry.score.state is State.INCORRECT


def test_time_limit_and_time_outs_of_the_solver_are_told_apart(bench: Bench) -> None:
    async def slow(sample: Sample, context) -> Answer:
        if sample.question == "own":
            raise TimeoutError("upstream")
        await asyncio.sleep(60)
        raise AssertionError("the limit did not hold")

    bench.run(suite("own", "late", solver=slow), per_sample=Limits(seconds=0.2), attempts=1)
    own, late = bench.entries()
    assert own.errors == ("TimeoutError: upstream",)
    assert late.answer.limit == "seconds"


def test_another_suite_cannot_continue_a_journal(bench: Bench) -> None:
    bench.run(suite("yes"))
    with pytest.raises(BadInput, match="not those this journal was begun with"):
        bench.run(suite("no"))
    bench.model.name = "other"
    with pytest.raises(BadInput, match="model = parrot, not other"):
        bench.run(suite("yes"))


def test_bad_golds_and_repeated_ids_are_refused_before_anything_is_paid(bench: Bench) -> None:
    samples = [Sample("a", "yes", "?")]
    bad = Suite("s", "S", 1, samples, ask, same, check=lambda s: "it is '?'")
    with pytest.raises(BadInput, match="sample a: the gold cannot be used: it is"):
        bench.run(bad)
    with pytest.raises(BadInput, match="'a' occurs twice"):
        bench.run(Suite("s", "S", 1, [Sample("a", "1"), Sample("a", "2")], ask, same))
    assert bench.model.asked == []


def test_a_journal_is_scored_again_without_the_model(bench: Bench) -> None:
    bench.run(suite("yes", "no"))

    async def generous(sample: Sample, answer: Answer) -> Score:
        return Score.right("everyone wins")

    journal = Journal(bench.folder / "j.sqlite")
    assert asyncio.run(runner.rescore(journal, generous, "generous")) == 2
    assert [e.score.value for e in journal.entries("generous")] == [1.0, 1.0]
    assert [e.score.value for e in journal.entries("parrots")] == [1.0, 0.0]
    journal.close()


def test_requests_leave_evenly_spaced() -> None:
    now, slept = [0.0], []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))

    pace = Pace(120, sleep=sleep, clock=lambda: now[0])

    async def three() -> None:
        for _ in range(3):
            await pace.wait()

    asyncio.run(three())
    assert slept == [0.5, 1.0]


CHILD = """
import asyncio, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from test_runner import Parrot, suite
from evals import runner
from evals.journal import Journal
from evals.replies import ReplyStore

class Logged(Parrot):
    async def reply(self, messages, tools, on_token):
        await asyncio.sleep(0.004)
        reply = await super().reply(messages, tools, on_token)
        with open({folder!r} + "/asked", "a") as f:
            f.write(messages[-1]["content"] + "\\n")
        return reply

folder = Path({folder!r})
asyncio.run(runner.run(suite(*[f"q{{i}}" for i in range(500)]), Logged(),
                       Journal(folder / "j.sqlite"), ReplyStore(folder / "r.sqlite")))
"""


def test_kills_at_random_points_lose_nothing_and_pay_nothing_twice(tmp_path: Path) -> None:
    code = CHILD.format(here=str(Path(__file__).parent), folder=str(tmp_path))
    rng = random.Random(7)
    kills = 0
    while True:
        child = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
        if kills < 20:
            asked = len(_lines(tmp_path))
            # Killed some answers after it went to work again, never before.
            goal = asked + rng.randint(1, 20)
            while len(_lines(tmp_path)) < goal and child.poll() is None:
                time.sleep(0.002)
            os.kill(child.pid, signal.SIGKILL)
            kills += 1
        if child.wait() == 0:
            break
    whole = Bench(tmp_path / "whole")
    whole.run(suite(*[f"q{i}" for i in range(500)]))
    assert kills == 20
    mine, theirs = Bench(tmp_path).entries(), whole.entries()
    assert [(e.sample, e.answer, e.score) for e in mine] == [
        (e.sample, e.answer, e.score) for e in theirs
    ]
    # Only what was on its way at the moment of a kill (eight at most) can have been sent twice.
    assert 500 <= len(_lines(tmp_path)) <= 500 + 8 * kills
    assert set(_lines(tmp_path)) == set(whole.model.asked)


def _lines(folder: Path) -> list[str]:
    path = folder / "asked"
    return path.read_text().splitlines() if path.exists() else []
