"""How a person or a program talks to the assistant in a terminal."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import common

if TYPE_CHECKING:
    from rich.console import Console

    from agent.messages import ChatModel
    from agent.session import Approver, Assistant, Event, Settings

STOPPED, NEEDS_APPROVAL = 1, 3

COMMANDS = (
    ("/runs", "the latest runs"),
    ("/papers QUESTION", "search the library"),
    ("/tools", "the experiments that can be run"),
    ("/history", "this conversation so far"),
    ("/threads", "earlier conversations"),
    ("/thread NAME", "go on with another conversation"),
    ("/help", "this list"),
    ("/quit", "leave (also Ctrl-D)"),
)


class Face:
    """How a person or a program talks to the assistant in a terminal."""

    def __init__(self, *, as_json: bool, quiet: bool, yes: bool, open_figures: bool) -> None:
        self.out: Console = common.console()
        self.err: Console = common.console(stderr=True)
        self._json, self._quiet, self._yes, self._open = as_json, quiet, yes, open_figures

    async def once(
        self, model: ChatModel | None, settings: Settings, request: str | None, thread: str | None
    ) -> int:
        """Answers one request, or finishes a turn that was cut off; returns the exit status."""
        from agent.session import Assistant, NeedsApproval
        from agent.threads import new_name

        async with Assistant(common.home(), model, settings) as assistant:
            name = thread or new_name()
            if request is None and not await assistant.unfinished(name):
                raise common.usage(f"Thread '{name}' has nothing to continue.", "Give a request.")
            events = (
                assistant.resume(name, self._approver())
                if request is None
                else assistant.ask(request, name, self._approver())
            )
            try:
                answers = await self._turn(events)
            except NeedsApproval as waiting:
                if self._json:
                    print(
                        json.dumps(
                            {
                                "status": "needs_approval",
                                "thread": name,
                                "error": common.describe(waiting),
                            }
                        )
                    )
                else:
                    self.err.print(str(waiting), style="yellow", soft_wrap=True)
                return NEEDS_APPROVAL
            if answers is None:
                if self._json:
                    print(json.dumps({"status": "cancelled", "thread": name}))
                else:
                    self.err.print(f"cancelled; go on with --thread {name}")
                return common.CANCELLED
        if self._json:
            final = answers[-1]
            print(json.dumps(final | {"resumed": answers[:-1]}, ensure_ascii=False))
        return _status(answers[-1])

    async def converse(
        self, model: ChatModel | None, settings: Settings, thread: str | None
    ) -> int:
        """Holds a conversation until the user leaves."""
        from agent.session import Assistant, NeedsApproval
        from agent.threads import new_name
        from tools.errors import AnsatzError

        name = thread or new_name()
        async with Assistant(common.home(), model, settings) as assistant:
            self.out.print(
                f"Ansatz, answering with {assistant.model.name}. Thread {name}. "
                "/help lists commands.",
                markup=False,
                style="dim",
            )
            if await assistant.unfinished(name):
                self.err.print("  continuing the turn that was cut off", style="dim")
                await self._turn(assistant.resume(name, self._approver()))
            while (line := await _read_line(assistant.home)) is not None:
                text = line.strip()
                try:
                    if text in ("/quit", "/exit"):
                        break
                    if text.startswith("/"):
                        name = await self._command(assistant, text, name)
                    elif (
                        text
                        and await self._turn(assistant.ask(text, name, self._approver())) is None
                    ):
                        self.err.print("  cancelled; the conversation goes on", style="dim")
                except (AnsatzError, NeedsApproval) as error:
                    self.err.print(f"error: {error}", style="red", soft_wrap=True)
        return 0

    async def list_threads(self, model: ChatModel | None, settings: Settings) -> int:
        """Lists earlier conversations."""
        from agent.session import Assistant

        async with Assistant(common.home(), model, settings) as assistant:
            threads = await assistant.threads.recent()
        if self._json:
            rows = [{"thread": t.id, "title": t.title, "updated": t.updated} for t in threads]
            print(json.dumps({"threads": rows}))
        for thread in () if self._json else threads:
            self.out.print(f"{thread.id}  {thread.title}", soft_wrap=True)
        return 0

    async def _turn(self, events: AsyncIterator[Event]) -> list[dict[str, Any]] | None:
        """Shows a turn; returns its answers, or None when Ctrl-C stopped it."""
        from agent.terminal import TurnView, print_answer

        async def follow() -> list[dict[str, Any]]:
            with TurnView(self.err, quiet=self._quiet) as view:
                self._view = view
                async for event in events:
                    view.show(event)
            return view.answers

        task = asyncio.ensure_future(follow())
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        try:
            answers = await task
        except asyncio.CancelledError:
            return None
        finally:
            loop.remove_signal_handler(signal.SIGINT)
        for answer in () if self._json else answers:
            print_answer(self.out, answer)
            for figure in (f for r in answer["runs"] for f in r["figures"] if self._open):
                click.launch(figure)
        return answers

    def _approver(self) -> Approver | None:
        """Returns who decides on costs: the flag, the person at the terminal, or nobody."""

        async def always(cost: dict[str, Any]) -> bool:
            return True

        if self._yes:
            return always
        if self._json or not sys.stdin.isatty():
            return None
        return self._ask_person

    async def _ask_person(self, cost: dict[str, Any]) -> bool:
        from tools.duration import humane

        self._view.__exit__(None, None, None)
        self.err.print(
            f"\nThis would take about {humane(cost['seconds'])}; the budget is "
            f"{humane(cost['budget'])}:",
            markup=False,
        )
        for call in cost["calls"]:
            self.err.print(
                f"  {call['tool'].replace('__', '.')} {json.dumps(call['arguments'])}: "
                f"{humane(call['seconds'])}",
                markup=False,
                soft_wrap=True,
            )
        answer = await asyncio.to_thread(input, "Run all of this? [y/N] ")
        self._view.__enter__()
        return answer.strip().lower() in ("y", "yes")

    async def _command(self, assistant: Assistant, text: str, thread: str) -> str:
        """Carries out a slash command; returns the conversation to go on with."""
        from agent.terminal import print_help

        command, _, rest = text.partition(" ")
        if command == "/runs":
            for record in assistant.store.recent(limit=15):
                verdicts = ", ".join(str(c.verdict) for c in record.claims) or str(record.status)
                self.out.print(f"#{record.number} {record.id}  {record.experiment}  {verdicts}")
        elif command == "/papers" and rest.strip():
            for passage in await asyncio.to_thread(assistant.toolbox.library.search, rest, k=5):
                self.out.print(f"[{passage.id}] {passage.title}")
                self.out.print(f"    {passage.text[:240]}", style="dim")
        elif command == "/papers":
            for card in assistant.toolbox.library.cards():
                self.out.print(f"[{card.key}] {card.title} ({card.year})")
        elif command == "/tools":
            for experiment in assistant.toolbox.registry:
                self.out.print(f"{experiment.name}: {experiment.summary}")
        elif command == "/history":
            for message in await assistant.history(thread):
                if message["role"] in ("user", "assistant") and message["content"]:
                    self.out.print(f"{message['role']}: {message['content']}")
        elif command == "/threads":
            for known in await assistant.threads.recent():
                self.out.print(f"{known.id}  {known.title}")
        elif command == "/thread" and rest.strip():
            self.out.print(f"thread {rest.strip()}", style="dim")
            return rest.strip()
        else:
            if command != "/help":
                self.err.print(f"There is no command '{command}'.")
            print_help(self.out, COMMANDS)
        return thread


def _status(answer: dict[str, Any]) -> int:
    failed = any(run["status"] != "completed" for run in answer["runs"])
    return STOPPED if answer["status"] != "answered" or failed else 0


async def _read_line(home: Path) -> str | None:
    """Reads a line with editing and history where the terminal has them; None at the end."""
    import readline

    history = home / "chat_history"
    if history.exists() and readline.get_current_history_length() == 0:
        readline.read_history_file(history)
    try:
        line = input("\n> ")
    except EOFError:
        return None
    except KeyboardInterrupt:
        print()
        return ""
    readline.set_history_length(1000)
    readline.write_history_file(history)
    return line
