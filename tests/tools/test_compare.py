"""Comparisons say what differs, how surely, and what cannot be compared."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from fakes.experiments import add, slow
from scipy.stats import ttest_ind

from tools.claims import Claim, within
from tools.compare import compare, difference
from tools.comparison_figure import draw, save
from tools.errors import BadInput
from tools.experiment import Estimate, Experiment, Result
from tools.records import RunRecord
from tools.runs import RunStore


def recorded(
    store: RunStore,
    metrics: dict[str, Estimate | float],
    claims: list[Claim] | None = None,
    experiment: Experiment = add,
    seed: int = 0,
    **params: object,
) -> RunRecord:
    record = store.submit(experiment, experiment.parse(params), seed=seed)
    store.begin(record.id, os.getpid(), {"versions": {"numpy": "2.0"}})
    store.finish(record.id, Result(metrics, claims or []))
    return store.get(record.id)


def claim(text: str, holds: bool) -> Claim:
    return Claim(text, within(0 if holds else 9, 0, 1))


def test_only_what_was_set_differently_is_shown(store: RunStore) -> None:
    one = recorded(store, {}, a=1, noise=0.5)
    two = recorded(store, {}, a=2, noise=0.5, seed=3)
    rows = {row.name: row.values for row in compare([one, two]).parameters}
    assert rows == {"a": (1, 2), "seed": (0, 3)}


def test_the_interval_is_welchs() -> None:
    a, b = [1.0, 2.0, 3.5, 2.2], [0.1, 0.3, 0.2]
    found = difference("x", Estimate.of(a), Estimate.of(b))
    expected = ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.direction == "higher"
    assert difference("x", Estimate.of(b), Estimate.of(a)).direction == "lower"
    assert difference("x", Estimate.of([1, 9]), Estimate.of([2, 9])).direction == "unclear"


@pytest.mark.parametrize(
    "other",
    [Estimate(1.0), Estimate(1.0, 0.1, 1), Estimate(math.nan, 0.1, 3), Estimate(1, math.inf, 3)],
)
def test_without_a_usable_standard_error_there_is_no_interval(other: Estimate) -> None:
    found = difference("x", Estimate(2.0, 0.1, 5), other)
    assert (found.stderr, found.low, found.high, found.direction) == (None, None, None, "unclear")


def test_two_exact_numbers_that_agree_are_equal() -> None:
    same = Estimate(2.0, 0.0, 5)
    assert difference("x", same, same).direction == "equal"
    assert difference("x", Estimate(3.0, 0.0, 5), same).direction == "higher"


def test_each_later_run_is_compared_with_the_first(store: RunStore) -> None:
    runs = [recorded(store, {"m": Estimate(x, 0.1, 5)}) for x in (1.0, 2.0, 4.0)]
    (row,) = compare(runs).metrics
    assert [(d.run, d.value) for d in row.differences] == [(runs[1].id, 1.0), (runs[2].id, 3.0)]
    assert row.differences[0].stderr == pytest.approx(math.hypot(0.1, 0.1))


def test_metrics_that_one_run_lacks_or_measures_in_other_units_get_no_difference(
    store: RunStore,
) -> None:
    one = recorded(store, {"both": 1.0, "mine": 1.0, "length": Estimate(1, 0.1, 3, "m")})
    two = recorded(store, {"both": 2.0, "yours": 1.0, "length": Estimate(1, 0.1, 3, "km")})
    rows = {row.name: row for row in compare([one, two]).metrics}
    assert [len(rows[n].differences) for n in ("both", "mine", "yours", "length")] == [1, 0, 0, 0]
    notices = " ".join(compare([one, two]).notices)
    assert "No standard error, hence no interval: both." in notices
    assert "different units, hence no difference: length." in notices


def test_claims_are_matched_by_words_whatever_their_numbers(store: RunStore) -> None:
    one = recorded(store, {}, [claim("wins at 30 %", True), claim("wins at 50 %", True)])
    two = recorded(store, {}, [claim("wins at 50 %", False), claim("loses", True)])
    three = recorded(store, {}, [claim("wins at 70 %", True)])
    rows = {row.text: (row.verdicts, row.changed) for row in compare([one, two, three]).claims}
    assert rows == {
        "wins at 30 | 70 %": (("supported", None, "supported"), False),
        "wins at 50 %": (("supported", "refuted", None), True),
        "loses": ((None, "supported", None), False),
    }


def test_it_says_unpaired_and_other_things_a_reader_must_know(store: RunStore) -> None:
    one = recorded(store, {"m": Estimate(1, 0.1, 3)})
    two = recorded(store, {"m": Estimate(2, 0.1, 3)}, experiment=slow)
    store.add_notice(two.id, "a fallback was taken")
    queued = store.submit(add, add.parse({}))
    comparison = compare([one, store.get(two.id), queued])
    told = " ".join(comparison.notices)
    assert "unpaired" in told
    assert "different experiments" in told
    assert f"Run {queued.id} is queued." in told
    assert "a fallback was taken" in told
    assert comparison.as_json()["paired"] is False


def test_its_json_is_strict_and_complete(store: RunStore) -> None:
    one = recorded(store, {"m": math.nan, "k": Estimate(1, 0.1, 3)}, [claim("c", True)])
    two = recorded(store, {"m": 1.0, "k": Estimate(2, 0.1, 3)}, [claim("c", False)], a=7)
    found = json.loads(json.dumps(compare([one, two]).as_json(), allow_nan=False))
    assert [r["run"] for r in found["runs"]] == [one.id, two.id]
    assert found["parameters"] == {"a": {one.id: 1.0, two.id: 7.0}}
    assert found["claims"][0]["verdicts"] == {one.id: "supported", two.id: "refuted"}
    assert found["metrics"][0]["values"][one.id]["value"] is None
    gap = found["metrics"][1]["differences"][0]
    assert (gap["run"], gap["to"], gap["direction"]) == (two.id, one.id, "higher")


def test_one_run_or_the_same_run_twice_is_no_comparison(store: RunStore) -> None:
    one = recorded(store, {})
    with pytest.raises(BadInput, match="at least two"):
        compare([one])
    with pytest.raises(BadInput, match="twice"):
        compare([one, one])


def test_the_picture_has_a_panel_a_metric_and_needs_two_numbers(
    store: RunStore, tmp_path: Path
) -> None:
    metrics = {f"m{i}": Estimate(i, 0.1, 3) for i in range(14)}
    one, two = (recorded(store, {**metrics, "odd": math.nan}) for _ in range(2))
    figure = draw(compare([one, two]))
    assert figure is not None
    assert len(figure.axes) == 12
    assert "12 of 14" in figure.get_supxlabel()
    path = save(compare([one, two]), tmp_path / "new")
    assert path is not None
    assert path.read_bytes().startswith(b"\x89PNG")
    empty = [recorded(store, {"m": 1.0}), recorded(store, {"k": 1.0})]
    assert draw(compare(empty)) is None
