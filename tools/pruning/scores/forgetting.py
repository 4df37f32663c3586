"""Forgetting events: how often an example is unlearned in the course of one training."""

from __future__ import annotations

import torch
from torch import Tensor

from tools.errors import BadInput


class Forgetting:
    """Counts, for each example, how often it went from right to wrong.

    An example is forgotten at a presentation where it is classified wrongly and was classified
    rightly at its presentation before (Toneva et al. 2019, arXiv:1812.05159, section 3). One that
    is never right has no such event though it is the hardest of all; the authors give it infinity,
    here it gets one more than the presentations it could have been forgotten at.
    """

    def __init__(self, examples: int) -> None:
        """Takes the number of examples, n."""
        self._events = torch.zeros(examples, dtype=torch.int64)
        self._before = torch.zeros(examples, dtype=torch.bool)
        self._learned = torch.zeros(examples, dtype=torch.bool)
        self._seen = torch.zeros(examples, dtype=torch.int64)

    def see(self, indices: Tensor, right: Tensor) -> None:
        """Takes note of one presentation: call it for each batch, before the optimiser's step.

        Args:
            indices: examples of the batch, each at most once, int64, shape (b,).
            right: whether the network classifies them rightly, bool, shape (b,).

        Raises:
            BadInput: if an example comes twice: which of the two came first is not known.
        """
        indices, right = indices.cpu(), right.cpu()
        if len(set(indices.tolist())) != len(indices):
            raise BadInput(
                "A batch holds the same example twice, so its order is not known.",
                "Cut batches so that they do not reach over the end of an epoch.",
            )
        self._events[indices] += (self._before[indices] & ~right).long()
        self._before[indices] = right
        self._learned[indices] |= right
        self._seen[indices] += 1

    def scores(self) -> Tensor:
        """Returns the number of events, shape (n,), float64; never learned counts as the most."""
        most = int(self._seen.max()) if len(self._seen) else 0
        return torch.where(self._learned, self._events, most).double()

    @property
    def never_learned(self) -> Tensor:
        """The examples that were never right, bool, shape (n,)."""
        return ~self._learned
