"""Sizes told at a glance, and the estimates of time that are made of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tools.pruning import costs
from tools.pruning.curves_experiment import curves
from tools.pruning.dedup_experiment import dedup
from tools.pruning.extent import Extent, glance
from tools.pruning.score_experiment import score

N, D = 700, 24


@pytest.fixture
def numbers() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((N, D))


def test_arrays_and_tables_say_exactly_how_large_they_are(
    tmp_path: Path, numbers: np.ndarray
) -> None:
    np.save(tmp_path / "a.npy", numbers.reshape(N, 4, 6))
    assert glance(tmp_path / "a.npy") == Extent(N, D, array=True)
    np.savez(tmp_path / "a.npz", x=numbers, label=np.zeros(N))
    assert glance(tmp_path / "a.npz") == Extent(N, D + 1, array=True)
    table = pa.table({"embedding": numbers.tolist(), "label": [0] * N})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=300)
    assert glance(tmp_path / "a.parquet") == Extent(N, D + 1)


def test_lines_are_counted_from_the_first_ones(tmp_path: Path, numbers: np.ndarray) -> None:
    rows = [",".join(f"{x:.3f}" for x in row) for row in np.tile(numbers, (5, 1))]
    (tmp_path / "a.csv").write_text("\n".join([",".join("c" * D), *rows]) + "\n")
    found = glance(tmp_path / "a.csv")
    assert found.columns == D
    assert found.rows == pytest.approx(5 * N, rel=0.05)
    lines = [json.dumps({"embedding": row.tolist()}) for row in numbers]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = glance(tmp_path / "a.jsonl")
    assert (found.rows, found.columns) == (pytest.approx(N, rel=0.05), D)


def test_files_of_a_folder_are_its_rows(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("note")
    assert glance(tmp_path).rows == 5


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.parquet", "a.csv", "a.jsonl", "a.xlsx"])
def test_what_is_broken_or_missing_has_no_extent_and_is_no_error(tmp_path: Path, name: str) -> None:
    assert glance(tmp_path / name).rows == 0
    (tmp_path / name).write_bytes(b"PK\x03")
    assert glance(tmp_path / name).rows <= 1
    (tmp_path / name).write_bytes(b"")
    assert glance(tmp_path / name).rows == 0


def test_estimates_grow_with_rows_columns_and_work(tmp_path: Path) -> None:
    for n, d in ((1000, 10), (10_000, 10), (10_000, 100)):
        np.save(tmp_path / f"{n}x{d}.npy", np.zeros((n, d), np.float32))

    def seconds(name: str, **values: object) -> float:
        return score.estimate(score.parse({"file": str(tmp_path / name), **values})).seconds

    for values in ({"label": "y"}, {"score": "grand"}, {"score": "prototypes"}, {"score": "d4"}):
        small, long, wide = (
            seconds(f"{size}.npy", **values) for size in ("1000x10", "10000x10", "10000x100")
        )
        assert costs.START < small < long < wide
    assert seconds("10000x10.npy", score="d4") > seconds("10000x10.npy", score="density")
    assert seconds("10000x10.npy", networks=20) > seconds("10000x10.npy", networks=2)
    by_text = seconds("10000x10.npy", embedding="minilm")
    assert by_text - seconds("10000x10.npy") == pytest.approx(10_000 * costs.TEXT)

    def curve(name: str) -> float:
        return curves.estimate(curves.parse({"file": str(tmp_path / name)})).seconds

    assert curve("1000x10.npy") < curve("10000x10.npy") < curve("10000x100.npy")


def test_texts_take_longer_to_deduplicate_than_vectors(tmp_path: Path) -> None:
    texts = "\n".join(json.dumps({"text": f"note {k}"}) for k in range(400))
    (tmp_path / "texts.jsonl").write_text(texts)
    vectors = "\n".join(json.dumps({"embedding": [k] * 20}) for k in range(400))
    (tmp_path / "vectors.jsonl").write_text(vectors)

    def seconds(name: str, **values: object) -> float:
        return dedup.estimate(dedup.parse({"file": str(tmp_path / name), **values})).seconds

    assert seconds("texts.jsonl") > seconds("vectors.jsonl") + 1
    assert seconds("texts.jsonl", method="near") < seconds("texts.jsonl") - 1
