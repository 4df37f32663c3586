"""Scores of how much one training example matters, from Paul et al. (2021), arXiv:2107.07075.

Notation: p(w, x) are the predicted class probabilities of a network with weights w, y is the
one-hot label, l the cross-entropy.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import cross_entropy, one_hot

from tools.errors import BadInput


def el2n(logits: Tensor, labels: Tensor) -> Tensor:
    """Returns the error norm of each example under one network (section 2, definition 2.3).

    EL2N(x, y) = || p(w, x) - y ||_2 with p = softmax(logits); 0 <= EL2N < sqrt(2).

    Args:
        logits: shape (n, classes).
        labels: int64, shape (n,), 0 .. classes - 1.

    Returns:
        Shape (n,).

    Raises:
        BadInput: if the shapes do not fit.
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise BadInput(
            f"EL2N got logits of shape {tuple(logits.shape)} and labels of {tuple(labels.shape)}.",
            "Give logits of shape (n, classes) and labels of shape (n,).",
        )
    target = one_hot(labels, logits.shape[1]).to(logits.dtype)
    error: Tensor = torch.linalg.vector_norm(logits.softmax(dim=1) - target, dim=1)
    return error


def grand(model: nn.Module, inputs: Tensor, labels: Tensor, *, batch: int = 256) -> Tensor:
    """Returns the gradient norm of each example under one network (section 2, definition 2.1).

    GraNd(x, y) = || grad_w l(p(w, x), y) ||_2 over all weights of the network, not of its last
    layer only (an approximation some libraries make).

    Args:
        model: maps (b, ...) to logits (b, classes) and treats examples one by one: no batch
            statistics, no dropout.
        inputs: shape (n, ...).
        labels: int64, shape (n,).
        batch: examples at a time; memory grows as batch times the number of weights.

    Returns:
        Shape (n,).
    """
    weights = {name: weight.detach() for name, weight in model.named_parameters()}

    def loss(weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(functional_call(model, weights, (x[None],)), y[None])

    gradients = vmap(grad(loss), in_dims=(None, 0, 0))
    norms = []
    for x, y in zip(torch.split(inputs, batch), torch.split(labels, batch), strict=True):
        pieces = gradients(weights, x, y).values()
        squares = torch.stack([piece.flatten(1).square().sum(dim=1) for piece in pieces])
        norms.append(squares.sum(dim=0).sqrt())
    return torch.cat(norms)


def average(scores: Iterable[Tensor]) -> Tensor:
    """Returns the mean over networks, the expectation E_w in both scores, in float64.

    Args:
        scores: one tensor of shape (n,) for each network; at least one. Taken one at a time.

    Raises:
        BadInput: if there is none.
    """
    total, count = None, 0
    for score in scores:
        total = score.double() if total is None else total + score.double()
        count += 1
    if total is None:
        raise BadInput("There is no score to average.", "Score with at least one network.")
    return total / count


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Returns Spearman's rank correlation of two vectors of equal length, -1 .. 1.

    Kirsch (2023), arXiv:2303.14753, uses it to show that GraNd at initialisation is close to the
    input norm. NaN when one of the two is constant: it has no ranks.
    """
    from scipy.stats import rankdata

    ranks = torch.stack([torch.from_numpy(rankdata(v.numpy(force=True))) for v in (a, b)])
    return float(torch.corrcoef(ranks)[0, 1])
