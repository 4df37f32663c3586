"""Failures that another attempt would not mend, and requests that are cancelled."""

from __future__ import annotations

import asyncio

import pytest
from fakes.endpoint_session import KEY, QUESTION, Session
from fakes.openai_server import Step, error, garbage, say, slow

# Failures that another attempt would not mend.


def test_a_wrong_key_is_not_tried_again_and_never_shown() -> None:
    session = Session([say("never")], server={"key": "another-key"})
    failure = session.fails()
    assert "OPENAI_API_KEY" in failure.problem
    assert "[key]" in failure.problem
    assert len(session.server.requests) == 1
    shown = f"{failure!r} {failure} {failure.__context__!r} {failure.__cause__!r}"
    assert KEY not in shown


@pytest.mark.parametrize("status", [403, 400, 500])
def test_the_key_is_cut_out_of_every_error_text(status: int) -> None:
    masked = f"key {KEY}, sk-other-key-123456, sk-****cdef, Bearer abcdefghijklmnop"
    session = Session([error(status, {"error": {"message": masked}})] * 2, max_attempts=2)
    failure = session.fails()
    assert "key [key], [key], [key] Bearer [key]" in str(failure)


def test_the_key_is_cut_out_of_notices_and_a_dummy_key_spares_other_words() -> None:
    step = error(500, {"error": {"message": "x is no key for example"}})
    session = Session([step, say("ok")], api_key="x")
    assert "[key] is no key for example" in session.ask().notices[0]


def test_an_unknown_model_brings_the_list_of_known_ones() -> None:
    session = Session([error(404, {"error": {"message": "no such model"}})])
    failure = session.fails()
    assert "fake-model" in failure.problem
    assert "it offers: fake-model, other-model." in failure.remedy
    assert len(session.server.chats) == 1


def test_an_unknown_model_is_an_error_also_when_the_endpoint_lists_none() -> None:
    session = Session([error(404)], server={"models": None})
    assert "/v1" in session.fails().remedy


def test_a_web_page_points_to_the_base_url() -> None:
    session = Session([garbage("<html></html>", "text/html; charset=utf-8")])
    assert "usually ends in /v1" in session.fails().remedy


@pytest.mark.parametrize(
    "step",
    [
        error(400, {"error": {"message": "too long", "code": "context_length_exceeded"}}),
        error(400, {"error": {"message": "This model's maximum context length is 8192 tokens"}}),
        error(413, "payload too large"),
        error(500, {"error": {"message": "the request exceeds the available context size"}}),
        error(429, {"error": {"message": "Request too large for fake-model on tokens per min"}}),
        garbage('data: {"error": {"message": "x", "code": "context_length_exceeded"}}\n\n'),
    ],
)
def test_a_conversation_that_is_too_long_names_the_remedy(step: Step) -> None:
    session = Session([step])
    failure = session.fails()
    assert "too long for fake-model" in failure.problem
    assert "new thread" in failure.remedy
    assert session.waits == []


@pytest.mark.parametrize("where", ["code", "type"])
def test_an_empty_account_is_not_tried_again(where: str) -> None:
    session = Session(
        [error(429, {"error": {"message": "no credit", where: "insufficient_quota"}})]
    )
    assert "quota" in session.fails().problem
    assert len(session.server.chats) == 1


def test_another_rejection_is_passed_on_with_the_server_s_words() -> None:
    session = Session([error(400, {"detail": "temperature must be 1"})])
    assert "(HTTP 400: temperature must be 1)" in session.fails().problem
    session = Session([error(400, {"error": {"message": "m does not support tools"}})])
    assert "call tools" in session.fails().remedy


# Cancellation and callbacks.


def test_cancelling_closes_the_connection() -> None:
    session = Session([slow("word " * 1000, 0.02)])

    async def go() -> bool:
        endpoint = session.endpoint()
        begun = asyncio.Event()
        task = asyncio.create_task(endpoint.reply(QUESTION, (), lambda piece: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Before `close`, so that it is the cancelled request that let go.
        idle = await asyncio.to_thread(session.server.wait_until_idle)
        await endpoint.close()
        return idle

    with session.server:
        assert asyncio.run(go())
    assert session.server.disconnects == 1


def test_an_error_of_the_listener_is_not_mistaken_for_one_of_the_server() -> None:
    session = Session([say("one two"), say("again")])

    def listener(piece: str) -> None:
        raise ValueError("terminal is gone")

    async def go() -> None:
        endpoint = session.endpoint()
        try:
            await endpoint.reply(QUESTION, (), listener)
        finally:
            await endpoint.close()

    with session.server, pytest.raises(ValueError, match="terminal is gone"):
        asyncio.run(go())
    assert len(session.server.chats) == 1
