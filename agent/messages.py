"""The small protocol between the graph and whatever chooses: an endpoint or the embedded planner.

Messages are plain dictionaries in the OpenAI chat format, so that they are stored, replayed and
sent without conversion. A `ChatModel` turns a list of them into one `Reply`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from tools.errors import AnsatzError

Message = dict[str, Any]
"""One chat message: `role` (system | user | assistant | tool), `content`, and for the assistant
`tool_calls` (id, type, function{name, arguments as JSON text}), for a tool `tool_call_id`."""

OnToken = Callable[[str], None]


@dataclass(frozen=True)
class ToolSpec:
    """What a model is told about one tool.

    Attributes:
        name: letters, digits, `_` and `-` only (64 at most), as endpoints require.
        description: one paragraph in plain words.
        parameters: JSON schema of the arguments, `type: object`.
    """

    name: str
    description: str
    parameters: dict[str, Any]

    def as_openai(self) -> dict[str, Any]:
        """Returns the entry for the `tools` field of a chat completion request."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": self.parameters,
            },
        }


@dataclass(frozen=True)
class ToolCall:
    """A model's wish to call a tool.

    Attributes:
        id: the call's name within the conversation; run ids derive from it.
        name: the tool's name as the model wrote it.
        arguments: the parsed arguments; empty when they could not be parsed.
        raw: the argument text as it came.
        error: why the arguments could not be read, or None.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    raw: str = ""
    error: str | None = None


@dataclass(frozen=True)
class Usage:
    """What one or several replies cost.

    Attributes:
        input_tokens: tokens sent, as counted by the endpoint.
        output_tokens: tokens received.
        dollars: price, or None when no price is known for the model.
        requests: HTTP requests made, failed attempts included.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float | None = 0.0
    requests: int = 0

    def __add__(self, other: Usage) -> Usage:
        unknown = self.dollars is None or other.dollars is None
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if unknown else (self.dollars or 0.0) + (other.dollars or 0.0),
            self.requests + other.requests,
        )


@dataclass(frozen=True)
class Reply:
    """One answer of a chat model: text, tool calls, or both.

    Attributes:
        model: the name that answers are labelled with.
        finish: `stop`, `tool_calls`, `length` (cut off by a limit) or `interrupted`.
        notices: things the user should know (a retry, a truncated stream), one line each.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    finish: str = "stop"
    notices: tuple[str, ...] = ()


@runtime_checkable
class ChatModel(Protocol):
    """Whatever chooses the next step: never computes, never judges."""

    name: str
    offline: bool

    async def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        on_token: OnToken,
    ) -> Reply:
        """Answers the conversation so far; calls `on_token` with each piece of text as it comes.

        Raises:
            ModelError: when no answer can be had, with the remedy in the text.
        """
        ...

    async def close(self) -> None:
        """Releases connections."""
        ...


class ModelError(AnsatzError):
    """A chat model could not answer."""


def system(text: str) -> Message:
    """Returns a system message."""
    return {"role": "system", "content": text}


def user(text: str) -> Message:
    """Returns a user message."""
    return {"role": "user", "content": text}


def assistant(text: str, calls: Sequence[ToolCall] = ()) -> Message:
    """Returns an assistant message with its open tool calls."""
    message: Message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.raw}}
            for c in calls
        ]
    return message


def tool_result(call_id: str, name: str, text: str) -> Message:
    """Returns the answer to one tool call."""
    return {"role": "tool", "tool_call_id": call_id, "name": name, "content": text}


def open_calls(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Lists (id, tool name) of the calls that no tool message has answered yet."""
    answered = {m.get("tool_call_id") for m in messages if m["role"] == "tool"}
    return [
        (call["id"], call["function"]["name"])
        for m in messages
        if m["role"] == "assistant"
        for call in m.get("tool_calls", ())
        if call["id"] not in answered
    ]
