"""An endpoint on a fake server, for tests of what it sends, survives, counts and says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from fakes.openai_server import FakeOpenAI, Script

from agent.endpoint import Endpoint
from agent.messages import Message, ModelError, Reply, ToolSpec, user

KEY = "sk-test-0123456789abcdef"
RUN = ToolSpec("run", "Runs.", {"type": "object", "properties": {"n": {"type": "integer"}}})
QUESTION = [user("what is six times seven?")]


class Session:
    """An endpoint on a fake server, with everything that it did."""

    def __init__(self, script: Script, **options: Any) -> None:
        self.server = FakeOpenAI(script, **options.pop("server", {}))
        self.waits: list[float] = []
        self.shown: list[str] = []
        self.options: dict[str, Any] = {"api_key": KEY, "rng": random.Random(1), **options}

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def endpoint(self) -> Endpoint:
        options = {"base_url": self.server.base_url, "sleep": self._sleep, **self.options}
        return Endpoint("fake-model", **options)

    def ask(
        self, messages: Sequence[Message] = QUESTION, tools: Sequence[ToolSpec] = (RUN,)
    ) -> Reply:
        async def go() -> Reply:
            endpoint = self.endpoint()
            try:
                return await endpoint.reply(messages, tools, self.shown.append)
            finally:
                await endpoint.close()

        with self.server:
            return asyncio.run(go())

    def fails(self) -> ModelError:
        with pytest.raises(ModelError) as caught:
            self.ask()
        return caught.value


def names_and_arguments(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    return [(c.name, c.arguments) for c in reply.calls]


def entry(index: int | None, id_: str | None, name: str | None, raw: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"function": {"name": name, "arguments": raw}}
    if index is not None:
        made["index"] = index
    if id_ is not None:
        made["id"] = id_
    return made
