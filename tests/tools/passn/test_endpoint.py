"""Drawing from an endpoint: seeds, order, cache, concurrency, and what is left after a failure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.openai_server import FakeOpenAI, Step, error, no_usage, say

from tools.endpoint import Endpoint
from tools.errors import BadInput, Unavailable
from tools.passn.endpoint import EndpointSampler
from tools.passn.evaluate import open_sampler
from tools.passn.sample import Sample, SampleCache

SETTINGS: dict[str, Any] = {"temperature": 0.8, "max_tokens": 20, "seed": 1}


def sampler(
    server: FakeOpenAI, *, concurrency: int = 1, cache: SampleCache | None = None
) -> EndpointSampler:
    endpoint = Endpoint(server.base_url, "sk-secret", attempts=3, first_wait=0.01)
    return EndpointSampler("fake-model", endpoint, concurrency=concurrency, cache=cache)


def say_seed(request: dict[str, Any]) -> Step:
    return say(str(request["seed"]))


def test_each_answer_is_a_request_with_a_seed_of_its_own() -> None:
    with FakeOpenAI([say("one"), say("two", finish="length")]) as server:
        found = sampler(server).sample("2+2=", 2, **SETTINGS)
        chats = server.chats
        headers = server.requests[0].headers
    assert found == [Sample("one", None, 20, "stop"), Sample("two", None, 20, "length")]
    assert chats[0]["messages"] == [{"role": "user", "content": "2+2="}]
    assert (chats[0]["temperature"], chats[0]["max_tokens"]) == (0.8, 20)
    assert chats[0]["seed"] != chats[1]["seed"]
    assert headers["authorization"] == "Bearer sk-secret"


def test_what_the_endpoint_does_not_tell_is_not_made_up() -> None:
    with FakeOpenAI([no_usage(replace(say("x"), finish=None))]) as server:
        assert sampler(server).sample("q", 1, **SETTINGS) == [Sample("x", None, None, "stop")]


def test_an_endpoint_that_keeps_failing_is_given_up_and_what_came_is_kept(tmp_path: Path) -> None:
    cache = SampleCache(tmp_path / "samples.sqlite")
    with FakeOpenAI([say("kept"), *[error(500)] * 3, error(429), say("new")]) as server:
        drawing = sampler(server, cache=cache)
        with pytest.raises(Unavailable, match="in 3 attempts: HTTP 500"):
            drawing.sample("q", 2, **SETTINGS)
        assert [s.text for s in drawing.sample("q", 2, **SETTINGS)] == ["kept", "new"]
        assert server.steps_left == 0


def test_a_failure_ends_what_is_in_flight_and_nothing_more_is_sent(tmp_path: Path) -> None:
    cache = SampleCache(tmp_path / "samples.sqlite")
    third, done = threading.Event(), threading.Event()
    arrived: list[int] = []

    def fail(request: dict[str, Any]) -> Step:
        arrived.append(request["seed"])
        if len(arrived) == 3:
            third.set()
            done.wait(60)
        elif len(arrived) == 2:
            third.wait(60)
            return error(400)
        return say("kept")

    with FakeOpenAI(lambda request: react(request)) as server:
        react: Callable[[dict[str, Any]], Step] = fail
        drawing = sampler(server, concurrency=2, cache=cache)
        with pytest.raises(BadInput, match="HTTP 400"):
            drawing.sample("q", 6, **SETTINGS)
        assert not done.is_set()  # the third request was still unanswered
        done.set()
        assert server.wait_until_idle()
        assert len(server.chats) == 3
        react = say_seed
        again = drawing.sample("q", 6, **SETTINGS)
        assert len(server.chats) == 3 + 5
    assert [s.text for s in again].count("kept") == 1


def test_the_cache_goes_by_the_whole_request_and_grows(tmp_path: Path) -> None:
    cache = SampleCache(tmp_path / "samples.sqlite")
    with FakeOpenAI(say_seed) as server:
        drawing = sampler(server, cache=cache)
        two = drawing.sample("q", 2, **SETTINGS)
        assert drawing.sample("q", 3, **SETTINGS)[:2] == two
        assert len(server.chats) == 3
        drawing.sample("q", 2, **(SETTINGS | {"temperature": 0.9}))
        assert len(server.chats) == 5


def test_no_key_is_stored_or_shown(tmp_path: Path) -> None:
    cache = SampleCache(tmp_path / "samples.sqlite")
    complaint = {"error": {"message": "your key sk-secret may not do this"}}
    with FakeOpenAI([say("fine"), error(403, complaint)]) as server:
        drawing = sampler(server, cache=cache)
        with pytest.raises(BadInput, match=r"HTTP 403: your key \*\*\* may not.*Set") as caught:
            drawing.sample("q", 2, **SETTINGS)
        assert len(server.chats) == 2
    assert "sk-secret" not in str(caught.value)
    cache.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"fine" in kept
    assert b"sk-secret" not in kept


def test_as_many_requests_as_allowed_run_together_and_answers_keep_their_order() -> None:
    together = threading.Barrier(4)
    in_flight: set[int] = set()
    most: list[int] = []

    def meet(request: dict[str, Any]) -> Step:
        in_flight.add(request["seed"])
        most.append(len(in_flight))
        together.wait(timeout=60)  # passed only while four requests are in flight
        in_flight.discard(request["seed"])
        return say_seed(request)

    with FakeOpenAI(meet) as server:
        found = sampler(server, concurrency=4).sample("q", 8, **SETTINGS)
    with FakeOpenAI(say_seed) as server:
        assert sampler(server).sample("q", 8, **SETTINGS) == found
    assert max(most) == 4
    assert len({s.text for s in found}) == 8


def test_answers_can_be_drawn_from_any_thread_even_where_an_event_loop_runs() -> None:
    with FakeOpenAI(say_seed) as server:
        drawing = sampler(server, concurrency=2)

        def draw(_: object = None) -> list[Sample]:
            return drawing.sample("q", 3, **SETTINGS)

        async def inside() -> list[Sample]:
            return draw()

        plain = draw()
        assert asyncio.run(inside()) == plain
        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(draw, range(4))) == [plain] * 4
        server._script = lambda request: error(404)
        with pytest.raises(BadInput, match="404"):
            asyncio.run(inside())


def test_the_key_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    with FakeOpenAI([say("x")], key="sk-env") as server:
        drawing = open_sampler("fake-model", server.base_url, cache_folder=tmp_path)
        assert drawing.sample("q", 1, **SETTINGS)[0].text == "x"


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="localhost:8000"):
        open_sampler("m", "localhost:8000", cache_folder=tmp_path)
    with pytest.raises(BadInput, match="concurrency = 0"):
        EndpointSampler("m", Endpoint("http://localhost:8000/v1"), concurrency=0)
