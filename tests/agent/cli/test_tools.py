"""`ansatz tools` lists and shows experiments, and begins a package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from tools import registry
from tools.registry import Registry

pytestmark = pytest.mark.usefixtures("fake_experiments", "home")


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


def test_the_list_tells_what_there_is_and_what_it_takes() -> None:
    text = ansatz("tools", "list").stdout
    assert "Adds two numbers, with noise if wanted." in text
    found = {
        e["name"]: e for e in json.loads(ansatz("tools", "list", "--json").stdout)["experiments"]
    }
    assert found["fake.slow"]["seconds"] == 1.0
    assert found["fake.ping"]["seconds"] is None
    assert found["fake.add"]["papers"] == ["paul2021"]


def test_packages_that_cannot_be_used_are_told(
    fake_experiments: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Registry(fake_experiments.experiments, ("theirs could not be imported",))
    monkeypatch.setattr(registry, "load", lambda: broken)
    done = ansatz("tools", "list")
    assert (done.exit_code, done.stderr) == (0, "problem: theirs could not be imported\n")
    assert json.loads(ansatz("tools", "list", "--json").stdout)["problems"] == list(broken.problems)


def test_show_tells_parameters_examples_and_cost() -> None:
    text = ansatz("tools", "show", "fake.add").stdout
    for piece in (
        "The second paragraph holds the details.",
        "Tests: A sum is the sum of its parts. (paul2021)",
        "apples, pears",
        "-1000 <= a <= 1000",
        "Takes about 0.0 s",
        "ansatz chat 'add 2 and 3'",
        "ansatz run fake.add --help",
    ):
        assert piece in text
    assert "(required)" in ansatz("tools", "show", "fake.ping").stdout
    found = json.loads(ansatz("tools", "show", "fake.add", "--json").stdout)
    assert found["schema"]["properties"]["a"]["maximum"] == 1000
    assert [p["name"] for p in found["parameters"]][:2] == ["a", "b"]


def test_the_reference_page_is_markdown() -> None:
    assert ansatz("tools", "show", "fake.ping", "--markdown").stdout == (
        "# `fake.ping`\n\nDoes nothing, at once.\n\n"
        "## Parameters\n\n"
        "| name | default | allowed | meaning |\n"
        "| --- | --- | --- | --- |\n"
        "| `text` | required | str | what to say |\n"
        "| `loud` | `false` | bool | in capitals |\n\n"
        "## Running it\n\n    ansatz run fake.ping\n\n"
        '## Asking for it\n\n    ansatz chat "ping"\n'
    )


def test_new_writes_a_package_and_the_next_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ansatz("tools", "new", "annealing")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-3:] == [
        "next:",
        "  pip install -e ansatz-annealing",
        "  ansatz run annealing.antithetic",
    ]
    assert (tmp_path / "ansatz-annealing" / "annealing" / "experiments.py").exists()
    again = ansatz("tools", "new", "annealing")
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)
    found = json.loads(ansatz("tools", "new", "other", "--into", "a b", "--json").stdout)
    assert found["next"][0] == "pip install -e 'a b'"
    assert ansatz("tools", "new", "fake").exit_code == 2
