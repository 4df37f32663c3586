import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.claims import Verdict
from tools.errors import BadInput
from tools.experiment import Result
from tools.passn import optimise, predictions
from tools.passn.experiments import theory
from tools.passn.theory import optimal_coverage_policy
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

TINY = {"problems": 2, "n": [1, 2, 64], "rivals": 50}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def run_here(store: RunStore, **values: Any) -> tuple[Result, RunRecord]:
    params = theory.parse(TINY | values)
    record = store.submit(theory, params)
    result = theory.function(params, Run(store, record.id, 0))
    store.finish(record.id, result)
    return result, store.get(record.id)


def test_the_closed_forms_stand_and_everything_is_left_behind(store: RunStore) -> None:
    result, record = run_here(store, q=[0.6, 0.4])
    assert [c.verdict for c in result.claims[:4]] == [Verdict.SUPPORTED] * 4
    names = [(a.name, a.kind) for a in record.artifacts]
    assert names == [("random_problems", "table"), ("problem", "table"), ("theory", "figure")]
    with record.artifacts[1].path.open() as table:
        [one, two, many] = csv.DictReader(table)
    # Two answers: p_1 = q_1^a / (q_1^a + q_2^a) with a = 1 / (N - 1).
    assert float(one["best_confidence"]) == 1
    assert float(two["best_confidence"]) == pytest.approx(0.6)
    assert float(many["best_confidence"]) == pytest.approx(1 / (1 + (0.4 / 0.6) ** (1 / 63)))


def test_a_wrong_closed_form_is_refuted(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def top_answer_only(q: Any, n: float) -> Any:
        return optimal_coverage_policy(q, 1)

    monkeypatch.setattr("tools.passn.theory.optimal_coverage_policy", top_answer_only)
    result, _ = run_here(store)
    assert result.claims[0].verdict is Verdict.REFUTED
    assert "covers more than the closed form" in result.claims[0].text


def test_a_trained_model_ends_as_predicted(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, record = run_here(store, train=True, n=[16], problems=2)
    assert result.claims[-1].verdict is Verdict.SUPPORTED
    assert "Perceptrons trained by DCO" in result.claims[-1].text
    assert record.artifacts[-1].name == "confidence"


@pytest.mark.parametrize("function", [optimise.coverage, optimise.log_coverage])
def test_gradients_are_those_of_the_values(function: Any) -> None:
    rng = np.random.default_rng(0)
    q, p = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4))
    _, slope = function(p, q, 5)
    for i in range(4):
        step = np.eye(4)[i] * 1e-6
        numeric = (function(p + step, q, 5)[0] - function(p - step, q, 5)[0]) / 2e-6
        assert slope[i] == pytest.approx(numeric, rel=1e-5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"q": [0.9, 0.9]}, "sum to at most 1"),
        ({"q": [-0.1, 0.5]}, "at least 0"),
        ({"n": [0]}, "N = 0 is not between 1 and 4096"),
        ({"problems": 1}, "2 <= problems"),
    ],
)
def test_a_wrong_parameter_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        theory.parse(values)
    assert isinstance(theory.parse({}), predictions.TheoryParams)
