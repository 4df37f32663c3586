"""The small client: answers, usage, patience, and errors that say what to do."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from fakes.openai_server import (
    USAGE,
    FakeOpenAI,
    cut,
    empty,
    error,
    garbage,
    no_usage,
    say,
    slow,
    wrong_usage,
)

from tools.endpoint import Endpoint, Rejected, Reply
from tools.errors import BadInput, Unavailable

MESSAGES = [{"role": "user", "content": "say something"}]


def ask(server: FakeOpenAI, *, key: str = "sk-test", **settings: Any) -> Reply:
    endpoint = Endpoint(server.base_url, key, **{"first_wait": 0.01, **settings})
    return asyncio.run(endpoint.chat("fake-model", MESSAGES, temperature=0.5))


def test_an_answer_comes_with_its_usage() -> None:
    with FakeOpenAI([say("héllo there")], key="sk-test") as server:
        reply = ask(server)
        (request,) = server.chats
    assert (reply.text, reply.attempts, reply.estimated) == ("héllo there", 1, False)
    assert reply.finish == "stop"
    assert reply.tokens_in == USAGE["prompt_tokens"]
    assert reply.tokens_out == USAGE["completion_tokens"]
    assert request == {"model": "fake-model", "messages": MESSAGES, "temperature": 0.5}


@pytest.mark.parametrize("change", [no_usage, wrong_usage])
def test_tokens_are_estimated_where_none_are_reported(change: Any) -> None:
    with FakeOpenAI([change(say("x" * 40))]) as server:
        reply = ask(server)
    assert (reply.estimated, reply.tokens_out) == (True, 10)
    assert reply.tokens_in > 10


@pytest.mark.parametrize(
    "trouble",
    [
        error(429),
        error(500),
        error(503),
        cut("half an answer"),
        empty(),
        garbage("<html>busy</html>"),
    ],
    ids=["429", "500", "503", "cut", "empty", "garbage"],
)
def test_passing_trouble_is_tried_again(trouble: Any) -> None:
    with FakeOpenAI([trouble, trouble, say("at last")]) as server:
        reply = ask(server)
    assert (reply.text, reply.attempts) == ("at last", 3)


def test_the_server_says_how_long_to_wait() -> None:
    begun = time.monotonic()
    with FakeOpenAI([error(429, headers={"Retry-After": "0"}), say("now")]) as server:
        assert ask(server, first_wait=1000).text == "now"
    with FakeOpenAI([error(429, headers={"retry-after-ms": "150"}), say("now")]) as server:
        reply = ask(server, first_wait=1000)
    assert reply.seconds >= 0.15
    assert time.monotonic() - begun < 100


def test_waits_are_bounded_and_dates_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    asked = ["99999", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT", "soon"]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("tools.endpoint.asyncio.sleep", sleep)
    script = [error(503, headers={"Retry-After": wait}) for wait in asked]
    with FakeOpenAI([*script, say("x")]) as server:
        assert ask(server, first_wait=1.0).attempts == 5
    assert waits[:3] == [300, 0, 300]
    assert 6 <= waits[3] <= 10  # the fourth wait of its own, 8, give or take a quarter


def test_patience_ends_with_the_last_words_of_the_server() -> None:
    with FakeOpenAI(lambda request: error(503, {"error": {"message": "overloaded"}})) as server:
        with pytest.raises(Unavailable, match="3 attempts: HTTP 503: overloaded"):
            ask(server, attempts=3)
        assert len(server.chats) == 3


@pytest.mark.parametrize(
    ("status", "remedy"), [(400, "length"), (401, "OPENAI_API_KEY"), (404, "/v1")]
)
def test_a_refusal_is_not_tried_again_and_names_the_remedy(status: int, remedy: str) -> None:
    with FakeOpenAI([error(status)]) as server:
        with pytest.raises(Rejected, match=remedy) as caught:
            ask(server)
        assert len(server.chats) == 1
    assert caught.value.status == status


def test_a_key_that_the_server_echoes_is_not_passed_on() -> None:
    with FakeOpenAI([say("hello")], key="right") as server, pytest.raises(Rejected) as caught:
        ask(server, key="sk-secret-123.")
    assert "sk-secret" not in str(caught.value)


def test_no_part_of_an_echoed_key_is_left_where_a_long_message_is_cut() -> None:
    told = {"error": {"message": "x" * 490 + "sk-secret-123"}}
    with FakeOpenAI([error(400, told)]) as server, pytest.raises(Rejected) as caught:
        ask(server, key="sk-secret-123")
    assert "x***" in str(caught.value)
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_the_message_says_where_it_leads(status: int) -> None:
    with FakeOpenAI([say("stolen")]) as other:
        there = {"Location": f"{other.base_url}/chat/completions?key=sk-secret-123"}
        with FakeOpenAI([error(status, headers=there)]) as server:
            with pytest.raises(Rejected, match=f"HTTP {status}.*/v1") as caught:
                ask(server, key="sk-secret-123")
            assert len(server.chats) == 1
        assert other.requests == []
    assert f"{other.base_url}/chat/completions?key=***" in str(caught.value)
    assert caught.value.status == status


def test_an_answer_without_a_length_is_read_to_its_end() -> None:
    text = "word " * 50_000
    answer = json.dumps({"choices": [{"message": {"content": text}}]}).encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in (b"HTTP/1.0 200 OK\r\n\r\n", answer[:1000], answer[1000:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.close()

    async def converse() -> Reply:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await Endpoint(f"http://127.0.0.1:{port}/v1", attempts=1).chat("m", MESSAGES)

    reply = asyncio.run(converse())
    assert (reply.text, reply.finish) == (text, "")


def test_a_silent_server_is_given_up() -> None:
    with FakeOpenAI(lambda request: slow("too late", 5.0)) as server:
        # Without streaming the answer comes at once; a server that never accepts is what hangs.
        assert ask(server).text == "too late"
    with pytest.raises(Unavailable, match="2 attempts"):
        asyncio.run(
            Endpoint("http://127.0.0.1:9/v1", attempts=2, first_wait=0.01).chat("m", MESSAGES)
        )


def test_waiting_can_be_cancelled() -> None:
    async def cancel() -> None:
        job = asyncio.ensure_future(
            Endpoint(server.base_url, first_wait=1000).chat("fake-model", MESSAGES)
        )
        while not server.chats:
            await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    with FakeOpenAI(lambda request: error(500)) as server:
        asyncio.run(cancel())


def test_a_key_that_no_header_can_carry_is_refused_and_not_shown() -> None:
    for bad in ("sk-1\r\nEvil: yes", "sk-1 2", "sk-\u00e41"):
        with pytest.raises(BadInput, match="OPENAI_API_KEY") as caught:
            Endpoint("http://h/v1", bad)
        assert "sk-" not in str(caught.value)
    with FakeOpenAI([say("fine")], key="sk-1") as server:
        assert ask(server, key="sk-1\n").text == "fine"


def test_an_address_is_checked_and_the_environment_read() -> None:
    odd = ("http://h:port/v1", "http://h:99999/v1", "http://[::1/v1", "http://h/a b", "http:///v1")
    for bad in ("localhost:8000", "ftp://host/v1", "", *odd):
        with pytest.raises(BadInput, match="no web address"):
            Endpoint(bad)
    with pytest.raises(Unavailable, match="OPENAI_BASE_URL"):
        Endpoint.from_environment({})
    assert Endpoint.from_environment({"OPENAI_API_KEY": "k"}).url == "https://api.openai.com/v1"
    assert Endpoint.from_environment({"OPENAI_BASE_URL": "http://h:1/v1/"}).url == "http://h:1/v1"


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    endpoint = Endpoint("http://models.invalid/v1", "sk-test", first_wait=0.01)
    with FakeOpenAI([say("through the proxy")]) as server:
        monkeypatch.setenv("http_proxy", server.base_url.removesuffix("/v1"))
        reply = asyncio.run(endpoint.chat("fake-model", MESSAGES))
        (request,) = server.requests
    assert reply.text == "through the proxy"
    assert request.headers["host"] == "models.invalid"


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "carrier-pigeon://roof")
    with pytest.raises(Unavailable, match="carrier-pigeon") as caught:
        asyncio.run(Endpoint("http://models.invalid/v1").chat("m", MESSAGES))
    assert "HTTP_PROXY" in caught.value.remedy
