"""Exported runs hold every metric, open in other programs, and are written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from pathlib import Path

import pyarrow.parquet
import pytest
from fakes.experiments import add

from tools.errors import BadInput
from tools.experiment import Estimate, Result
from tools.export import COLUMNS, rows, text, write
from tools.records import RunRecord
from tools.runs import RunStore

ENVIRONMENT = {"versions": {"numpy": "2.0"}, "git": {"revision": "abc", "dirty": True}}


@pytest.fixture
def records(store: RunStore) -> list[RunRecord]:
    done = store.submit(add, add.parse({"a": 4}), seed=9)
    store.begin(done.id, os.getpid(), ENVIRONMENT)
    metrics = {"m": Estimate(1.5, 0.25, 4, "s"), "odd": math.nan, "exact": 0.1 + 0.2}
    store.finish(done.id, Result(metrics))
    queued = store.submit(add, add.parse({}))
    return [store.get(done.id), store.get(queued.id)]


def test_there_is_one_row_a_metric_and_a_run_without_any_keeps_a_row(
    records: list[RunRecord],
) -> None:
    table = rows(records)
    assert [row["metric"] for row in table] == ["m", "odd", "exact", None]
    first = table[0]
    assert list(first) == list(COLUMNS)
    assert (first["value"], first["stderr"], first["n"], first["unit"]) == (1.5, 0.25, 4, "s")
    assert (first["seed"], first["status"], first["git_dirty"]) == (9, "completed", True)
    assert json.loads(first["params"])["a"] == 4
    assert json.loads(first["versions"]) == {"numpy": "2.0"}
    assert table[-1]["status"] == "queued"


def test_csv_keeps_every_digit(records: list[RunRecord]) -> None:
    table = list(csv.DictReader(io.StringIO(text(records, "csv"))))
    assert [row["metric"] for row in table] == ["m", "odd", "exact", ""]
    assert float(table[2]["value"]) == 0.1 + 0.2


def test_parquet_has_typed_columns(records: list[RunRecord], tmp_path: Path) -> None:
    path = tmp_path / "runs.parquet"
    write(records, "parquet", path)
    table = pyarrow.parquet.read_table(path)
    assert {f.name: str(f.type).replace("double", "float64") for f in table.schema} == COLUMNS
    assert table.column("value").to_pylist()[2] == 0.1 + 0.2
    assert table.column("git_dirty").to_pylist() == [True, True, True, None]
    write([], "parquet", path)
    assert pyarrow.parquet.read_table(path).num_rows == 0


def test_json_holds_the_whole_record_strictly(records: list[RunRecord]) -> None:
    def refuse(token: str) -> None:
        raise AssertionError(token)

    found = json.loads(text(records, "json"), parse_constant=refuse)
    assert [r["id"] for r in found["runs"]] == [r.id for r in records]
    assert found["runs"][0] == json.loads(json.dumps(records[0].as_json()))


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    records: list[RunRecord], tmp_path: Path
) -> None:
    path = tmp_path / "runs.xls"
    path.write_text("old")
    with pytest.raises(BadInput, match="xls"):
        write(records, "xls", path)
    with pytest.raises(BadInput, match="cannot be written"):
        write(records, "json", tmp_path / "absent" / "runs.json")
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["runs.xls"]
    assert path.read_text() == "old"


def test_parquet_is_no_text(records: list[RunRecord]) -> None:
    with pytest.raises(BadInput, match="-o"):
        text(records, "parquet")
