from __future__ import annotations

import math

import numpy as np
import pytest

from evals.calibration import calibration, ece, selective
from tools.errors import BadInput


@pytest.mark.parametrize(("n", "expected"), [(100, 0.101), (1000, 0.031)])
def test_a_calibrated_answerer_still_shows_the_error_of_its_sample_size(n, expected) -> None:
    rng = np.random.default_rng(0)
    found = np.mean([ece(p := rng.random(n), rng.random(n) < p) for _ in range(300)])
    assert found == pytest.approx(expected, rel=0.06)


def test_the_floor_tells_miscalibration_from_chance() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.3, 1, 1000)
    honest = calibration(p, rng.random(1000) < p, rng)
    odds = (p / (1 - p)) ** 3
    sure = calibration(odds / (1 + odds), rng.random(1000) < p, rng)
    assert honest.ece < honest.floor_high
    assert sure.ece > 3 * sure.floor_high
    # A logistic fit on the other half takes the excess away.
    assert sure.platt_ece < sure.ece / 2


def test_selective_accuracy_does_not_depend_on_the_order_of_ties() -> None:
    p = np.array([0.9] * 4 + [0.1] * 4)
    y = np.array([1, 1, 0, 1, 0, 0, 1, 0])
    order = np.array([3, 2, 1, 0, 7, 6, 5, 4])
    assert selective(p, y) == pytest.approx(selective(p[order], y[order]))
    area, at_10 = selective(p, y)
    assert at_10 == pytest.approx(0.75)
    assert area > y.mean()


def test_all_right_leaves_nothing_to_fit() -> None:
    found = calibration([0.5] * 20, [True] * 20, np.random.default_rng(0))
    assert math.isnan(found.platt_ece)
    assert found.ece == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("p", "y"), [([0.5] * 9, [True] * 9), ([0.5] * 10, [True] * 9), ([1.5] * 10, [True] * 10)]
)
def test_bad_input_is_named(p, y) -> None:
    with pytest.raises(BadInput):
        calibration(p, y, np.random.default_rng(0))
