"""`ansatz doctor` finds what is broken, says what to do, and survives what it finds."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.cli import checks
from agent.cli.main import cli
from tools import registry
from tools.registry import Registry
from tools.runs import RunStore


def doctor() -> tuple[int, dict[str, list[dict[str, Any]]]]:
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    found: dict[str, list[dict[str, Any]]] = {}
    for check in json.loads(done.stdout)["checks"]:
        found.setdefault(check["name"], []).append(check)
    return done.exit_code, found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out what takes seconds."""
    monkeypatch.setattr(checks, "_knowledge", lambda: iter(()))
    monkeypatch.setattr(checks, "_torch", lambda: iter(()))


def test_a_sound_installation_is_ok(home: Path) -> None:
    code, found = doctor()
    assert code == 0, found
    for name in ("python", "packages", "state folder", "run store", "experiments", "torch"):
        assert found[name][0]["state"] == "ok"
    assert found["endpoint"][0]["detail"] == "not configured: the embedded planner answers"
    assert any(name.startswith("knowledge, ") for name in found)
    assert {f"sandbox, {n}" for n in ("namespaces", "landlock", "seccomp")} <= set(found)
    assert [p.name for p in home.iterdir() if p.name.startswith(".doctor")] == []


@pytest.mark.usefixtures("quick")
def test_a_damaged_run_store_is_broken_and_exits_1(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "runs.sqlite").write_bytes(b"this is no database" * 100)
    code, found = doctor()
    assert code == 1
    assert found["run store"][0]["state"] == "broken"
    assert "Move" in found["run store"][0]["remedy"]
    done = CliRunner().invoke(cli, ["doctor"])
    assert "broken  run store: file is not a database" in done.stdout
    assert "\n        Move " in done.stdout


@pytest.mark.usefixtures("quick")
def test_a_strangers_broken_package_is_told_but_nothing_we_need(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = registry.load()
    monkeypatch.setattr(registry, "load", lambda: Registry(whole.experiments, ("theirs: no",)))
    code, found = doctor()
    assert code == 0
    assert [c["state"] for c in found["experiments"]] == ["ok", "broken"]


@pytest.mark.usefixtures("quick")
def test_a_check_that_itself_fails_stops_no_other(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble() -> Iterator[checks.Check]:
        yield checks.Check("packages", "ok", "the first of two")
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(checks, "_packages", stumble)
    code, found = doctor()
    assert code == 1
    assert [c["detail"] for c in found["packages"]] == [
        "the first of two",
        "ZeroDivisionError: oh",
    ]
    assert "mlflow" in found


@pytest.mark.usefixtures("quick")
def test_runs_found_dead_are_named(home: Path, fake_experiments: Registry) -> None:
    store = RunStore(home)
    add = fake_experiments.get("fake.add")
    record = store.submit(add, add.parse({}))
    store.begin(record.id, 1, {})
    _, found = doctor()
    assert record.id in found["run store"][1]["detail"]


class _Models(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"data": [{"id": "little"}, {"id": "large"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Models)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}/v1"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.usefixtures("quick", "home")
def test_an_endpoint_is_asked_for_its_models(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown")
    monkeypatch.delenv("ANSATZ_MODEL", raising=False)
    code, found = doctor()
    assert code == 0
    assert found["endpoint"][0]["detail"].endswith("offers large, little")
    assert found["model"][0]["state"] == "missing"
    monkeypatch.setenv("ANSATZ_MODEL", "huge")
    code, found = doctor()
    assert (code, found["model"][0]["state"]) == (1, "broken")
    assert "sk-not" not in json.dumps(found)


@pytest.mark.usefixtures("quick", "home")
def test_an_endpoint_that_is_down_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    code, found = doctor()
    assert (code, found["endpoint"][0]["state"]) == (1, "broken")
    assert "OPENAI_BASE_URL" in found["endpoint"][0]["remedy"]
