"""`ansatz run` turns an experiment's parameters into options, shows it running, and reports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from tools.records import Status
from tools.registry import Registry
from tools.runs import RunStore

pytestmark = pytest.mark.usefixtures("fake_experiments")
ANSATZ = str(Path(sys.executable).with_name("ansatz"))


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


def test_parameters_become_options_with_bounds_choices_and_defaults() -> None:
    text = " ".join(ansatz("run", "fake.add", "--help").stdout.split())
    assert "Adds two numbers, with noise if wanted." in text
    assert "--a NUMBER first summand (-1000 <= a <= 1000) [default: 1.0]" in text
    assert "--unit apples|pears what is counted [default: apples]" in text
    assert "--weights VALUE,... factors on the noise [default: 1.0]" in text
    assert "--exact" in text
    assert "--no-exact" in text
    assert "Tests: A sum is the sum of its parts." in text
    assert "[required]" in ansatz("run", "fake.ping", "--help").stdout


def test_a_run_shows_its_cost_then_metrics_verdicts_files_and_id(store: RunStore) -> None:
    done = ansatz("run", "fake.add", "--a", "2", "--set", "b=3", "--set", "repeats=4")
    assert done.exit_code == 0, done.output
    assert "fake.add: expected to take 0.0 s" in done.stderr
    assert "adding" in done.stderr
    record = store.find("last")
    lines = done.stdout.splitlines()
    assert any(line.split() == ["exact", "5", "1"] for line in lines)
    assert any(line.startswith("sum ") and "apples" in line for line in lines)
    assert "supported the mean is the exact sum" in lines
    assert "    5 against 5 +- 0.5 (paul2021)" in lines
    assert f"table sums: {record.folder / 'sums.csv'}" in lines
    assert f"run {record.id} (#1): completed after" in done.stdout
    assert record.params["a"] == 2
    assert record.params["repeats"] == 4


def test_json_is_exactly_one_object_with_verdicts() -> None:
    done = ansatz("run", "fake.add", "--json", "--quiet", "--seed", "5")
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [c["verdict"] for c in found["claims"]] == ["supported", "supported"]
    assert found["seed"] == 5
    assert found["metrics"]["sum"]["n"] == 3


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--a", "1001"], "Allowed: -1000 <= a <= 1000"),
        (["--unit", "plums"], "Allowed: apples, pears"),
        (["--set", "c=1"], "no parameter 'c'"),
        (["--set", "a"], "not of the form NAME=VALUE"),
        (["--a", "1", "--set", "a=2"], "a is set twice, to 1 and 2"),
        (["--seed", "x"], "not a valid integer"),
        (["--nope"], "No such option"),
    ],
)
def test_bad_values_are_refused_before_anything_starts(
    store: RunStore, options: list[str], told: str
) -> None:
    done = ansatz("run", "fake.add", *options)
    assert done.exit_code == 2
    assert told in done.stderr
    assert store.recent() == []
    done = ansatz("run", "fake.add", *options, "--json")
    assert done.exit_code == 2
    assert told in str(json.loads(done.stdout)["error"])


def test_an_unknown_experiment_is_answered_with_a_close_one(home: Path) -> None:
    done = ansatz("run", "fake.ad")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: There is no experiment 'fake.ad'. Did you mean fake.add")
    assert (
        "Did you mean" in json.loads(ansatz("run", "fake.ad", "--json").stdout)["error"]["remedy"]
    )


def test_percentages_lists_flags_and_dashes_are_understood(store: RunStore) -> None:
    done = ansatz(
        "run", "fake.add", "--noise", "10%", "--weights", "1,2", "--no-exact", "--quiet"
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    params = store.find("last").params
    assert (params["noise"], params["weights"], params["exact"]) == (0.1, [1.0, 2.0], False)
    assert "exact " not in done.stdout.replace("exact sum", "")


def test_a_failed_run_exits_1_with_its_error_and_its_log(store: RunStore) -> None:
    done = ansatz("run", "fake.crash")
    record = store.find("last")
    assert done.exit_code == 1
    assert f"error: run {record.id} failed: ZeroDivisionError: the fake has crashed" in done.stderr
    assert str(record.log) in done.stderr
    done = ansatz("run", "fake.crash", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "failed"


def test_numbers_that_are_not_finite_are_null_in_json_and_words_on_screen() -> None:
    done = ansatz("run", "fake.crash", "--how", "nan", "--json")
    assert done.exit_code == 0

    def refuse(token: str) -> None:
        raise AssertionError(token)

    found = json.loads(done.stdout, parse_constant=refuse)
    assert found["metrics"]["nothing"]["value"] is None
    assert found["claims"][0]["verdict"] == "inconclusive"
    assert "nan" in ansatz("runs", "show", "last").stdout


@pytest.mark.parametrize("when", ["while it runs", "while it starts"])
def test_ctrl_c_cancels_the_run_and_exits_130(
    store: RunStore, fake_experiments: Registry, when: str
) -> None:
    command = [ANSATZ, "run", "fake.slow", "--steps", "400", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        # A shell's background job ignores this signal, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        give_up = time.monotonic() + 20
        wanted = ("running",) if when == "while it runs" else ("queued", "running")
        while time.monotonic() < give_up:
            if any(r.status in wanted for r in store.recent()):
                break
            time.sleep(0.005)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert child.returncode == 130, err
    record = store.find("last")
    assert record.status is Status.CANCELLED
    assert json.loads(out)["status"] == "cancelled"
    assert f"cancelled run {record.id}; `ansatz runs resume 1` goes on with it" in err


def test_progress_moves_on_a_terminal(home: Path, fake_experiments: Registry) -> None:
    import pty

    leader, follower = pty.openpty()
    command = [ANSATZ, "run", "fake.slow", "--steps", "10", "--pause", "0.1"]
    environment = dict(os.environ, TERM="xterm", COLUMNS="100")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=follower, env=environment
    ) as child:
        os.close(follower)
        seen = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        assert child.stdout is not None
        out = child.stdout.read()
    os.close(leader)
    text = seen.decode(errors="replace")
    assert child.returncode == 0, text
    assert "stepping" in text
    assert "left" in text
    assert b"completed after" in out
    assert b"\x1b" not in out
