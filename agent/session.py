"""The assistant as faces use it: open it, ask, and read events until the answer comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from agent.limits import Limits
from agent.messages import ChatModel, assistant, open_calls, tool_result, user
from tools.errors import BadInput

if TYPE_CHECKING:
    from agent.threads import Threads
    from agent.toolbox import Toolbox
    from tools.launch import Launcher
    from tools.runs import RunStore

Event = dict[str, Any]
"""What happens during a turn: `type` is recalled, token, retract, call, run_started, progress,
run_finished, tool_error, verdict, approval, notice, answer or cancelled."""

Approver = Callable[[dict[str, Any]], Awaitable[bool | list[str]]]
"""Decides on costly calls: True, False, or the ids of those that may run."""

MAX_REQUEST = 20_000
DEFAULT_BUDGET = 600.0


class NeedsApproval(BadInput):
    """A turn waits for a decision on its cost, and nobody is there to ask."""


@dataclass(frozen=True)
class Settings:
    """How an assistant works.

    Attributes:
        budget: seconds of estimated computing a step may cost without approval.
        limits: what a turn may spend.
    """

    budget: float = DEFAULT_BUDGET
    limits: Limits = field(default_factory=Limits)


class Assistant:
    """One open assistant over one state folder; use as `async with Assistant(...)`."""

    toolbox: Toolbox
    store: RunStore
    threads: Threads

    def __init__(self, home: Path, model: ChatModel | None, settings: Settings | None = None):
        """Prepares an assistant; `model` None means the embedded planner."""
        self.home = home
        self.settings = settings or Settings()
        self._model = model
        self._stack = contextlib.AsyncExitStack()

    @property
    def model(self) -> ChatModel:
        """The chat model in use."""
        assert self._model is not None, "the assistant is not open"
        return self._model

    async def __aenter__(self) -> Self:
        from agent import graph
        from agent.nodes import Context
        from agent.threads import Threads
        from agent.toolbox import Toolbox
        from tools import registry
        from tools.launch import Launcher
        from tools.runs import RunStore

        stack = await self._stack.__aenter__()
        self.store = RunStore(self.home)
        # First of all, so that it warms up while the rest is imported and opened.
        launcher = Launcher(self.store)
        stack.callback(launcher.close)
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        from knowledge.library import Library

        library = stack.enter_context(
            contextlib.closing(await asyncio.to_thread(Library.open, self.home / "knowledge"))
        )
        found = registry.load()
        self.toolbox = Toolbox(found, self.store, launcher, library)
        if self._model is None:
            from agent.planner import EmbeddedPlanner
            from knowledge.embed import default_embedder

            self._model = EmbeddedPlanner(list(found), default_embedder().encode)
        stack.push_async_callback(self._model.close)
        saver = await stack.enter_async_context(
            AsyncSqliteSaver.from_conn_string(str(self.home / "conversations.sqlite"))
        )
        self.threads = Threads(saver.conn)
        await self.threads.prepare()
        await saver.setup()
        self._graph = graph.build(saver)
        self._context = Context
        self._launcher: Launcher = launcher
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.__aexit__(None, None, None)

    async def unfinished(self, thread: str) -> bool:
        """Tells whether a turn of this conversation was cut off and can be continued."""
        return bool((await self._graph.aget_state(self._config(thread))).next)

    async def history(self, thread: str) -> list[dict[str, Any]]:
        """Returns the messages of a conversation."""
        values = (await self._graph.aget_state(self._config(thread))).values
        return list(values.get("messages", ()))

    async def ask(
        self, request: str, thread: str, approve: Approver | None = None
    ) -> AsyncIterator[Event]:
        """Answers a request, yielding events; an unfinished turn is finished first.

        Cancelling the task that reads the events stops the runs of the turn and leaves the
        conversation usable.

        Args:
            approve: decides on costly calls; None raises `NeedsApproval` instead.

        Raises:
            BadInput: if the request is empty or too long.
        """
        text = request.strip()
        if not text:
            raise BadInput("The request is empty.", "Type what you want to find out.")
        if len(text) > MAX_REQUEST:
            raise BadInput(
                f"The request has {len(text)} characters, {MAX_REQUEST} are allowed.",
                "Put long material into a file.",
            )
        await self.threads.enter(thread, text)
        if await self.unfinished(thread):
            async for event in self.resume(thread, approve):
                yield event
        values = (await self._graph.aget_state(self._config(thread))).values
        begin = {
            "messages": [user(text)],
            "turn": values.get("turn", 0) + 1,
            "started": time.time(),
        }
        async for event in self._drive(begin, thread, approve):
            yield event

    async def resume(self, thread: str, approve: Approver | None = None) -> AsyncIterator[Event]:
        """Finishes a turn that was cut off; yields nothing when there is none."""
        if not await self.threads.exists(thread):
            raise BadInput(f"There is no thread '{thread}'.", "`ansatz chat --threads` lists them.")
        await self.threads.enter(thread, "")
        if await self.unfinished(thread):
            async for event in self._drive(None, thread, approve):
                yield event

    async def _drive(
        self, begin: Any, thread: str, approve: Approver | None
    ) -> AsyncIterator[Event]:
        """Runs the graph until the turn is over, asking for approval where it waits for it."""
        config = self._config(thread)
        try:
            while True:
                snapshot = await self._graph.aget_state(config)
                if begin is None and snapshot.interrupts:
                    begin = await self._decide(snapshot.interrupts[0].value, thread, approve)
                async for part in self._graph.astream(
                    begin,
                    config,
                    context=self._surroundings(thread),
                    stream_mode=["custom"],
                    durability="sync",
                    version="v2",
                ):
                    yield cast(Event, part["data"])
                if not (await self._graph.aget_state(config)).next:
                    break
                begin = None
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(thread))
            raise
        await self.threads.prune(thread)

    async def _decide(self, cost: dict[str, Any], thread: str, approve: Approver | None) -> Any:
        from langgraph.types import Command

        from tools.duration import humane

        if approve is None:
            calls = "; ".join(
                f"{call['tool'].replace('__', '.')} {json.dumps(call['arguments'])}"
                for call in cost["calls"]
            )
            raise NeedsApproval(
                f"{calls} would take about {humane(cost['seconds'])}, the budget is "
                f"{humane(cost['budget'])}.",
                f"Approve it with `ansatz chat --thread {thread} --yes`, or raise --budget.",
            )
        return Command(resume=await approve(cost))

    async def _abandon(self, thread: str) -> None:
        """Closes a cancelled turn: every open call is answered, and nothing is left to resume."""
        config = self._config(thread)
        state = (await self._graph.aget_state(config)).values
        waiting = open_calls(state.get("messages", ()))
        for call, _ in waiting:
            for record in self.store.recent(origin=f"{thread}/{call}"):
                if not record.status.over:
                    await asyncio.to_thread(self._launcher.cancel, record.id)
        from agent.nodes import INTERRUPTED

        closing = [tool_result(call, name, INTERRUPTED) for call, name in waiting]
        await self._graph.aupdate_state(
            config,
            {"messages": [*closing, assistant("(stopped by the user)")], "unverified": []},
            as_node="report",
        )

    def _surroundings(self, thread: str) -> Any:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        return self._context(
            thread=thread,
            model=self.model,
            toolbox=self.toolbox,
            limits=self.settings.limits,
            budget=self.settings.budget,
            slots=asyncio.Semaphore(max(1, cores)),
        )

    def _config(self, thread: str) -> Any:
        return {"configurable": {"thread_id": thread}}
