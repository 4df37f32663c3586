"""Scores that need nothing but a model's logits."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from tools.errors import BadInput


def el2n(logits: Tensor, labels: Tensor) -> Tensor:
    """Returns the error norm of each example under one network.

    EL2N(x, y) = || p(w, x) - y ||_2 with p = softmax(logits); 0 <= EL2N <= sqrt(2). Paul et al.
    (2021), arXiv:2107.07075, section 2, definition 2.3.

    Args:
        logits: shape (n, classes).
        labels: int64, shape (n,), 0 .. classes - 1.

    Returns:
        Shape (n,).

    Raises:
        BadInput: if the shapes do not fit.
    """
    _check("EL2N", logits, labels)
    target = one_hot(labels, logits.shape[1]).to(logits.dtype)
    error: Tensor = torch.linalg.vector_norm(logits.softmax(dim=1) - target, dim=1)
    return error


def cross_entropies(logits: Tensor, labels: Tensor) -> Tensor:
    """Returns the loss of each example, l = -log p_y >= 0, shape (n,).

    Read off early in training it is a score of its own, close in rank to EL2N.

    Args:
        logits: shape (n, classes).
        labels: int64, shape (n,).

    Raises:
        BadInput: if the shapes do not fit.
    """
    _check("The cross-entropy", logits, labels)
    return cross_entropy(logits, labels, reduction="none")


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """Returns how far the best wrong class is ahead of the right one, shape (n,), -1 .. 1.

    max_{k != y} p_k - p_y. Positive where the network is wrong; zero at its decision border.

    Args:
        logits: shape (n, classes), classes >= 2.
        labels: int64, shape (n,).

    Raises:
        BadInput: if the shapes do not fit.
    """
    _check("The margin", logits, labels)
    p = logits.softmax(dim=1)
    right = p.gather(1, labels[:, None])[:, 0]
    wrong: Tensor = p.scatter(1, labels[:, None], -torch.inf).max(dim=1).values
    return wrong - right


def entropy(logits: Tensor) -> Tensor:
    """Returns the entropy of each prediction in nats, shape (n,), 0 .. log(classes).

    H = -sum_k p_k log p_k. Needs no label, so it says how unsure a network is and not how wrong.

    Args:
        logits: shape (n, classes).
    """
    log_p = logits.log_softmax(dim=1)
    found: Tensor = torch.special.entr(log_p.exp()).sum(dim=1)
    return found


def _check(name: str, logits: Tensor, labels: Tensor) -> None:
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise BadInput(
            f"{name} got logits of shape {tuple(logits.shape)} and labels of"
            f" {tuple(labels.shape)}.",
            "Give logits of shape (n, classes) and labels of shape (n,).",
        )
