"""A score carried over any model and any loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from tools.errors import BadInput


def score_batches(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    score: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Returns a score of every example, in the order in which the batches bring them.

    Args:
        model: maps inputs (b, ...) to logits (b, classes); run without gradients, in evaluation
            mode, on the device of its weights, and left in the mode it was in.
        batches: (inputs, labels), such as a `DataLoader` that does not shuffle.
        score: of (logits, labels), such as `el2n`.

    Returns:
        Shape (n,), on the CPU.

    Raises:
        BadInput: if a `DataLoader` shuffles, or there is no batch.
    """
    from torch.utils.data import RandomSampler

    if isinstance(getattr(batches, "sampler", None), RandomSampler):
        raise BadInput(
            "The loader shuffles, so its scores could not be told apart afterwards.",
            "Give a loader with shuffle=False.",
        )
    first = next(model.parameters(), None)
    device = torch.device("cpu") if first is None else first.device
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            found = [score(model(x.to(device)), y.to(device)).cpu() for x, y in batches]
    finally:
        model.train(was_training)
    if not found:
        raise BadInput("There is nothing to score.", "Give at least one batch.")
    return torch.cat(found)
