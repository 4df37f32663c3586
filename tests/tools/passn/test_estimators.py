"""Estimates against enumeration, exact arithmetic and simulation."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb, exp, log

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.passn.estimators import (
    best_of,
    bootstrap_band,
    clustered_interval,
    exact_pass_at,
    majority_at,
    pass_at,
    pass_at_k,
)


@pytest.mark.parametrize("c", range(7))
@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_pass_at_k_is_the_share_of_subsets_with_a_right_sample(c: int, k: int) -> None:
    right = [i < c for i in range(6)]
    hits = [any(right[i] for i in s) for s in combinations(range(6), k)]
    assert pass_at_k(6, c, k) == pytest.approx(sum(hits) / len(hits), abs=1e-15)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_pass_at_k_is_unbiased_for_every_success_rate(k: int) -> None:
    n, p = 5, sp.Symbol("p")
    mean = sum(
        comb(n, c)
        * p**c
        * (1 - p) ** (n - c)
        * sp.Rational(comb(n, k) - comb(n - c, k), comb(n, k))
        for c in range(n + 1)
    )
    assert sp.expand(mean - (1 - (1 - p) ** k)) == 0


def test_pass_at_k_is_correctly_rounded_where_products_lose_digits() -> None:
    exact = 1 - Fraction(comb(9999, 5000), comb(10000, 5000))
    assert pass_at_k(10000, 1, 5000) == float(exact) == 0.5
    assert pass_at_k(10000, 1, 1) == 1e-4


def test_a_table_holds_every_problem_at_every_k() -> None:
    table = pass_at([8, 4], [2, 0], [1, 4])
    assert table.tolist() == [[0.25, pass_at_k(8, 2, 4)], [0.0, 0.0]]


def test_more_draws_than_samples_are_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match=r"pass@9 .*Draw at least 9"):
        pass_at_k(8, 2, 9)
    with pytest.raises(BadInput, match="c = 9"):
        pass_at_k(8, 9, 2)


@pytest.mark.parametrize("n", [1, 16, 10**6])
def test_exact_pass_at_n_keeps_small_and_large_probabilities(n: int) -> None:
    log_p = [-800.0, -40.0, log(0.3), -1e-17, 0.0, float("-inf")]
    found = exact_pass_at(np.array(log_p), [n])[:, 0]
    # For such small p the first term n p is exact to 1e-11.
    assert found[1] == pytest.approx(n * exp(-40), rel=1e-10)
    assert found[2] == pytest.approx(1 - 0.7**n, rel=1e-12)
    assert found[0] == pytest.approx(0.0, abs=1e-300)
    assert found[3:].tolist() == [1, 1, 0]


def test_exact_pass_at_n_takes_tensors_and_refuses_nonsense() -> None:
    found = exact_pass_at(torch.tensor([-1.0, -2.0], requires_grad=True), [1, 4])
    assert found.shape == (2, 2)
    with pytest.raises(BadInput):
        exact_pass_at(np.array([0.5]), [1])
    with pytest.raises(BadInput):
        exact_pass_at(np.array([-1.0]), [0])


def test_the_interval_of_single_problems_is_student_s() -> None:
    values = [0.1, 0.4, 0.4, 0.9]
    found = clustered_interval(values)
    stderr = np.std(values, ddof=1) / 2
    assert found.stderr == pytest.approx(stderr)
    assert found.high - found.mean == pytest.approx(3.182446 * stderr, rel=1e-6)


def test_clusters_that_move_together_widen_the_interval() -> None:
    values = [1.0] * 10 + [0.0] * 10
    alone = clustered_interval(values)
    together = clustered_interval(values, [i // 5 for i in range(20)])
    assert together.clusters == 4
    assert together.stderr is not None
    assert alone.stderr is not None
    assert together.stderr > 2 * alone.stderr
    # Copies of the same four measurements say no more than these four.
    assert together.stderr == pytest.approx(clustered_interval([1.0, 1.0, 0.0, 0.0]).stderr)


def test_one_cluster_gives_no_error() -> None:
    found = clustered_interval([0.2, 0.6], ["a", "a"])
    assert (found.mean, found.stderr, found.low) == (pytest.approx(0.4), None, found.mean)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        effect = np.repeat(rng.normal(size=12), 4)
        found = clustered_interval(
            effect + rng.normal(size=48), np.repeat(np.arange(12), 4).tolist()
        )
        hits += found.low < 0 < found.high
    assert 0.92 < hits / 400 < 0.98


def test_bootstrap_bands_agree_with_the_interval_and_replay() -> None:
    values = np.random.default_rng(0).random((200, 2))
    low, high = bootstrap_band(values, rng=np.random.default_rng(1), draws=4000)
    found = clustered_interval(values[:, 0])
    assert low[0] == pytest.approx(found.low, abs=0.005)
    assert high[0] == pytest.approx(found.high, abs=0.005)
    again = bootstrap_band(values, rng=np.random.default_rng(1), draws=4000)
    assert np.array_equal(low, again[0])


def test_a_vote_of_all_counts_and_shares_ties() -> None:
    rng = np.random.default_rng(0)
    assert majority_at(["a", "a", "b", None], [True, True, False, False], 4, rng=rng) == 1
    assert majority_at(["a", "b", None], [True, False, False], 3, rng=rng) == 0.5
    assert majority_at([None, None], [False, False], 2, rng=rng) == 0


def test_a_vote_of_some_is_the_mean_over_subsets() -> None:
    classes, right = ["r", "r", "x", "x", "y"], [True, True, False, False, False]
    exact = []
    for subset in combinations(range(5), 3):
        part = majority_at(
            [classes[i] for i in subset],
            [right[i] for i in subset],
            3,
            rng=np.random.default_rng(0),
        )
        exact.append(part)
    found = majority_at(classes, right, 3, rng=np.random.default_rng(0), draws=4000)
    assert found == pytest.approx(np.mean(exact), abs=0.02)
    assert majority_at(
        classes, right, 1, rng=np.random.default_rng(0), draws=4000
    ) == pytest.approx(0.4, abs=0.03)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7), st.data())
def test_best_of_k_equals_the_mean_over_subsets(
    samples: list[tuple[int, bool]], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(samples)))
    # Ties are broken by lot among all samples of the score, so the tied mean over all of them.
    share = {
        score: np.mean([r for s, r in samples if s == score]) for score in {s for s, _ in samples}
    }
    exact = np.mean([share[max(s for s, _ in subset)] for subset in combinations(samples, k)])
    found = best_of([s for s, _ in samples], [r for _, r in samples], k)
    assert found == pytest.approx(exact, abs=1e-12)
