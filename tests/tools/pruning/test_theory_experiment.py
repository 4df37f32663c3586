import csv
from pathlib import Path
from typing import Any

import pytest

from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.experiment import Result
from tools.pruning.theory import report
from tools.pruning.theory_experiment import theory
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

TINY = {"angles": [0], "dimension": 60, "repetitions": 8}


def run_here(folder: Path, **values: Any) -> tuple[Result, RunRecord]:
    store = RunStore(folder)
    params = theory.parse(TINY | values)
    record = store.submit(theory, params, seed=0)
    result = theory.function(params, Run(store, record.id, 0))
    store.finish(record.id, result)
    return result, store.get(record.id)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, RunRecord]:
    with pytest.MonkeyPatch.context() as patch:
        # The shape of the work stays; the grids are coarser.
        patch.setattr(report, "_KEPT_SIZES", (1.0, 3.0, 8.0))
        patch.setattr(report, "_MAP_POOLS", (2.0, 6.0, 20.0))
        patch.setattr(report, "_MAP_FRACTIONS", (0.3, 0.7))
        return run_here(tmp_path_factory.mktemp("usual"))


def test_a_run_leaves_points_curves_and_a_map(usual: tuple[Result, RunRecord]) -> None:
    result, record = usual
    assert [a.name for a in record.artifacts] == [
        *("points", "curves", "map"),
        *("theory_and_simulation", "learning_curves", "hard_minus_easy"),
    ]
    with (record.folder / "points.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [row["arm"] for row in rows] == ["hard", "easy", "random"] * 2
    for row in rows:
        gap = abs(float(row["simulation"]) - float(row["theory"]))
        assert gap < 5 * float(row["stderr"]) + 0.02  # 60 dimensions are few
    assert result.metrics["crossover_alpha_tot_0_degrees"] == pytest.approx(5.048, abs=1e-2)


def test_the_easy_end_wins_in_the_small_pool(usual: tuple[Result, RunRecord]) -> None:
    result, _ = usual
    assert result.claims[1].verdict is Verdict.SUPPORTED
    assert result.claims[3].verdict is Verdict.SUPPORTED
    for claim in result.claims[:3]:
        assert recheck(claim.check.method, claim.check.evidence) == claim.verdict


def test_without_a_crossover_between_the_pools_the_flip_is_refuted(tmp_path: Path) -> None:
    params = theory.parse(TINY | {"small": 0.8, "large": 2.0})
    store = RunStore(tmp_path)
    run = Run(store, store.submit(theory, params, seed=0).id, 0)
    points = [report.simulated(params, run, *task) for task in report.tasks(params)]
    found = report.claims(params, points, report.compared(params, points))
    assert found[1].verdict is Verdict.SUPPORTED
    assert found[2].verdict is Verdict.REFUTED
    assert found[3].verdict is Verdict.REFUTED


def test_a_theory_that_is_wrong_is_refuted(tmp_path: Path) -> None:
    params = theory.parse(TINY)
    rows = [{"angle": 0.0, "alpha_tot": 3.0, "arm": "hard", "deviation": -3.2}]
    errors = [[0.2, 0.1, 0.3]] * len(report.tasks(params))
    assert report.claims(params, errors, rows)[0].verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"keep": 1.0}, r"keep = 1.0 .*0.01 <= keep < 1"),
        ({"small": 8, "large": 3}, "small = 8 must be less than large = 3"),
        ({"angles": [100]}, r"angles"),
        ({"repetitions": 1}, "repetitions = 1"),
        ({"keep": 0.01, "small": 1, "dimension": 100}, "fewer than two examples"),
    ],
)
def test_a_wrong_parameter_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        theory.parse(values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return theory.estimate(theory.parse(values)).seconds

    assert seconds() < seconds(repetitions=100)
    assert seconds() < seconds(dimension=400)
    assert seconds(angles=[0]) < seconds()
