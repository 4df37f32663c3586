"""Losses that aim at pass@N, from Chen et al. (2025), arXiv:2502.07154, and its relatives.

Notation: p = p(y|x) is the model's probability of the whole correct answer, N the number of answers
that will be drawn. Everything takes log p, because p itself underflows for long answers, and is
computed in double precision whatever the model computes in.

    pass@N = 1 - (1 - p)^N                                the chance that one of N draws is right
    l_DCO  = -log pass@N
    F(N,p) = d log pass@N / d log p = N p (1 - p)^(N-1) / (1 - (1 - p)^N),   0 <= F <= 1

so that the gradient of l_DCO is F times that of cross-entropy. F = 1 at N = 1 and for p -> 0; it
falls as p grows and is near zero once p is well above 1/N.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from tools.errors import BadInput

_TINY = -20.0  # below this log(N p) two terms of the series in N p are exact in double precision
_ROUNDING = 1e-3  # a log-probability may exceed zero by this much through rounding in the model


def log_pass_at(log_p: Tensor, n: float | Tensor) -> Tensor:
    """Returns log(1 - (1 - p)^N) elementwise, without gradient; `dco_loss` has one.

    Args:
        log_p: natural log of the answer's probability, -inf < log_p <= 0, any shape.
        n: number of draws N >= 1, a number or a tensor that broadcasts to `log_p`; need not be
            whole.

    Raises:
        BadInput: if N < 1, or a log-probability is not finite or is positive.
    """
    lp, count = _prepare(log_p, n)
    return _log_pass(lp, count).to(log_p.dtype)


def log_factor(log_p: Tensor, n: float | Tensor) -> Tensor:
    """Returns log F(N, p) elementwise, without gradient: F weighs, it is not trained through.

    log F = log N + log p + (N - 1) log(1 - p) - log(1 - (1 - p)^N); arguments and errors as for
    `log_pass_at`. -inf where p = 1 and N > 1.
    """
    lp, count = _prepare(log_p, n)
    return _log_factor(lp, count).to(log_p.dtype)


def factor(log_p: Tensor, n: float | Tensor) -> Tensor:
    """Returns F(N, p) in [0, 1] elementwise, without gradient; see `log_factor`."""
    lp, count = _prepare(log_p, n)
    return _log_factor(lp, count).exp().to(log_p.dtype)


def dco_loss(log_p: Tensor, n: float | Tensor) -> Tensor:
    """Returns l_DCO = -log(1 - (1 - p)^N) for each example; its gradient is -F(N, p).

    Exactly cross-entropy, -log p, at N = 1. Arguments and errors as for `log_pass_at`; the result
    has the shape of `log_p`.
    """
    _check(log_p, n)
    loss: Tensor = _DcoLoss.apply(log_p, n)  # type: ignore[no-untyped-call]
    return loss


def weighted_nll(log_p: Tensor, n: float | Tensor) -> Tensor:
    """Returns F(N, p) (-log p) for each example with F held constant.

    The gradient equals that of `dco_loss`; the value does not. This is the form of the authors'
    code, and the one to use where low-weight examples are filtered by F.
    """
    return -factor(log_p.detach(), n) * log_p


def dco_step_loss(step_log_p: Tensor, mask: Tensor, n_eff: float | Tensor) -> Tensor:
    """Returns DCO applied to every step of a solution: sum_t l_DCO at N = N_eff, for each example.

    N_eff sets the width of the search tree that is trained for: small is narrow and deep, large is
    wide and shallow. A solution of k steps needs about N_eff^k attempts (the paper's DCO_step).

    Args:
        step_log_p: log-probability of each step given its state, shape (batch, steps). Masked
            entries may hold anything.
        mask: true where a step exists, shape (batch, steps).
        n_eff: N_eff >= 1, or a tensor that broadcasts to (batch, steps).

    Returns:
        Shape (batch,).

    Raises:
        BadInput: if shapes differ, an example has no step, or as for `log_pass_at`.
    """
    mask = _step_mask(step_log_p, mask)
    certain = torch.zeros_like(step_log_p)
    losses = dco_loss(torch.where(mask, step_log_p, certain), n_eff)
    return torch.where(mask, losses, certain).sum(dim=1)


def ua_loss(step_log_p: Tensor, mask: Tensor, budget: float) -> Tensor:
    """Returns the search-agnostic loss (UA): -log prod_t [1 - (1 - p_t)^K] with K = budget / L.

    L is the number of steps of the example, so that a budget of node expansions is shared equally
    among its steps; the same as DCO_step with N_eff = budget / L. At budget = L it is
    cross-entropy. A solution longer than the budget gets K = 1: with less than one try a step the
    weight would grow with p instead of falling.

    Args:
        step_log_p, mask: as for `dco_step_loss`.
        budget: expansions spent on one problem, at least 1.

    Returns:
        Shape (batch,).

    Raises:
        BadInput: as for `dco_step_loss`.
    """
    mask = _step_mask(step_log_p, mask)
    if not budget >= 1:
        raise BadInput(f"budget = {budget} is below 1.", "Give the expansions spent on a problem.")
    steps = mask.sum(dim=1, keepdim=True)
    tries = (budget / steps.to(torch.float64)).clamp(min=1.0)
    return dco_step_loss(step_log_p, mask, tries)


def success_rate_weights(
    success_rate: Tensor, n: float = 1.0, threshold: float | None = 0.1
) -> Tensor:
    """Returns the weights of DCO_a: chains of thought, where p can only be estimated by sampling.

    weight = F(N, p) [p < threshold] with p the share of sampled chains that reach the right answer.
    N = 1 with a threshold is the pure hard-example filter of the released code; threshold = None
    leaves the factor alone; both may be combined. An example never solved has weight 1.

    Args:
        success_rate: p in [0, 1], shape (n,).
        n: N >= 1 in the factor.
        threshold: examples solved at least this often get weight 0; None keeps all.

    Raises:
        BadInput: if a rate lies outside [0, 1], N < 1, or the threshold outside (0, 1].
    """
    if bool(((success_rate < 0) | (success_rate > 1) | success_rate.isnan()).any()):
        raise BadInput("A success rate lies outside [0, 1].", "Give the share of right samples.")
    if threshold is not None and not 0 < threshold <= 1:
        raise BadInput(f"threshold = {threshold} lies outside (0, 1].", "Give a success rate.")
    rate = success_rate.to(torch.promote_types(success_rate.dtype, torch.float32))
    least = torch.finfo(rate.dtype).tiny  # F is 1 there, as it is at a rate of 0
    weights = factor(rate.clamp(min=least).log(), n)
    return weights if threshold is None else weights * (rate < threshold)


class _DcoLoss(torch.autograd.Function):
    """-log pass@N with -F(N, p) as its exact derivative at every p."""

    @staticmethod
    def forward(ctx: Any, log_p: Tensor, n: float | Tensor) -> Tensor:
        lp, count = _wide(log_p, n)
        ctx.save_for_backward(lp, count)
        return -_log_pass(lp, count).to(log_p.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        lp, count = ctx.saved_tensors
        return -gradient * _log_factor(lp, count).exp().to(gradient.dtype), None


def _prepare(log_p: Tensor, n: float | Tensor) -> tuple[Tensor, Tensor]:
    _check(log_p, n)
    return _wide(log_p.detach(), n)


def _check(log_p: Tensor, n: float | Tensor) -> None:
    right = bool((n >= 1).all()) if isinstance(n, Tensor) else 1 <= n < math.inf
    if not right:
        raise BadInput(f"N = {n} cannot be used: it must be finite and at least 1.", "Raise N.")
    if not log_p.is_floating_point():
        raise BadInput(f"log_p has dtype {log_p.dtype}.", "Give floating-point log-probabilities.")
    values = log_p.detach()
    if bool((~(values.isfinite() & (values <= _ROUNDING))).any()):
        worst = values[~(values.isfinite() & (values <= _ROUNDING))][0].item()
        raise BadInput(
            f"A log-probability is {worst}: the loss would not be finite or not mean anything.",
            "Check the model's outputs for NaN, labels for tokens the model gives no probability, "
            "and that log-probabilities (not logits) are passed.",
        )


def _wide(log_p: Tensor, n: float | Tensor) -> tuple[Tensor, Tensor]:
    """Returns log p <= 0 and N in double precision (single where a device has none)."""
    dtype = torch.float32 if log_p.device.type == "mps" else torch.float64
    lp = log_p.to(dtype).clamp(max=0.0)
    return lp, torch.as_tensor(n, dtype=dtype, device=log_p.device)


def _log1mexp(x: Tensor) -> Tensor:
    """Returns log(1 - e^x) for x <= 0, accurate at both ends; -inf at 0."""
    near = x > -math.log(2)
    return torch.where(near, (-torch.expm1(x)).log(), torch.log1p(-x.exp()))


def _log_pass(lp: Tensor, n: Tensor) -> Tensor:
    rare = n.log() + lp
    # pass@N = N p (1 - (N - 1) p / 2 + ...): 1 - (1 - p)^N would round to zero.
    series = rare - 0.5 * (n - 1) * lp.exp()
    direct = _log1mexp(n * _log1mexp(lp))
    return torch.where(n == 1, lp, torch.where(rare < _TINY, series, direct))


def _log_factor(lp: Tensor, n: Tensor) -> Tensor:
    rare = n.log() + lp
    series = -0.5 * (n - 1) * lp.exp()
    direct = rare + (n - 1) * _log1mexp(lp) - _log1mexp(n * _log1mexp(lp))
    value = torch.where(rare < _TINY, series, direct).clamp(max=0.0)
    return torch.where(n == 1, torch.zeros_like(lp), value)


def _step_mask(step_log_p: Tensor, mask: Tensor) -> Tensor:
    if step_log_p.ndim != 2 or mask.shape != step_log_p.shape:
        raise BadInput(
            f"Steps of shape {tuple(step_log_p.shape)} have a mask of {tuple(mask.shape)}.",
            "Give both as (batch, steps).",
        )
    mask = mask.bool()
    if bool((~mask.any(dim=1)).any()):
        row = int((~mask.any(dim=1)).nonzero()[0])
        raise BadInput(f"The mask hides every step of example {row}.", "Drop such examples.")
    return mask
