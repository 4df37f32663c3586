"""The report: an answer with what backs it, and with a mark on what does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from agent.grounding import Grounding, correction, gather, ground
from agent.state import State
from tools.records import RunRecord

__all__ = ["check", "compose", "correction"]

_OF_RUN = re.compile(r"^run \S+: ")


def check(
    state: State, passages: Sequence[dict[str, Any]], stated: Iterable[float] = ()
) -> Grounding:
    """Traces the draft of this turn to the runs, tables and passages of the conversation."""
    return ground(state["draft"], gather(state["messages"], passages, stated))


def compose(
    state: State,
    found: Grounding,
    records: Sequence[RunRecord],
    *,
    thread: str,
    offline: bool,
) -> dict[str, Any]:
    """Returns the final answer as plain JSON values, the same for every face.

    The text of a turn that could not be finished says why and what was found until then.
    """
    failure = state["failure"]
    text = state["draft"] if not failure else _partial(failure, records)
    return {
        "thread": thread,
        "turn": state["turn"],
        "status": "stopped" if failure else "answered",
        "text": text,
        "model": state.get("model", ""),
        "offline": offline,
        "runs": [_run(r) for r in records],
        "citations": [{"id": key, "title": title} for key, title in found.citations.items()],
        "calls": _calls(state),
        "unverified": [] if failure else list(found.unverified),
        "notices": _unsaid(state["notices"], text),
        "usage": state["spent"],
    }


def _unsaid(notices: Sequence[str], text: str) -> list[str]:
    """Returns the notices, each once, without those that the text gives as notes of its own."""

    def bare(words: str) -> str:
        return " ".join(words.replace("`", "").split())

    said = bare(text)
    return [n for n in dict.fromkeys(notices) if f"Note: {bare(_OF_RUN.sub('', n))}" not in said]


def _run(record: RunRecord) -> dict[str, Any]:
    whole = record.as_json()
    kept = ("id", "number", "experiment", "params", "seed", "status", "metrics", "claims", "error")
    return {k: whole[k] for k in kept} | {
        "figures": [str(a.path) for a in record.artifacts if a.kind == "figure"],
        "tables": [str(a.path) for a in record.artifacts if a.kind == "table"],
        "seconds": record.seconds,
    }


def _calls(state: State) -> list[dict[str, Any]]:
    """Lists the tool calls of this turn, experiments under their own names."""
    mine = f"t{state['turn']}s"
    return [
        {
            "id": c["id"],
            "tool": c["function"]["name"],
            "experiment": c["function"]["name"].replace("__", "."),
            "arguments": json.loads(c["function"]["arguments"]),
        }
        for m in state["messages"]
        if m["role"] == "assistant"
        for c in m.get("tool_calls", ())
        if c["id"].startswith(mine)
    ]


def _partial(failure: str, records: Sequence[RunRecord]) -> str:
    lines = [failure]
    if records:
        lines.append("What was found until then:")
    for record in records:
        lines.append(f"- {record.experiment} [run {record.id}]: {record.status}")
        lines += [f"  - {c.verdict}: {c.text} ({c.reason})" for c in record.claims]
    return "\n".join(lines)
