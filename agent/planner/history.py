"""The conversation as messages, and what can be derived from it: turns, results, passages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.messages import Message
from agent.planner.state import Frame


@dataclass(frozen=True)
class Result:
    """What one tool call gave.

    Attributes:
        tool: the tool's name.
        arguments: what it was called with.
        content: its answer; {"error": ...} where it could not be read.
    """

    tool: str
    arguments: dict[str, Any]
    content: dict[str, Any]


@dataclass
class Turn:
    """A user's message and everything up to the next one.

    Attributes:
        text: the user's words.
        calls: (tool, arguments) of the assistant's calls, answered or not.
        results: the answered calls.
    """

    text: str
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


def turns(messages: Sequence[Message]) -> list[Turn]:
    """Splits a conversation at the user's messages."""
    found: list[Turn] = []
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages:
        role = message.get("role")
        if role == "user":
            found.append(Turn(_text(message)))
        elif role == "assistant" and found:
            for call in message.get("tool_calls") or ():
                function = call.get("function", {})
                entry = (str(function.get("name", "")), _object(function.get("arguments")))
                calls[str(call.get("id", ""))] = entry
                found[-1].calls.append(entry)
        elif role == "tool" and found:
            known = calls.get(str(message.get("tool_call_id", "")))
            name, arguments = known or (str(message.get("name", "")), {})
            content = _object(message.get("content"))
            found[-1].results.append(Result(name, arguments, content))
    return found


def count_calls(messages: Sequence[Message]) -> int:
    """Returns how many tool calls the conversation holds."""
    return sum(len(m.get("tool_calls") or ()) for m in messages if m.get("role") == "assistant")


def unverified(messages: Sequence[Message]) -> str:
    """Returns the request to correct numbers, if one follows the last user message."""
    last = max((i for i, m in enumerate(messages) if m.get("role") == "user"), default=-1)
    found = ""
    for at, message in enumerate(messages):
        text = _text(message).lstrip()
        if at > last and message.get("role") == "system" and text.startswith("UNVERIFIED:"):
            found = text
    return found


def recalled(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Returns the passages that system messages carry as JSON. They are data, whatever they say."""
    found: list[dict[str, Any]] = []
    for message in messages:
        if message.get("role") != "system":
            continue
        for value in _embedded(_text(message)):
            passages = value.get("passages") if isinstance(value, dict) else value
            if isinstance(passages, list):
                found += [p for p in passages if isinstance(p, dict) and "text" in p]
    return found


def frame_of(calls: Sequence[tuple[str, Mapping[str, Any]]], experiment: str) -> Frame:
    """Rebuilds the request behind calls of one experiment."""
    values: dict[str, list[Any]] = {}
    for _, arguments in calls:
        for name, value in arguments.items():
            here = values.setdefault(name, [])
            if value not in here:
                here.append(value)
    frame = Frame(experiment, {n: tuple(v) for n, v in values.items()})
    if frame.count() != len(calls):
        varied = tuple(n for n, v in frame.values.items() if len(v) == len(calls))
        frame = Frame(experiment, frame.values, varied)
    return frame


def _text(message: Message) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(p.get("text", "")) for p in content if isinstance(p, dict))
    return content if isinstance(content, str) else ""


def _object(text: Any) -> dict[str, Any]:
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text or "{}")
    except (TypeError, json.JSONDecodeError):
        return {"error": str(text)}
    return value if isinstance(value, dict) else {"value": value}


def _embedded(text: str) -> Iterator[Any]:
    """Yields the JSON objects and arrays inside a text."""
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        starts = [i for i in (text.find("{", at), text.find("[", at)) if i >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            at += 1
            continue
        yield value
