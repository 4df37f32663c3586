"""Runs are mirrored to MLflow when wished; whatever fails there is a notice, never a failed run."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest
from fakes.experiments import add

from tools.claims import Claim, within
from tools.experiment import Estimate, Result
from tools.launch import Launcher
from tools.mirror import _without_secrets, mirror
from tools.registry import Registry
from tools.run import Run
from tools.runs import RunStore


@pytest.fixture
def finished(store: RunStore) -> str:
    record = store.submit(add, add.parse({"a": 4}), seed=9)
    environment = {"versions": {"numpy": "2.0"}, "git": {"revision": "abc", "dirty": False}}
    store.begin(record.id, os.getpid(), environment)
    run = Run(store, record.id, 9)
    run.table("sums", [{"x": 1}])
    metrics = {"acc@0.5 (top)": Estimate(1.5, 0.25, 4, "s"), "odd": math.nan}
    store.finish(record.id, Result(metrics, [Claim("it holds", within(1, 1, 0.1), "paul2021")]))
    return record.id


def test_a_run_arrives_with_parameters_metrics_errors_verdicts_and_files(
    store: RunStore, finished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.chdir(tmp_path)
    assert mirror(store, finished)
    assert store.get(finished).notices == ()
    client = mlflow.MlflowClient(uri)
    place = client.get_experiment_by_name("fake.add")
    (run,) = client.search_runs([place.experiment_id])
    assert run.info.run_name == finished
    assert run.info.status == "FINISHED"
    assert run.data.params["a"] == "4.0"
    assert run.data.params["seed"] == "9"
    assert run.data.metrics["acc_0.5 _top_"] == 1.5
    assert run.data.metrics["acc_0.5 _top__stderr"] == 0.25
    assert "odd" not in run.data.metrics
    tags = run.data.tags
    assert tags["ansatz.verdict.0"] == "supported"
    assert tags["ansatz.claim.0"].startswith("supported: it holds (")
    assert tags["ansatz.run"] == finished
    assert tags["mlflow.source.git.commit"] == "abc"
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["sums.csv"]
    # Nothing is left where we happened to be.
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "mlflow.db"]
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in os.environ


def test_an_unreachable_server_costs_seconds_and_leaves_a_notice_without_the_password(
    store: RunStore, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:hunter2@127.0.0.1:9")
    begun = time.monotonic()
    assert not mirror(store, finished)
    assert time.monotonic() - begun < 15
    (notice,) = store.get(finished).notices
    assert notice.startswith("not mirrored to MLflow: ")
    assert "hunter2" not in notice


def test_secrets_are_cut_out_of_what_servers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "tok-123")
    uri = "postgresql://me:hunter2@db/x?password=hunter3"
    told = f"cannot reach {uri} nor http://me:hunter2@other/ with tok-123\nmore"
    assert _without_secrets(told, uri) == (
        "cannot reach MLFLOW_TRACKING_URI nor http://***@other/ with ***"
    )


def test_a_server_that_never_answers_is_given_up(
    store: RunStore, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr("tools.mirror._PATIENCE", 0.1)
    monkeypatch.setattr("tools.mirror._copy", lambda *_: time.sleep(1))
    assert not mirror(store, finished)
    assert "took more than" in store.get(finished).notices[0]


def test_without_the_package_a_notice_says_how_to_get_it(
    store: RunStore, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not mirror(store, finished)
    assert "ansatz-lab[mlflow]" in store.get(finished).notices[0]


def test_without_an_address_nothing_happens(store: RunStore, finished: str) -> None:
    assert not mirror(store, finished)
    assert store.get(finished).notices == ()


def test_a_run_completes_and_is_noticed_although_its_mirror_is_nonsense(
    store: RunStore, fake_experiments: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://nowhere")
    launcher = Launcher(store)
    ping = fake_experiments.get("fake.ping")
    record = launcher.wait(launcher.start(ping, ping.parse({"text": "hi"})).id)
    assert record.status == "completed"
    give_up = time.monotonic() + 20
    while not store.get(record.id).notices and time.monotonic() < give_up:
        time.sleep(0.05)
    launcher.close()
    assert "not mirrored to MLflow" in store.get(record.id).notices[0]
