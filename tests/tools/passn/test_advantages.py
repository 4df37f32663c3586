"""Advantages against all subsets one by one, and their unbiasedness by exact expectation."""

from __future__ import annotations

from itertools import combinations, product
from math import comb

import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.passn.advantages import max_minus_second, pass_at_k_training, pkpo

REWARDS = st.lists(st.sampled_from([0.0, 1.0, 0.25, -2.0, 3.5, 0.1]), min_size=1, max_size=7)


def tensor(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_enumeration(g: list[float], k: int, baseline: str) -> list[float]:
    n = len(g)
    found = []
    for i in range(n):
        total = 0.0
        for subset in combinations(range(n), k):
            if i in subset:
                total += max(g[j] for j in subset)
                if baseline == "loo-1":
                    total -= max(g[j] for j in subset if j != i)
        total /= comb(n, k)
        if baseline == "loo":
            others = [g[j] for j in range(n) if j != i]
            best = [max(s) for s in combinations(others, k)]
            total -= k / (n - 1) * sum(best) / len(best)
        found.append(total)
    return found


@given(REWARDS, st.data())
@settings(max_examples=150, deadline=None)
def test_pkpo_equals_the_enumeration_of_all_subsets(g: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(g)))
    for baseline in ("none", "loo", "loo-1"):
        if (baseline == "loo" and k == len(g)) or (baseline == "loo-1" and k == 1):
            continue
        expected = tensor(by_enumeration(g, k, baseline))
        torch.testing.assert_close(pkpo(tensor(g), k, baseline), expected, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize(("k", "baseline"), [(2, "none"), (2, "loo"), (2, "loo-1"), (3, "loo-1")])
def test_pkpo_estimates_the_gradient_of_the_best_of_k_without_bias(k: int, baseline: str) -> None:
    # A softmax over three answers; the expectation over all 3^n groups is taken exactly.
    reward, n = [0.0, 1.0, 3.0], 4
    theta = tensor([0.2, -0.4, 0.1]).requires_grad_()
    p = theta.softmax(dim=0)
    best = sum(
        torch.stack([p[i] for i in draw]).prod() * max(reward[i] for i in draw)
        for draw in product(range(3), repeat=k)
    )
    (wanted,) = torch.autograd.grad(best, theta, retain_graph=True)
    q = p.detach()
    found = torch.zeros(3, dtype=torch.float64)
    for draw in product(range(3), repeat=n):
        weight = torch.stack([q[i] for i in draw]).prod()
        s = pkpo(tensor([reward[i] for i in draw]), k, baseline)  # type: ignore[arg-type]
        for i, share in zip(draw, s, strict=True):
            score = -q.clone()
            score[i] += 1
            found += weight * share * score
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=1e-10)


def test_the_last_baseline_has_the_least_variance() -> None:
    rewards = (torch.rand(2000, 8, generator=torch.Generator().manual_seed(0)) < 0.3).double()
    spread = {b: pkpo(rewards, 4, b).var().item() for b in ("none", "loo", "loo-1")}  # type: ignore[arg-type]
    assert spread["loo-1"] < spread["none"]
    assert spread["loo"] < spread["none"]


def test_binary_rewards_give_the_closed_form() -> None:
    n, k = 8, 3
    s = pkpo(tensor([1, 1, 0, 0, 0, 0, 0, 0]), k, "none")
    rho = 1 - comb(n - 1 - 2, k - 1) / comb(n - 1, k - 1)
    torch.testing.assert_close(s[0], tensor([k / n])[0])
    torch.testing.assert_close(s[5], tensor([k / n * rho])[0])


@pytest.mark.parametrize("right", range(7))
@pytest.mark.parametrize("k", [1, 2, 4, 6])
def test_pass_at_k_training_equals_the_mean_over_groups(right: int, k: int) -> None:
    g = [1.0] * right + [0.0] * (6 - right)
    groups = list(combinations(range(6), k))
    reward = tensor([max(g[i] for i in group) for group in groups])
    sigma = reward.var(unbiased=False).sqrt()
    expected = []
    for i in range(6):
        mine = [(r - reward.mean()) / sigma for r, s in zip(reward, groups, strict=True) if i in s]
        expected.append(float(sum(mine) / len(mine)) if sigma > 0 else 0.0)
    torch.testing.assert_close(
        pass_at_k_training(tensor(g), k), tensor(expected), atol=1e-9, rtol=0
    )


def test_at_k_one_pass_at_k_training_is_the_normalised_advantage() -> None:
    m, n = sp.symbols("m n", positive=True)
    fail = m / n
    sigma = sp.sqrt(fail * (1 - fail))
    mean = 1 - fail
    assert sp.simplify(fail / sigma - (1 - mean) / sp.sqrt(mean * (1 - mean))) == 0
    g = tensor([1, 0, 0, 1, 0])
    expected = (g - g.mean()) / g.var(unbiased=False).sqrt()
    torch.testing.assert_close(pass_at_k_training(g, 1), expected)


def test_max_minus_second_is_pkpo_at_k_equal_n() -> None:
    g = tensor([[0.3, 2.0, 1.5, -1.0], [1.0, 1.0, 0.0, 0.0]])
    torch.testing.assert_close(max_minus_second(g), pkpo(g, 4, "loo-1"), atol=1e-12, rtol=0)
    assert max_minus_second(g)[0].tolist() == [0, 0.5, 0, 0]
    assert max_minus_second(g)[1].tolist() == [0, 0, 0, 0]


def test_groups_are_independent_of_each_other_and_of_order() -> None:
    rewards = torch.rand(3, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    for rule in (lambda r: pkpo(r, 3), lambda r: pass_at_k_training((r > 0.5).double(), 3)):
        whole = rule(rewards)
        torch.testing.assert_close(rule(rewards[1]), whole[1])
        torch.testing.assert_close(rule(rewards[:, order]), whole[:, order])


def test_what_does_not_fit_is_refused() -> None:
    for k in (0, 4):
        with pytest.raises(BadInput, match="1 <= k <= n"):
            pkpo(tensor([1, 0, 0]), k)
    with pytest.raises(BadInput, match="more than 3 samples"):
        pkpo(tensor([1, 0, 0]), 3, "loo")
    with pytest.raises(BadInput, match="k > 1"):
        pkpo(tensor([1, 0, 0]), 1)
    with pytest.raises(BadInput, match="0 and 1"):
        pass_at_k_training(tensor([0.5, 1]), 1)
    with pytest.raises(BadInput, match="not finite"):
        pkpo(tensor([1, float("nan")]), 2)
    with pytest.raises(BadInput, match="two samples"):
        max_minus_second(tensor([1]))
