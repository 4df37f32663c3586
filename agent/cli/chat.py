"""`ansatz chat`: ask the assistant once, from a pipe, or in a conversation."""

from __future__ import annotations

import asyncio
import os
import sys

import click

from agent.cli import common
from agent.cli.face import Face


@click.command()
@click.argument("request", required=False)
@click.option("--thread", metavar="NAME", help="Conversation to go on with, or to begin.")
@click.option("--model", metavar="NAME", help="Model of the endpoint, or `offline`.")
@click.option("--budget", metavar="TIME", help="Computing time allowed without asking, e.g. 10m.")
@click.option("--yes", is_flag=True, help="Approve every cost.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    help="Limit of a turn: steps, tokens, dollars, time or calls.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--quiet", is_flag=True, help="Print the answer only.")
@click.option("--open", "open_figures", is_flag=True, help="Open figures in a viewer.")
@click.option("--threads", "list_threads", is_flag=True, help="List conversations and leave.")
@common.guarded
def chat(
    request: str | None,
    thread: str | None,
    model: str | None,
    budget: str | None,
    yes: bool,
    limits: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    open_figures: bool,
    list_threads: bool,
) -> None:
    """Ask for an experiment in plain words, see it run, get a checked answer.

    Without REQUEST a conversation opens; a request can also come through a pipe. Exit status:
    0 answered, 1 stopped before an answer or a run failed, 2 bad input, 3 waiting for approval,
    130 cancelled.
    """
    from agent.limits import Limits
    from agent.models import choose
    from agent.session import DEFAULT_BUDGET, Settings
    from tools.duration import parse_duration

    seconds = DEFAULT_BUDGET if budget is None else parse_duration(budget)
    settings = Settings(seconds, Limits.parse(limits))
    chosen, notice = choose(model, os.environ)
    if request is None and not sys.stdin.isatty() and not list_threads:
        request = sys.stdin.read().strip() or None
    face = Face(as_json=as_json, quiet=quiet or as_json, yes=yes, open_figures=open_figures)
    if notice:
        face.err.print(f"note: {notice}", style="yellow")
    if list_threads:
        work = face.list_threads(chosen, settings)
    elif request is None and thread is None and not sys.stdin.isatty():
        raise common.usage("There is no request.", "Give one as an argument or through a pipe.")
    elif request is not None or not sys.stdin.isatty():
        work = face.once(chosen, settings, request, thread)
    else:
        work = face.converse(chosen, settings, thread)
    sys.exit(asyncio.run(work))
