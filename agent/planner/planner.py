"""The embedded offline planner: a deterministic chat model without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent.messages import Message, OnToken, Reply, ToolCall, ToolSpec
from agent.planner import answers, compose
from agent.planner.comparing import comparison_text
from agent.planner.dialog import Dialog
from agent.planner.history import (
    Result,
    Turn,
    count_calls,
    frame_of,
    recalled,
    turns,
    unverified,
)
from agent.planner.phrases import estimate_notice, plain_text, plan_line
from agent.planner.references import PLACES
from agent.planner.router import Router
from agent.planner.state import Decision, Frame, State
from tools.experiment import Experiment

if TYPE_CHECKING:
    import numpy as np

_PASSAGES = 8  # a definition is not always among the closest few
_INFORMS = ("literature", "add", "experiments", "runs", "social")
_RUNLIKE = re.compile(r"^last(?:~(\d+))?$")


class EmbeddedPlanner:
    """Maps plain words onto experiments, asks back when unsure, quotes papers.

    Stateless: everything that carries over between turns is derived from the messages, by
    replaying the user's turns and reading the calls that followed them.

    Attributes:
        name: what answers are labelled with.
        offline: True.
    """

    name = "offline planner"
    offline = True

    def __init__(
        self,
        experiments: Sequence[Experiment],
        embed: Callable[[Sequence[str]], np.ndarray] | None = None,
    ) -> None:
        """Prepares a planner for these experiments.

        Args:
            experiments: what may be run.
            embed: texts to unit rows; without it similarity is lexical.
        """
        self._router = Router(experiments, embed)
        self._dialog = Dialog(self._router)
        self._tools = {name.replace(".", "__"): name for name in self._router.experiments}

    async def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        on_token: OnToken,
    ) -> Reply:
        """Answers the conversation so far."""
        past = turns(messages)
        if not past:
            return self._say("What would you like to find out?", on_token)
        state = State()
        for turn in past[:-1]:
            state = self._after(turn, self._dialog.decide(turn.text, state), state)
        decision = self._dialog.decide(past[-1].text, state)
        complaint = unverified(messages)
        if past[-1].results:
            text = self._answer(past[-1], decision, recalled(messages))
        else:
            ids = [run for turn in past for run in self._runs_in(turn)]
            offered = {spec.name for spec in tools}
            calls = self._calls(decision, state, ids, messages, offered)
            if calls and all(c.name in offered for c in calls) and not complaint:
                line = plan_line(decision, self._router)
                return self._say(line, on_token, calls)
            missing = sorted({c.name for c in calls} - offered)
            text = plain_text(decision, self._router, missing)
            notice = estimate_notice(decision, self._router)
            if notice and not complaint:
                return replace(self._say(text, on_token), notices=(notice,))
        if complaint:
            text = compose.without_numbers(text, complaint)
        return self._say(text, on_token)

    async def close(self) -> None:
        """Has nothing to release."""

    # -- what happened ----------------------------------------------------------------------------

    def _after(self, turn: Turn, decision: Decision, state: State) -> State:
        """Returns the state after a turn; the calls that were made outweigh the decision."""
        made = [(tool, a) for tool, a in turn.calls if tool in self._tools]
        if not made:
            pending = decision.pending
            if pending is None and decision.kind in _INFORMS:
                pending = state.pending
            named = self._dialog.named(turn.text) if decision.kind == "literature" else {}
            kept = state.mentioned if decision.kind in _INFORMS else {}
            return replace(state, pending=pending, mentioned=named or kept)
        last = self._tools[made[-1][0]]
        frame = frame_of([c for c in made if self._tools[c[0]] == last], last)
        if decision.frame and decision.frame.experiment == last:
            same = [a for _, a in made] == decision.frame.arguments()
            frame = decision.frame if same else frame
        recorded = dict(state.recorded)
        count = state.runs
        for result in turn.results:
            if result.tool in self._tools and result.content.get("run"):
                own = frame_of([(result.tool, result.arguments)], self._tools[result.tool])
                recorded[str(result.content["run"])] = own
                recorded[str(result.content.get("number"))] = own
                if count < len(PLACES):
                    recorded[PLACES[count]] = own
                count += 1
        return State(frame, None, self._topic(frame, state), recorded, count)

    def _topic(self, frame: Frame, before: State) -> str:
        """Names the numeric parameter that the last request was about."""
        slots = self._router.slots[frame.experiment]
        old = before.frame.values if before.frame else {}
        changed = [
            n
            for n, v in frame.values.items()
            if n in slots and slots[n].numeric and old.get(n) != v
        ]
        parts = [n for n in changed if slots[n].part]
        if len(changed) == 1:
            return changed[0]
        if parts:
            return parts[0]
        # A bare "10" after a change of something else could be anything.
        return ""

    def _runs_in(self, turn: Turn) -> list[str]:
        return [
            str(r.content["run"])
            for r in turn.results
            if r.tool in self._tools and r.content.get("run")
        ]

    # -- what to do -------------------------------------------------------------------------------

    def _calls(
        self,
        decision: Decision,
        state: State,
        ids: Sequence[str],
        messages: Sequence[Message],
        offered: Collection[str],
    ) -> list[ToolCall]:
        wanted: list[tuple[str, dict[str, Any]]] = []
        if decision.kind == "run" and decision.frame:
            tool = decision.frame.experiment.replace(".", "__")
            wanted = [(tool, arguments) for arguments in decision.frame.arguments()]
        elif decision.kind == "add" and decision.paths:
            wanted = [("add_papers", {"paths": list(decision.paths)})]
        elif decision.kind == "literature" and decision.question and "ask_papers" in offered:
            wanted = [("ask_papers", {"question": decision.question})]
        elif decision.kind == "literature":
            wanted = [("search_papers", {"query": decision.text, "k": _PASSAGES})]
        elif decision.kind == "explain":
            wanted = [("show_run", {"run": _resolve(decision.runs[0], ids)})]
            if decision.also_papers:
                wanted.append(("search_papers", {"query": self._why_query(decision, state)}))
        elif decision.kind == "compare":
            wanted = [("compare_runs", {"runs": [_resolve(r, ids) for r in decision.runs]})]
        elif decision.kind == "experiments":
            wanted = [("list_experiments", {})]
        elif decision.kind == "runs":
            limit = {"limit": min(50, int(decision.runs[0]))} if decision.runs else {}
            wanted = [("list_runs", dict(limit))]
        # Run ids derive from call ids, so these must never repeat within a conversation.
        turn = sum(m.get("role") == "user" for m in messages)
        made = count_calls(messages)
        return [
            ToolCall(
                f"offline-{turn}-{made + i + 1}",
                tool,
                arguments,
                json.dumps(arguments, ensure_ascii=False),
            )
            for i, (tool, arguments) in enumerate(wanted)
        ]

    def _why_query(self, decision: Decision, state: State) -> str:
        if state.frame is None:
            return decision.text
        claim = self._router.experiments[state.frame.experiment].claim
        values = " ".join(
            str(v) for vs in state.frame.values.values() for v in vs if type(v) is str
        )
        return f"{decision.text} {values} limits of the claim: {claim}"

    # -- what to say ------------------------------------------------------------------------------

    def _answer(self, turn: Turn, decision: Decision, passages: Sequence[dict[str, Any]]) -> str:
        by_tool: dict[str, Result] = {r.tool: r for r in turn.results}
        similarity = self._router.similarity
        started = [r for r in turn.results if r.tool in self._tools]
        found = by_tool["search_papers"].content if "search_papers" in by_tool else None
        if started:
            return compose.runs_text(started, self._router.slots, passages)
        if "compare_runs" in by_tool:
            return comparison_text(by_tool["compare_runs"].content)
        if "show_run" in by_tool:
            run = by_tool["show_run"].content
            return compose.explanation_text(
                turn.text, run, by_tool.get("search_papers"), self._router.slots, similarity
            ) + ("\n\n" + _RERUN if "rerun" in decision.notes else "")
        if found is not None:
            return answers.literature_text(turn.text, found, similarity)
        if "ask_papers" in by_tool:
            return answers.asked_text(turn.text, by_tool["ask_papers"].content)
        if "add_papers" in by_tool:
            return answers.added_text(by_tool["add_papers"].content)
        if "list_runs" in by_tool:
            return answers.run_list_text(by_tool["list_runs"].content, self._router.slots)
        if "list_experiments" in by_tool:
            return answers.experiment_list_text(
                turn.text, by_tool["list_experiments"].content, self._router.slots
            )
        return plain_text(decision, self._router, ())

    def _say(self, text: str, on_token: OnToken, calls: Sequence[ToolCall] = ()) -> Reply:
        for piece in re.findall(r"\s*\S+\s*", text):
            on_token(piece)
        return Reply(text, tuple(calls), model=self.name, finish="tool_calls" if calls else "stop")


_RERUN = (
    "That run is not of this conversation, so nothing was repeated. Say what to run with the "
    "parameters above."
)


def _resolve(run: str, ids: Sequence[str]) -> str:
    """Names "the last run" of this conversation by its id; other runs of the store may be newer."""
    if run in PLACES:
        at = PLACES.index(run)
        return ids[at] if at < len(ids) else str(at + 1)
    match = _RUNLIKE.match(run)
    if match is None:
        return run
    back = int(match[1] or 0)
    return ids[-1 - back] if back < len(ids) else run
