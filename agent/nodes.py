"""The nodes of the graph, each one step of a turn.

A node may be run again from its first line after a crash: nothing with an effect stands before
the interrupt, and a run's id derives from thread and call, so that acting again finds the run
instead of starting a second one.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent import check, prompts, report
from agent.describe import passages_json
from agent.grounding import Grounding
from agent.limits import Limits
from agent.messages import (
    ChatModel,
    Message,
    ModelError,
    Reply,
    ToolCall,
    Usage,
    assistant,
    open_calls,
    system,
    tool_result,
)
from agent.state import State
from agent.toolbox import CallContext, Toolbox
from knowledge.errors import KnowledgeError

INTERRUPTED = json.dumps({"error": "interrupted before it finished; no result"})
DECLINED = json.dumps({"status": "refused", "error": "the user declined the cost of this call"})


@dataclass(frozen=True)
class Context:
    """What a turn works with; handed to every node, never stored.

    Attributes:
        budget: seconds of estimated computing that need no approval.
        slots: limits how many runs compute at once.
    """

    thread: str
    model: ChatModel
    toolbox: Toolbox
    limits: Limits
    budget: float
    slots: asyncio.Semaphore


async def recall(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Begins a turn: repairs what an earlier one left open and retrieves passages."""
    history = state["messages"]
    repaired = [tool_result(i, name, INTERRUPTED) for i, name in open_calls(history[:-1])]
    request = history[-1]["content"]
    notices = []
    try:
        found = await asyncio.to_thread(runtime.context.toolbox.library.search, request, k=4)
    except KnowledgeError as error:
        found, notices = [], [f"the library cannot be searched: {error}"]
    passages = [p for p in found if p.relevant]
    runtime.stream_writer(
        {"type": "recalled", "passages": [{"id": p.id, "title": p.title} for p in passages]}
    )
    return {
        "messages": repaired,
        "passages": [p.id for p in passages],
        "runs": [],
        "checked": [],
        "steps": 0,
        "spent": dataclasses.asdict(Usage()),
        "malformed": 0,
        "draft": "",
        "unverified": [],
        "corrections": 0,
        "failure": "",
        "notices": notices,
        "answer": {},
    }


async def plan(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Asks the chat model for the next step: tool calls, or the text of an answer."""
    context = runtime.context
    usage = Usage(**state["spent"])
    if stop := context.limits.exceeded(state["steps"], usage, state["started"]):
        return {"failure": f"Stopped: {stop}.", "draft": ""}
    messages = prompts.build(ordered(state["messages"]), recalled(state, context.toolbox))
    if state["unverified"]:
        messages += [assistant(state["draft"]), system(report.correction(state["unverified"]))]
        runtime.stream_writer({"type": "retract", "unverified": state["unverified"]})
    try:
        reply = await context.model.reply(
            messages,
            context.toolbox.specs,
            lambda piece: runtime.stream_writer({"type": "token", "text": piece}),
        )
    except ModelError as error:
        return {"failure": str(error), "draft": ""}
    update: dict[str, Any] = {
        "steps": state["steps"] + 1,
        "spent": dataclasses.asdict(usage + reply.usage),
        "model": reply.model or context.model.name,
        "notices": [*state["notices"], *reply.notices],
        "unverified": [],
    }
    if not reply.calls:
        if reply.finish == "length":
            update["notices"].append("the answer was cut off by the model's length limit")
        return update | {"draft": reply.text}
    return update | _with_calls(reply, state, context.limits)


def _with_calls(reply: Reply, state: State, limits: Limits) -> dict[str, Any]:
    """Records the calls under ids of our own: servers repeat theirs, and runs derive from them."""
    if len(reply.calls) > limits.calls:
        return {
            "failure": f"Stopped: the model asked for {len(reply.calls)} tool calls at once, "
            f"the limit is {limits.calls}.",
            "draft": "",
        }
    malformed = state["malformed"] + any(c.error for c in reply.calls)
    if malformed > 1 and (broken := next((c for c in reply.calls if c.error), None)):
        return {
            "failure": f"The model twice wrote arguments that cannot be read, "
            f"last for {broken.name}: {broken.error}",
            "draft": "",
        }
    calls = [
        dataclasses.replace(
            call,
            id=f"t{state['turn']}s{state['steps'] + 1}c{position}",
            # What cannot be read is not sent back as if it were arguments: servers refuse it.
            raw="{}" if call.error else json.dumps(call.arguments, ensure_ascii=False),
        )
        for position, call in enumerate(reply.calls)
    ]
    errors = {c.id: [c.error, c.raw] for c in calls if c.error}
    message = assistant(reply.text, calls)
    if errors:
        # Kept beside the call so that `act` can answer it, also after a restart.
        message["errors"] = errors
    return {"messages": [message], "malformed": malformed, "draft": ""}


def pending(state: State) -> list[ToolCall]:
    """Returns the calls of the last assistant message that no tool has answered."""
    waiting = {i for i, _ in open_calls(state["messages"])}
    message = next(m for m in reversed(state["messages"]) if m["role"] == "assistant")
    errors = message.get("errors", {})
    return [
        ToolCall(
            c["id"],
            c["function"]["name"],
            json.loads(c["function"]["arguments"]),
            c["function"]["arguments"],
            errors.get(c["id"], [None])[0],
        )
        for c in message.get("tool_calls", ())
        if c["id"] in waiting
    ]


async def approve(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Asks once, with all costly calls in one list, when their estimate exceeds the budget."""
    context = runtime.context
    calls = pending(state)
    costs = {c.id: context.toolbox.cost(c) for c in calls}
    total = sum(costs.values())
    if total <= context.budget:
        return {}
    costly = [
        {"id": c.id, "tool": c.name, "arguments": c.arguments, "seconds": costs[c.id]}
        for c in calls
        if costs[c.id] > 0
    ]
    agreed = interrupt({"calls": costly, "seconds": total, "budget": context.budget})
    allowed = {c["id"] for c in costly} if agreed is True else set(agreed or ())
    return {
        "messages": [
            tool_result(str(c["id"]), str(c["tool"]), DECLINED)
            for c in costly
            if c["id"] not in allowed
        ]
    }


async def act(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Carries out the open calls, in parallel, and answers each of them."""
    context = runtime.context
    calls = pending(state)
    surroundings = CallContext(
        context.thread,
        "\n".join(m["content"] for m in state["messages"] if m["role"] == "user"),
        runtime.stream_writer,
        context.limits.deadline(state["started"]),
        context.slots,
    )
    for call in calls:
        runtime.stream_writer(
            {"type": "call", "call": call.id, "tool": call.name, "arguments": call.arguments}
        )
    results = await asyncio.gather(*(context.toolbox.execute(c, surroundings) for c in calls))
    for call, result in zip(calls, results, strict=True):
        if "error" in result and "run" not in result:
            runtime.stream_writer({"type": "tool_error", "call": call.id, "error": result["error"]})
    started = [r["run"] for c, r in zip(calls, results, strict=True) if is_run(context, c, r)]
    return {
        "messages": [
            tool_result(c.id, c.name, json.dumps(r, ensure_ascii=False))
            for c, r in zip(calls, results, strict=True)
        ],
        "runs": list(dict.fromkeys([*state["runs"], *started])),
    }


def is_run(context: Context, call: ToolCall, result: dict[str, Any]) -> bool:
    """Tells whether a call was an experiment that left a run."""
    return "run" in result and context.toolbox.experiment(call.name) is not None


async def verify(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Checks the runs of this turn before anyone speaks of them."""
    store = runtime.context.toolbox.store
    notices = list(state["notices"])
    for run_id in state["runs"]:
        if run_id in state["checked"]:
            continue
        record = await asyncio.to_thread(store.get, run_id)
        notices += check.problems(record)
        for claim in record.claims:
            runtime.stream_writer(
                {
                    "type": "verdict",
                    "run": run_id,
                    "claim": claim.text,
                    "verdict": str(claim.verdict),
                    "reason": claim.reason,
                }
            )
    return {"notices": notices, "checked": state["runs"]}


async def conclude(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Traces the draft to its sources; sends it back once, then says what is not verified."""
    context = runtime.context
    passages = recalled(state, context.toolbox)
    # Bounds may be named when asking back, but are no result: beside a run they do not count.
    found = report.check(state, passages, () if state["runs"] else context.toolbox.stated)
    if found.unverified and state["corrections"] == 0 and not state["failure"]:
        return {"unverified": list(found.unverified), "corrections": 1}
    records = [context.toolbox.store.get(run_id) for run_id in state["runs"]]
    answer = report.compose(
        state,
        titled(found, context.toolbox),
        records,
        thread=context.thread,
        offline=context.model.offline,
    )
    runtime.stream_writer({"type": "answer", "answer": answer})
    return {
        "messages": [assistant(answer["text"])],
        "unverified": [],
        # The answer as the face gets it is not stored: what it shows lives in the run store.
        "answer": {"status": answer["status"], "unverified": answer["unverified"]},
    }


def titled(found: Grounding, toolbox: Toolbox) -> Grounding:
    """Adds the titles of papers that are cited because a run tests their claim."""
    titles = {}
    for key, title in found.citations.items():
        try:
            titles[key] = title or toolbox.library.card(key).title
        except KnowledgeError:
            # An external package may name a paper that the library has no card of.
            titles[key] = ""
    return dataclasses.replace(found, citations=titles)


def recalled(state: State, toolbox: Toolbox) -> list[dict[str, Any]]:
    """Returns the passages of this turn; the state holds their ids only."""
    found = []
    for name in state["passages"]:
        # A document may have been removed while the turn was interrupted.
        with contextlib.suppress(KnowledgeError):
            found.append(toolbox.library.passage(name))
    described: list[dict[str, Any]] = passages_json(found)["passages"]
    return [{k: v for k, v in p.items() if k != "similarity"} for p in described]


def ordered(messages: list[Message]) -> list[Message]:
    """Puts each tool answer right behind its call and drops fields that are our own.

    A call that was repaired at the start of a later turn is answered after that turn's request,
    an order that endpoints refuse.
    """
    answers = {m["tool_call_id"]: m for m in messages if m["role"] == "tool"}
    result: list[Message] = []
    for message in messages:
        if message["role"] == "tool":
            continue
        result.append({k: v for k, v in message.items() if k != "errors"})
        result += [answers[c["id"]] for c in message.get("tool_calls", ()) if c["id"] in answers]
    return result
