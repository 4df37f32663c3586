"""Drawing from an endpoint that fails, waits and lies, as endpoints do."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.openai_server import FakeOpenAI, cut, empty, error, garbage, plain, say

from tools.errors import BadInput, Unavailable
from tools.passn.endpoint import EndpointSampler
from tools.passn.sample import SampleCache

SETTINGS: dict[str, Any] = {"temperature": 0.8, "max_tokens": 20, "seed": 1}


def sampler(server: FakeOpenAI, **options: Any) -> EndpointSampler:
    options = {"sleep": lambda _: None, "concurrency": 1, "key": "sk-secret"} | options
    return EndpointSampler("fake-model", server.base_url, **options)


def test_each_answer_is_a_request_with_a_seed_of_its_own() -> None:
    with FakeOpenAI([say("one"), say("two", finish="length")]) as server:
        found = sampler(server).sample("2+2=", 2, **SETTINGS)
        chats = server.chats
        headers = server.requests[0].headers
    assert [(s.text, s.finish, s.tokens) for s in found] == [
        ("one", "stop", 20),
        ("two", "length", 20),
    ]
    assert chats[0]["messages"] == [{"role": "user", "content": "2+2="}]
    assert chats[0]["temperature"] == 0.8
    assert chats[0]["seed"] != chats[1]["seed"]
    assert headers["authorization"] == "Bearer sk-secret"


def test_passing_failures_are_tried_again_after_the_time_asked_for() -> None:
    waits: list[float] = []
    script = [
        error(429, headers={"Retry-After": "7"}),
        error(500),
        empty(),
        garbage("<html>", "text/html"),
        plain(say("at last")),
    ]
    with FakeOpenAI(script) as server:
        found = sampler(server, sleep=waits.append).sample("q", 1, **SETTINGS)
    assert found[0].text == "at last"
    assert waits == [7, 1.0, 2.0, 4.0]


def test_waits_are_bounded_and_dates_are_understood() -> None:
    waits: list[float] = []
    script = [
        error(503, headers={"Retry-After": "99999"}),
        error(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        error(503, headers={"Retry-After": "soon"}),
        say("x"),
    ]
    with FakeOpenAI(script) as server:
        sampler(server, sleep=waits.append).sample("q", 1, **SETTINGS)
    assert waits == [60, 0, 2.0]


def test_an_endpoint_that_keeps_failing_is_given_up_and_what_came_is_kept(tmp_path: Path) -> None:
    cache = SampleCache(tmp_path / "samples.sqlite")
    with FakeOpenAI([say("kept"), *[error(500)] * 3, say("new")]) as server:
        drawing = sampler(server, tries=3, cache=cache)
        with pytest.raises(Unavailable, match=r"in 3 tries; the last: status 500"):
            drawing.sample("q", 2, **SETTINGS)
        assert [s.text for s in drawing.sample("q", 2, **SETTINGS)] == ["kept", "new"]
        assert server.steps_left == 0


def test_the_cache_goes_by_the_whole_request_and_grows(tmp_path: Path) -> None:
    cache = SampleCache(tmp_path / "samples.sqlite")
    with FakeOpenAI(lambda request: say(str(request["seed"]))) as server:
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
        with pytest.raises(BadInput, match=r"403: your key \[key\] may not") as caught:
            drawing.sample("q", 2, **SETTINGS)
    assert "sk-secret" not in str(caught.value)
    cache.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"fine" in kept
    assert b"sk-secret" not in kept


def test_a_refused_request_is_not_tried_again() -> None:
    with FakeOpenAI([error(400), say("never")]) as server:
        drawing = sampler(server)
        with pytest.raises(BadInput, match="400"):
            drawing.sample("q", 1, **SETTINGS)
        assert len(server.chats) == 1


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_does_not_carry_the_key_away(status: int) -> None:
    with FakeOpenAI([say("stolen")]) as other:
        there = {"Location": f"{other.base_url}/chat/completions"}
        with FakeOpenAI([error(status, headers=there)]) as server:
            drawing = sampler(server)
            with pytest.raises(BadInput, match=str(status)):
                drawing.sample("q", 1, **SETTINGS)
        assert other.requests == []


def test_requests_run_at_the_same_time_and_answers_keep_their_order() -> None:
    together = threading.Barrier(4)

    class Meeting(EndpointSampler):
        def _post(self, body: Mapping[str, Any]) -> bytes:
            # Passed only while four requests are in flight.
            together.wait(timeout=60)
            return b'{"choices": [{"message": {"content": "%d"}}]}' % body["seed"]

    found = Meeting("m", "http://x/v1", concurrency=4).sample("q", 8, **SETTINGS)
    with FakeOpenAI(lambda request: say(str(request["seed"]))) as server:
        one_by_one = sampler(server).sample("q", 8, **SETTINGS)
    assert [s.text for s in found] == [s.text for s in one_by_one]
    assert len({s.text for s in found}) == 8


def test_a_lost_connection_is_tried_again() -> None:
    with FakeOpenAI([plain(cut("half an answ")), say("whole")]) as server:
        assert sampler(server).sample("q", 1, **SETTINGS)[0].text == "whole"


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    with FakeOpenAI([say("x")], key="sk-env") as server:
        assert sampler(server, key=None).sample("q", 1, **SETTINGS)[0].text == "x"


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(BadInput, match="base_url"):
        EndpointSampler("m", "localhost:8000")
    with pytest.raises(BadInput, match="concurrency = 0"):
        EndpointSampler("m", "http://localhost:8000/v1", concurrency=0)
