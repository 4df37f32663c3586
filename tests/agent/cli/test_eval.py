"""`ansatz eval`: run a suite, score it again, compare, report, export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from tools.runs import RunStore


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(cli, ["eval", *args])


@pytest.fixture
def two_runs(store: RunStore, tmp_path: Path) -> RunStore:
    """Two runs of twelve sums by answer file: all right, and every second one wrong."""
    from evals import suites

    samples = suites.load("arithmetic", suites.Options(samples=12)).samples
    for name, wrong in (("right", 13), ("half", 2)):
        path = tmp_path / f"{name}.jsonl"
        rows = [
            {"id": s.id, "answer": f"\\boxed{{{'0.123' if i % wrong == 0 and i else s.gold}}}"}
            for i, s in enumerate(samples)
        ]
        path.write_text("\n".join(map(json.dumps, rows)))
        done = ansatz("run", "arithmetic", "--samples", "12", "--answers", str(path), "--quiet")
        assert done.exit_code == 0, done.output
    return store


def test_suites_are_listed() -> None:
    assert set(json.loads(ansatz("list", "--json").stdout)["suites"]) >= {"cmt", "retrieval"}
    assert "retrieval" in ansatz("list").stdout


def test_a_suite_is_run_scored_compared_reported_and_exported(
    two_runs: RunStore, tmp_path: Path
) -> None:
    metrics = two_runs.find("previous").metrics
    assert metrics["accuracy"].mean == 1.0
    compared = json.loads(ansatz("compare", "previous", "last", "--json").stdout)
    assert compared["difference"]["value"] == pytest.approx(5 / 12)
    assert compared["common"] == 12
    assert "p = " in ansatz("compare", "previous", "last").stdout
    scored = json.loads(ansatz("score", "last", "--json").stdout)
    assert scored["scored"] == 12
    assert scored["changed"] == []
    page = tmp_path / "page.html"
    assert ansatz("report", "last", "--against", "previous", "-o", str(page)).exit_code == 0
    assert page.read_text().count('data-changed="1"') == 5
    for name in ("x.json", "x.parquet"):
        assert ansatz("export", "last", "-o", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).stat().st_size > 500


def test_what_is_no_run_of_a_suite_is_named(store: RunStore, fake_experiments) -> None:
    assert "no run" in ansatz("report", "last").output.lower()
    assert CliRunner().invoke(cli, ["run", "fake.add", "--quiet"]).exit_code == 0
    done = ansatz("score", "last")
    assert done.exit_code == 2
    assert "not of a suite" in done.output
    missing = ansatz("run", "cmt", "--answers", "nowhere.jsonl", "--quiet")
    assert missing.exit_code == 1
    assert "nowhere.jsonl does not exist" in missing.output
