"""Failures that another attempt mends, and how long is waited for it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from fakes.endpoint_session import Session, entry, names_and_arguments
from fakes.openai_server import Step, call, cut, deltas, empty, error, garbage, plain, say, slow


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(error(429), id="429"),
        pytest.param(error(408), id="408"),
        pytest.param(error(409), id="409"),
        pytest.param(error(500, "<h1>oops</h1>"), id="500"),
        pytest.param(error(503), id="503"),
        pytest.param(error(429, {"error": {"message": "too many tokens a minute"}}), id="tokens"),
        pytest.param(empty(), id="no choices"),
        pytest.param(plain(empty()), id="no choices, plain"),
        pytest.param(cut("for"), id="cut"),
        pytest.param(cut("for", politely=True), id="cut politely"),
        pytest.param(plain(cut("for")), id="cut, plain"),
        pytest.param(garbage(), id="garbage"),
        pytest.param(garbage("\xff\xfe", "text/event-stream"), id="no events"),
        pytest.param(garbage("{", "application/json"), id="garbage, plain"),
        pytest.param(garbage("data: 7\n\n"), id="a number"),
        pytest.param(garbage('data: {"choices": [7, {"delta": 3}]}\n\n'), id="wrong types"),
        pytest.param(garbage('data: {"error": {"message": "busy"}}\n\n'), id="error in stream"),
        pytest.param(say("for", finish="error"), id="finished with error"),
        pytest.param(
            garbage('{"error": {"message": "busy", "code": 502}}', "application/json"),
            id="error in a plain answer",
        ),
    ],
)
def test_a_passing_failure_is_tried_again_and_announced(failing: Step) -> None:
    session = Session([failing, say("forty two")])
    reply = session.ask()
    assert reply.text == "forty two"
    assert reply.usage.requests == len(session.server.chats) == 2
    assert len(session.waits) == 1
    assert len(reply.notices) == 1
    assert "attempt 1 of 5 failed" in reply.notices[0]


@pytest.mark.parametrize(
    ("failing", "reason"),
    [
        (empty(), "no choices"),
        (cut("for", politely=True), "ended before the answer did"),
        (garbage(), "not readable"),
        (garbage('data: {"error": {"message": "busy"}}\n\n'), "busy"),
        (garbage('{"error": {"message": "busy", "code": 502}}', "application/json"), "HTTP 502"),
    ],
)
def test_the_notice_of_a_retry_says_why(failing: Step, reason: str) -> None:
    assert reason in Session([failing, say("ok")]).ask().notices[0]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"code": 401, "message": "no"}, "refused the key"),
        ({"type": "invalid_request_error", "message": "no"}, "rejected the request"),
    ],
)
def test_an_error_in_the_stream_that_is_final_is_not_tried_again(
    told: dict[str, Any], words: str
) -> None:
    session = Session([garbage(f"data: {json.dumps({'error': told})}\n\n")])
    assert words in session.fails().problem
    assert session.waits == []


def test_half_an_answer_is_never_part_of_the_reply() -> None:
    session = Session([cut("the answer is"), say("forty two")])
    reply = session.ask()
    assert "".join(session.shown) == "the answer isforty two"
    assert reply.text == "forty two"
    assert "13 characters shown before that are void" in reply.notices[0]


def test_half_a_tool_call_is_never_part_of_the_reply() -> None:
    half = deltas([{"tool_calls": [entry(0, "x", "run", "{}")]}], finish=None)
    reply = Session([half, call([("run", {"n": 1})])]).ask()
    assert names_and_arguments(reply) == [("run", {"n": 1})]


def test_an_answer_is_whole_when_the_connection_breaks_after_its_end() -> None:
    event = {"choices": [{"index": 0, "delta": {"content": "all"}, "finish_reason": "stop"}]}
    session = Session([garbage(f"data: {json.dumps(event)}\n\ndata: {{not json\n\n")])
    reply = session.ask()
    assert (reply.text, reply.usage.requests) == ("all", 1)
    assert "estimated" in reply.notices[0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "3600"}, 60.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:10 GMT"}, 10.0),
    ],
)
def test_the_server_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    session = Session([error(429, headers=headers), say("ok")], clock=lambda: 60.0)
    session.ask()
    assert session.waits == [seconds]


@pytest.mark.parametrize("nonsense", ["-5", "nan", "soon", ""])
def test_a_senseless_retry_after_is_ignored(nonsense: str) -> None:
    session = Session([error(503, headers={"Retry-After": nonsense}), say("ok")])
    session.ask()
    assert 0.25 <= session.waits[0] <= 0.5


def test_waits_grow_with_a_jitter_that_the_seed_decides() -> None:
    def waits(seed: int) -> list[float]:
        session = Session([error(500)] * 4 + [say("ok")], rng=random.Random(seed))
        session.ask()
        return session.waits

    assert waits(1) == waits(1) != waits(2)
    bounds = [(0.25, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0)]
    assert all(low <= w <= high for w, (low, high) in zip(waits(3), bounds, strict=True))


def test_giving_up_names_the_last_failure_and_a_remedy() -> None:
    session = Session([error(503, {"error": {"message": "overloaded"}})] * 9, max_attempts=3)
    failure = session.fails()
    assert "no answer in 3 attempts" in failure.problem
    assert "HTTP 503: overloaded" in failure.problem
    assert failure.remedy
    assert len(session.server.chats) == 3
    assert len(session.waits) == 2


def test_a_server_that_is_not_there_is_tried_again_and_named() -> None:
    session = Session([], base_url="http://127.0.0.1:9/v1", max_attempts=2)
    failure = session.fails()
    assert "http://127.0.0.1:9/v1" in failure.problem
    assert "OPENAI_BASE_URL" in failure.remedy
    assert len(session.waits) == 1


def test_a_server_that_falls_silent_is_tried_again() -> None:
    session = Session([slow("one two", 30), say("ok")], timeout=0.2)
    assert "timed out" in session.ask().notices[0].lower()
