"""`ansatz prune FILE`: what people see, what is written, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from agent.cli.prune import prune
from tools import registry
from tools.records import Status
from tools.runs import RunStore


@pytest.fixture(autouse=True)
def _registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    """Registers the experiment as an installed package does, in this process and its children."""
    info = tmp_path / "plugin" / "score_test-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: score-test\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(
        "[ansatz.experiments]\nscore_test = tools.pruning.score_experiment\n"
    )
    monkeypatch.syspath_prepend(str(info.parent))
    registry.load.cache_clear()
    yield
    registry.load.cache_clear()


def ansatz(*args: str) -> Result:
    return CliRunner().invoke(prune, list(args))


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    draw = np.random.default_rng(3)
    path = tmp_path / "animals.csv"
    lines = [f"{draw.normal(4 * k):.3f},{draw.normal():.3f},{'cat' if k else 'eel'}"
             for k in np.arange(40) % 2]  # fmt: skip
    path.write_text("size,speed,species\n" + "\n".join(lines) + "\n")
    return path


def test_kept_rows_come_with_their_scores(animals: Path, tmp_path: Path, store: RunStore) -> None:
    out = tmp_path / "kept.parquet"
    done = ansatz(
        *(str(animals), "--score", "el2n", "--label", "species", "--keep", "0.5"),
        *("--networks", "2", "--balance", "1", "--out", str(out)),
    )
    assert done.exit_code == 0, done.output
    assert "20 of 40 rows kept by el2n" in done.stdout
    assert "cat: 10 of 20" in done.stdout
    assert "hardest rows: " in done.stdout
    kept = pq.read_table(out).to_pydict()
    everything = pq.read_table(tmp_path / "kept.scores.parquet").to_pydict()
    rows = animals.read_text().splitlines()[1:]
    chosen = [i for i, d in enumerate(everything["decision"]) if d == "kept"]
    assert [
        ",".join(r) for r in zip(kept["size"], kept["speed"], kept["species"], strict=True)
    ] == [rows[i] for i in chosen]
    assert kept["score"] == [everything["score"][i] for i in chosen]
    assert json.loads((tmp_path / "kept.summary.json").read_text())["kept"] == 20
    record = store.find("last")
    assert record.status is Status.COMPLETED
    assert record.experiment == "pruning.score"
    again = ansatz(str(animals), "--label", "species", "--out", str(out))
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_the_files_own_format_is_written_too_and_json_is_one_object(
    animals: Path, tmp_path: Path
) -> None:
    out = tmp_path / "kept.csv"
    done = ansatz(
        *(str(animals), "--label", "species", "--score", "prototypes", "--keep", "25%"),
        *("--networks", "2", "--out", str(out), "--json", "--quiet"),
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["metrics"]["kept"]["value"] == 10
    lines = out.read_text().splitlines()
    assert lines[0] == "size,speed,species"
    assert len(lines) == 11


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--keep", "many"), "--keep many is no number"),
        (("--score", "luck"), "Allowed: el2n"),
        (("--out", "kept.xlsx"), "Let it end in .parquet or .csv"),
        (("--out", "no/such/kept.csv"), "no folder"),
        (("--score", "d4", "--noise-window", "0.1"), "do not apply"),
    ],
)
def test_bad_options_are_refused_before_anything_starts(
    animals: Path, store: RunStore, options: tuple[str, ...], problem: str
) -> None:
    done = ansatz(str(animals), *options)
    assert done.exit_code == 2
    assert problem in done.stderr
    assert store.recent() == []


def test_a_row_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("a,label\n1,u\nred,v\n")
    done = ansatz(str(path), "--quiet")
    assert done.exit_code == 1
    assert "row 1, column 'a': the value is 'red', not a number" in done.stderr
    assert "nothing at" in ansatz(str(tmp_path / "nowhere.csv")).stderr
