"""Figures say what they are given."""

from __future__ import annotations

import numpy as np
import pytest

from tools.errors import BadInput
from tools.passn.curves import (
    confidence_accuracy,
    coverage_curves,
    difficulty_histogram,
    theory_figure,
)


def test_coverage_curves_draw_means_inside_their_bands() -> None:
    values = np.random.default_rng(0).random((30, 3))
    figure = coverage_curves(
        [1, 4, 16], {"ours": values}, rng=np.random.default_rng(1), title="Coverage"
    )
    (axes,) = figure.axes
    assert axes.lines[0].get_ydata() == pytest.approx(values.mean(axis=0))
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() < values.mean(axis=0).min()
    assert [t.get_text() for t in axes.get_xticklabels()] == ["1", "4", "16"]
    with pytest.raises(BadInput, match="'ours'"):
        coverage_curves([1, 4], {"ours": values}, rng=np.random.default_rng(1), title="")


def test_problems_never_and_always_solved_stand_apart() -> None:
    axes = difficulty_histogram([0.0, 0.0, 1.0, 0.5, 0.52]).axes[0]
    heights = {round(bar.get_x(), 3): bar.get_height() for bar in axes.patches}
    assert sum(heights.values()) == 5
    assert heights[-0.075] == 2
    assert heights[1.025] == 1
    assert heights[0.5] == 2


def test_accuracy_is_drawn_at_the_mean_confidence_of_its_interval() -> None:
    figure = confidence_accuracy([0.91, 0.95, 0.2], [1, 0, 0])
    points = figure.axes[0].lines[1]
    assert points.get_xdata() == pytest.approx([0.2, 0.93])
    assert points.get_ydata() == pytest.approx([0, 0.5])
    with pytest.raises(BadInput):
        confidence_accuracy([], [])


def test_the_theory_figure_orders_the_policies() -> None:
    figure = theory_figure([0.5, 0.3, 0.15, 0.05], [1, 2, 4, 16])
    best, dco, calibrated = (line.get_ydata() for line in figure.axes[1].lines)
    assert (best <= dco + 1e-12).all()
    assert (best <= calibrated + 1e-12).all()
    assert dco[1] > calibrated[1]  # with two draws DCO covers less than calibration
    assert dco[3] < calibrated[3]
