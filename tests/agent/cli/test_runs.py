"""`ansatz runs` lists, shows, compares, exports, resumes, cancels and removes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from tools.launch import Launcher
from tools.records import Status
from tools.registry import Registry
from tools.runs import RunStore


def ansatz(*args: str, **options: object) -> Result:
    return CliRunner().invoke(cli, list(args), **options)  # type: ignore[arg-type]


@pytest.fixture
def three(launcher: Launcher, fake_experiments: Registry) -> list[str]:
    """Two sums of different numbers and a crash, finished."""
    add, crash = (fake_experiments.get(n) for n in ("fake.add", "fake.crash"))
    started = [
        launcher.start(add, add.parse({"a": 1, "noise": 0.1})),
        launcher.start(add, add.parse({"a": 4, "noise": 0.1}), seed=2),
        launcher.start(crash, crash.parse({})),
    ]
    return [launcher.wait(record.id).id for record in started]


def test_the_list_shows_what_is_not_at_its_default(three: list[str]) -> None:
    lines = ansatz("runs", "list").stdout.splitlines()
    assert lines[0].split() == [
        "#", "id", "experiment", "parameters", "status", "verdicts", "when", "took",
    ]  # fmt: skip
    crash, second, first = lines[2:]
    assert three[1] in second
    assert "a=4.0 noise=0.1 seed=2" in second
    assert "2 supported" in second
    assert "a=" not in first  # 1.0 is the default
    assert "failed" in crash


def test_the_list_can_be_filtered_and_read_by_programs(three: list[str]) -> None:
    def numbers(*options: str) -> list[int]:
        found = json.loads(ansatz("runs", "list", "--json", *options).stdout)
        return [run["number"] for run in found["runs"]]

    assert numbers() == [3, 2, 1]
    assert numbers("--limit", "1") == [3]
    assert numbers("--experiment", "fake.add") == [2, 1]
    assert numbers("--status", "failed") == [3]
    assert numbers("--experiment", "none.such") == []
    assert ansatz("runs", "list", "--status", "odd").exit_code == 2


def test_an_empty_store_says_so(home: Path) -> None:
    assert ansatz("runs", "list").stdout == "There are no runs yet.\n"


def test_show_tells_everything(three: list[str], store: RunStore) -> None:
    store.add_notice(three[2], "a fallback was taken")
    text = ansatz("runs", "show", "last").stdout
    for piece in (
        three[2],
        "ZeroDivisionError: the fake has crashed",
        "a fallback was taken",
        "how=exception",
        str(store.get(three[2]).log),
        "python",
        "numpy",
        "cores",
    ):
        assert piece in text
    assert json.loads(ansatz("runs", "show", "2", "--json").stdout)["id"] == three[1]


@pytest.mark.parametrize("verb", ["show", "resume", "cancel", "rm", "export"])
def test_a_run_that_does_not_exist_is_bad_input(home: Path, verb: str) -> None:
    done = ansatz("runs", verb, "99")
    assert done.exit_code == 2
    assert "There is no run '99'" in done.stderr


def test_compare_tells_differences_and_draws(three: list[str], home: Path) -> None:
    done = ansatz("runs", "compare", "previous", three[0])
    assert done.exit_code == 0, done.output
    words = done.stdout.split()
    assert "lower" in words
    assert "note: Differences are unpaired" in done.stdout
    assert "Parameters" not in done.stdout
    path = home / "comparisons" / f"{three[1]}_{three[0]}.png"
    assert f"figure: {path}" in done.stdout
    assert path.read_bytes().startswith(b"\x89PNG")
    found = json.loads(ansatz("runs", "compare", "1", "2", "--json", "--no-plot").stdout)
    assert found["figure"] is None
    gap = next(m for m in found["metrics"] if m["name"] == "sum")["differences"][0]
    assert gap["difference"] == pytest.approx(3, abs=0.5)
    assert gap["low"] < gap["difference"] < gap["high"]
    assert ansatz("runs", "compare", "1").exit_code == 2


def test_removing_asks_first_and_removes_all_or_none(
    three: list[str], store: RunStore, fake_experiments: Registry
) -> None:
    assert ansatz("runs", "rm", "1").exit_code == 2
    add = fake_experiments.get("fake.add")
    store.submit(add, add.parse({}), run_id="waiting")
    done = ansatz("runs", "rm", "1", "waiting", "--yes")
    assert done.exit_code == 2
    assert "waiting is queued" in done.stderr
    assert len(store.recent()) == 4
    done = ansatz("runs", "rm", "1", three[0], "2", "--yes", "--json")
    assert json.loads(done.stdout) == {"removed": three[:2]}
    assert [r.id for r in store.recent()] == ["waiting", three[2]]
    assert not (store.folder / three[0]).exists()


def test_export_writes_files_and_pipes(three: list[str], tmp_path: Path) -> None:
    found = json.loads(ansatz("runs", "export").stdout)
    assert [run["id"] for run in found["runs"]] == three
    assert ansatz("runs", "export", "1", "--format", "csv").stdout.count("\n") == 3
    path = tmp_path / "runs.parquet"
    done = ansatz("runs", "export", "1", "2", "-o", str(path), "--json")
    assert json.loads(done.stdout) == {"path": str(path), "format": "parquet", "runs": 2}
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(path).num_rows == 4
    assert ansatz("runs", "export", "--format", "parquet").exit_code == 2
    assert ansatz("runs", "export", "--format", "csv", "--json").exit_code == 2
    odd = ansatz("runs", "export", "1", "-o", str(tmp_path / "runs.xml"))
    assert odd.exit_code == 2
    assert "json, csv, parquet" in odd.stderr
    assert not (tmp_path / "runs.xml").exists()
    assert "No run is named" in ansatz("runs", "show", "").stderr


def test_a_killed_run_is_resumed_to_the_same_numbers(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    slow = fake_experiments.get("fake.slow")
    params = slow.parse({"steps": 6, "pause": 0.1})
    whole = launcher.wait(launcher.start(slow, params).id)
    record = launcher.start(slow, params)
    steps = record.folder / "steps.log"
    while not steps.exists() or len(steps.read_text().split()) < 3:
        time.sleep(0.01)
    pid = store.get(record.id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    launcher.wait(record.id)
    assert "interrupted" in ansatz("runs", "list").stdout
    done = ansatz("runs", "resume", "last", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["id"], found["attempt"]) == (record.id, 2)
    assert found["metrics"]["total"]["value"] == whole.metrics["total"].mean
    again = ansatz("runs", "resume", "last")
    assert again.exit_code == 2
    assert "is completed" in again.stderr


def test_a_failed_run_that_keeps_checkpoints_is_resumed_and_another_is_not(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    failed = ansatz("run", "fake.slow", "--steps", "4", "--pause", "0", "--trips")
    assert failed.exit_code == 1
    assert "Nobody answers" in failed.stderr
    assert "`ansatz runs resume 1`" in failed.stderr
    done = ansatz("runs", "resume", "1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["error"] is None
    # The three steps before the failure were not done again.
    assert (store.get(store.find("1").id).folder / "steps.log").read_text() == "0\n1\n2\n3\n3\n"
    assert ansatz("run", "fake.crash").exit_code == 1
    refused = ansatz("runs", "resume", "last")
    assert refused.exit_code == 2
    assert "keep checkpoints" in refused.stderr


def test_cancel_stops_a_run_of_another_process(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    slow = fake_experiments.get("fake.slow")
    record = launcher.start(slow, slow.parse({"steps": 400}))
    done = ansatz("runs", "cancel", record.id)
    assert done.exit_code == 0, done.output
    assert store.get(record.id).status is Status.CANCELLED
    assert ansatz("runs", "cancel", record.id).exit_code == 2


def test_text_of_strangers_cannot_reach_the_terminal(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    ping = fake_experiments.get("fake.ping")
    run = launcher.wait(launcher.start(ping, ping.parse({"text": "\x1b[2J[red]x[/red]"})).id)
    store.add_notice(run.id, "\x1b]0;evil\x07 [bold]")
    for done in (ansatz("runs", "list"), ansatz("runs", "show", "last")):
        assert "\x1b" not in done.stdout
        assert "[red]x[/red]" in done.stdout
