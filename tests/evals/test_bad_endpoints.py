"""A suite against an endpoint that fails in every way: nothing lost, nothing counted twice."""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import closing
from pathlib import Path

from fakes import openai_server as server
from fakes.talk import endpoint

from evals import runner, suites
from evals.journal import Journal
from evals.replies import ReplyStore
from evals.runner import Settings
from evals.sample import State, Suite
from evals.summary import summarise


class Flaky:
    """Answers each question rightly in the end, after failing in a way drawn by its number."""

    def __init__(self, golds: dict[str, str]) -> None:
        self.golds = golds
        self.served: dict[str, int] = {}
        self.answered: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, body: dict) -> server.Step:
        question = body["messages"][-1]["content"]
        with self._lock:
            tries = self.served[question] = self.served.get(question, 0) + 1
            number = list(self.golds).index(question)
            right = server.say(f"\\boxed{{{self.golds[question]}}}")
            ways = [
                server.error(429, headers={"Retry-After": "0"}),
                server.error(429),
                server.error(500),
                server.cut("\\boxed{1"),
                server.empty(),
                server.garbage(),
                server.garbage("<html>no</html>", "text/html"),
                server.cut("half", politely=True),
            ]
            if tries <= 2:
                return ways[(number + tries) % len(ways)]
            self.answered[question] = self.answered.get(question, 0) + 1
            last = [right, server.no_usage(right), server.wrong_usage(right), server.plain(right)]
            return last[number % len(last)]


def play(folder: Path, suite: Suite, model, settings: Settings):
    with (
        closing(Journal(folder / "j.sqlite")) as journal,
        closing(ReplyStore(folder / "r.sqlite")) as replies,
    ):
        asyncio.run(runner.run(suite, model, journal, replies, settings=settings))
        return list(journal.entries(suite.name))


def test_every_sample_is_answered_in_the_end_and_paid_for_once(tmp_path: Path) -> None:
    suite = suites.load("arithmetic", suites.Options(samples=32))
    flaky = Flaky({s.question: s.gold for s in suite.samples})
    with server.FakeOpenAI(flaky) as fake:
        entries = play(tmp_path, suite, endpoint(fake), Settings(concurrency=4, attempts=3))
        again = play(tmp_path, suite, endpoint(fake), Settings())
    summary = summarise(entries)
    wrong = [(e.sample.id, e.score.state, e.errors) for e in entries if e.score.value != 1.0]
    assert wrong == []
    assert summary.counts[State.CORRECT] == 32
    # One good answer each was sent, and the second session asked for nothing.
    assert set(flaky.answered.values()) == {1}
    assert [(e.sample.id, e.answer) for e in again] == [(e.sample.id, e.answer) for e in entries]
    assert summary.usage.input_tokens >= 0


def test_an_endpoint_that_never_answers_makes_failed_samples_not_a_failed_run(tmp_path) -> None:
    suite = suites.load("arithmetic", suites.Options(samples=4))
    with server.FakeOpenAI(lambda body: server.error(500)) as fake:
        entries = play(tmp_path, suite, endpoint(fake), Settings(attempts=2))
    assert {e.score.state for e in entries} == {State.FAILED}
    assert all(len(e.errors) == 2 for e in entries)


def test_slow_answers_are_cut_at_the_limit_and_the_others_are_not_held_up(tmp_path: Path) -> None:
    from evals.limits import Limits

    suite = suites.load("arithmetic", suites.Options(samples=4))
    slow_one = suite.samples[0].question
    golds = {s.question: s.gold for s in suite.samples}

    def react(body: dict) -> server.Step:
        question = body["messages"][-1]["content"]
        step = server.say(f"\\boxed{{{golds[question]}}}")
        return server.slow("word " * 200, 0.1) if question == slow_one else step

    with server.FakeOpenAI(react) as fake:
        settings = Settings(attempts=1, per_sample=Limits(seconds=2.0))
        entries = play(tmp_path, suite, endpoint(fake), settings)
    assert entries[0].answer.limit == "seconds"
    assert [e.score.state for e in entries[1:]] == [State.CORRECT] * 3


def test_the_order_of_finishing_does_not_matter(tmp_path: Path) -> None:
    suite = suites.load("arithmetic", suites.Options(samples=12, epochs=2))
    rng = random.Random(0)

    class Jumpy:
        name, offline = "jumpy", False

        async def reply(self, messages, tools, on_token):
            from agent.messages import Reply

            await asyncio.sleep(rng.random() / 50)
            return Reply("\\boxed{1}")

        async def close(self) -> None: ...

    wide = play(tmp_path / "a", suite, Jumpy(), Settings(concurrency=12))
    narrow = play(tmp_path / "b", suite, Jumpy(), Settings(concurrency=1))
    assert [(e.sample, e.epoch, e.score) for e in wide] == [
        (e.sample, e.epoch, e.score) for e in narrow
    ]
