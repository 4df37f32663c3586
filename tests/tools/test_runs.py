"""The run store remembers everything, for many processes at once, and notices deaths."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.experiments import add, slow

from tools.claims import Claim, greater, within
from tools.errors import BadInput, NotFound, Unavailable
from tools.experiment import Estimate, Result
from tools.locks import hold_lock
from tools.records import Progress, Status
from tools.run import Run
from tools.runs import RunStore

RESULT = Result(
    metrics={"accuracy": Estimate(0.9, 0.01, 5, "fraction"), "count": 3},
    claims=[Claim("a beats b", greater([2, 3, 2.5], [1, 1, 1.1], paired=True), "paul2021")],
)


def finished(store: RunStore, **params: object) -> str:
    record = store.submit(add, add.parse(params))
    store.begin(record.id, os.getpid(), {"python": "3"})
    store.finish(record.id, RESULT)
    return record.id


def test_a_finished_run_is_read_back_whole(store: RunStore) -> None:
    record = store.get(finished(store, a=5))
    assert record.status is Status.COMPLETED
    assert record.params["a"] == 5
    assert record.metrics == {
        "accuracy": Estimate(0.9, 0.01, 5, "fraction"),
        "count": Estimate(3.0),
    }
    assert [(c.text, c.paper, c.verdict) for c in record.claims] == [
        ("a beats b", "paul2021", "supported")
    ]
    assert record.papers == ("paul2021",)
    assert record.estimate == pytest.approx(0.03)
    as_json = json.loads(json.dumps(record.as_json(), allow_nan=False))
    assert as_json["claims"][0]["verdict"] == "supported"
    assert as_json["metrics"]["accuracy"] == {
        "value": 0.9,
        "stderr": 0.01,
        "n": 5,
        "unit": "fraction",
    }


def test_numbers_that_are_not_finite_survive_and_become_null_in_json(store: RunStore) -> None:
    record = store.submit(add, add.parse({}))
    metrics = {"nan": math.nan, "inf": math.inf, "shaky": Estimate(1.0, math.nan, 3)}
    odd = greater([math.nan, 1.0], [0.0, 0.0], paired=True)
    store.finish(
        record.id, Result(metrics, [Claim("odd", odd), Claim("w", within(1, 1, math.inf))])
    )
    read = store.get(record.id)
    assert math.isnan(read.metrics["nan"].mean)
    assert read.metrics["inf"].mean == math.inf
    assert read.metrics["shaky"].stderr is None
    as_json = json.loads(json.dumps(read.as_json(), allow_nan=False))
    assert as_json["metrics"]["inf"]["value"] is None
    assert as_json["claims"][0]["evidence"]["a"] == [None, 1.0]


def test_a_second_attempt_forgets_the_results_of_the_first(store: RunStore) -> None:
    run = finished(store)
    assert store.take(store.get(run))
    store.begin(run, os.getpid(), {})
    lock = hold_lock(store.folder / run)
    assert lock is not None
    record = store.get(run)
    assert (record.status, record.attempt) == (Status.RUNNING, 2)
    assert not record.metrics
    assert not record.claims
    os.close(lock)


def test_only_one_caller_may_start_a_run(store: RunStore) -> None:
    record = store.submit(add, add.parse({}))
    assert [store.take(record) for _ in range(3)] == [True, False, False]


def test_submitting_an_id_again_changes_nothing(store: RunStore) -> None:
    first = store.submit(add, add.parse({"a": 1}), run_id="same")
    again = store.submit(add, add.parse({"a": 2}), run_id="same")
    assert again == first


def _write_many(home: str, start: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    store = RunStore(Path(home))
    for i in range(20):
        run = finished(store, a=i)
        store.add_notice(run, "one")
        store.add_notice(run, "two")
        store.set_progress(run, Progress("p", i))


def test_processes_that_open_a_new_store_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(3):
        home = tmp_path / str(attempt)
        start = context.Event()
        workers = [context.Process(target=_write_many, args=(str(home), start)) for _ in range(3)]
        for worker in workers:
            worker.start()
        start.set()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0, 0, 0]
        records = RunStore(home).recent(limit=1000)
        assert sorted(r.number for r in records) == list(range(1, 61))
        assert all(r.notices == ("one", "two") for r in records)
        assert RunStore(home).damage() == ""


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_that_no_generator_takes_is_refused(store: RunStore, seed: int) -> None:
    with pytest.raises(BadInput, match=f"seed = {seed} is out of range"):
        store.submit(add, add.parse({}), seed=seed)
    assert store.recent() == []


def test_a_running_process_that_is_killed_leaves_an_interrupted_run(store: RunStore) -> None:
    record = store.submit(slow, slow.parse({}))
    code = (
        "import sys, time, os\nfrom pathlib import Path\n"
        "from tools.runs import RunStore\nfrom tools.locks import hold_lock\n"
        f"store = RunStore(Path({str(store.home)!r}))\n"
        f"lock = hold_lock(store.folder / {record.id!r})\n"
        f"store.begin({record.id!r}, os.getpid(), {{}})\n"
        "print('up', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        assert store.get(record.id).status is Status.RUNNING
        assert store.recent(status="interrupted") == []
        with pytest.raises(BadInput, match="running"):
            store.remove(record.id)
        child.kill()
    assert [r.id for r in store.recent(status="interrupted")] == [record.id]
    assert "killed?" in (store.get(record.id).error or "")


def test_a_queued_run_whose_submitter_died_is_interrupted(store: RunStore) -> None:
    code = (
        "from pathlib import Path\nfrom fakes.experiments import add\n"
        "from tools.runs import RunStore\n"
        f"RunStore(Path({str(store.home)!r})).submit(add, add.parse({{}}), run_id='lost')\n"
    )
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[1]))
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert store.get("lost").status is Status.INTERRUPTED


def test_people_find_runs_by_number_id_beginning_and_place(store: RunStore) -> None:
    names = ["babab-one", "babab-two", "dudud-three"]
    for name in names:
        store.submit(add, add.parse({}), run_id=name)
    found = {
        "1": "babab-one",
        "#2": "babab-two",
        "dud": "dudud-three",
        "babab-t": "babab-two",
        "last": "dudud-three",
        "latest": "dudud-three",
        "Previous": "babab-two",
        "last~0": "dudud-three",
        "last~2": "babab-one",
    }
    assert {name: store.find(name).id for name in found} == found


@pytest.mark.parametrize(
    "name", ["babab", "", "99", "zz", "last~9", "last~x", "%", "9" * 40, "babab-one'"]
)
def test_a_name_that_fits_none_or_several_runs_is_refused(store: RunStore, name: str) -> None:
    for run_id in ("babab-one", "babab-two"):
        store.submit(add, add.parse({}), run_id=run_id)
    with pytest.raises(NotFound, match=r"[Nn]o run|More than one"):
        store.find(name)


def test_removing_takes_the_record_and_the_files(store: RunStore) -> None:
    run, other = finished(store), finished(store)
    Run(store, run, 0).file("note.txt", "hello")
    folder = store.get(run).folder
    store.remove(run)
    assert not folder.exists()
    with pytest.raises(NotFound):
        store.get(run)
    with sqlite3.connect(store.path) as db:
        left = {
            t: db.execute(f"SELECT DISTINCT run FROM {t}").fetchall() for t in ("metrics", "claims")
        }
    assert left == {"metrics": [(other,)], "claims": [(other,)]}


def test_runs_are_listed_newest_first_and_filtered(store: RunStore) -> None:
    for origin in ("cli", "thread/1", "thread/2", "thread2/1"):
        store.submit(add, add.parse({}), origin=origin)
    store.submit(slow, slow.parse({}))
    assert [r.number for r in store.recent(limit=2)] == [5, 4]
    assert [r.number for r in store.recent(experiment="fake.slow")] == [5]
    assert [r.number for r in store.recent(origin="thread")] == [3, 2]
    assert store.counts() == {"queued": 5}


def test_the_time_left_goes_by_the_pace_of_this_session_whatever_the_detail(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(store, store.submit(add, add.parse({})).id, 0)
    told: list[Progress] = []
    monkeypatch.setattr(store, "set_progress", lambda _, progress: told.append(progress))
    clock = iter(range(0, 100, 10))
    monkeypatch.setattr("tools.run.time.monotonic", lambda: next(clock))
    # Each call looks at the clock twice (three times with time left): when it steps and reports.
    run.step("searching", 0, 9)
    run.step("searching", 4, 9, first=4, detail="best 1")
    run.step("searching", 6, 9, first=4, detail="best 2")
    assert told == [
        Progress("searching", 0, 9),
        Progress("searching", 4, 9, detail="best 1"),
        Progress("searching", 6, 9, 50 / 2 * 3, "best 2"),
    ]


def test_tables_and_checkpoints_keep_full_precision(store: RunStore) -> None:
    record = store.submit(add, add.parse({}))
    run = Run(store, record.id, 0)
    value = 0.1 + 0.2
    assert run.table("t", [{"x": value}]).read_text().splitlines() == ["x", repr(value)]
    with pytest.raises(BadInput, match="columns"):
        run.table("u", [{"x": 1}, {"y": 1}])
    assert run.map(lambda x: x * value, [1, 2], "label") == [value, 2 * value]


def test_a_half_written_checkpoint_is_computed_again(store: RunStore) -> None:
    record = store.submit(add, add.parse({}))
    run = Run(store, record.id, 0)
    path = run.folder / "checkpoints" / "label.jsonl"
    path.parent.mkdir()
    path.write_text("10\n20\n3")
    seen: list[int] = []

    def step(x: int) -> int:
        seen.append(x)
        return x * 10

    # "3" is complete JSON by itself: only the missing line end tells that it was cut.
    assert run.map(step, [1, 2, 3, 4], "label") == [10, 20, 30, 40]
    assert seen == [3, 4]


def test_random_streams_depend_on_seed_and_name_only(store: RunStore) -> None:
    one, two = Run(store, "a", 1), Run(store, "b", 2)
    assert one.rng("x", 1).random() == Run(store, "c", 1).rng("x", 1).random()
    assert len({one.seed_for("x"), one.seed_for("y"), two.seed_for("x"), one.seed_for()}) == 4


def test_a_store_of_a_newer_version_is_left_alone(store: RunStore) -> None:
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match="newer version"):
        RunStore(store.home)
