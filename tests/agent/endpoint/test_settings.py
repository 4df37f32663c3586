"""Settings: the environment, a probe of the server, and what allows no request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fakes.endpoint_session import KEY, QUESTION, Session
from fakes.openai_server import say

from agent.endpoint import Endpoint
from agent.messages import ModelError, Reply
from tools.errors import BadInput

# Probe.


def probe(session: Session) -> list[str]:
    async def go() -> list[str]:
        endpoint = session.endpoint()
        try:
            return await endpoint.probe()
        finally:
            await endpoint.close()

    with session.server:
        return asyncio.run(go())


def test_probe_lists_the_models() -> None:
    assert probe(Session([], server={"models": ["b", "a"]})) == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"server": {"key": "another"}}, "OPENAI_API_KEY"),
        ({"server": {"models": None}}, "OPENAI_BASE_URL"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "127.0.0.1:9"),
    ],
)
def test_probe_says_clearly_what_is_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        probe(Session([], **options))
    assert KEY not in str(caught.value)


# Configuration.


REMOTE = {"OPENAI_API_KEY": KEY, "ANSATZ_MODEL": "m"}


def test_the_environment_describes_an_endpoint() -> None:
    session = Session([say("ok")])
    environ = {
        **REMOTE,
        "OPENAI_BASE_URL": f" {session.server.base_url}/ ",
        "ANSATZ_PRICE": "1000000,0",
    }

    async def go() -> Reply:
        endpoint = Endpoint.from_environment(None, environ)
        reply = await endpoint.reply(QUESTION, (), lambda piece: None)
        await endpoint.close()
        return reply

    with session.server:
        reply = asyncio.run(go())
    assert (reply.model, reply.usage.dollars) == ("m", 100.0)
    assert session.server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_given_model_goes_before_the_environment() -> None:
    assert Endpoint.from_environment("given", REMOTE).name == "given"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "0.0.0.0:1"])
def test_a_local_endpoint_needs_no_key(host: str) -> None:
    environ = {"OPENAI_BASE_URL": f"http://{host}/v1", "ANSATZ_MODEL": "m"}
    assert Endpoint.from_environment(None, environ).base_url == f"http://{host}/v1"


def test_no_key_of_the_process_is_sent_to_a_server_that_was_given_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    session = Session([say("ok")], api_key="")
    session.ask()
    assert KEY not in str(session.server.requests)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"OPENAI_API_KEY": ""}, "OPENAI_API_KEY is not set"),
        ({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "https://localhost.example/v1"}, "not set"),
        ({"OPENAI_API_KEY": f"{KEY} {KEY}"}, "OPENAI_API_KEY holds a blank"),
        ({"OPENAI_API_KEY": f"“{KEY}”"}, "OPENAI_API_KEY holds a blank"),
        ({"ANSATZ_MODEL": " "}, "No model is named for the endpoint https://api.openai.com/v1"),
        ({"OPENAI_BASE_URL": "localhost:8000"}, "http://"),
        ({"OPENAI_BASE_URL": "http://localhost:port/v1"}, "http://"),
        ({"ANSATZ_PRICE": "cheap"}, "ANSATZ_PRICE"),
        ({"ANSATZ_PRICE": "0.15"}, "ANSATZ_PRICE"),
        ({"ANSATZ_PRICE": "-1,2"}, "ANSATZ_PRICE"),
        ({"ANSATZ_PRICE": "nan,2"}, "ANSATZ_PRICE"),
    ],
)
def test_missing_or_senseless_settings_are_named(changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        Endpoint.from_environment(None, {**REMOTE, **changes})
    assert words in str(caught.value)
    assert KEY not in str(caught.value)


def test_credentials_in_the_base_url_are_not_shown() -> None:
    url = "http://me:secret@127.0.0.1:9/v1?token=secret"
    session = Session([], base_url=url, max_attempts=1)
    assert "secret" not in str(session.fails())


@pytest.mark.parametrize("options", [{"max_attempts": 0}, {"timeout": 0}, {"price": (-1.0, 0.0)}])
def test_settings_that_allow_no_request_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Endpoint("m", base_url=None, api_key=KEY, **options)
