"""Policies compared by whole searches on a real problem."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.claims import Verdict, recheck
from tools.discovery.compare_experiment import (
    OURS,
    PEERS,
    claims,
    compare_policies,
    estimate_cost,
    metrics,
)
from tools.discovery.problems.golomb_ruler import problem as golomb_ruler
from tools.errors import BadInput, NotFound
from tools.records import RunRecord
from tools.result import Estimate, Result
from tools.run import Run
from tools.runs import RunStore

SMALL = {"problem": "cap_set", "n": 2, "seeds": 2, "evaluations": 4}


def run_here(store: RunStore, params: Mapping[str, Any], seed: int = 0) -> tuple[Result, RunRecord]:
    made = compare_policies.parse(params)
    record = store.submit(compare_policies, made, seed=seed)
    result = compare_policies.function(made, Run(store, record.id, seed))
    store.finish(record.id, result)
    return result, store.get(record.id)


def test_every_policy_searches_every_seed_and_the_verdicts_can_be_checked(tmp_path: Path) -> None:
    result, record = run_here(RunStore(tmp_path), SMALL)
    with Path(record.artifacts[0].path).open() as handle:
        rows = list(csv.DictReader(handle))
    assert [row["policy"] for row in rows] == 2 * [OURS, *PEERS]
    assert len({row["seed"] for row in rows}) == 2
    # The mean over the search cannot be above what the search ends with.
    assert all(float(row["auc"]) <= float(row["final"]) for row in rows)
    assert len(result.claims) == len(PEERS)
    for claim in result.claims:
        assert recheck(claim.check.method, claim.check.evidence) == claim.verdict


def test_the_same_seed_gives_the_same_numbers(tmp_path: Path) -> None:
    first, _ = run_here(RunStore(tmp_path / "a"), SMALL, seed=5)
    again, _ = run_here(RunStore(tmp_path / "b"), SMALL, seed=5)
    assert first == again


def test_verdicts_and_gains_follow_the_numbers() -> None:
    """Made-up outcomes: CCTS is 1 above k-elites, 1 below softmax, and no better than chance."""
    offsets = {OURS: 0.0, "k-elites": -1.0, "softmax": 1.0}
    rows: list[dict[str, Any]] = []
    for seed in range(12):
        luck = seed % 5 + 0.0
        for name, offset in offsets.items():
            value = luck + offset + 0.01 * (seed % 3) * offset
            rows.append({"seed": seed, "policy": name, "auc": value, "final": value})
        chance = luck + (-1) ** seed
        rows.append({"seed": seed, "policy": "uniform", "auc": chance, "final": chance})
    assert [claim.verdict for claim in claims(rows, "here", 9)] == [
        Verdict.SUPPORTED,
        Verdict.REFUTED,
        Verdict.INCONCLUSIVE,
    ]
    gain = metrics(rows)["gain_over_k_elites"]
    assert isinstance(gain, Estimate)
    assert gain.mean == pytest.approx(1.01)


def test_a_problem_whose_baseline_fails_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(Path(golomb_ruler.__file__).parent, folder)
    (folder / "baseline.py").write_text("def solve(marks, seed):\n    return [0] * marks\n")
    with pytest.raises(BadInput, match="its baseline is not valid"):
        run_here(RunStore(tmp_path / "home"), SMALL | {"problem": str(folder), "n": 4})


def test_an_unknown_problem_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no problem named 'nothing'"):
        run_here(RunStore(tmp_path), SMALL | {"problem": "nothing"})


def test_the_estimate_grows_with_the_work() -> None:
    small, large = (estimate_cost(compare_policies.parse({"seeds": n})).seconds for n in (2, 40))
    assert small < large
