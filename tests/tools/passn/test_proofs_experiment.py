import csv
from pathlib import Path
from typing import Any

import pytest

from tools.claims import Verdict
from tools.errors import BadInput
from tools.experiment import Result
from tools.passn.experiments import proofs
from tools.passn.objectives import Objective
from tools.passn.proofs import outcome
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

TINY = {
    "train_theorems": 60,
    "test_theorems": 12,
    "epochs": 2,
    "seeds": 2,
    "n": [16],
    "n_eff": [2, 4],
    "shortest": 1,
    "longest": 3,
    "width": 16,
}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def run_here(store: RunStore, **values: Any) -> tuple[Result, RunRecord]:
    params = proofs.parse(TINY | values)
    record = store.submit(proofs, params)
    result = proofs.function(params, Run(store, record.id, 0))
    store.finish(record.id, result)
    return result, store.get(record.id)


def test_a_run_compares_all_losses_and_checks_every_proof(store: RunStore) -> None:
    result, record = run_here(store)
    again, _ = run_here(store)
    assert result == again
    assert [(a.name, a.kind) for a in record.artifacts] == [
        ("pass_at_n", "table"),
        ("by_epoch", "table"),
        ("trees", "table"),
        ("coverage", "figure"),
        ("over_training", "figure"),
        ("tree_search", "figure"),
    ]
    with record.artifacts[0].path.open() as table:
        lines = list(dict.fromkeys(row["arm"] for row in csv.DictReader(table)))
    for name in ("CE, tuned temperature", "DCO N'=16", "DCO_step N_eff=2", "UA budget=64"):
        assert name in lines
    assert lines[-1] == "ensemble over N_eff"
    assert result.claims[0].verdict is Verdict.SUPPORTED
    assert "proofs were checked step by step" in result.claims[0].check.reason
    with record.artifacts[2].path.open() as table:
        for row in csv.DictReader(table):
            assert 0 <= float(row["found"]) <= 1
            if row["width"] == "1":
                # A tree of width one is one attempt.
                assert float(row["found"]) == pytest.approx(float(row["found_by_attempts"]))


def test_an_ensemble_shares_its_attempts() -> None:
    members = [Objective("dco_step", 2), Objective("dco_step", 8)]
    last = {members[0]: [{"success": [0.5, 0.0]}], members[1]: [{"success": [0.0, 0.5]}]}
    pooled = outcome.ensemble(members, last)
    assert 1 not in pooled
    assert pooled[2] == [pytest.approx(0.5)]
    assert pooled[4] == [pytest.approx(0.75)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"shortest": 5, "longest": 2}, "shortest = 5 is above longest = 2"),
        ({"n": [1]}, "1 is not a power of two from 2"),
        ({"n_eff": [0]}, "0 is not a power of two from 2"),
        ({"ua_budget": 0}, "1 <= ua_budget"),
    ],
)
def test_a_wrong_parameter_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        proofs.parse(TINY | values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return proofs.estimate(proofs.parse(TINY | values)).seconds

    assert seconds() < seconds(epochs=30) < seconds(epochs=30, train_theorems=600)
    assert seconds() < seconds(longest=8)
