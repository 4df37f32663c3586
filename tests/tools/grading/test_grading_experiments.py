"""The registered experiments on grading: verdicts become claims, files become tables."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.claims import Verdict
from tools.errors import BadInput
from tools.experiment import Estimate, Experiment, Result
from tools.grading import experiments
from tools.records import RunRecord
from tools.registry import collect
from tools.run import Run
from tools.runs import RunStore

CarryOut = Callable[..., tuple[Result, RunRecord]]


@pytest.fixture
def carry_out(store: RunStore) -> CarryOut:
    def carry_out(experiment: Experiment, **values: Any) -> tuple[Result, RunRecord]:
        params = experiment.parse(values)
        record = store.submit(experiment, params)
        store.begin(record.id, os.getpid(), {})
        result = experiment.function(params, Run(store, record.id, 0))
        store.finish(record.id, result)
        return result, store.get(record.id)

    return carry_out


def test_the_module_registers_three_experiments_with_a_dozen_requests_each() -> None:
    point = importlib.metadata.EntryPoint(
        "grading", "tools.grading.experiments", "ansatz.experiments"
    )
    found = collect([point])
    assert list(found.experiments) == ["grading.batch", "grading.cmt", "grading.grade"]
    assert all(len(e.examples) >= 12 for e in found)
    assert all(e.schema()["properties"] for e in found)


def test_importing_them_is_light() -> None:
    script = (
        "import sys, tools.grading.experiments\n"
        "heavy = {'sympy', 'mpmath', 'numpy', 'torch', 'matplotlib', 'tools.grading.grade'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("2x", "x*2", Verdict.SUPPORTED),
        ("2x", "3x", Verdict.REFUTED),
        ("42", "9" * 11_000, Verdict.INCONCLUSIVE),
    ],
)
def test_a_grade_becomes_a_claim_with_its_evidence(
    carry_out: CarryOut, gold: str, answer: str, verdict: Verdict
) -> None:
    result, record = carry_out(experiments.grade, gold=gold, answer=answer)
    (claim,) = result.claims
    assert claim.verdict is verdict
    assert claim.check.evidence["reason"] in claim.check.reason
    saved = json.loads((record.folder / "grade.json").read_text())
    assert saved["verdict"] == claim.check.evidence["verdict"]
    assert any(n.startswith("read as: gold ") for n in record.notices)


def test_conventions_of_the_question_count(carry_out: CarryOut) -> None:
    pair = {"gold": "x", "answer": r"\sqrt{x^2}"}
    assert carry_out(experiments.grade, **pair)[0].metrics["correct"] == 0
    assert carry_out(experiments.grade, **pair, assume="x > 0")[0].metrics["correct"] == 1
    with pytest.raises(BadInput, match="flux capacitor"):
        carry_out(experiments.grade, **pair, assume="flux capacitor warm")


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return str(path)


def test_a_batch_leaves_a_table_and_counts_agreement(carry_out: CarryOut, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "gold": "1", "answer": str(1 + n % 2), "truth": n % 2 == 0} for n in range(70)
    ]
    # The truth of these two is not what anybody can find.
    rows += [{"gold": "1", "answer": "1", "truth": False}, {"gold": "1"}]
    result, record = carry_out(experiments.batch, file=write(tmp_path / "p.jsonl", rows))
    agreement = result.metrics["agreement_with_truth"]
    assert isinstance(agreement, Estimate)
    assert (agreement.mean, agreement.n) == (70 / 71, 71)
    assert [c.verdict for c in result.claims] == [Verdict.REFUTED, Verdict.REFUTED]
    assert result.metrics["bad_rows"] == Estimate(1, unit="rows")
    assert record.notices == ("row 72, answer: missing.",)
    saved = (record.folder / "grades.jsonl").read_text().splitlines()
    assert [json.loads(line)["row"] for line in saved] == list(range(1, 73))
    assert len((record.folder / "grades.csv").read_text().splitlines()) == 73


def test_kinds_are_summed_up_where_there_are_any(carry_out: CarryOut, tmp_path: Path) -> None:
    rows = [
        {"gold": "1", "answer": a, "kind": k, "truth": True}
        for a, k in (("1", "number"), ("2", "number"), ("1.0", "decimal"))
    ]
    _, record = carry_out(experiments.batch, file=write(tmp_path / "p.jsonl", rows))
    lines = (record.folder / "by_kind.csv").read_text().splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["number", "2", "1", "1"],
        ["decimal", "1", "1", "0"],
    ]


def test_the_target_decides_exactly(carry_out: CarryOut, tmp_path: Path) -> None:
    rows = [{"gold": "1", "answer": "1", "truth": n > 0} for n in range(10)]
    path = write(tmp_path / "p.jsonl", rows)
    for target, verdict in ((0.9, Verdict.SUPPORTED), (0.91, Verdict.REFUTED)):
        result, _ = carry_out(experiments.batch, file=path, target=target)
        assert result.claims[0].verdict is verdict


def test_without_truth_nothing_is_claimed(carry_out: CarryOut, tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"gold": "1", "answer": "1"}])
    assert carry_out(experiments.batch, file=path)[0].claims == []


def test_an_interrupted_batch_goes_on_and_notices_a_changed_file(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "_CHUNK", 2)
    rows = [{"gold": "1", "answer": str(n)} for n in range(6)]
    path = tmp_path / "p.jsonl"
    params = experiments.batch.parse({"file": write(path, rows)})
    record = store.submit(experiments.batch, params)
    store.begin(record.id, os.getpid(), {})
    folder = store.folder / record.id

    def attempt() -> Result:
        return experiments.batch.function(params, Run(store, record.id, 0))

    attempt()
    checkpoint = folder / "checkpoints" / "grading-pairs.jsonl"
    first = checkpoint.read_text().splitlines()[0]
    checkpoint.write_text(first + "\n")
    attempt()
    assert checkpoint.read_text().splitlines()[0] == first
    write(path, [{**rows[0], "answer": "x"}, *rows[1:]])
    with pytest.raises(BadInput, match="changed"):
        attempt()


def test_a_path_is_the_same_for_whoever_resumes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert experiments.batch.parse({"file": "p.jsonl"}).model_dump()["file"] == str(
        tmp_path / "p.jsonl"
    )
    assert experiments.batch.estimate(experiments.batch.parse({"file": "p.jsonl"})).seconds > 0
