"""What is chosen is chosen on the validation part, whatever the test part says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tools.passn import controls, figures
from tools.passn.controls import LAST
from tools.passn.objectives import Objective
from tools.passn.proofs import outcome
from tools.passn.train import Record

DRAWS, TEMPERATURES = (1, 16, 64), [0.5, 1.0, 2.0]
CE = Objective("ce")
WHOLE = {n: Objective("dco", n) for n in (16, 64)}
STEPS = [Objective("dco_step", n) for n in (2, 4, 8)]
ARMS = [CE, Objective("smoothing", 0.1), *WHOLE.values(), *STEPS]
Records = dict[Objective, list[list[Record]]]


def records(test: Callable[[Any], Any]) -> Records:
    """Returns random measurements of two seeds and five epochs; `test` replaces the test part."""
    rng = np.random.default_rng(0)
    shape = (len(TEMPERATURES), len(DRAWS))

    def one(epoch: int) -> Record:
        validation, true = rng.random(shape), rng.random(shape)
        return {
            "epoch": epoch,
            "temperatures": TEMPERATURES,
            "validation": validation.tolist(),
            "test": np.asarray(test(true)).tolist(),
        }

    return {arm: [[one(epoch) for epoch in range(1, 6)] for _ in range(2)] for arm in ARMS}


OTHERS = {
    "reversed": lambda true: 1 - true,
    "all equal": lambda true: 0 * true,
    "rising": lambda true: np.arange(true.size).reshape(true.shape) / true.size,
}


@pytest.fixture(params=OTHERS)
def pair(request: pytest.FixtureRequest) -> tuple[Records, Records]:
    """The same measurements twice, but for the test part."""
    return records(lambda true: true), records(OTHERS[request.param])


def test_other_test_results_choose_the_same_epochs_and_temperatures(
    pair: tuple[Records, Records],
) -> None:
    one, other = (controls.compare(some, DRAWS) for some in pair)
    for name, row in one.rows.items():
        assert other.rows[name].epochs == row.epochs
        assert other.rows[name].temperatures == row.temperatures
        assert other.rows[name].validation == row.validation
    assert one.rows["CE"].passes != other.rows["CE"].passes


def test_other_test_results_name_the_same_rivals_and_the_same_n_eff(
    pair: tuple[Records, Records],
) -> None:
    texts = []
    for some in pair:
        comparison = controls.compare(some, DRAWS)
        found = controls.claims(comparison, WHOLE, some[CE], "Here")
        found += outcome.claims([16, 64], STEPS, comparison, {}, "Here")
        texts.append([claim.text for claim in found])
    assert texts[0] == texts[1]
    assert sum("its rival on validation" in text for text in texts[0]) == 3
    assert sum("the best N_eff on validation" in text for text in texts[0]) == 2


def test_what_is_chosen_is_the_best_on_validation_and_read_off_the_test_part() -> None:
    some = records(lambda true: true)
    comparison = controls.compare(some, DRAWS)
    for column, n in enumerate(DRAWS):
        seeds = some[CE]
        for seed, passes in zip(seeds, comparison.passes(CE, controls.BOTH, n), strict=True):
            every = [
                (record["validation"][row][column], record["test"][row][column])
                for record in seed
                for row in range(len(TEMPERATURES))
            ]
            assert passes == max(every)[1]
        last = {arm: [seed[-1]["validation"][1][column] for seed in some[arm]] for arm in STEPS}
        assert comparison.best(STEPS, n) == max(STEPS, key=lambda arm: sum(last[arm]))


def test_the_figure_shows_the_loss_that_validation_picks() -> None:
    some = records(lambda true: true)
    comparison = controls.compare({arm: some[arm] for arm in [CE, *WHOLE.values()]}, DRAWS)
    figure = figures.coverage(comparison, "a task", "two seeds")
    [line] = [line for line in figure.axes[1].lines if str(line.get_label()).startswith("best")]
    expected = [
        np.mean(comparison.passes(comparison.best(WHOLE.values(), n), LAST, n)) for n in DRAWS
    ]
    assert list(line.get_ydata()) == pytest.approx(expected)
