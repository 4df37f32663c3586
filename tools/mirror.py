"""Mirroring runs to an MLflow tracking server, for teams that keep one.

The run store stays the truth: whatever goes wrong here becomes a notice on the run.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import math
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.records import RunRecord, Status
from tools.runs import RunStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

_QUIET = {
    # A server that is down must not hold up a run for minutes; a user's own settings win.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_PATIENCE = 60.0  # seconds for everything, uploads included
_OUTCOMES = {Status.COMPLETED: "FINISHED", Status.FAILED: "FAILED"}
_LONGEST_PARAM, _LONGEST_TAG = 6000, 5000
_BATCH = 90  # MLflow takes 100 params, 100 tags, 1000 metrics at once


def mirror(store: RunStore, run_id: str) -> bool:
    """Copies an ended run to the server that MLFLOW_TRACKING_URI names.

    Returns:
        Whether it is there now; if not, a notice on the run says why.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        return False
    if importlib.util.find_spec("mlflow") is None:
        problem = "mlflow is not installed; pip install 'ansatz-lab[mlflow]'"
    else:
        problem = _within_patience(store, run_id, uri)
    if problem:
        store.add_notice(run_id, f"not mirrored to MLflow: {_without_secrets(problem, uri)}")
    return not problem


def _within_patience(store: RunStore, run_id: str, uri: str) -> str:
    """Mirrors in a thread that is left behind when it takes too long; returns what went wrong."""
    outcome: list[str] = []

    def work() -> None:
        try:
            with _settings():
                _copy(store.get(run_id), uri, store)
            outcome.append("")
        except Exception as error:  # noqa: BLE001 - servers, databases and plugins fail in any way
            outcome.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return outcome[0] if outcome else f"the server took more than {_PATIENCE:.0f} s"


def _copy(record: RunRecord, uri: str, store: RunStore) -> None:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    client = MlflowClient(uri)
    run = client.create_run(
        _experiment(client, record.experiment, uri, store),
        start_time=_milliseconds(record.started or record.created),
        run_name=record.id,
    )
    here = run.info.run_id
    when = _milliseconds(record.finished or record.created)
    # The server names no NaN in every backend; the run store keeps them.
    metrics = [
        Metric(_name(name), value, when, 0)
        for name, value in _numbers(record).items()
        if math.isfinite(value)
    ]
    params = [
        Param(_name(k), v[:_LONGEST_PARAM])
        for k, v in ({k: _text(v) for k, v in record.params.items()}).items()
    ] + [Param("seed", str(record.seed))]
    tags = [RunTag(k, v[:_LONGEST_TAG]) for k, v in _tags(record).items() if v]
    for start in range(0, max(len(metrics), len(params), len(tags)), _BATCH):
        part = slice(start, start + _BATCH)
        client.log_batch(here, metrics=metrics[part], params=params[part], tags=tags[part])
    unsent = _upload(client, here, record)
    client.set_terminated(
        here, _OUTCOMES.get(record.status, "KILLED"), _milliseconds(record.finished or 0) or None
    )
    if unsent:
        store.add_notice(record.id, f"mirrored to MLflow without its files: {unsent}")


def _experiment(client: MlflowClient, name: str, uri: str, store: RunStore) -> str:
    """Returns the id of the server's experiment of that name, making it if need be."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        # A server has a place for files; a bare database would put them where we happen to be.
        local = None if uri.startswith(("http:", "https:")) else (store.home / "mlflow").as_uri()
        try:
            return str(client.create_experiment(name, artifact_location=local))
        except MlflowException:
            # Another run may have made it in the meantime.
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


def _upload(client: MlflowClient, here: str, record: RunRecord) -> str:
    """Uploads the run's files; returns why that was not possible, or an empty string."""
    try:
        for artifact in record.artifacts:
            client.log_artifact(here, str(artifact.path))
    except Exception as error:  # noqa: BLE001 - stores need packages and rights of many kinds
        return f"{type(error).__name__}: {_without_secrets(str(error), '')}"
    return ""


def _numbers(record: RunRecord) -> dict[str, float]:
    numbers = {"seconds": record.seconds}
    for name, metric in record.metrics.items():
        numbers[name] = metric.mean
        numbers[f"{name}_n"] = float(metric.n)
        if metric.stderr is not None:
            numbers[f"{name}_stderr"] = metric.stderr
    return numbers


def _tags(record: RunRecord) -> dict[str, str]:
    git = record.environment.get("git") or {}
    tags = {
        "ansatz.run": record.id,
        "ansatz.number": str(record.number),
        "ansatz.status": str(record.status),
        "ansatz.attempt": str(record.attempt),
        "ansatz.papers": ", ".join(record.papers),
        "ansatz.error": record.error or "",
        "ansatz.notices": "\n".join(record.notices),
        "ansatz.units": _text({k: m.unit for k, m in record.metrics.items() if m.unit} or ""),
        "ansatz.versions": _text(record.environment.get("versions", {})),
        "ansatz.python": str(record.environment.get("python", "")),
        "mlflow.source.git.commit": str(git.get("revision") or ""),
        "ansatz.git.dirty": str(git["dirty"]).lower() if git else "",
    }
    for position, claim in enumerate(record.claims):
        tags[f"ansatz.claim.{position}"] = f"{claim.verdict}: {claim.text} ({claim.reason})"
        tags[f"ansatz.verdict.{position}"] = str(claim.verdict)
    return tags


def _name(name: str) -> str:
    """Returns a name that MLflow takes."""
    return re.sub(r"[^\w./ -]", "_", name)[:250]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _without_secrets(text: str, uri: str) -> str:
    """Returns the first line of a text without user names and passwords of addresses."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    if uri:
        line = line.replace(uri, "MLFLOW_TRACKING_URI")
    for name in ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        if secret := os.environ.get(name):
            line = line.replace(secret, "***")
    return re.sub(r"(\w+://)[^/\s@]+@", r"\1***@", line)[:300]


@contextmanager
def _settings() -> Iterator[None]:
    """Sets what the user has not set, and takes it back afterwards."""
    ours = {name: value for name, value in _QUIET.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
