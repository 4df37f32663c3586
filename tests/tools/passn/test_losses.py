"""The losses: formulas by sympy, numbers against many-digit arithmetic, gradients by autograd."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.claims import Verdict, equals_symbolically
from tools.errors import BadInput
from tools.passn.losses import (
    dco_loss,
    dco_step_loss,
    factor,
    log_factor,
    log_pass_at,
    success_rate_weights,
    ua_loss,
    weighted_nll,
)

P = sp.Symbol("p", positive=True)
N = sp.Symbol("N", positive=True)
PASS = 1 - (1 - P) ** N
F = N * P * (1 - P) ** (N - 1) / PASS

RANGE = [-1e4, -700.0, -300.0, -45.0, -30.0, -20.0, -5.0, -1.0, -0.1, -1e-3, -1e-12, -1e-300]


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def exact_loss_and_factor(log_p: float, n: float) -> tuple[mpmath.mpf, mpmath.mpf]:
    # 1 - e^log_p must not be rounded to 1, nor 1 - (1 - p)^N.
    with mpmath.workdps(5000 if log_p < -1000 else 800):
        lp, count = mpmath.mpf(log_p), mpmath.mpf(n)
        miss = mpmath.log(-mpmath.expm1(lp))
        found = -mpmath.expm1(count * miss)
        loss = -mpmath.log(found)
        return loss, count * mpmath.exp(lp + (count - 1) * miss) / found


# -- the formulas ---------------------------------------------------------------------------------


def test_the_factor_is_the_logarithmic_derivative_of_pass_at_n() -> None:
    check = equals_symbolically(P * sp.diff(sp.log(PASS), P), F)
    assert check.verdict is not Verdict.REFUTED
    assert sp.simplify(P * sp.diff(sp.log(PASS), P) - F) == 0


def test_the_gradient_of_the_loss_is_the_factor_times_that_of_cross_entropy() -> None:
    dco, cross_entropy = -sp.log(PASS), -sp.log(P)
    assert sp.simplify(sp.diff(dco, P) / sp.diff(cross_entropy, P) - F) == 0


def test_at_one_draw_the_loss_is_cross_entropy_and_the_factor_one() -> None:
    assert sp.simplify(F.subs(N, 1) - 1) == 0
    assert sp.simplify(-sp.log(PASS.subs(N, 1)) + sp.log(P)) == 0


def test_the_factor_tends_to_one_for_rare_answers_and_to_zero_for_many_draws() -> None:
    assert sp.limit(F, P, 0, "+") == 1
    for p in (sp.Rational(1, 100), sp.Rational(1, 2), sp.Rational(99, 100)):
        assert sp.limit(F.subs(P, p), N, sp.oo) == 0
    # At p = x/N with many draws: F -> x / (e^x - 1), one half at x = 1.26 and 0.1 at 3.6.
    x = sp.Symbol("x", positive=True)
    limit = sp.limit(F.subs(P, x / N), N, sp.oo)
    assert sp.simplify(limit - x / (sp.exp(x) - 1)) == 0
    assert abs(float(limit.subs(x, 1.26)) - 0.5) < 2e-3
    assert abs(float(limit.subs(x, 3.6)) - 0.1) < 2e-3


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_the_factor_falls_as_the_answer_grows_likelier(n: int) -> None:
    slope = sp.cancel(sp.together(sp.diff(F.subs(N, n), P)))
    numerator, denominator = (sp.Poly(part, P) for part in sp.fraction(slope))
    assert numerator.count_roots(sp.Rational(1, 10**6), sp.Rational(999, 1000)) == 0
    assert numerator.eval(sp.Rational(1, 2)) / denominator.eval(sp.Rational(1, 2)) < 0


def test_the_search_agnostic_weight_is_the_factor_at_budget_over_length() -> None:
    length = sp.Symbol("L", positive=True)
    tries = N / length
    weight = tries * P * (1 - P) ** (tries - 1) / (1 - (1 - P) ** tries)
    assert sp.simplify(weight - F.subs(N, tries)) == 0
    assert sp.simplify(weight.subs(N, length) - 1) == 0


# -- the numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 1.5, 2, 16, 256, 4096, 1e6, 1e12])
@pytest.mark.parametrize("log_p", RANGE)
def test_loss_and_factor_are_accurate_over_the_whole_double_range(log_p: float, n: float) -> None:
    loss, weight = exact_loss_and_factor(log_p, n)
    assert float(dco_loss(tensor(log_p), n)) == pytest.approx(float(loss), rel=1e-11, abs=1e-300)
    assert float(factor(tensor(log_p), n)) == pytest.approx(float(weight), rel=1e-11, abs=1e-300)
    assert float(log_pass_at(tensor(log_p), n)) == -float(dco_loss(tensor(log_p), n))


@given(st.floats(-1e4, 0.0), st.floats(1.0, 1e9))
@settings(max_examples=300, deadline=None)
def test_the_factor_lies_between_zero_and_one_and_the_loss_below_cross_entropy(
    log_p: float, n: float
) -> None:
    assert 0 <= float(factor(tensor(log_p), n)) <= 1
    loss = float(dco_loss(tensor(log_p), n))
    assert 0 <= loss <= -log_p * (1 + 1e-12)


@given(st.floats(-50, -1e-6), st.floats(1.0, 1e6))
@settings(max_examples=200, deadline=None)
def test_the_factor_never_rises_with_probability_or_draws(log_p: float, n: float) -> None:
    here = float(factor(tensor(log_p), n))
    assert float(factor(tensor(log_p / 2), n)) <= here + 1e-9
    assert float(factor(tensor(log_p), 2 * n)) <= here + 1e-9


@pytest.mark.parametrize("log_p", [*RANGE, 0.0])
def test_one_draw_is_exactly_cross_entropy(log_p: float) -> None:
    x = tensor(log_p).requires_grad_()
    loss = dco_loss(x, 1)
    assert loss.item() == -log_p
    assert float(torch.autograd.grad(loss.sum(), x)[0]) == -1.0


@pytest.mark.parametrize("n", [1, 2.5, 16, 4096])
def test_autograd_agrees_with_finite_differences(n: float) -> None:
    x = tensor(-25.0, -9.0, -3.0, -1.0, -0.3, -0.05).requires_grad_()
    assert torch.autograd.gradcheck(lambda lp: dco_loss(lp, n), (x,))


@pytest.mark.parametrize("n", [1, 16, 1e6])
def test_both_forms_have_the_same_gradient_over_the_whole_range(n: float) -> None:
    x = tensor(*RANGE, 0.0).requires_grad_()
    (a,) = torch.autograd.grad(dco_loss(x, n).sum(), x)
    (b,) = torch.autograd.grad(weighted_nll(x, n).sum(), x)
    assert a.isfinite().all()
    torch.testing.assert_close(a, b, rtol=1e-12, atol=0)
    torch.testing.assert_close(a, -factor(x.detach(), n), rtol=1e-12, atol=0)


def test_single_and_half_precision_keep_their_type() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.tensor([-3.0, -0.5], dtype=dtype, requires_grad=True)
        loss = dco_loss(x, 64)
        (gradient,) = torch.autograd.grad(loss.sum(), x)
        assert loss.dtype == gradient.dtype == log_factor(x, 64).dtype == dtype
        wide = dco_loss(x.detach().double(), 64)
        torch.testing.assert_close(loss.detach().double(), wide, rtol=0.01, atol=1e-4)


# -- steps ----------------------------------------------------------------------------------------


def test_stepwise_loss_sums_over_the_steps_that_exist() -> None:
    steps = torch.tensor([[-1.0, -2.0, float("nan")], [-0.5, -4.0, -3.0]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    found = dco_step_loss(steps, mask, 8)
    first = dco_loss(steps[0, :2], 8).sum()
    second = dco_loss(steps[1], 8).sum()
    torch.testing.assert_close(found, torch.stack([first, second]))


def test_masked_steps_get_no_gradient() -> None:
    steps = torch.tensor([[-1.0, -2.0, -3.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(
        dco_step_loss(steps, torch.tensor([[1, 1, 0]]), 4).sum(), steps
    )
    assert gradient[0, 2] == 0
    torch.testing.assert_close(gradient[0, :2], -factor(steps.detach()[0, :2], 4))


def test_ua_shares_the_budget_among_the_steps_of_each_example() -> None:
    steps = torch.tensor([[-1.0, -2.0, -9.0, -9.0], [-1.0, -2.0, -0.5, -0.7]])
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    found = ua_loss(steps, mask, 16)
    torch.testing.assert_close(found[0], dco_loss(steps[0, :2], 8).sum())
    torch.testing.assert_close(found[1], dco_loss(steps[1], 4).sum())


def test_ua_is_cross_entropy_when_the_budget_is_the_length_or_less() -> None:
    steps, mask = torch.tensor([[-1.0, -2.0, -0.5]]), torch.ones(1, 3)
    for budget in (1, 3):
        torch.testing.assert_close(ua_loss(steps, mask, budget), torch.tensor([3.5]))


# -- success rates --------------------------------------------------------------------------------


def test_success_rates_filter_weigh_or_do_both() -> None:
    rates = tensor(0.0, 1 / 64, 0.05, 0.1, 0.5, 1.0)
    hard = success_rate_weights(rates)
    assert hard.tolist() == [1, 1, 1, 0, 0, 0]
    weighed = success_rate_weights(rates, 16, None)
    assert weighed[0] == 1
    torch.testing.assert_close(weighed[1:], factor(rates[1:].log(), 16))
    both = success_rate_weights(rates, 16, 0.1)
    torch.testing.assert_close(both, weighed * hard)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 0.5, -3, float("nan"), float("inf")])
def test_fewer_than_one_draw_is_refused(n: float) -> None:
    with pytest.raises(BadInput, match="at least 1"):
        dco_loss(tensor(-1.0), n)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 0.5])
def test_what_is_no_log_probability_is_refused_and_named(value: float) -> None:
    with pytest.raises(BadInput, match="log-probability"):
        dco_loss(tensor(-1.0, value), 4)


def test_a_mask_that_hides_every_step_is_refused() -> None:
    with pytest.raises(BadInput, match="every step of example 1"):
        dco_step_loss(-torch.ones(2, 2), torch.tensor([[1, 0], [0, 0]]), 4)
    with pytest.raises(BadInput, match="shape"):
        dco_step_loss(-torch.ones(2, 2), torch.ones(2, 3), 4)


def test_bad_rates_thresholds_and_budgets_are_refused() -> None:
    with pytest.raises(BadInput, match=r"outside \[0, 1\]"):
        success_rate_weights(tensor(1.5))
    with pytest.raises(BadInput, match="threshold"):
        success_rate_weights(tensor(0.5), 1, 0.0)
    with pytest.raises(BadInput, match="budget"):
        ua_loss(-torch.ones(1, 1), torch.ones(1, 1), 0.5)
