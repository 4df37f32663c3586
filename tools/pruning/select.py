"""From scores to the indices that are kept."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from tools.errors import BadInput

Difficulty = Literal["hard", "easy"]


def kept_count(examples: int, keep: float) -> int:
    """Returns how many of `examples` a fraction keeps: to the nearest, halves up, at least one.

    Args:
        examples: n >= 1.
        keep: 0 < keep <= 1.
    """
    return max(1, int(keep * examples + 0.5))


def select_by_score(scores: Tensor, count: int, difficulty: Difficulty) -> Tensor:
    """Keeps the examples at one end of a score.

    All examples are ranked from the highest score to the lowest, equal scores in their given
    order. `hard` takes the first `count` of that ranking and `easy` the last, so the hard k and
    the easy n - k never overlap and together are everything.

    Args:
        scores: shape (n,), finite; higher is harder.
        count: how many to keep, 1 <= count <= n.
        difficulty: which end.

    Returns:
        int64 indices, shape (count,), ascending: what is kept says nothing of the ranking.

    Raises:
        BadInput: if the count is out of range or a score is not finite.
    """
    _check_count(count, len(scores))
    if not bool(scores.isfinite().all()):
        bad = int((~scores.isfinite()).nonzero()[0, 0])
        raise BadInput(
            f"The score of example {bad} is {float(scores[bad])}; it cannot be ranked.",
            "Train the scoring networks for fewer epochs or check the inputs for missing values.",
        )
    ranking = scores.argsort(descending=True, stable=True)
    chosen = ranking[:count] if difficulty == "hard" else ranking[len(ranking) - count :]
    return chosen.sort().values


def select_at_random(examples: int, count: int, generator: torch.Generator) -> Tensor:
    """Keeps `count` of `examples` drawn without replacement: the control of equal size.

    Returns:
        int64 indices, shape (count,), ascending.

    Raises:
        BadInput: if the count is out of range.
    """
    _check_count(count, examples)
    return torch.randperm(examples, generator=generator)[:count].sort().values


def _check_count(count: int, examples: int) -> None:
    if not 1 <= count <= examples:
        raise BadInput(
            f"Cannot keep {count} of {examples} examples.", f"Keep between 1 and {examples}."
        )
