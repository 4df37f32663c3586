"""Runs are started, watched, cancelled, killed and resumed in real child processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tools.errors import BadInput, Unavailable
from tools.launch import Launcher, progress_line
from tools.records import Progress, RunRecord, Status
from tools.registry import Registry
from tools.run import Run
from tools.runs import RunStore


def wait_for(store: RunStore, run_id: str, steps: int, patience: float = 15) -> RunRecord:
    """Waits until a run has done some of its steps."""
    give_up = time.monotonic() + patience
    while time.monotonic() < give_up:
        record = store.get(run_id)
        log = record.folder / "steps.log"
        if log.exists() and len(log.read_text().split()) > steps:
            return record
        time.sleep(0.01)
    raise AssertionError(f"run never got to step {steps}: {record}")


def test_a_run_happens_in_a_child_process_and_is_recorded(
    launcher: Launcher, fake_experiments: Registry
) -> None:
    add = fake_experiments.get("fake.add")
    record = launcher.start(add, add.parse({"a": 2, "b": 3}), seed=4, origin="test")
    done = launcher.wait(record.id)
    assert done.status is Status.COMPLETED
    assert done.metrics["sum"].mean == 5
    assert done.metrics["sum"].n == 3
    assert done.metrics["sum"].unit == "apples"
    assert [c.verdict for c in done.claims] == ["supported", "supported"]
    assert done.pid != os.getpid()
    assert done.seed == 4
    assert done.environment["python"] == ".".join(map(str, sys.version_info[:3]))
    assert [a.path.read_text().splitlines()[0] for a in done.artifacts] == ["repeat,sum"]


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(
    launcher: Launcher, fake_experiments: Registry
) -> None:
    add = fake_experiments.get("fake.add")
    params = add.parse({"noise": 1})
    runs = [launcher.start(add, params, seed=seed) for seed in (7, 7, 8)]
    first, again, other = (launcher.wait(r.id).metrics["sum"].mean for r in runs)
    assert first == again != other


def test_progress_is_reported_with_time_to_go(
    launcher: Launcher, fake_experiments: Registry
) -> None:
    slow = fake_experiments.get("fake.slow")
    seen: list[Progress] = []
    record = launcher.start(slow, slow.parse({"steps": 12, "pause": 0.05}))
    launcher.wait(record.id, lambda r: seen.append(r.progress) if r.progress else None)
    assert {p.label for p in seen} == {"stepping"}
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert any(p.eta is not None and 0 < p.eta < 5 for p in seen)
    assert progress_line(Progress("scoring", 3, 10, 12.0)) == "scoring 3/10, 12 s left"
    assert progress_line(Progress("scoring", 3)) == "scoring 3"


def test_a_crash_fails_the_run_with_its_error_and_leaves_the_traceback_in_the_log(
    launcher: Launcher, fake_experiments: Registry
) -> None:
    crash = fake_experiments.get("fake.crash")
    done = launcher.wait(launcher.start(crash, crash.parse({})).id)
    assert done.status is Status.FAILED
    assert done.error == "ZeroDivisionError: the fake has crashed"
    log = done.log.read_text()
    assert "about to go wrong" in log
    assert log.count("Traceback (most recent call last)") == 1


def test_a_refusal_is_recorded_with_its_remedy(
    launcher: Launcher, fake_experiments: Registry
) -> None:
    crash = fake_experiments.get("fake.crash")
    done = launcher.wait(launcher.start(crash, crash.parse({"how": "refusal"})).id)
    assert (done.status, done.error) == (Status.FAILED, "The fake refuses. Ask another one.")


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_a_process_that_vanishes_leaves_an_interrupted_run(
    launcher: Launcher, fake_experiments: Registry, how: str
) -> None:
    crash = fake_experiments.get("fake.crash")
    done = launcher.wait(launcher.start(crash, crash.parse({"how": how})).id)
    assert done.status is Status.INTERRUPTED
    assert "killed?" in (done.error or "")


def test_kill_9_then_resume_gives_the_same_numbers_and_repeats_no_finished_step(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    slow = fake_experiments.get("fake.slow")
    params = slow.parse({"steps": 8, "pause": 0.1})
    whole = launcher.start(slow, params, seed=3)
    killed = launcher.start(slow, params, seed=3)
    record = wait_for(store, killed.id, steps=3)
    assert record.pid is not None
    os.kill(record.pid, signal.SIGKILL)
    dead = launcher.wait(killed.id)
    assert dead.status is Status.INTERRUPTED
    # Three steps of a tenth of a second were written, the last before it slept.
    assert 0.15 < dead.seconds < 60

    again = launcher.start(slow, params, seed=3, run_id=killed.id)
    assert again.id == killed.id
    done = launcher.wait(killed.id)
    assert done.status is Status.COMPLETED
    assert done.attempt == 2
    assert done.metrics == launcher.wait(whole.id).metrics
    steps = [int(line) for line in (done.folder / "steps.log").read_text().split()]
    assert sorted(set(steps)) == list(range(8))
    # Only the step that was going on when the kill came may have been begun twice.
    assert len(steps) <= 9


def test_cancelling_stops_the_run_at_its_next_step(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    slow = fake_experiments.get("fake.slow")
    record = launcher.start(slow, slow.parse({"steps": 500, "pause": 0.02}))
    wait_for(store, record.id, steps=1)
    begun = time.monotonic()
    assert launcher.cancel(record.id).status is Status.CANCELLED
    assert time.monotonic() - begun < 2
    assert launcher.cancel(record.id).status is Status.CANCELLED


def test_a_run_that_does_not_listen_is_killed(
    launcher: Launcher,
    fake_experiments: Registry,
    store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.launch._GRACE", 0.3)
    stubborn = fake_experiments.get("fake.stubborn")
    record = launcher.start(stubborn, stubborn.parse({}))
    while store.get(record.id).status is Status.QUEUED:
        time.sleep(0.01)
    done = launcher.cancel(record.id)
    assert done.status is Status.CANCELLED
    assert "killed" in (done.error or "")


def test_a_queued_run_that_nobody_started_can_be_cancelled(
    launcher: Launcher, fake_experiments: Registry, store: RunStore
) -> None:
    add = fake_experiments.get("fake.add")
    record = store.submit(add, add.parse({}))
    begun = time.monotonic()
    assert launcher.cancel(record.id).status is Status.CANCELLED
    assert time.monotonic() - begun < 2


def test_a_run_whose_process_never_comes_is_cancelled_after_a_while(
    launcher: Launcher,
    fake_experiments: Registry,
    store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.launch._GRACE", 0.2)
    add = fake_experiments.get("fake.add")
    record = store.submit(add, add.parse({}))
    assert store.take(record)  # as if someone had been stopped in the middle of starting it
    assert launcher.cancel(record.id).status is Status.CANCELLED


def test_a_process_that_comes_too_late_for_its_run_leaves_it_alone(
    fake_experiments: Registry, store: RunStore
) -> None:
    add = fake_experiments.get("fake.add")
    record = store.submit(add, add.parse({}))
    assert store.abandon(record.id, Status.CANCELLED, "nobody waited")
    assert not store.begin(record.id, os.getpid(), {})
    assert store.get(record.id).status is Status.CANCELLED


def test_the_time_limit_cancels_and_says_so(launcher: Launcher, fake_experiments: Registry) -> None:
    slow = fake_experiments.get("fake.slow")
    record = launcher.start(slow, slow.parse({"steps": 500, "pause": 0.02}))
    done = launcher.wait(record.id, deadline=time.monotonic() + 0.3)
    assert done.status is Status.CANCELLED
    assert done.notices == ("stopped: the time limit was reached",)


def test_starting_one_id_from_many_threads_and_launchers_runs_it_once(
    store: RunStore, fake_experiments: Registry
) -> None:
    slow = fake_experiments.get("fake.slow")
    params = slow.parse({"steps": 3, "pause": 0.01})
    launchers = [Launcher(store), Launcher(store)]
    for round_ in range(5):
        run_id = f"once-{'abcde'[round_]}"
        starts = [
            threading.Thread(target=one.start, args=(slow, params), kwargs={"run_id": run_id})
            for one in launchers * 3
        ]
        for thread in starts:
            thread.start()
        for thread in starts:
            thread.join()
        done = launchers[0].wait(run_id)
        assert (done.status, done.attempt) == (Status.COMPLETED, 1)
        assert (done.folder / "steps.log").read_text().split() == ["0", "1", "2"]
        assert launchers[1].start(slow, params, run_id=run_id).attempt == 1
    for one in launchers:
        one.close()


def test_a_failed_run_is_not_started_again_by_its_id(
    launcher: Launcher, fake_experiments: Registry
) -> None:
    crash = fake_experiments.get("fake.crash")
    first = launcher.wait(launcher.start(crash, crash.parse({}), run_id="failing").id)
    again = launcher.start(crash, crash.parse({}), run_id="failing")
    assert (again.status, again.attempt) == (first.status, 1)


def test_a_dead_fork_server_is_replaced(launcher: Launcher, fake_experiments: Registry) -> None:
    ping = fake_experiments.get("fake.ping")
    launcher._server._process.kill()
    launcher._server._process.wait()
    done = launcher.wait(launcher.start(ping, ping.parse({"text": "hi"})).id)
    assert done.status is Status.COMPLETED


def test_a_fork_server_that_dies_during_a_start_leaves_a_run_that_can_be_resumed(
    launcher: Launcher,
    fake_experiments: Registry,
    store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ping = fake_experiments.get("fake.ping")
    with monkeypatch.context() as patch:
        patch.setattr("tools.isolation.forkserver.ForkServer.alive", True)
        launcher._server._process.kill()
        launcher._server._process.wait()
        with pytest.raises(Unavailable, match="ended unexpectedly"):
            launcher.start(ping, ping.parse({"text": "hi"}), run_id="orphan")
    assert store.get("orphan").status is Status.INTERRUPTED
    assert launcher.wait(launcher.resume(store.get("orphan")).id).status is Status.COMPLETED


def test_a_run_outlives_the_launcher_that_started_it(
    store: RunStore, fake_experiments: Registry
) -> None:
    slow = fake_experiments.get("fake.slow")
    with closing(Launcher(store)) as launcher:
        record = launcher.start(slow, slow.parse({"steps": 5, "pause": 0.1}))
    with closing(Launcher(store)) as other:
        assert other.wait(record.id).status is Status.COMPLETED


def test_secrets_in_the_environment_are_not_stored(
    store: RunStore, fake_experiments: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123")
    add = fake_experiments.get("fake.add")
    crash = fake_experiments.get("fake.crash")
    with closing(Launcher(store)) as launcher:
        launcher.wait(launcher.start(add, add.parse({})).id)
        launcher.wait(launcher.start(crash, crash.parse({})).id)
    files = [path for path in store.home.rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert not [path for path in files if b"sk-very-secret" in path.read_bytes()]


def test_a_folder_named_tools_where_one_works_does_no_harm(
    home: Path, fake_experiments: Registry, tmp_path: Path
) -> None:
    trap = tmp_path / "elsewhere" / "tools"
    trap.mkdir(parents=True)
    (trap / "__init__.py").write_text("raise SystemExit('the wrong tools were imported')")
    ansatz = Path(sys.executable).with_name("ansatz")
    done = subprocess.run(
        [str(ansatz), "run", "fake.add", "--json"],
        cwd=trap.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "completed"


def test_a_run_resumed_with_other_code_says_so(
    launcher: Launcher, store: RunStore, fake_experiments: Registry
) -> None:
    slow = fake_experiments.get("fake.slow")
    record = launcher.start(slow, slow.parse({"steps": 30, "pause": 0.05}))
    os.kill(wait_for(store, record.id, 2).pid or 0, signal.SIGKILL)
    killed = launcher.wait(record.id)
    (record.folder / "checkpoints" / "code.json").write_text('{"versions": {}, "git": null}')
    launcher.resume(killed)
    assert any("other code" in n for n in launcher.wait(record.id).notices)


def test_two_steps_of_one_name_are_refused(store: RunStore, fake_experiments: Registry) -> None:
    slow = fake_experiments.get("fake.slow")
    run = Run(store, store.submit(slow, slow.parse({})).id, 0)
    run.map(float, [1, 2], "step 1")
    with pytest.raises(BadInput, match="'step-1'"):
        run.map(float, [1, 2], "step-1")
