"""`pruning.curves`: a grid of scores and sizes, the two recipes, and files of the user's own."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.claims import Verdict, recheck
from tools.errors import BadInput
from tools.experiment import Experiment
from tools.pruning import harness, train
from tools.pruning.curves_experiment import curves
from tools.pruning.experiments import compare
from tools.pruning.harness import CurvesParams
from tools.records import RunRecord
from tools.run import Run
from tools.runs import RunStore

TINY = {"dataset": "wine", "seeds": 2, "networks": 1, "score_epochs": 1, "epochs": 3}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "home")


def run_here(store: RunStore, which: Experiment = curves, **values: Any) -> RunRecord:
    params = which.parse(TINY | values)
    record = store.submit(which, params, seed=0)
    store.finish(record.id, which.function(params, Run(store, record.id, 0)))
    return store.get(record.id)


def lines(record: RunRecord, name: str) -> list[dict[str, str]]:
    with (record.folder / f"{name}.csv").open() as table:
        return list(csv.DictReader(table))


def test_a_grid_has_a_line_a_claim_and_metrics_for_each_cell(store: RunStore) -> None:
    record = run_here(store, methods=["el2n", "margin", "prototypes"], fractions=[0.2, 0.5])
    grid = lines(record, "by_method_and_fraction")
    assert [(c["method"], float(c["fraction"])) for c in grid] == [
        (score, keep) for score in ("el2n", "margin", "prototypes") for keep in (0.5, 0.2)
    ]
    for cell in grid:
        difference = float(cell["accuracy"]) - float(cell["random"])
        assert float(cell["gain"]) == pytest.approx(difference, abs=1e-12)
        assert float(cell["gain_low"]) <= float(cell["gain"]) <= float(cell["gain_high"])
    assert [claim.paper for claim in record.claims] == ["paul2021"] * 2 + [""] * 2 + [
        "sorscher2022"
    ] * 2
    assert "hardest 20 % by prototype distance" in record.claims[-1].text
    assert {"gain_margin_at_0.2", "accuracy_random_at_0.5"} < record.metrics.keys()
    assert [a.name for a in record.artifacts] == ["by_method_and_fraction", "by_seed", "curves"]
    for claim in record.claims:
        assert recheck(claim.method, claim.evidence) == claim.verdict


@pytest.mark.parametrize("recipe", ["equal_steps", "equal_epochs"])
def test_a_cell_says_what_the_simple_comparison_says(store: RunStore, recipe: str) -> None:
    simple = run_here(store, compare, score="grand", keep=0.3, recipe=recipe)
    grid = run_here(store, methods=["el2n", "grand"], fractions=[0.5, 0.3], recipe=recipe)
    assert simple.metrics["accuracy_grand"].mean == grid.metrics["accuracy_grand_at_0.3"].mean
    assert simple.metrics["gain_over_random"].mean == grid.metrics["gain_grand_at_0.3"].mean
    assert simple.metrics["accuracy_full"].mean == grid.metrics["accuracy_full"].mean


def test_equal_epochs_train_small_parts_for_less_and_say_what_is_saved(store: RunStore) -> None:
    steps = run_here(store, compare, keep=0.1, epochs=20)
    epochs = run_here(store, compare, keep=0.1, epochs=20, recipe="equal_epochs")
    assert epochs.metrics["accuracy_full"].mean == steps.metrics["accuracy_full"].mean
    assert epochs.metrics["accuracy_random"].mean != steps.metrics["accuracy_random"].mean
    assert "20 epochs of what each keeps" in epochs.claims[0].text
    # 133 examples: 42 steps for all of them, 5 for 13 of them, 3 for an epoch of scoring.
    assert epochs.metrics["compute_saved"].mean == pytest.approx(1 - (5 + 3) / 42)
    assert epochs.metrics["compute_saved_scores_at_hand"].mean == pytest.approx(1 - 5 / 42)
    assert "compute_saved" not in steps.metrics


def test_scoring_may_cost_more_than_it_spares() -> None:
    params = CurvesParams()
    assert harness.compute_saved(params, "el2n", 0.5, 1347) < -1
    assert harness.compute_saved(params, "prototypes", 0.5, 1347) == pytest.approx(0.5, abs=0.01)
    long = CurvesParams(recipe="equal_steps")
    assert harness.compute_saved(long, "random", 0.5, 1347) == 0


def test_grand_at_initialisation_is_also_held_against_its_critique(store: RunStore) -> None:
    record = run_here(store, methods=["grand"], fractions=[0.3], score_epochs=0)
    assert [claim.paper for claim in record.claims] == ["paul2021", "kirsch2023"]
    assert record.claims[0].evidence["a"] == record.claims[1].evidence["b"]
    assert "by GraNd at initialisation" in record.claims[1].text


def test_keeping_the_easy_end_is_refuted_and_no_papers_claim(store: RunStore) -> None:
    record = run_here(
        store,
        dataset="digits",
        methods=["el2n"],
        fractions=[0.2],
        difficulty="easy",
        score_epochs=3,
        epochs=15,
        seeds=3,
    )
    assert [(c.verdict, c.paper) for c in record.claims] == [(Verdict.REFUTED, "")]


@pytest.mark.parametrize(
    "score", ["cross_entropy", "entropy", "forgetting", "memorization", "density", "d4", "semdedup"]
)
def test_every_score_can_be_compared(store: RunStore, score: str) -> None:
    record = run_here(
        store, dataset="breast_cancer", methods=[score], networks=4, score_epochs=2, fractions=[0.8]
    )
    assert record.metrics["train_examples"].mean == 426
    assert 0 < record.metrics[f"accuracy_{score}_at_0.8"].mean <= 1


def test_a_file_of_ones_own_is_compared(store: RunStore, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 2, 80)
    path = tmp_path / "mine.csv"
    rows = [f"{a:.4f},{b:.4f},{'yes' if k else 'no'}" for a, b, k in
            zip(draw.normal(kind), draw.normal(size=80), kind, strict=True)]  # fmt: skip
    path.write_text("a,b,answer\n" + "\n".join(rows) + "\n")
    record = run_here(store, file=str(path), label="answer")
    assert record.metrics["train_examples"].mean == 60
    assert record.claims[0].text.startswith("On mine.csv (2 splits")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"label": "x"}, "there is no file"),
        ({"methods": ["d4"], "difficulty": "easy"}, "no other end"),
        ({"methods": ["memorization"], "networks": 3}, "networks = 4 or more"),
        ({"methods": ["forgetting"], "score_epochs": 1}, "score_epochs = 2 or more"),
        ({"fractions": [1.5]}, "fractions"),
        ({"methods": []}, "methods"),
        ({"methods": ["luck"]}, "methods.*Allowed: el2n"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        curves.parse(values)


def test_more_work_is_estimated_to_take_longer() -> None:
    def seconds(**values: Any) -> float:
        return curves.estimate(curves.parse(values)).seconds

    assert seconds(dataset="wine") < seconds() < seconds(seeds=20)
    assert seconds() < seconds(recipe="equal_steps")
    assert seconds(methods=["el2n"]) < seconds(methods=["el2n", "margin"])
    assert seconds(methods=["d4"]) < seconds(methods=["el2n"])
    assert harness.BATCH == train.BATCH
