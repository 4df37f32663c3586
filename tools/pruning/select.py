"""From scores to the indices that are kept: one interface for every score."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from tools.errors import BadInput

Difficulty = Literal["hard", "easy", "middle"]


def kept_count(examples: int, keep: float) -> int:
    """Returns how many of `examples` a fraction keeps: to the nearest, halves up, at least one.

    Args:
        examples: n >= 1.
        keep: 0 < keep <= 1.
    """
    return max(1, int(keep * examples + 0.5))


def target_count(examples: int, keep: float) -> int:
    """Returns how many a fraction (up to 1) or a number (above 1) keeps.

    Raises:
        BadInput: if it is neither, or more than there are.
    """
    if 0 < keep <= 1:
        return kept_count(examples, keep)
    if keep != int(keep) or keep < 1:
        raise BadInput(f"keep = {keep:g} is neither a fraction nor a whole number.", "Give either.")
    _check_count(int(keep), examples)
    return int(keep)


def select_by_score(
    scores: Tensor,
    count: int,
    difficulty: Difficulty,
    *,
    skip: float = 0.0,
    classes: Tensor | None = None,
    balance: float = 0.0,
) -> Tensor:
    """Keeps a window of the ranking by a score.

    All examples are ranked from the highest score to the lowest, equal scores in their given
    order. `hard` takes the first `count` of that ranking and `easy` the last, so the hard k and
    the easy n - k never overlap and together are everything; `middle` takes the window in between.

    With wrong labels the hardest examples are largely the mislabelled ones, and the best window
    begins below them (Paul et al. 2021, section 4): `skip` leaves out that share of the highest
    scores before anything is taken.

    With `balance` each class c of n_c examples first keeps floor(balance count n_c / n) of its own,
    by the same rule within the class, before the rest is filled up from all classes: 0 looks at
    scores alone, 1 keeps every class in proportion. Sorscher et al. (2022) found half of a class's
    share to be needed where scores are unevenly spread over classes.

    Args:
        scores: shape (n,), finite; higher is harder.
        count: how many to keep, 1 <= count <= n.
        difficulty: which part.
        skip: share of the highest scores left out, 0 <= skip < 1.
        classes: label of each example, int64, shape (n,); needed for balance.
        balance: 0 .. 1.

    Returns:
        int64 indices, shape (count,), ascending: what is kept says nothing of the ranking.

    Raises:
        BadInput: if the count is out of range, or a score is not finite.
    """
    _check_count(count, len(scores))
    if not bool(scores.isfinite().all()):
        bad = int((~scores.isfinite()).nonzero()[0, 0])
        raise BadInput(
            f"The score of example {bad} is {float(scores[bad])}; it cannot be ranked.",
            "Train the scoring networks for fewer epochs or check the inputs for missing values.",
        )
    ranking = scores.argsort(descending=True, stable=True)[int(skip * len(scores) + 0.5) :]
    if len(ranking) < count:
        raise BadInput(
            f"Without the {len(scores) - len(ranking)} highest scores {len(ranking)} of"
            f" {len(scores)} examples are left; {count} cannot be kept.",
            "Skip less or keep fewer.",
        )
    preferred = _preferred(ranking, count, difficulty)
    if classes is None or not balance:
        return preferred[:count].sort().values
    return _balanced(preferred, count, difficulty, ranking, classes, balance).sort().values


def _preferred(ranking: Tensor, count: int, difficulty: Difficulty) -> Tensor:
    """Returns a ranking rearranged so that its first `count` are the window asked for."""
    if difficulty == "hard":
        return ranking
    if difficulty == "easy":
        return ranking.flip(0)
    # The window of that size around the centre first, then outwards from it.
    places = torch.arange(len(ranking), dtype=torch.float64)
    return ranking[(places - (len(ranking) - 1) / 2).abs().argsort(stable=True)]


def _balanced(
    preferred: Tensor,
    count: int,
    difficulty: Difficulty,
    ranking: Tensor,
    classes: Tensor,
    balance: float,
) -> Tensor:
    taken = torch.zeros(len(classes), dtype=torch.bool)
    for size, label in zip(classes.bincount(), range(int(classes.max()) + 1), strict=True):
        own = ranking[classes[ranking] == label]
        floor = min(len(own), int(balance * count * int(size) / len(classes) + 1e-9))
        taken[_preferred(own, floor, difficulty)[:floor]] = True
    rest = preferred[~taken[preferred]]
    taken[rest[: count - int(taken.sum())]] = True
    return taken.nonzero()[:, 0]


def select_at_random(examples: int, count: int, generator: torch.Generator) -> Tensor:
    """Keeps `count` of `examples` drawn without replacement: the control of equal size.

    Equal generators give nested subsets: a smaller count keeps part of what a larger one keeps.

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
