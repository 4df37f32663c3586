"""DCO for the trainers of Hugging Face: a `compute_loss_func` for `Trainer` and TRL's `SFTTrainer`.

    loss = PassNLoss(n=256)
    trainer = Trainer(model, args, compute_loss_func=loss, ...)

The loss is the sum over answers of l_DCO(N, p(answer)) divided by `num_items_in_batch`, the number
of trained tokens of the whole accumulated batch over all processes. At N = 1 it is the trainers'
own cross-entropy, number for number, and it does not depend on how a batch is cut into
micro-batches, padded or packed. For TRL itself `tools.passn.trl_sft` spares a second forward pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from tools.errors import BadInput
from tools.passn.losses import dco_loss, weighted_nll
from tools.passn.sequences import IGNORED, Sequences, find_sequences

if TYPE_CHECKING:
    from torch import nn

AnswerLoss = Callable[[Tensor], Tensor]


class PassNLoss:
    """A `compute_loss_func` that trains for pass@N.

    Args:
        n: draws at test time, N >= 1; 1 is cross-entropy.
        form: "dco" reports -log pass@N, "weighted" reports F times cross-entropy; gradients are
            the same.
        packed: how rows are read while position numbers are not known, see `find_sequences`.

    Raises:
        BadInput: if N < 1.
    """

    def __init__(
        self,
        n: float,
        *,
        form: Literal["dco", "weighted"] = "dco",
        packed: bool | None = None,
    ) -> None:
        if not 1 <= n < math.inf:
            raise BadInput(
                f"draws n = {n} cannot be used.", "Give the draws at test time, at least 1."
            )
        if form not in ("dco", "weighted"):
            raise BadInput(f"form = {form!r} is neither 'dco' nor 'weighted'.")
        self.n, self.form, self.packed = n, form, packed
        self._position_ids: Tensor | None = None
        self._follows = False

    def follow(self, model: nn.Module) -> PassNLoss:
        """Reads the position numbers of every batch off the model's forward pass; returns itself.

        With it packed and padding-free batches are told apart from padded ones; without
        position numbers in a batch its rows are whole sequences. Pass the model as it is given to
        the trainer, before wrapping.
        """
        model.register_forward_pre_hook(self._look, with_kwargs=True)
        self._follows = True
        return self

    def _look(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._position_ids = kwargs.get("position_ids")

    def __call__(
        self,
        outputs: Any,
        labels: Tensor,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Returns the loss of one micro-batch.

        Args:
            outputs: a causal language model's output with `logits` of shape (batch, length, vocab).
            labels: shape (batch, length), not shifted, -100 where not trained on.
            num_items_in_batch: trained tokens of the whole accumulated batch; those of this
                micro-batch when None.

        Raises:
            BadInput: if the labels hide every token, the logits are not finite, or the shapes do
                not fit.
        """
        if labels is None:
            raise BadInput("The batch has no labels.", "Let the collator write labels.")
        logits = outputs["logits"] if isinstance(outputs, dict) else outputs.logits
        if logits is None or logits.shape[:2] != labels.shape:
            shape = None if logits is None else tuple(logits.shape)
            raise BadInput(
                f"logits of shape {shape} do not fit labels of {tuple(labels.shape)}.",
                "Use a causal language model that returns its logits.",
            )
        packed = False if self._follows and self.packed is None else self.packed
        positions = self._position_ids if self._follows else None
        sequences = find_sequences(labels, positions, packed=packed)
        log_p = sequences.total(token_log_p(logits, labels))
        items = sequences.kept.sum() if num_items_in_batch is None else num_items_in_batch
        return self.of_answers(log_p).sum() / items

    def of_answers(self, log_p: Tensor) -> Tensor:
        """Returns the loss of each answer from its log-probability.

        Raises:
            BadInput: if one is not finite.
        """
        return dco_loss(log_p, self.n) if self.form == "dco" else weighted_nll(log_p, self.n)


def token_log_p(logits: Tensor, labels: Tensor) -> Tensor:
    """Returns the log-probability of each label given what precedes it, shape (batch, length).

    Entry t is read off the logits at t - 1; the first is 0, as are ignored ones. In single
    precision at least, without a second copy of the logits.
    """
    # Labels are shifted, not logits: slicing those would copy the largest tensor of the step.
    targets = pad(labels, (0, 1), value=IGNORED)[:, 1:]
    losses = cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return -pad(losses.view_as(labels)[:, :-1], (1, 0))


def answer_log_p(logits: Tensor, labels: Tensor, position_ids: Tensor | None = None) -> Tensor:
    """Returns log p of each whole answer of a batch, for exact pass@N and for filters.

    Args:
        logits: shape (batch, length, vocab).
        labels, position_ids: as for `find_sequences`; rows are whole sequences without positions.

    Raises:
        BadInput: as `find_sequences`.
    """
    sequences: Sequences = find_sequences(labels, position_ids, packed=False)
    return sequences.total(token_log_p(logits, labels))
