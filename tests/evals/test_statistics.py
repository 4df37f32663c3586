from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import reducers
from evals.paired import compare, holm, samples_needed
from evals.sample import Score, State
from evals.statistics import bootstrap_interval, mean_interval, share_interval
from tools.errors import BadInput


def test_without_clusters_the_standard_error_is_the_usual_one() -> None:
    x = [0.1, 0.5, 0.9, 0.4]
    found = mean_interval(x)
    assert found.value == pytest.approx(np.mean(x))
    assert found.stderr == pytest.approx(np.std(x, ddof=1) / 2)
    assert found.high - found.value == pytest.approx(3.182446 * found.stderr, rel=1e-5)


def test_repeating_every_value_within_its_problem_changes_nothing() -> None:
    x = [0.0, 1.0, 1.0, 0.0, 1.0]
    once = mean_interval(x)
    five = mean_interval(x * 5, list("abcde") * 5)
    assert five.stderr == pytest.approx(once.stderr)
    assert (five.low, five.high) == pytest.approx((once.low, once.high))
    assert mean_interval(x * 5).stderr < once.stderr


def test_one_problem_alone_gives_no_interval() -> None:
    found = mean_interval([1.0, 0.0], ["a", "a"])
    assert found.value == 0.5
    assert math.isnan(found.stderr)


def coverage(draw, truth: float, interval, trials: int = 1500) -> float:
    inside = 0
    for _ in range(trials):
        found = interval(*draw())
        inside += found.low <= truth <= found.high
    return inside / trials


def test_clustered_t_intervals_cover_the_truth_in_95_of_100_draws() -> None:
    rng = np.random.default_rng(1)

    def draw():
        skill = rng.normal(0.5, 0.2, 30)
        values = (skill[:, None] + rng.normal(0, 0.3, (30, 4))).ravel()
        return values, np.repeat(np.arange(30), 4)

    assert 0.93 <= coverage(draw, 0.5, mean_interval) <= 0.97
    # The same data without their problems named: far too sure of itself.
    assert coverage(lambda: draw()[:1], 0.5, mean_interval, 400) < 0.9


@pytest.mark.parametrize("p", [0.3, 0.5, 0.9])
def test_wilson_intervals_cover_the_truth_for_forty_samples(p: float) -> None:
    # Coverage is computed, not drawn: sum over all outcomes of a binomial.
    inside = sum(
        math.comb(40, s) * p**s * (1 - p) ** (40 - s)
        for s in range(41)
        if share_interval(s, 40).low <= p <= share_interval(s, 40).high
    )
    assert 0.93 <= inside <= 0.97


@given(n=st.integers(1, 500), data=st.data())
def test_a_wilson_interval_holds_its_estimate_and_stays_within_0_and_1(n, data) -> None:
    successes = data.draw(st.integers(0, n))
    found = share_interval(successes, n)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_bootstrap_agrees_with_the_closed_form() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, 240)
    problems = np.repeat(np.arange(60), 4).tolist()
    closed = mean_interval(values.tolist(), problems)
    drawn = bootstrap_interval(values.tolist(), problems, rng=np.random.default_rng(3))
    assert drawn.stderr == pytest.approx(closed.stderr, rel=0.06)
    assert drawn.low == pytest.approx(closed.low, abs=0.02)
    general = bootstrap_interval(
        values.tolist(), problems, statistic=np.mean, rng=np.random.default_rng(3), draws=4000
    )
    assert (general.low, general.high) == pytest.approx((drawn.low, drawn.high))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_interval([]), "no values"),
        (lambda: mean_interval([1.0, math.nan]), "Value 1"),
        (lambda: mean_interval([1.0], ["a", "b"]), "2 cluster"),
        (lambda: mean_interval([1.0], level=1.0), "level"),
        (lambda: share_interval(3, 2), "3 of 2"),
        (lambda: reducers.pass_at(4, 2, 5), "k = 5"),
        (lambda: reducers.of("pass@4k"), "pass@4k"),
        (lambda: samples_needed(1.0, 0.0), "difference = 0"),
        (lambda: compare({"a": 1.0}, {"b": 1.0}), "in common"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        call()


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 3), (6, 0, 2), (6, 6, 2), (7, 3, 7), (4, 1, 1)])
def test_pass_at_k_and_pass_all_k_are_averages_over_all_subsets(n: int, c: int, k: int) -> None:
    right = [i < c for i in range(n)]
    subsets = list(itertools.combinations(right, k))
    assert reducers.pass_at(n, c, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))
    assert reducers.pass_all(n, c, k) == pytest.approx(sum(map(all, subsets)) / len(subsets))


def test_pass_at_k_is_unbiased() -> None:
    p, n, k = 0.3, 8, 4
    expected = sum(
        math.comb(n, c) * p**c * (1 - p) ** (n - c) * reducers.pass_at(n, c, k)
        for c in range(n + 1)
    )
    assert expected == pytest.approx(1 - (1 - p) ** k)


def scores(*pairs: tuple[str, bool]) -> list[Score]:
    return [Score.right(answer=a) if ok else Score.wrong("", answer=a) for a, ok in pairs]


def test_the_majority_counts_answers_not_silence() -> None:
    votes = scores(("7", True), ("8", False), ("7", True))
    silent = [Score.wrong("", state=State.NO_ANSWER)] * 5
    assert reducers.majority(silent + votes) == 1.0
    assert reducers.majority(silent) == 0.0
    assert reducers.best(scores(("1", False), ("2", True))) == 1.0


def test_pairing_sees_what_two_separate_intervals_cannot() -> None:
    rng = np.random.default_rng(4)
    hard = rng.uniform(0, 1, 60)
    a = {str(i): h + 0.05 + 0.02 * rng.normal() for i, h in enumerate(hard)}
    b = {str(i): h + 0.02 * rng.normal() for i, h in enumerate(hard)}
    found = compare(a, b)
    assert found.p_value < 1e-6
    assert found.difference.low > 0
    assert mean_interval(list(a.values())).low < mean_interval(list(b.values())).high


@pytest.mark.parametrize("problems", [8, 40])
def test_the_paired_test_holds_its_level(problems: int) -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(600):
        a = {str(i): float(x) for i, x in enumerate(rng.integers(0, 2, problems))}
        b = {str(i): float(x) for i, x in enumerate(rng.integers(0, 2, problems))}
        alarms += compare(a, b).p_value < 0.05
    assert alarms / 600 < 0.075


def test_answers_to_one_problem_count_once() -> None:
    a = {f"{p}.{i}": 1.0 for p in range(4) for i in range(50)}
    b = dict.fromkeys(a, 0.0)
    found = compare(a, b, {name: name.split(".")[0] for name in a})
    assert found.test == "sign flips"
    assert found.p_value == pytest.approx(2 / 16)


def test_samples_needed_gives_the_power_it_promises() -> None:
    n = samples_needed(0.5, 0.1)
    rng = np.random.default_rng(6)
    seen = 0
    for _ in range(400):
        x = rng.normal(0.1, 0.5, n)
        found = compare({str(i): v for i, v in enumerate(x)}, {str(i): 0.0 for i in range(n)})
        seen += found.p_value < 0.05
    assert 0.74 <= seen / 400 <= 0.86


def test_holm_is_between_the_raw_p_values_and_bonferroni() -> None:
    raw = [0.01, 0.04, 0.03, 0.005]
    assert holm(raw) == pytest.approx([0.03, 0.06, 0.06, 0.02])
