"""Memorisation and influence, by training on random parts of the data.

Feldman and Zhang (2020), arXiv:2008.03703, section 2, with the estimators of section 2.2: m models
are trained on random subsets, and each model serves every example, held in or held out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tools.errors import BadInput


def memorization(members: Tensor, right: Tensor) -> Tensor:
    """Returns how much an example has to be in the training set to be classified rightly.

    mem(i) = P[h(x_i) = y_i | i in S] - P[h(x_i) = y_i | i not in S], -1 .. 1, estimated by the
    share of the models right on it among those that were trained with it and those that were not.

    Args:
        members: whether model t was trained on example i, bool, shape (m, n).
        right: whether model t classifies example i rightly, bool, shape (m, n).

    Returns:
        float64, shape (n,).

    Raises:
        BadInput: naming an example that all models, or none, were trained on.
    """
    if members.shape != right.shape:
        raise BadInput(
            f"Members of shape {tuple(members.shape)} and answers of {tuple(right.shape)} differ.",
            "Give one answer for each model and training example.",
        )
    with_it, without = _counts(members, right)
    inside = (members & right).double().sum(dim=0) / with_it
    return inside - (~members & right).double().sum(dim=0) / without


def influence(members: Tensor, right: Tensor) -> Tensor:
    """Returns how much each training example helps on each test example.

    infl(i, j) = P[h(x'_j) = y'_j | i in S] - P[h(x'_j) = y'_j | i not in S], by one matrix product.

    Args:
        members: whether model t was trained on example i, bool, shape (m, n).
        right: whether model t classifies test example j rightly, bool, shape (m, n').

    Returns:
        float64, shape (n, n').

    Raises:
        BadInput: naming an example that all models, or none, were trained on.
    """
    with_it, without = _counts(members, right)
    inside, answers = members.double(), right.double()
    found = inside.T @ answers
    return found / with_it[:, None] - (answers.sum(dim=0) - found) / without[:, None]


def _counts(members: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Returns for each example how many models saw it and how many did not."""
    if members.ndim != 2 or right.ndim != 2 or len(members) != len(right):
        raise BadInput(
            f"Members have shape {tuple(members.shape)} and answers {tuple(right.shape)}.",
            "Give one row for each model.",
        )
    inside = members.double().sum(dim=0)
    outside = len(members) - inside
    lacking = ((inside == 0) | (outside == 0)).nonzero()
    if len(lacking):
        row = int(lacking[0, 0])
        raise BadInput(
            f"Of {len(members)} models {int(inside[row])} were trained on example {row}; both some"
            " that were and some that were not are needed.",
            "Train more models.",
        )
    return inside, outside


def subset_members(models: int, examples: int, share: float, generator: torch.Generator) -> Tensor:
    """Draws the subsets: model t is trained on round(share n) examples, bool, shape (m, n).

    They come in complementary sweeps so that every example is left out of one model in every
    1 / (1 - share) or so: independent subsets would leave some example in all of a few models.

    Args:
        models: m >= 2.
        examples: n >= 2.
        share: of the examples in each subset, 0 < share < 1; the authors take 0.7.
        generator: draws the order of each sweep.

    Raises:
        BadInput: if m (1 - share) < 1, so that an example would be in every subset.
    """
    size = min(examples - 1, max(1, int(share * examples + 0.5)))
    left_out = examples - size
    if models * left_out < examples or models * size < examples:
        raise BadInput(
            f"{models} models on {100 * share:g} % of {examples} examples each cannot leave every"
            " example out once and hold it once.",
            f"Train at least {-(-examples // min(left_out, size))} models.",
        )
    members = torch.ones(models, examples, dtype=torch.bool)
    queue = torch.empty(0, dtype=torch.int64)
    for row in members:
        if len(queue) < left_out:
            # What is left of a sweep goes first; a new one continues without repeating it here.
            fresh = torch.randperm(examples, generator=generator)
            fresh = torch.cat([fresh[~torch.isin(fresh, queue)], fresh[torch.isin(fresh, queue)]])
            queue = torch.cat([queue, fresh])
        row[queue[:left_out]] = False
        queue = queue[left_out:]
    return members
