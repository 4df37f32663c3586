"""`ansatz discover`: list, search, resume, report, and begin a problem of one's own."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from agent.cli.main import cli
from tools.discovery.log import Log
from tools.discovery.problems import names
from tools.runs import RunStore


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(cli, ["discover", *args])


def test_every_problem_is_listed_with_its_size() -> None:
    listed = json.loads(ansatz("list", "--json").stdout)["problems"]
    assert [row["problem"] for row in listed] == list(names())
    assert all(row["size"] for row in listed)
    assert "golomb_ruler" in ansatz("list").stdout


def test_a_search_is_a_run_that_can_be_reported(store: RunStore, tmp_path: Path) -> None:
    done = ansatz("run", "golomb_ruler", "--n", "5", "--evaluations", "5", "--policy", "greedy")
    assert done.exit_code == 0, done.output
    assert "baseline" in done.stdout
    record = store.find("last")
    assert record.experiment == "discovery.run"
    assert record.params["policy"] == "greedy"
    page = tmp_path / "page.html"
    assert ansatz("report", "last", "-o", str(page)).exit_code == 0
    assert "Golomb" in page.read_text()
    nowhere = ansatz("report", "last", "-o", str(tmp_path / "no" / "page.html"))
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.output
    for changed in (["--policy", "ccts"], ["--seed", "4", "--evaluations", "9"]):
        again = ansatz("run", "--resume", "last", *changed)
        assert again.exit_code == 2
        assert "keeps its problem" in again.output


def test_a_finished_search_goes_on_within_a_larger_budget_as_if_it_had_never_stopped(
    store: RunStore,
) -> None:
    same = ["run", "golomb_ruler", "--n", "6", "--seed", "3", "--quiet"]
    assert ansatz(*same, "--evaluations", "6").exit_code == 0
    first = store.find("last")
    longer = ansatz("run", "--resume", "last", "--evaluations", "12", "--quiet")
    assert longer.exit_code == 0, longer.output
    assert store.find("last").params["continues"] == first.id
    assert ansatz(*same, "--evaluations", "12").exit_code == 0
    logs = []
    for name in (first.id, "2", "3"):
        with Log.read(store.folder / store.find(name).id / "search.sqlite") as log:
            logs.append((log.committed(), list(log.replayable())))
    assert [count for count, _ in logs] == [6, 12, 12]
    assert logs[1] == logs[2]


def test_what_cannot_be_searched_is_named_before_a_run_is_made(store: RunStore) -> None:
    for arguments, words in (
        (["run"], "No problem is named"),
        (["run", "golomb"], "no problem named 'golomb'"),
        (["run", "golomb_ruler", "--n", "99999"], "99999"),
        (["run", "golomb_ruler", "--policy", "best"], "policy"),
        (["report", "last"], "no run"),
    ):
        done = ansatz(*arguments)
        assert done.exit_code == 2, done.output
        assert words.lower() in done.output.lower()
    assert not store.recent()


def test_a_problem_of_ones_own_is_begun_and_searched(store: RunStore, tmp_path: Path) -> None:
    folder = tmp_path / "my_problem"
    assert ansatz("new", "my_problem", "--into", str(folder)).exit_code == 0
    done = ansatz("run", str(folder), "--evaluations", "4")
    assert done.exit_code == 0, done.output
    assert store.find("last").params["problem"] == str(folder)
