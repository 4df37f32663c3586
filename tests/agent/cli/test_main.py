"""The command line starts at once, names its commands, and ends errors in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from agent.cli import common
from agent.cli.main import COMMANDS, cli
from tools.errors import BadInput, Unavailable

ANSATZ = str(Path(sys.executable).with_name("ansatz"))


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch, *args: str) -> object:
    """Calls `ansatz doctor` after making it raise."""

    def stumble() -> None:
        raise error

    monkeypatch.setattr("agent.cli.checks.run_all", stumble)
    return CliRunner().invoke(cli, ["doctor", *args])


def test_help_comes_at_once_and_imports_no_command(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom agent.cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "heavy = {'pydantic', 'rich', 'numpy', 'torch', 'knowledge', 'tools', 'asyncio'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "LOADED []" in done.stdout
    for name, (_, text) in COMMANDS.items():
        assert f"  {name}" in done.stdout
        assert text in done.stdout
    fastest = min(_seconds_for_help(tmp_path) for _ in range(5))
    assert fastest < 0.3


def _seconds_for_help(folder: Path) -> float:
    begun = time.monotonic()
    subprocess.run([ANSATZ, "--help"], check=True, capture_output=True, cwd=folder)
    return time.monotonic() - begun


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_exists_and_has_help(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage:" in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert CliRunner().invoke(cli, ["--version"]).stdout.strip() == (
        f"ansatz, version {version('ansatz-lab')}"
    )


def test_a_misspelt_command_is_answered_with_a_close_one() -> None:
    done = CliRunner().invoke(cli, ["rnu"])
    assert done.exit_code == 2
    assert "Did you mean run" in done.stderr
    done = CliRunner().invoke(cli, ["rnu", "--json"])
    assert done.exit_code == 2
    assert "Did you mean run" in json.loads(done.stdout)["error"]["problem"]


def test_errors_for_people_leave_as_one_line_with_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fail_with(BadInput("It is\nwrong.", "Mend \x1b[2Jit."), monkeypatch)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: It is wrong. Mend [2Jit.\n"
    done = fail_with(Unavailable("It is away."), monkeypatch, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"error": {"problem": "It is away.", "remedy": ""}}


def test_errors_of_the_library_are_told_in_the_same_way(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from knowledge.errors import KnowledgeError

    done = fail_with(KnowledgeError("index: damaged; run: ansatz papers rebuild"), monkeypatch)
    assert done.exit_code == 1
    assert done.stderr == "error: index: damaged. run: ansatz papers rebuild\n"


def test_a_defect_is_one_line_and_its_traceback_a_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fail_with(ZeroDivisionError("oh"), monkeypatch)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: Unexpected ZeroDivisionError: oh The details are in ")
    (log,) = (home / "logs").iterdir()
    assert str(log) in done.stderr
    assert "in stumble" in log.read_text()


def test_a_defect_without_a_place_for_its_log_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANSATZ_HOME", str(tmp_path / "file"))
    done = fail_with(ZeroDivisionError("oh"), monkeypatch)
    assert done.exit_code == 1
    assert "in stumble" in done.stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_leaves_with_130(
    error: BaseException, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fail_with(error, monkeypatch).exit_code == 130


def test_a_reader_that_goes_away_is_no_defect(home: Path) -> None:
    command = f"{ANSATZ} tools show pruning.compare --json | head -c 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert "Unexpected" not in done.stderr
    assert not (home / "logs").exists()


def test_a_home_that_is_a_file_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ANSATZ_HOME", str(tmp_path / "file"))
    done = CliRunner().invoke(cli, ["runs", "list"])
    assert done.exit_code == 2
    assert "is not a folder" in done.stderr


def test_text_for_a_terminal_is_freed_of_control_characters() -> None:
    assert common.safe("a\x1b]0;evil\x07b\tc\nd\x9b") == "a]0;evilb\tc\nd"
