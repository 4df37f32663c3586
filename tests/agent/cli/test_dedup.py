"""`ansatz dedup FILE`: what people see, what lands in the folder, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from agent.cli.dedup import dedup
from tools import registry
from tools.records import Status
from tools.runs import RunStore


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    """Registers the experiment as an installed package does, in this process and its children."""
    info = tmp_path / "plugin" / "dedup_test-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dedup-test\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(
        "[ansatz.experiments]\ndedup_test = tools.pruning.dedup_experiment\n"
    )
    monkeypatch.syspath_prepend(str(info.parent))
    registry.load.cache_clear()
    yield
    registry.load.cache_clear()


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(dedup, list(args))


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    body = "a sentence that is long enough to share nearly all of its shingles with a copy"
    rows = [body + " of it", body + " of mine", "something else altogether, said only once here"]
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    return path


def test_people_see_counts_and_the_nearest_removals(texts: Path, store: RunStore) -> None:
    done = ansatz(str(texts), "--near", "--threshold", "0.7")
    assert done.exit_code == 0, done.output
    assert "2 of 3 rows kept, 1 removed (33.3%) in 1 groups, the largest of 2" in done.stdout
    assert "threshold 0.7" in done.stdout
    assert "row 1 goes for row 0" in done.stdout
    assert "of mine" in done.stdout
    assert "supported" in done.stdout
    record = store.find("last")
    assert record.status is Status.COMPLETED
    assert record.experiment == "pruning.dedup"


def test_kept_rows_land_in_a_new_folder(texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ansatz(str(texts), "--near", "--keep", "67%", "--out", str(out), "--quiet")
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in out.iterdir()) == [
        "decisions.parquet",
        "kept.jsonl",
        "summary.json",
    ]
    assert len((out / "kept.jsonl").read_text().splitlines()) == 2
    again = ansatz(str(texts), "--near", "--out", str(out))
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_json_is_one_object(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((50, 8))
    np.save(tmp_path / "x.npy", np.concatenate([x, x]))
    done = ansatz(str(tmp_path / "x.npy"), "--json", "--quiet")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["metrics"]["kept"]["value"] == 50
    assert {claim["verdict"] for claim in found["claims"]} == {"supported"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--keep", "many"), "--keep many is no number"),
        (("--keep", "0.5", "--threshold", "0.9"), "not both"),
        (("--exact", "--threshold", "0.9"), "neither a threshold"),
        (("--rule", "other"), "Allowed: greedy, semdedup"),
    ],
)
def test_bad_options_are_refused_before_anything_starts(
    texts: Path, store: RunStore, options: tuple[str, ...], problem: str
) -> None:
    done = ansatz(str(texts), *options)
    assert done.exit_code == 2
    assert problem in done.stderr
    assert store.recent() == []


def test_a_row_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "a"}\n{"text": ""}\n')
    done = ansatz(str(path), "--near")
    assert done.exit_code == 1
    assert "row 1, column 'text': the value is empty" in done.stderr
    assert "nothing at" in ansatz(str(tmp_path / "nowhere.csv"), "--near").stderr
