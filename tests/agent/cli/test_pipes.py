"""Commands that read a file refuse a pipe instead of waiting for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli.main import cli
from tools.runs import RunStore

pytestmark = pytest.mark.usefixtures("_never_waits")


@pytest.mark.parametrize(
    "command",
    [
        ("grade", "--file", "PIPE"),
        ("grade", "1", "1", "--spec", "PIPE"),
        ("prune", "PIPE", "--quiet"),
        ("dedup", "PIPE", "--quiet"),
        ("papers", "check", "--published", "PIPE"),
        ("eval", "run", "graders", "--path", "PIPE", "--quiet"),
        ("eval", "run", "graders", "--answers", "PIPE", "--quiet"),
    ],
)
def test_a_pipe_is_refused_by_name(
    tmp_path: Path, store: RunStore, command: tuple[str, ...]
) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    done = CliRunner().invoke(cli, [str(path) if word == "PIPE" else word for word in command])
    # The library of papers leaves with 1, as a run does that has begun.
    assert done.exit_code == (1 if command[0] in ("eval", "papers") else 2), done.output
    assert f"{path}" in done.stderr.replace("\n", "")
    assert "no regular file" in done.stderr
