"""Advantages for policy gradients on pass@k: pure functions of a group's rewards.

Each takes rewards of shape (..., n), the n samples of one prompt in the last dimension, and returns
one number a sample. TRL's GRPO takes them through `tools.passn.trl_grpo`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from tools.errors import BadInput

Baseline = Literal["none", "loo", "loo-1"]


def pkpo(rewards: Tensor, k: int, baseline: Baseline = "loo-1") -> Tensor:
    """Returns PKPO's transformed rewards (Walder and Karkhanis 2025, arXiv:2505.15201).

    S runs over the subsets of k of the n samples, and rho_-i(m) is the mean best reward of the
    m-subsets of the other samples:

        "none"   s_i = C(n,k)^-1 sum_{S containing i} max_S g
        "loo"    s_i - k rho_-i(k) / (n - 1)                           needs n > k
        "loo-1"  C(n,k)^-1 sum_{S containing i} [max_S g - max_{S without i} g]
                 = s_i - (k/n) rho_-i(k - 1)                           needs k > 1

    sum_i s_i grad log pi(x_i) is an unbiased estimate of the gradient of the expected best of k;
    the baselines do not depend on sample i and lower the variance, the last one the most. A loss
    that averages over the samples needs n times these numbers. O(n log n).

    Args:
        rewards: any real numbers, shape (..., n).
        k: draws at test time, 1 <= k <= n.
        baseline: which of the three.

    Raises:
        BadInput: if k or n does not fit the baseline.
    """
    n = _group(rewards, k)
    if baseline == "loo" and n == k:
        raise BadInput(f"baseline 'loo' with k = {k} needs more than {n} samples.", "Draw more.")
    if baseline == "loo-1" and k == 1:
        raise BadInput("baseline 'loo-1' needs k > 1.", "Take 'loo' for k = 1.")
    g, order = rewards.double().sort(dim=-1)
    own = _shares(n, k, "own", g)
    others = _shares(n, k, "others", g)
    # A sample of rank r is the best of C(r-1,k-1) subsets, and in C(j-2,k-2) whose best has rank j.
    s = own * g + _after(others * g)
    if baseline == "loo":
        s = s - k / (n - 1) * _best_of_others(g, k)
    elif baseline == "loo-1":
        s = s - k / n * _best_of_others(g, k - 1)
    return torch.empty_like(s).scatter_(-1, order, s).to(_dtype(rewards))


def pass_at_k_training(correct: Tensor, k: int) -> Tensor:
    """Returns the analytic advantages of Pass@k Training (Chen et al. 2025, arXiv:2508.10751).

    Every k-subset is a group whose reward is its best; a sample's advantage is the mean of the
    normalised rewards of the groups it is in. With m wrong among n samples

        R = 1 - C(m,k)/C(n,k),   sigma = sqrt(R (1 - R)),
        A_right = (1 - R)/sigma,   A_wrong = (1 - R - C(m-1,k-1)/C(n-1,k-1))/sigma,

    and 0 for all where sigma = 0: no group, or every one, holds a right answer. At k = 1 this is
    GRPO's normalised advantage.

    Args:
        correct: 0 or 1, shape (..., n).
        k: size of the groups, 1 <= k <= n.

    Raises:
        BadInput: if k does not fit, or an entry is neither 0 nor 1.
    """
    n = _group(correct, k)
    right = correct.double()
    if bool(((right != 0) & (right != 1)).any()):
        raise BadInput("Pass@k Training takes rewards 0 and 1 only.", "Use PKPO for others.")
    table = torch.tensor([_pass_at_k_pair(n, m, k) for m in range(n + 1)], dtype=torch.float64)
    wrong = (n - right.sum(dim=-1)).long().cpu()
    pair = table[wrong].to(right.device)
    return torch.where(right == 1, pair[..., :1], pair[..., 1:]).to(_dtype(correct))


def max_minus_second(rewards: Tensor) -> Tensor:
    """Returns r_max - r_second for the best sample and 0 for all others; ties give 0 throughout.

    The rule that verl ships as `grpo_passk`, after Tang et al. 2025, arXiv:2503.19595. It is PKPO's
    "loo-1" at k = n.

    Args:
        rewards: shape (..., n), n >= 2.

    Raises:
        BadInput: if n < 2.
    """
    n = _group(rewards, 1)
    if n < 2:
        raise BadInput("max-minus-second needs at least two samples of a prompt.", "Draw more.")
    best, place = rewards.to(_dtype(rewards)).topk(2, dim=-1)
    advantages = torch.zeros_like(rewards, dtype=best.dtype)
    return advantages.scatter_(-1, place[..., :1], best[..., :1] - best[..., 1:])


def _group(rewards: Tensor, k: int) -> int:
    if rewards.ndim == 0 or rewards.shape[-1] == 0:
        raise BadInput("There are no rewards.", "Give shape (..., n).")
    n = rewards.shape[-1]
    if not 1 <= k <= n:
        raise BadInput(f"k = {k} with n = {n} samples a prompt.", "Choose 1 <= k <= n.")
    if not bool(rewards.isfinite().all()):
        raise BadInput("A reward is not finite.", "Check the reward function.")
    return n


def _dtype(rewards: Tensor) -> torch.dtype:
    return rewards.dtype if rewards.is_floating_point() else torch.get_default_dtype()


def _best_of_others(g: Tensor, m: int) -> Tensor:
    """Returns rho_-i(m) for each of n sorted samples, in O(n)."""
    n = g.shape[-1]
    ways = math.comb(n - 1, m)
    below = [math.comb(j - 1, m - 1) / ways for j in range(1, n + 1)]
    # Without a lower sample everyone above it moves down one rank.
    above = [math.comb(j - 2, m - 1) / ways if j > 1 else 0.0 for j in range(1, n + 1)]
    before = g * g.new_tensor(below)
    return before.cumsum(dim=-1) - before + _after(g * g.new_tensor(above))


def _after(x: Tensor) -> Tensor:
    """Returns the sum of what comes after each entry."""
    return x.flip(-1).cumsum(dim=-1).flip(-1) - x


def _shares(n: int, k: int, which: str, like: Tensor) -> Tensor:
    return like.new_tensor(_share_list(n, k, which))


@lru_cache(maxsize=256)
def _share_list(n: int, k: int, which: str) -> tuple[float, ...]:
    ways = math.comb(n, k)
    if which == "own":
        return tuple(math.comb(r - 1, k - 1) / ways for r in range(1, n + 1))
    if k == 1:
        return (0.0,) * n
    return tuple(math.comb(j - 2, k - 2) / ways if j > 1 else 0.0 for j in range(1, n + 1))


@lru_cache(maxsize=4096)
def _pass_at_k_pair(n: int, wrong: int, k: int) -> tuple[float, float]:
    """Returns (A_right, A_wrong)."""
    ways, miss = math.comb(n, k), math.comb(wrong, k)
    if miss in (0, ways):
        return 0.0, 0.0
    fail = miss / ways
    sigma = math.sqrt(fail * (1 - fail))
    return fail / sigma, (fail - math.comb(wrong - 1, k - 1) / math.comb(n - 1, k - 1)) / sigma
