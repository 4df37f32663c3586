"""`discovery.verify`: what it reads, what it compares with, and a drawing that fails."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tools.discovery import verify_experiment
from tools.discovery.experiments import verify
from tools.discovery.problems.scaffold import scaffold
from tools.environment import environment
from tools.errors import BadInput
from tools.result import Result
from tools.run import Run
from tools.runs import RunStore


def judged(store: RunStore, **params: Any) -> Result:
    given = verify.parse(params)
    store.submit(verify, given, run_id="it")
    store.begin("it", os.getpid(), environment())
    return verify.function(given, Run(store, "it", 0))


def in_file(folder: Path, data: object) -> str:
    path = folder / "data.json"
    path.write_text(json.dumps(data))
    return str(path)


def test_a_pipe_and_a_device_are_not_opened(store: RunStore, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (str(pipe), str(tmp_path), "/dev/null"):
        with pytest.raises(BadInput, match="is no regular file"):
            judged(store, problem="golomb_ruler", n=4, file=name)


def test_no_more_is_read_than_is_allowed(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_experiment, "_LARGEST", 1000)
    path = tmp_path / "long.json"
    for length, told in ((1000, "is not JSON"), (1001, "is too long")):
        path.write_text("[" * length)
        with pytest.raises(BadInput, match=told):
            judged(store, problem="golomb_ruler", n=4, file=str(path))
    # Some files say that they are empty and are not.
    monkeypatch.setattr(verify_experiment, "_LARGEST", 1 << 20)
    with pytest.raises(BadInput, match="is not JSON"):
        judged(store, problem="golomb_ruler", n=4, file="/proc/self/status")


@pytest.mark.parametrize("name", ["gone.json", "x" * 5000, "a\0b", "~nobody-has-this-name/x"])
def test_a_file_that_cannot_be_is_named(store: RunStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        judged(store, problem="golomb_ruler", n=4, file=name)


@pytest.mark.parametrize(
    ("marks", "verdict", "told"),
    [
        ([0, 1, 4, 9, 11], "supported", "exactly 11 equals the known optimum 11"),
        ([0, 1, 4, 10, 18], "refuted", "exactly 18 does not reach the known optimum 11"),
    ],
)
def test_a_construction_is_held_against_the_optimum_of_its_size(
    store: RunStore, tmp_path: Path, marks: list[int], verdict: str, told: str
) -> None:
    result = judged(store, problem="golomb_ruler", n=5, file=in_file(tmp_path, marks))
    _, optimum = result.claims
    assert optimum.verdict == verdict
    assert optimum.check.reason == told


def test_without_an_optimum_the_record_is_the_bar(store: RunStore, tmp_path: Path) -> None:
    square = [[(k % 6 + 0.5) / 6, (k // 6 + 0.5) / 6, 1 / 12] for k in range(26)]
    result = judged(store, problem="circle_packing", n=26, file=in_file(tmp_path, square))
    solves, record = result.claims
    assert solves.verdict == "supported"
    assert record.verdict == "refuted"
    assert "best record listed" in record.check.reason


def test_a_drawing_that_fails_is_a_notice(store: RunStore, tmp_path: Path) -> None:
    scaffold("sum_free", tmp_path / "mine")
    file = tmp_path / "mine" / "problem.py"
    text = file.read_text()
    assert "axes.vlines" in text
    file.write_text(text.replace("axes.vlines", "axes.wlines"))
    result = judged(store, problem=str(file), file=in_file(tmp_path, [1, 3]))
    assert result.claims[0].verdict == "supported"
    (notice,) = store.get("it").notices
    assert f"{file}: draw raised AttributeError" in notice
    assert not [a for a in store.get("it").artifacts if a.name == "construction"]


def test_a_value_beyond_floats_is_told(store: RunStore, tmp_path: Path) -> None:
    scaffold("sum_free", tmp_path / "mine")
    file = tmp_path / "mine" / "problem.py"
    file.write_text(
        file.read_text().replace("Verdict(True, len(numbers))", "Verdict(True, 9**999)")
    )
    with pytest.raises(BadInput, match="too large"):
        judged(store, problem=str(file), file=in_file(tmp_path, [1, 3]))
