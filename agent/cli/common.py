"""What all commands share: the store, the two consoles, JSON on standard output, and guarding."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from agent.cli.failure import BAD_INPUT as BAD_INPUT
from agent.cli.failure import CANCELLED as CANCELLED
from agent.cli.failure import FAILED as FAILED
from agent.cli.failure import OK as OK
from agent.cli.failure import describe as describe_error
from agent.cli.failure import report
from agent.cli.output import emit as emit
from agent.cli.output import one_line as one_line
from agent.cli.output import safe as safe
from tools.errors import BadInput
from tools.home import home as home
from tools.records import MAX_SEED as MAX_SEED

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from tools.runs import RunStore

P = ParamSpec("P")
T = TypeVar("T")

_PIPED_WIDTH = 160


def json_option(function: Callable[..., T]) -> Callable[..., T]:
    """Adds `--json`; the command receives `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print exactly one JSON object on standard output."
    )(function)


def guarded(function: Callable[P, T]) -> Callable[P, T]:
    """Wraps a command so that it reports errors also when it is not called through `ansatz`."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except (click.exceptions.Exit, SystemExit):
            raise
        except BaseException as error:
            if (code := report(error, as_json=bool(kwargs.get("as_json")))) is None:
                raise
            raise click.exceptions.Exit(code) from None

    return wrapper


def starts_run(function: Callable[..., T]) -> Callable[..., T]:
    """Gives a command that starts a run `--seed`, `--quiet` and `--json`, and guards it."""
    made = json_option(guarded(function))
    made = click.option("--quiet", is_flag=True, help="Show no progress.")(made)
    seed = click.option(
        "--seed",
        type=click.IntRange(0, MAX_SEED),
        default=0,
        show_default=True,
        help="The source of randomness.",
    )
    return seed(made)


def write_page(path: Path, text: str) -> None:
    """Writes a page and tells where.

    Raises:
        BadInput: if the file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}.", "Name a file in a folder of yours."
        ) from error
    click.echo(path)


def number(option: str, text: str) -> float:
    """Reads what is typed for an option that takes a count or a share: `5000`, `0.8` or `80%`.

    Raises:
        BadInput: naming the option and the text.
    """
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise BadInput(
            f"--{option.replace('_', '-')} {text} is no number.", "Give 5000, 0.8 or 80%."
        ) from None


def open_store() -> RunStore:
    """Opens the run store of the state folder.

    Raises:
        BadInput: if the folder cannot be made or written.
    """
    from tools.runs import RunStore

    folder = home()
    try:
        return RunStore(folder)
    except OSError as error:
        raise BadInput(
            f"The state folder {folder} cannot be used: {error.strerror}.",
            "Set ANSATZ_HOME to a folder of yours.",
        ) from error


def console(stderr: bool = False) -> Console:
    """Returns a console: results on standard output, everything else on standard error.

    Text is printed as it is: no markup, no emoji codes, no highlighting.
    """
    from rich.console import Console

    file = sys.stderr if stderr else sys.stdout
    width = None if file.isatty() else _PIPED_WIDTH
    return Console(file=file, width=width, markup=False, emoji=False, highlight=False)


def usage(problem: str, remedy: str = "") -> BadInput:
    """Returns the error for a request that cannot be understood."""
    return BadInput(problem, remedy)


def describe(error: BaseException) -> dict[str, str]:
    """Returns problem and remedy of an error, for an answer in JSON."""
    return describe_error(error) or {"problem": str(error), "remedy": ""}
