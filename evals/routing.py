"""Routing: does a chat model start the right experiments, and nothing else?

Plays recorded requests (`requests.jsonl`) against any `ChatModel`. Tools are stubs that answer at
once with made-up results, so that a dialog can go on without a single run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.messages import ChatModel, Message, ToolCall, ToolSpec, assistant, tool_result, user
from tools.experiment import Experiment
from tools.names import derived_id

REQUESTS = Path(__file__).parent / "requests.jsonl"
_ROUNDS = 4
_LOOKUPS = {
    "literature": {"search_papers", "ask_papers"},
    "explain": {"show_run", "compare_runs", "list_runs"},
    "compare": {"compare_runs"},
    "list": {"list_experiments", "list_runs"},
}
_DECLINES = re.compile(
    r"\b(cannot|can't|can not|not available|do not know|don't know|unable|outside|not able)\b", re.I
)


@dataclass(frozen=True)
class Outcome:
    """How one turn of a recorded request went.

    Attributes:
        id: of the request, with the turn's number.
        kind: of the request.
        user: what was said.
        right: whether the expectation was met.
        wrong_run: whether a run was started that nobody asked for, or with other parameters.
        calls: (tool, arguments) as called.
        text: what the model said last.
        expected: the expectation.
    """

    id: str
    kind: str
    user: str
    right: bool
    wrong_run: bool
    calls: tuple[tuple[str, dict[str, Any]], ...]
    text: str
    expected: dict[str, Any]


def load(path: Path = REQUESTS) -> list[dict[str, Any]]:
    """Reads recorded requests, one JSON object a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


async def score(
    model: ChatModel, experiments: Sequence[Experiment], requests: Iterable[Mapping[str, Any]]
) -> list[Outcome]:
    """Plays every request as a conversation of its own and judges each turn."""
    outcomes: list[Outcome] = []
    stubs = Stubs(experiments)
    for request in requests:
        messages: list[Message] = []
        for number, turn in enumerate(request["turns"], 1):
            messages.append(user(turn["user"]))
            calls, text = await _turn(model, stubs, messages)
            right, wrong = judge(turn["expect"], calls, text, stubs)
            outcomes.append(
                Outcome(
                    f"{request['id']}.{number}",
                    str(request.get("kind", "")),
                    turn["user"],
                    right,
                    wrong,
                    tuple((c.name, c.arguments) for c in calls),
                    text,
                    turn["expect"],
                )
            )
    return outcomes


async def _turn(
    model: ChatModel, stubs: Stubs, messages: list[Message]
) -> tuple[list[ToolCall], str]:
    """Lets the model act until it answers in words; appends everything to the conversation."""
    made: list[ToolCall] = []
    for _ in range(_ROUNDS):
        reply = await model.reply(messages, stubs.specs, lambda _: None)
        messages.append(assistant(reply.text, reply.calls))
        if not reply.calls:
            return made, reply.text
        for call in reply.calls:
            made.append(call)
            messages.append(tool_result(call.id, call.name, json.dumps(stubs.answer(call))))
    return made, ""


class Stubs:
    """Tools that describe themselves like the real ones and invent their answers."""

    def __init__(self, experiments: Sequence[Experiment]) -> None:
        self._experiments = {e.name.replace(".", "__"): e for e in experiments}
        self._number = 0
        names = [
            "search_papers",
            "ask_papers",
            "list_experiments",
            "list_runs",
            "show_run",
            "compare_runs",
        ]
        self.specs = [
            ToolSpec(name, e.description, e.schema()) for name, e in self._experiments.items()
        ] + [ToolSpec(name, name, {"type": "object", "properties": {}}) for name in names]

    def experiment(self, tool: str) -> str | None:
        """Returns the experiment behind a tool, or None for a look-up."""
        found = self._experiments.get(tool)
        return found.name if found else None

    def defaults(self, tool: str) -> dict[str, Any]:
        """Returns what the parameters of an experiment are when nobody states them."""
        experiment = self._experiments[tool]
        return {"seed": 0} | {p.name: p.default for p in experiment.parameters() if not p.required}

    def answer(self, call: ToolCall) -> dict[str, Any]:
        """Returns a result of the shape that the real tool gives."""
        if call.name in self._experiments:
            return self._run(self._experiments[call.name], call)
        if call.name in ("search_papers", "ask_papers"):
            return {"relevant": False, "known": False, "passages": []}
        if call.name == "list_experiments":
            listed = self._experiments.values()
            return {"experiments": [{"name": e.name, "summary": e.summary, "claim": e.claim,
                                     "parameters": [p.name for p in e.parameters()]}
                                    for e in listed]}  # fmt: skip
        if call.name == "list_runs":
            return {"runs": []}
        if call.name == "compare_runs":
            return {"runs": [], "parameters": {}, "metrics": {}, "claims": []}
        return {"error": f"There is no run {call.arguments.get('run')}."}

    def _run(self, experiment: Experiment, call: ToolCall) -> dict[str, Any]:
        self._number += 1
        defaults = self.defaults(call.name)
        del defaults["seed"]
        given = {k: v for k, v in call.arguments.items() if k != "seed"}
        claim = {
            "text": experiment.claim,
            "paper": "",
            "verdict": "inconclusive",
            "reason": "a stub measured nothing",
        }
        return {
            "run": derived_id("stub", call.id, str(self._number)),
            "number": self._number,
            "experiment": experiment.name,
            "status": "completed",
            "params": {**defaults, **given},
            "seed": call.arguments.get("seed", 0),
            "metrics": {},
            "claims": [claim],
            "papers": list(experiment.papers),
            "figures": [],
            "tables": [],
            "seconds": 0.0,
        }


def judge(
    expected: Mapping[str, Any], calls: Sequence[ToolCall], text: str, stubs: Stubs
) -> tuple[bool, bool]:
    """Returns (right, a wrong run was started)."""
    runs = [c for c in calls if stubs.experiment(c.name)]
    lookups = {c.name for c in calls} - {c.name for c in runs}
    if "calls" in expected:
        wanted = list(expected["calls"])
        surplus = 0
        for call in runs:
            match = next((w for w in wanted if _matches(w, call, stubs)), None)
            if match is None:
                surplus += 1
            else:
                wanted.remove(match)
        return not wanted and not surplus, surplus > 0
    if runs:
        return False, True
    if expected.get("ask"):
        return "?" in text and not lookups, False
    wish = str(expected.get("answer"))
    if wish in _LOOKUPS:
        return bool(lookups & _LOOKUPS[wish]), False
    if wish == "refuse":
        return not lookups - _LOOKUPS["literature"] and bool(_DECLINES.search(text)), False
    if wish == "smalltalk":
        return not lookups and not _DECLINES.search(text), False
    return bool(text), False


def _matches(wanted: Mapping[str, Any], call: ToolCall, stubs: Stubs) -> bool:
    if stubs.experiment(call.name) != wanted["experiment"]:
        return False
    given = call.arguments
    if set(wanted.get("absent", ())) & set(given):
        return False
    # What nobody asked for may be said, but not changed.
    defaults = stubs.defaults(call.name)
    unasked = {k: v for k, v in given.items() if k not in wanted["arguments"]}
    if any(not _equal(v, defaults.get(k)) for k, v in unasked.items()):
        return False
    return all(k in given and _equal(given[k], v) for k, v in wanted["arguments"].items())


def _equal(a: Any, b: Any) -> bool:
    numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (a, b))
    return abs(a - b) < 1e-6 if numbers else bool(a == b)
