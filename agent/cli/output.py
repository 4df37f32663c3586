"""What leaves the command line: JSON, and text that cannot take over a terminal."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

# Everything that moves a cursor or talks to the terminal; tabs and line ends stay.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def emit(value: dict[str, Any]) -> None:
    """Prints one JSON object on standard output; numbers that JSON lacks become null."""
    from tools.records import plain

    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(plain(value), allow_nan=False, indent=indent))


def safe(text: object) -> str:
    """Returns text without control characters, which could write anywhere on a terminal."""
    return _CONTROL.sub("", str(text))


def one_line(*parts: str) -> str:
    """Joins texts to one safe line."""
    return " ".join(safe(" ".join(parts).replace("\r", "\n")).split())
