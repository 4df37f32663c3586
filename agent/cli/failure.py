"""How errors leave the command line: one line (or one JSON object), and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import time
import traceback
from pathlib import Path

import click

from agent.cli.output import emit, one_line
from tools.errors import AnsatzError, BadInput, NotFound

OK, FAILED, BAD_INPUT, CANCELLED = 0, 1, 2, 130


def report(error: BaseException, *, as_json: bool) -> int | None:
    """Tells the user about an error and returns the exit code.

    Returns:
        None for errors that click itself reports: bad usage in text mode, closed pipes.
    """
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _tell({"problem": "Interrupted.", "remedy": ""}, as_json)
        return CANCELLED
    if isinstance(error, click.ClickException):
        if not as_json:
            return None
        remedy = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            remedy = f"{error.ctx.command_path} --help explains."
        _tell({"problem": error.format_message(), "remedy": remedy}, as_json)
        return error.exit_code
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        return None
    if (described := describe(error)) is not None:
        _tell(described, as_json)
        return BAD_INPUT if isinstance(error, BadInput | NotFound) else FAILED
    _tell(_unexpected(error), as_json)
    return FAILED


def describe(error: BaseException) -> dict[str, str] | None:
    """Returns problem and remedy of an error that was written for people, None for others."""
    from knowledge.errors import KnowledgeError

    if isinstance(error, AnsatzError):
        return {"problem": error.problem, "remedy": error.remedy}
    if isinstance(error, KnowledgeError):
        problem, separator, remedy = str(error).partition("; ")
        return {"problem": f"{problem}." if separator else problem, "remedy": remedy}
    return None


def _unexpected(error: BaseException) -> dict[str, str]:
    """Keeps the traceback of a defect of ours in a file and says where."""
    text = "".join(traceback.format_exception(error))
    where = _write_log(text)
    if where is None:
        # Nowhere to write to: better on the terminal than lost.
        sys.stderr.write(text)
    remedy = f"The details are in {where}." if where else "The details are above."
    return {"problem": f"Unexpected {type(error).__name__}: {error}", "remedy": remedy}


def _write_log(text: str) -> Path | None:
    from tools.home import home

    try:
        folder = home() / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        path.write_text(text, encoding="utf-8")
    except (OSError, AnsatzError):
        return None
    return path


def _tell(described: dict[str, str], as_json: bool) -> None:
    if as_json:
        emit({"error": described})
    else:
        click.echo(f"error: {one_line(described['problem'], described['remedy'])}", err=True)
