"""Talking to the assistant in tests: one call per conversation, events and answers back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fakes.openai_server import FakeOpenAI

from agent.endpoint import Endpoint
from agent.messages import ChatModel
from agent.session import Approver, Assistant, Settings


async def no_wait(seconds: float) -> None:
    """Stands in for asyncio.sleep between attempts."""


def endpoint(server: FakeOpenAI, **options: Any) -> Endpoint:
    """Returns an endpoint for the fake server that never really waits."""
    return Endpoint(
        "fake-model",
        base_url=server.base_url,
        api_key="sk-test-key",
        sleep=no_wait,
        rng=random.Random(0),
        **options,
    )


def talk(
    home: Path,
    model: ChatModel | None,
    requests: Sequence[str],
    *,
    thread: str = "t",
    approve: Approver | None = None,
    settings: Settings | None = None,
) -> list[list[dict[str, Any]]]:
    """Makes the requests one after another and returns the events of each turn."""

    async def conversation() -> list[list[dict[str, Any]]]:
        async with Assistant(home, model, settings) as assistant:
            return [
                [event async for event in assistant.ask(request, thread, approve)]
                for request in requests
            ]

    return asyncio.run(conversation())


def answer(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns the last answer among the events of a turn."""
    answers: list[dict[str, Any]] = [e["answer"] for e in events if e["type"] == "answer"]
    return answers[-1]
