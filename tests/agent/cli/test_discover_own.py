"""`ansatz discover` on a user's own problem that is wrong, and on arguments that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from tools.discovery.problems.scaffold import scaffold
from tools.runs import RunStore


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(cli, args)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A problem of one's own in the folder that commands are given in."""
    scaffold("sum_free", tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mine"


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_report_finds_the_problem_from_another_folder(
    store: RunStore, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ansatz("run", "discovery.run", "--problem", "./mine", "--evaluations", "2")
    assert done.exit_code == 0, done.output
    assert store.find("last").params["problem"] == str(mine)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    done = ansatz("discover", "report", "last", "-o", "page.html")
    assert done.exit_code == 0, done.output


def test_a_folder_does_not_shadow_a_shipped_problem(store: RunStore, mine: Path) -> None:
    mine.rename(mine.with_name("cap_set"))
    done = ansatz("discover", "run", "cap_set", "--n", "3", "--evaluations", "1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["params"]["problem"] == "cap_set"
    assert "Cap sets" in done.stdout


def test_a_faulty_verifier_ends_the_search_with_its_name(store: RunStore, mine: Path) -> None:
    spoil(mine / "problem.py", 'n = self.size["n"]', "raise KeyError('boom')")
    done = ansatz("discover", "run", "mine", "--evaluations", "6")
    assert done.exit_code == 1
    error = store.find("last").error or ""
    assert error.startswith(f"{mine / 'problem.py'}: judge, given a list of ")
    assert "raised KeyError: 'boom' (line " in error


def test_what_is_missing_is_told_before_a_run_is_made(store: RunStore, mine: Path) -> None:
    for name in ("parts.py", "grammar.toml", "baseline.py"):
        (mine / name).unlink()
        for command in ("run", "compare"):
            done = ansatz("discover", command, "mine")
            assert done.exit_code == 2, done.output
            assert str(mine / name) in done.output
    (mine / "problem.py").write_text("import sys\nsys.exit()\n")
    done = ansatz("discover", "run", "mine")
    assert done.exit_code == 2
    assert "cannot be imported: SystemExit" in done.output
    assert not store.recent()


@pytest.mark.parametrize("seed", ["-5", "2147483648", "12345678901234567890123"])
def test_a_seed_that_no_generator_takes_is_refused(store: RunStore, seed: str) -> None:
    for command in (("run", "discovery.run"), ("discover", "run", "cap_set")):
        done = ansatz(*command, f"--seed={seed}")
        assert done.exit_code == 2
        assert "is not in the range 0<=x<=2147483647" in done.output
    assert not store.recent()


def test_arguments_that_cannot_be_are_refused_in_a_line(store: RunStore) -> None:
    for arguments, told in (
        (["cap_set", "--size", "n=²"], "n = '²' cannot be"),
        (["cap_set", "--size", "n=--3"], "n = '--3' cannot be"),
        (["x" * 5000], "no problem named 'xxx"),
        (["x/" * 2500], "no problem at"),
    ):
        done = ansatz("discover", "run", *arguments)
        assert done.exit_code == 2, done.output
        assert told in done.output
    assert not store.recent()
