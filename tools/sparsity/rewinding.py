"""Lottery tickets: train, prune the smallest weights, rewind what is left to an early point.

Frankle and Carbin (2019), arXiv:1803.03635; rewinding to a point after some training is due to
Frankle et al. (2020), arXiv:1912.05671.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from tools.errors import BadInput
from tools.sparsity.masks import Tensors, keep_top, masks_of, plain_copy
from tools.sparsity.masks import apply_masks as put
from tools.sparsity.saliency import magnitude

Train = Callable[[nn.Module, int], None]


def find_ticket(start: nn.Module, train: Train, *, keep: float, rounds: int) -> nn.Module:
    """Returns the sparse network at the rewind point, untrained beyond it.

    In each round the masked network is trained from the rewind point to the end, the `keep`
    fraction of largest weights of all layers together stays, and the weights go back to what they
    were at the rewind point.

    Args:
        start: the network at the rewind point, normalisation statistics included; left as it is.
        train: trains a network in place to the end; gets the number of the round, from 0.
        keep: fraction of the remaining weights that stays in a round, 0 < keep < 1.
        rounds: how often; keep ** rounds is left.

    Raises:
        BadInput: if a number is out of range.
    """
    if not 0 < keep < 1 or rounds < 1:
        raise BadInput(
            f"Cannot keep {keep} of the weights in {rounds} rounds.",
            "Give 0 < keep < 1 and at least one round.",
        )
    masks: Tensors = masks_of(start)
    total = sum(int(mask.count_nonzero()) for mask in masks.values())
    for number in range(rounds):
        trained = with_masks(start, masks)
        train(trained, number)
        left = keep_top(magnitude(trained, masks), max(1, int(total * keep ** (number + 1) + 0.5)))
        masks = {name: left[name].to(masks[name].dtype) for name in masks}
    return with_masks(start, masks)


def with_masks(model: nn.Module, masks: dict[str, Tensor]) -> nn.Module:
    """Returns a copy of a model that carries masks."""
    copied = plain_copy(model)
    put(copied, masks)
    return copied
