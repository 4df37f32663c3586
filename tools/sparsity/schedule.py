"""How much goes at a time: scores, a schedule of densities, and the masks that come of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from torch import Tensor, nn

from tools.errors import BadInput
from tools.sparsity.masks import Tensors, keep_top, masks_of

Schedule = Literal["exponential", "linear"]
Score = Callable[[nn.Module, Mapping[str, Tensor]], Tensors]


def densities(compression: float, rounds: int, schedule: Schedule = "exponential") -> list[float]:
    """Returns the fraction of weights left after each round.

    Exponential: rho^(-k/n) for k = 1 .. n (Tanaka et al., algorithm 1).
    Linear: 1 - (1 - 1/rho) k/n.

    Args:
        compression: rho >= 1, all weights over those left.
        rounds: n >= 1; 1 is pruning in a single shot.
        schedule: how the density falls.

    Raises:
        BadInput: if a number is out of range.
    """
    if not compression >= 1 or rounds < 1:
        raise BadInput(
            f"Cannot compress by {compression} in {rounds} rounds.",
            "Give a compression of at least 1 and at least one round.",
        )
    steps = [k / rounds for k in range(1, rounds + 1)]
    if schedule == "linear":
        return [1 - (1 - 1 / compression) * step for step in steps]
    return [compression**-step for step in steps]


def prune(
    model: nn.Module,
    score: Score,
    compression: float,
    rounds: int = 1,
    schedule: Schedule = "exponential",
) -> Tensors:
    """Returns the masks that are left when the lowest scores go, round by round.

    Weights that a mask of the model removed stay removed. The model itself is left as it was:
    `apply_masks` puts the outcome into it.

    Args:
        model: any module.
        score: higher is kept; called anew in each round with the masks so far.
        compression: rho >= 1 against all weights, masked or not.
        rounds, schedule: see `densities`.
    """
    masks = masks_of(model)
    total = sum(mask.numel() for mask in masks.values())
    for density in densities(compression, rounds, schedule):
        chosen = keep_top(score(model, masks), int(density * total + 0.5))
        masks = {name: chosen[name].to(masks[name].dtype) for name in masks}
    return masks
