"""The command `ansatz`: a table of commands whose modules are imported when they are called."""

from __future__ import annotations

import difflib
import importlib
from typing import Any

import click

COMMANDS = {
    "chat": ("agent.cli.chat:chat", "Ask in plain words; see it run; get a checked answer."),
    "run": ("agent.cli.run:run", "Run one experiment and show what came out."),
    "runs": ("agent.cli.runs:runs", "List, show, compare, export, resume and remove runs."),
    "tools": ("agent.cli.tools:tools", "Show the experiments at hand, or begin one of your own."),
    "grade": ("agent.cli.grade:grade", "Tell whether an answer equals the gold, and why."),
    "discover": ("agent.cli.discover:discover", "Search for constructions and algorithms."),
    "prune": ("agent.cli.prune:prune", "Score every row of a file and keep the part that matters."),
    "dedup": ("agent.cli.dedup:dedup", "Take duplicates out of a file, and say why each row went."),
    "eval": ("evals.cli:eval_", "Run suites of questions and compare what came out."),
    "papers": ("agent.cli.papers:papers", "Search and cite the library of papers."),
    "doctor": ("agent.cli.doctor:doctor", "Check the installation and say what to mend."),
}
"""Command -> (`module:attribute`, one line of help), in the order people meet them."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and help, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports and returns a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that the arguments begin with.

        Raises:
            click.UsageError: naming the commands that are spelled alike.
        """
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=2)
            hint = (
                f"Did you mean {' or '.join(close)}?" if close else f"See {ctx.info_name} --help."
            )
            raise click.UsageError(f"There is no command '{args[0]}'. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the table of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Notes whether the caller is a program, so that errors too leave as JSON."""
        ctx.meta["ansatz.json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Calls the command; whatever goes wrong ends as one line (or object) and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, SystemExit):
            raise
        except BaseException as error:
            from agent.cli.failure import report

            if (code := report(error, as_json=ctx.meta["ansatz.json"])) is None:
                raise
            ctx.exit(code)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ansatz-lab", prog_name="ansatz")
def cli() -> None:
    """A research assistant that proposes, runs and checks before it speaks."""


def main() -> None:
    """Runs the command line; the console command `ansatz` calls this."""
    cli(prog_name="ansatz")
