"""What is sent and received when all is well, and what it costs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fakes.endpoint_session import KEY, QUESTION, RUN, Session, names_and_arguments
from fakes.openai_server import (
    Step,
    call,
    deltas,
    error,
    garbage,
    no_usage,
    plain,
    say,
    wrong_usage,
)

from agent.endpoint import Endpoint
from agent.messages import ChatModel, Reply

# What is sent and received when all is well.


def test_importing_the_endpoint_does_not_import_the_sdk() -> None:
    code = "import sys, agent.endpoint; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_endpoint_is_a_chat_model() -> None:
    model = Endpoint("m", base_url="http://localhost:1/v1", api_key="")
    assert isinstance(model, ChatModel)
    assert (model.name, model.offline) == ("m", False)


def test_text_is_shown_piece_by_piece_and_returned_whole() -> None:
    session = Session([say("it is forty two")])
    reply = session.ask()
    assert session.shown == ["it ", "is ", "forty ", "two"]
    assert (reply.text, reply.finish, reply.model) == ("it is forty two", "stop", "fake-model")
    assert reply.notices == ()


def test_the_request_carries_model_messages_tools_and_the_key() -> None:
    session = Session([say("ok")], temperature=0.25)
    session.ask()
    (request,) = session.server.requests
    assert request.json == {
        "model": "fake-model",
        "messages": QUESTION,
        "tools": [RUN.as_openai()],
        "temperature": 0.25,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_neither_tools_nor_temperature_are_sent_when_there_are_none() -> None:
    session = Session([say("ok")])
    session.ask(tools=())
    assert not {"tools", "temperature"} & session.server.chats[0].keys()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_an_endpoint_may_be_used_again_after_close_and_in_another_event_loop() -> None:
    async def go(endpoint: Endpoint) -> list[str]:
        texts = []
        for _ in range(2):
            await endpoint.close()
            texts.append((await endpoint.reply(QUESTION, (), lambda piece: None)).text)
        return texts

    session = Session([say("one"), say("two"), say("three"), say("four")])
    endpoint = session.endpoint()
    with session.server:
        assert asyncio.run(go(endpoint)) == ["one", "two"]
        # The connection of the first loop was left open and died with it.
        assert endpoint_text(endpoint) == "three"


def endpoint_text(endpoint: Endpoint) -> str:
    """Asks in an event loop of its own, without closing what an earlier loop left behind."""

    async def go() -> str:
        reply = await endpoint.reply(QUESTION, (), lambda piece: None)
        await endpoint.close()
        return reply.text if not reply.notices else str(reply.notices)

    return asyncio.run(go())


def test_a_refusal_becomes_the_text() -> None:
    reply = Session([deltas([{"refusal": "I will "}, {"refusal": "not."}])]).ask()
    assert reply.text == "I will not."


def test_reasoning_is_left_out_of_the_text() -> None:
    reply = Session([deltas([{"reasoning_content": "hm"}, {"content": "yes"}])]).ask()
    assert reply.text == "yes"


@pytest.mark.parametrize(
    ("sent", "finish"), [("length", "length"), ("stop", "stop"), ("eos_token", "stop")]
)
def test_the_finish_reason_is_reported(sent: str, finish: str) -> None:
    assert Session([say("cut off by the lim", finish=sent)]).ask().finish == finish


def test_a_content_filter_and_an_empty_answer_are_announced() -> None:
    assert "content filter" in Session([say("I", finish="content_filter")]).ask().notices[0]
    assert "empty" in Session([say("")]).ask().notices[0]


# Servers that can do less.


def test_stream_options_are_left_out_for_good_when_rejected() -> None:
    def picky(request: dict[str, Any]) -> Step:
        if "stream_options" in request:
            return error(400, {"error": {"message": "Unknown field: stream_options"}})
        return say("ok")

    async def twice(endpoint: Endpoint) -> list[Reply]:
        replies = [await endpoint.reply(QUESTION, (), lambda piece: None) for _ in range(2)]
        await endpoint.close()
        return replies

    session = Session(picky)
    with session.server:
        first, second = asyncio.run(twice(session.endpoint()))
    assert (first.text, first.usage.requests, second.usage.requests) == ("ok", 2, 1)
    assert "stream_options" in first.notices[0]
    assert session.waits == []


def test_an_endpoint_that_may_not_stream_is_asked_for_a_whole_answer() -> None:
    def picky(request: dict[str, Any]) -> Step:
        if "stream" in request:
            body = {"message": "must be verified to stream this model", "param": "stream"}
            return error(400, {"error": body})
        return call([("run", {"n": 1})], text="here")

    session = Session(picky)
    reply = session.ask()
    assert (reply.text, names_and_arguments(reply)) == ("here", [("run", {"n": 1})])
    assert session.shown == ["here"]


def test_a_whole_answer_is_read_whatever_its_content_type() -> None:
    message = {"message": {"content": "here"}, "finish_reason": "stop"}

    def picky(request: dict[str, Any]) -> Step:
        if "stream" in request:
            return error(400, {"error": {"message": "streaming is not supported"}})
        return garbage(json.dumps({"choices": [message]}), "text/plain")

    assert Session(picky).ask().text == "here"


def test_a_plain_answer_to_a_streaming_request_is_understood() -> None:
    session = Session([plain(call([("run", {"n": 1}), ("run", {"n": 2})], text="both"))])
    reply = session.ask()
    assert (reply.text, reply.finish) == ("both", "tool_calls")
    assert names_and_arguments(reply) == [("run", {"n": 1}), ("run", {"n": 2})]
    assert (reply.usage.input_tokens, reply.notices) == (100, ())


# Counting.


def test_usage_and_price_are_counted() -> None:
    usage = Session([say("ok")], price=(0.15, 0.60)).ask().usage
    assert (usage.input_tokens, usage.output_tokens, usage.requests) == (100, 20, 1)
    assert usage.dollars == pytest.approx((100 * 0.15 + 20 * 0.60) / 1e6)


def test_dollars_are_unknown_without_a_price() -> None:
    assert Session([say("ok")]).ask().usage.dollars is None


@pytest.mark.parametrize(
    "change",
    [
        no_usage,
        wrong_usage,
        lambda step: wrong_usage(step, {"prompt_tokens": None, "completion_tokens": None}),
        lambda step: wrong_usage(step, {"prompt_tokens": True, "completion_tokens": 1.5}),
        lambda step: wrong_usage(step, "free"),
        lambda step: plain(no_usage(step)),
    ],
)
def test_unusable_usage_is_estimated_and_said_so(change: Callable[[Step], Step]) -> None:
    reply = Session([change(say("x" * 400))]).ask()
    assert reply.usage.output_tokens == 100
    assert 20 < reply.usage.input_tokens < 200
    assert "estimated" in reply.notices[0]
