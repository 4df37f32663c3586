"""Limits of a turn: steps, tokens, dollars and time.

LangGraph's own recursion limit is ten thousand steps and does not protect anybody.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from agent.messages import Usage
from tools.duration import humane, parse_duration
from tools.errors import BadInput


@dataclass(frozen=True)
class Limits:
    """What one turn may spend before it is stopped, with what it has found so far.

    Attributes:
        steps: calls of the chat model.
        tokens: input and output tokens together.
        dollars: money for the endpoint; needs a known price.
        time: seconds from the request to the answer.
        calls: tool calls in one step.
    """

    steps: int = 12
    tokens: int = 200_000
    dollars: float | None = None
    time: float = 6 * 3600.0
    calls: int = 16

    @classmethod
    def parse(cls, settings: Sequence[str]) -> Limits:
        """Reads settings such as `steps=8`, `tokens=50000`, `dollars=0.5`, `time=30m`.

        Raises:
            BadInput: naming the setting, its value and what is allowed.
        """
        limits = cls()
        known = [f.name for f in fields(cls)]
        for setting in settings:
            name, _, text = setting.partition("=")
            if name not in known or not text:
                raise BadInput(
                    f"Limit '{setting}' cannot be read.",
                    f"Write NAME=VALUE with NAME one of {', '.join(known)}.",
                )
            changed: dict[str, Any] = {name: _value(name, text)}
            limits = replace(limits, **changed)
        return limits

    def exceeded(self, steps: int, usage: Usage, started: float) -> str:
        """Says which limit a turn has reached, or returns an empty string.

        Args:
            steps: model calls made so far.
            usage: spent so far.
            started: `time.time()` when the turn began.
        """
        if steps >= self.steps:
            return f"the limit of {self.steps} steps was reached"
        if (tokens := usage.input_tokens + usage.output_tokens) >= self.tokens:
            return f"{tokens} tokens were used, the limit is {self.tokens}"
        if self.dollars is not None and usage.dollars is None:
            return "a limit in dollars is set, but the model's price is unknown (set ANSATZ_PRICE)"
        if self.dollars is not None and (usage.dollars or 0.0) >= self.dollars:
            return f"${usage.dollars:.4f} were spent, the limit is ${self.dollars:g}"
        if (spent := time.time() - started) >= self.time:
            return f"{humane(spent)} have passed, the limit is {humane(self.time)}"
        return ""

    def deadline(self, started: float) -> float:
        """Returns the `time.monotonic()` value at which the turn's time is up."""
        return time.monotonic() + self.time - (time.time() - started)


def _value(name: str, text: str) -> float | int:
    if name == "time":
        value = parse_duration(text)
    else:
        try:
            value = float(text) if name == "dollars" else int(text)
        except ValueError:
            raise BadInput(f"Limit {name} = '{text}' is not a number.", "Give one.") from None
    if value <= 0:
        raise BadInput(f"Limit {name} = {text} allows nothing.", "Give a number above 0.")
    return value
