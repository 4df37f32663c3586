import matplotlib
import pytest
from scipy import stats

from tools.plots import interval
from tools.pruning.comparison import CompareParams, figure

ROW = {"kept_examples": 40, "train_examples": 133}
FULL, SELECTED, RANDOM = [0.95, 0.97, 0.96], [0.94, 0.97, 0.95], [0.93, 0.94, 0.95]


def test_the_figure_says_what_it_shows_and_leaves_no_global_state() -> None:
    before = dict(matplotlib.rcParams)
    params = CompareParams(dataset="wine", score="grand", keep=0.3, seeds=3)
    drawn = figure(params, ROW, FULL, SELECTED, RANDOM)
    drawn.canvas.draw()
    title, subtitle = (text.get_text() for text in drawn.texts[:2])
    assert title == "Wine: 30 % of the training set kept by GraNd"
    assert "10 networks after 3 epochs" in subtitle
    left, right = drawn.axes
    assert [t.get_text() for t in left.get_xticklabels()] == [
        "all data\n133 examples",
        "GraNd, hardest 30 %\n40 examples",
        "random\n40 examples",
    ]
    assert len(right.get_xticklabels()) == 2
    assert dict(matplotlib.rcParams) == before


def test_an_interval_is_students() -> None:
    mean, low, high = interval(FULL)
    expected = stats.t.interval(0.95, 2, loc=mean, scale=stats.sem(FULL))
    assert (low, high) == pytest.approx(expected)
    assert interval([0.5]) == (0.5, 0.5, 0.5)
