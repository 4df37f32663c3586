"""Reading what compatible servers send: fields may be left out, repeated or misspelt."""

from __future__ import annotations

import json
from typing import Any

from agent.messages import Message


def as_dict(value: object) -> dict[str, Any]:
    """Returns an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Returns a list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Returns a text, or the text parts of a list of parts; anything else is no text."""
    if isinstance(value, str):
        return value
    parts = [part for part in map(as_dict, as_list(value)) if part.get("type") == "text"]
    return "".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def as_json(value: object) -> str:
    """Writes a value as JSON, and no value as nothing."""
    return "" if value is None else json.dumps(value)


def read_arguments(raw: str) -> tuple[dict[str, Any], str | None]:
    """Returns the arguments of a call and None, or nothing and why they cannot be read."""
    try:
        value = json.loads(raw or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return {}, f"the arguments are not JSON: {error}"
    if not isinstance(value, dict):
        return {}, f"the arguments are a JSON {type(value).__name__}, not an object"
    return value, None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def sendable(message: Message) -> Message:
    """Returns a message that every server can read.

    Some servers parse the arguments of earlier calls and fail on every later turn if these are
    not a JSON object; the text that the model wrote is then wrapped into one.
    """
    if not message.get("tool_calls"):
        return message
    calls = []
    for call in message["tool_calls"]:
        raw = call["function"]["arguments"]
        if read_arguments(raw)[1] is not None:
            function = {**call["function"], "arguments": json.dumps({"unreadable": raw})}
            call = {**call, "function": function}
        calls.append(call)
    return {**message, "tool_calls": calls}
