"""DCO in TRL's `SFTTrainer` without a second forward pass.

TRL computes token log-probabilities without holding the logits. A `compute_loss_func` needs the
logits and so costs a pass of its own there; this subclass weighs TRL's own log-probabilities.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn.functional import pad
from trl import SFTTrainer

from tools.errors import Unavailable
from tools.passn.huggingface import PassNLoss
from tools.passn.sequences import find_sequences


class PassNSFTTrainer(SFTTrainer):  # type: ignore[misc]
    """`SFTTrainer` that trains for pass@N.

    Args:
        n: draws at test time, N >= 1; 1 is SFTTrainer itself.
        further arguments: as for `SFTTrainer`; `loss_type` stays "nll".
    """

    def __init__(self, *args: Any, n: float, **kwargs: Any) -> None:
        self._loss = PassNLoss(n)
        super().__init__(*args, **kwargs)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Computes SFTTrainer's loss with l_DCO in the place of each answer's cross-entropy."""

        def weighed(**kwargs: Any) -> Any:
            outputs = model(**kwargs)
            if getattr(outputs, "log_probs", None) is None:
                raise Unavailable(
                    "This TRL does not give token log-probabilities.",
                    "Install trl>=1.16, or pass compute_loss_func=PassNLoss(n) to its SFTTrainer.",
                )
            labels = kwargs["labels"]
            # Rows are whole sequences unless positions say otherwise: TRL packs with positions.
            sequences = find_sequences(labels, kwargs.get("position_ids"), packed=False)
            log_p = sequences.total(pad(outputs.log_probs, (1, 0)))
            # SFTTrainer only adds these up, and adds up the same tokens that were counted for it.
            outputs.log_probs = -self._loss.of_answers(log_p)
            return outputs

        return super().compute_loss(weighed, inputs, return_outputs, num_items_in_batch)
