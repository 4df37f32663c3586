"""Averages over initialisations and checkpoints, and how far single networks agree."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from tools.errors import BadInput


def average(scores: Iterable[Tensor]) -> Tensor:
    """Returns the mean over networks, the expectation E_w of the scores, in float64.

    Args:
        scores: one tensor of shape (n,) for each network or checkpoint; at least one. Taken one
            at a time.

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


def reliability(correlation: float, networks: int) -> float:
    """Returns how far two averages over k networks agree when two networks agree by r.

    Spearman and Brown: k r / (1 + (k - 1) r). Undefined (NaN) at r = -1 / (k - 1).
    """
    below = 1 + (networks - 1) * correlation
    return networks * correlation / below if below else math.nan


def needed_correlation(wanted: float, networks: int) -> float:
    """Returns the correlation of two networks at which the average has the wanted reliability.

    `reliability` solved for r: R / (k - (k - 1) R).
    """
    return wanted / (networks - (networks - 1) * wanted)
