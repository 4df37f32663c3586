"""The best policy and DCO's optimum: known figures, stationarity, and random policies."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.passn.losses import log_factor
from tools.passn.theory import (
    coverage,
    dco_optimum,
    max_confidence_bounds,
    optimal_coverage_policy,
)

Q = [0.5, 0.3, 0.15, 0.05]
QS = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=9).map(
    lambda values: (np.array(values) / sum(values)).tolist()
)
NS = st.sampled_from([1, 1.5, 2, 3, 5, 8, 16, 64, 256, 4096])


@pytest.mark.parametrize(
    ("n", "best", "p", "dco", "p_dco", "calibrated"),
    [
        (1, 0.5, 1.0, 0.365, 0.5, 0.365),
        (2, 0.6125, 0.625, 0.5617, 0.452, 0.5745),
        (4, 0.7894, 0.456, 0.7719, 0.397, 0.7777),
        (16, 0.9928, 0.300, 0.9928, 0.299, 0.9659),
        (64, 1.0000, 0.262, 1.0000, 0.262, 0.9981),
    ],
)
def test_a_worked_example_gives_the_figures_known_for_it(
    n: int, best: float, p: float, dco: float, p_dco: float, calibrated: float
) -> None:
    policy, optimum = optimal_coverage_policy(Q, n), dco_optimum(Q, n)
    found = [coverage(policy, Q, n), policy[0], coverage(optimum, Q, n), optimum[0]]
    assert found == pytest.approx([best, p, dco, p_dco], abs=6e-4)
    assert coverage(Q, Q, n) == pytest.approx(calibrated, abs=6e-5)


@given(QS, NS, st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_no_other_policy_covers_more(q: list[float], n: float, seed: int) -> None:
    best = optimal_coverage_policy(q, n)
    assert best.sum() == pytest.approx(1)
    assert (best >= 0).all()
    top = coverage(best, q, n)
    rng = np.random.default_rng(seed)
    for scale in (0.1, 1.0, 10.0):
        other = rng.dirichlet(np.full(len(q), scale))
        assert coverage(other, q, n) <= top + 1e-12
        near = 0.99 * best + 0.01 * other
        assert coverage(near, q, n) <= top + 1e-12


@given(QS, NS)
@settings(max_examples=100, deadline=None)
def test_its_confidence_keeps_within_the_bounds_and_never_rises_with_n(
    q: list[float], n: float
) -> None:
    low, high = max_confidence_bounds(q, n)
    sure = optimal_coverage_policy(q, n).max()
    assert low - 1e-9 <= sure <= high + 1e-9
    assert optimal_coverage_policy(q, 2 * n).max() <= sure + 1e-9


def test_with_many_draws_it_tends_to_the_uniform_policy() -> None:
    assert optimal_coverage_policy(Q, 1e9) == pytest.approx([0.25] * 4, abs=1e-7)
    assert max_confidence_bounds(Q, 1e9) == pytest.approx((0.25, 0.25), abs=1e-7)


def test_with_two_answers_it_is_the_tempered_distribution() -> None:
    for n in (2, 3, 17):
        a = 1 / (n - 1)
        expected = 0.7**a / (0.7**a + 0.3**a)
        assert optimal_coverage_policy([0.3, 0.7], n)[1] == pytest.approx(expected, abs=1e-12)


def test_the_closed_form_meets_the_stationarity_condition_symbolically() -> None:
    # q_i N (1 - p_i)^(N-1) is the same for all i on the support, and sum p = 1, for three answers.
    q = sp.symbols("q1:4", positive=True)
    n = sp.Symbol("N", positive=True)
    total = sum(x ** (-1 / (n - 1)) for x in q)
    missed = [2 * x ** (-1 / (n - 1)) / total for x in q]  # 1 - p_i
    marginal = [x * m ** (n - 1) for x, m in zip(q, missed, strict=True)]
    assert (
        sp.simplify(sp.powsimp(sp.expand_log(sp.log(marginal[0] / marginal[1]), force=True))) == 0
    )
    assert sp.simplify(sum(1 - m for m in missed) - 1) == 0


@given(QS, NS)
@settings(max_examples=50, deadline=None)
def test_the_dco_optimum_beats_other_policies_in_log_coverage(q: list[float], n: float) -> None:
    def log_coverage(p: np.ndarray) -> float:
        return float(np.array(q) @ np.log(-np.expm1(n * np.log1p(-np.minimum(p, 1 - 1e-16)))))

    p = dco_optimum(q, n)
    assert p.sum() == pytest.approx(1)
    top = log_coverage(p)
    rng = np.random.default_rng(0)
    for _ in range(5):
        other = 0.9 * p + 0.1 * rng.dirichlet(np.ones(len(q)))
        assert log_coverage(other) <= top + 1e-9


@given(QS, NS)
@settings(max_examples=60, deadline=None)
def test_the_dco_optimum_is_stationary(q: list[float], n: float) -> None:
    # q_i F(N, p_i) / p_i = lambda for every answer, with F as the loss computes it.
    log_p = torch.tensor(dco_optimum(q, n)).log()
    log_lambda = torch.tensor(q, dtype=torch.float64).log() + log_factor(log_p, n) - log_p
    assert float(log_lambda.max() - log_lambda.min()) < 1e-9


@pytest.mark.parametrize("n", [1 + 1e-12, 1.001, 2, 4096, 1e12])
@pytest.mark.parametrize("q", [[1e-300, 0.9], [5e-324, 0.5], [1e-12, 1e-12, 0.9], [1e-3] * 1000])
def test_the_dco_optimum_is_found_in_extreme_problems(q: list[float], n: float) -> None:
    p = dco_optimum(q, n)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert (p >= 0).all()
    assert p[-1] == p.max()


def test_the_dco_optimum_at_one_draw_is_calibrated_and_keeps_zeros() -> None:
    assert dco_optimum(Q, 1) == pytest.approx(Q)
    assert dco_optimum([0.0, 1.0], 16).tolist() == [0, 1]
    assert dco_optimum([0.5, 0.0, 0.5], 16) == pytest.approx([0.5, 0, 0.5])


def test_order_does_not_matter() -> None:
    order = [2, 0, 3, 1]
    shuffled = [Q[i] for i in order]
    for n in (2, 5):
        for rule in (optimal_coverage_policy, dco_optimum):
            assert rule(shuffled, n) == pytest.approx(rule(Q, n)[order], abs=1e-9)


@pytest.mark.parametrize("q", [[], [0.0, 0.0], [-0.1, 1.1], [0.8, 0.7], [float("nan"), 1.0]])
def test_what_is_no_distribution_is_refused(q: list[float]) -> None:
    with pytest.raises(BadInput, match="probabilities"):
        optimal_coverage_policy(q, 4)


def test_fewer_than_one_draw_is_refused() -> None:
    with pytest.raises(BadInput, match="at least 1"):
        dco_optimum(Q, 0.5)
