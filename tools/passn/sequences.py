"""From the tokens of a batch to the log-probability of each whole answer.

F(N, p) needs the probability of the answer as a whole, so that tokens must be told apart by answer.
A batch comes padded (one answer a row) or packed (several answers in a row, told apart by position
numbers that start again at 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.errors import BadInput

IGNORED = -100
"""The label of a token that is not trained on, as everywhere in transformers."""


@dataclass(frozen=True)
class Sequences:
    """Which answer each predicted token belongs to.

    Attributes:
        index: answer of each of the (batch, length) tokens, 0 .. count - 1; of no meaning where
            `kept` is false.
        kept: whether a token is predicted and trained on, shape (batch, length).
        count: number of answers, each with at least one kept token.
    """

    index: Tensor
    kept: Tensor
    count: int

    def total(self, token_log_p: Tensor) -> Tensor:
        """Adds up token log-probabilities to those of whole answers, shape (count,)."""
        kept = torch.where(self.kept, token_log_p, torch.zeros_like(token_log_p))
        totals = kept.new_zeros(self.count)
        # Tokens that are not kept add zero, to whichever answer.
        return totals.index_add(0, self.index.flatten(), kept.flatten())


def find_sequences(
    labels: Tensor, position_ids: Tensor | None = None, *, packed: bool | None = None
) -> Sequences:
    """Finds the answers in a batch of unshifted labels.

    Args:
        labels: shape (batch, length); -100 where a token is not trained on. The first token of
            every sequence has nothing it could be predicted from and is never counted.
        position_ids: shape (batch, length), starting at 0 with every packed sequence; None where
            rows hold one sequence each, or where they are not known.
        packed: without position numbers: False when rows are whole sequences; True when each
            unbroken run of labels is an answer; None to accept one row only if it holds one run.

    Raises:
        BadInput: if the labels hide every token of a row (or of the batch, when packed), or if a
            single row without position numbers might be packed.
    """
    if labels.ndim != 2:
        raise BadInput(f"labels have shape {tuple(labels.shape)}.", "Give (batch, length).")
    kept = labels != IGNORED
    kept[:, 0] = False
    if position_ids is not None:
        if position_ids.ndim != 2 or position_ids.shape[1] != labels.shape[1]:
            raise BadInput(
                f"position_ids {tuple(position_ids.shape)}, labels {tuple(labels.shape)}.",
                "Give both as (batch, length).",
            )
        starts = (position_ids == 0).expand_as(labels).clone()
        kept &= ~starts
        starts[:, 0] = True
        return _numbered(starts, kept)
    starts = torch.zeros_like(kept)
    starts[:, 0] = True
    runs = kept & ~torch.nn.functional.pad(kept, (1, 0))[:, :-1]
    if packed is None and labels.shape[0] == 1 and int(runs.sum()) > 1:
        raise BadInput(
            "One row holds several runs of labels: packed answers, or one answer in several turns?",
            "Let the loss see position_ids (loss.follow(model)), or say packed=True or False.",
        )
    if packed:
        return _numbered(starts | runs, kept)
    hidden = ~kept.any(dim=1)
    if bool(hidden.any()):
        raise BadInput(
            f"The labels hide every token of row {int(hidden.nonzero()[0])} of a batch.",
            "Drop examples whose answer was cut off, or raise the maximal length.",
        )
    return _numbered(starts, kept)


def _numbered(starts: Tensor, kept: Tensor) -> Sequences:
    """Numbers the sequences that have a kept token: padding may look like empty ones."""
    number = starts.flatten().cumsum(0) - 1
    tokens = torch.zeros(int(number[-1]) + 1, dtype=torch.long, device=kept.device)
    tokens.index_add_(0, number, kept.flatten().long())
    full = tokens > 0
    count = int(full.sum())
    if count == 0:
        raise BadInput(
            "The labels hide every token of a batch.",
            "Check the prompt mask and that answers are not cut off by the maximal length.",
        )
    index = (full.cumsum(0) - 1).clamp(min=0)[number]
    return Sequences(index.view_as(kept), kept, count)
