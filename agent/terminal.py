"""The terminal face: live progress while a turn runs, then the answer with what backs it.

Answers go to standard output, everything that happens on the way to standard error, so that the
assistant can stand in a pipe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as ProgressBars
from rich.table import Table
from rich.text import Text

from agent.cli.common import safe
from tools.duration import humane
from tools.launch import progress_line
from tools.records import Progress

COLOURS = {"supported": "green", "refuted": "red", "inconclusive": "yellow"}
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_TAIL = 12  # lines of an answer shown while it is being written


class TurnView:
    """Shows one turn as its events come; use as a context manager around it."""

    def __init__(self, err: Console, *, quiet: bool = False) -> None:
        self._err, self._quiet = err, quiet
        self._draft = ""
        self._progress = ProgressBars(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}"),
            console=err,
        )
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[tuple[str, str], int] = {}
        self._live: Live | None = None
        self.answers: list[dict[str, Any]] = []

    def __enter__(self) -> TurnView:
        if self._err.is_terminal and not self._quiet:
            self._live = Live(
                get_renderable=self._render,
                console=self._err,
                transient=True,
                refresh_per_second=8,
            )
            self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)
            self._live = None

    def show(self, event: dict[str, Any]) -> None:
        """Takes one event of the turn."""
        handler = getattr(self, f"_on_{event['type']}", None)
        if handler is not None:
            handler(event)

    # -- events ------------------------------------------------------------------------------------

    def _on_recalled(self, event: dict[str, Any]) -> None:
        if event["passages"]:
            self._say(f"read {', '.join(p['id'] for p in event['passages'])}")

    def _on_call(self, event: dict[str, Any]) -> None:
        self._draft = ""
        arguments = ", ".join(f"{k}={v}" for k, v in event["arguments"].items())
        self._say(f"{event['tool'].replace('__', '.')}({arguments})")

    def _on_run_started(self, event: dict[str, Any]) -> None:
        self._say(f"run {event['run']} started, about {humane(event['estimate'])}")
        self._tasks[event["run"]] = self._progress.add_task(event["run"], total=None, text="")

    def _on_progress(self, event: dict[str, Any]) -> None:
        label, done, total, eta = (event[n] for n in ("label", "done", "total", "eta"))
        text = progress_line(Progress(label, done, total, eta, event.get("detail", "")))
        if event["run"] in self._tasks:
            self._progress.update(
                self._tasks[event["run"]],
                completed=event["done"],
                total=event["total"],
                text=text,
            )
        if self._live is None and self._passes_tenth(event):
            self._say(f"run {event['run']}: {text}")

    def _on_run_finished(self, event: dict[str, Any]) -> None:
        if event["run"] in self._tasks:
            self._progress.remove_task(self._tasks.pop(event["run"]))
        self._say(f"run {event['run']} {event['status']}")

    def _on_tool_error(self, event: dict[str, Any]) -> None:
        self._say(f"refused: {event['error']}")

    def _on_token(self, event: dict[str, Any]) -> None:
        self._draft += event["text"]

    def _on_retract(self, event: dict[str, Any]) -> None:
        self._draft = ""
        self._say(f"sent back, could not be traced: {', '.join(event['unverified'])}")

    def _on_answer(self, event: dict[str, Any]) -> None:
        self._draft = ""
        self.answers.append(event["answer"])

    # -- drawing -----------------------------------------------------------------------------------

    def _say(self, line: str) -> None:
        if not self._quiet:
            self._err.print(Text(f"  {safe(line)}", style="dim"), soft_wrap=True)

    def _render(self) -> RenderableType:
        tail = "\n".join(self._draft.splitlines()[-_TAIL:])
        return Group(self._progress.get_renderable(), Text(safe(tail)))

    def _passes_tenth(self, event: dict[str, Any]) -> bool:
        """Thins progress to about ten lines a stage where no bar can be drawn."""
        key = (event["run"], event["label"])
        tenth = 0 if not event["total"] else 10 * event["done"] // event["total"]
        if self._tenths.get(key) == tenth:
            return False
        self._tenths[key] = tenth
        return True


def print_answer(out: Console, answer: dict[str, Any]) -> None:
    """Prints an answer: text, verdicts, figures, citations, and what could not be verified."""
    out.print()
    out.print(Markdown(_readable(answer["text"])))
    for run in answer["runs"]:
        out.print()
        print_run(out, run)
    if answer["citations"]:
        out.print()
        for citation in answer["citations"]:
            out.print(Text(f"  [{citation['id']}] {citation['title']}", style="dim"))
    if answer["unverified"]:
        items = ", ".join(answer["unverified"])
        out.print(Text(safe(f"UNVERIFIED, found in no run or source: {items}"), style="bold red"))
    for notice in answer["notices"]:
        out.print(Text(safe(f"note: {notice}"), style="yellow"))
    out.print(Text(_signature(answer), style="dim"))


def print_run(out: Console, run: dict[str, Any]) -> None:
    """Prints a run's verdicts and the files it left."""
    title = f"run {run['id']} (#{run['number']}), {run['experiment']}, seed {run['seed']}"
    out.print(Text(f"{title}, {humane(run['seconds'])}", style="bold"), soft_wrap=True)
    if run["claims"]:
        table = Table(show_header=True, header_style="dim", box=None, padding=(0, 2, 0, 2))
        table.add_column("verdict", no_wrap=True)
        table.add_column("claim")
        table.add_column("evidence")
        for claim in run["claims"]:
            verdict = claim["verdict"]
            source = f" [{claim['paper']}]" if claim["paper"] else ""
            table.add_row(
                Text(verdict, style=f"bold {COLOURS[verdict]}"),
                Text(safe(claim["text"] + source)),
                Text(safe(claim["reason"])),
            )
        out.print(table)
    if run["error"]:
        out.print(Text(f"  {run['status']}: {run['error']}", style="red"), soft_wrap=True)
    for path in [*run["figures"], *run["tables"]]:
        out.print(Text(f"  {path}"), soft_wrap=True)


def print_help(out: Console, commands: Sequence[tuple[str, str]]) -> None:
    """Prints the commands of the chat."""
    for name, meaning in commands:
        out.print(Text.assemble((f"  {name:<18}", "bold"), meaning))


def _signature(answer: dict[str, Any]) -> str:
    usage = answer["usage"]
    parts = [answer["model"] or "no model", f"thread {answer['thread']}"]
    if tokens := usage["input_tokens"] + usage["output_tokens"]:
        parts.append(f"{tokens} tokens")
        if usage["dollars"] is not None:
            parts.append(f"${usage['dollars']:.4f}")
    return "-- " + ", ".join(parts)


def _readable(text: str) -> str:
    """Prepares an answer for Markdown: brackets stay citations, and lines stay lines."""
    lines: list[str] = []
    for line in safe(text).replace("[", "\\[").replace("]", "\\]").splitlines():
        if lines and _ITEM.match(lines[-1]) and line[:1].strip() and not _ITEM.match(line):
            # Without a gap Markdown takes the line for a part of the list's last item.
            lines.append("")
        lines.append(f"{line}  ")
    return "\n".join(lines)
