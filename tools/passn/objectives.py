"""What a model is trained for: one small value that names a loss and computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from tools.passn.tasks import Examples

Kind = Literal["ce", "smoothing", "dco", "dco_step", "ua"]


@dataclass(frozen=True)
class Objective:
    """A loss with its one parameter.

    Attributes:
        kind: `ce` cross-entropy, `smoothing` the same with smoothed labels, `dco` on the whole
            answer, `dco_step` on every step, `ua` on every step with a budget shared among them.
        value: N' of dco, N_eff of dco_step, the budget of ua, the mass of smoothing; unused by ce.
    """

    kind: Kind
    value: float = 1.0

    @property
    def name(self) -> str:
        """What tables and figures call it: `CE`, `DCO N'=16`."""
        number = f"{self.value:g}"
        return {
            "ce": "CE",
            "smoothing": f"label smoothing {number}",
            "dco": f"DCO N'={number}",
            "dco_step": f"DCO_step N_eff={number}",
            "ua": f"UA budget={number}",
        }[self.kind]

    def losses(self, log_probs: Tensor, examples: Examples) -> Tensor:
        """Returns the loss of each example, shape (n,).

        Args:
            log_probs: log-probabilities of every token at every step, shape (n, steps, vocabulary);
                -inf where a token is not legal.
            examples: the right answers.

        Raises:
            BadInput: if a log-probability of a right token is not finite, or N < 1.
        """
        from tools.passn.losses import dco_loss, dco_step_loss, ua_loss

        steps = step_log_p(log_probs, examples)
        if self.kind == "dco_step":
            return dco_step_loss(steps, examples.mask, self.value)
        if self.kind == "ua":
            return ua_loss(steps, examples.mask, self.value)
        whole = dco_loss(steps.sum(dim=1), self.value if self.kind == "dco" else 1.0)
        if self.kind == "smoothing":
            flat = _uniform_loss(log_probs, examples)
            return (1 - self.value) * whole + self.value * flat
        return whole


def step_log_p(log_probs: Tensor, examples: Examples) -> Tensor:
    """Returns the log-probability of the right token of each step, 0 where there is no step."""
    right = log_probs.gather(2, examples.answers[:, :, None])[:, :, 0]
    return right.masked_fill(~examples.mask, 0.0)


def _uniform_loss(log_probs: Tensor, examples: Examples) -> Tensor:
    """Returns the cross-entropy to the uniform distribution over legal tokens, for each answer."""
    if examples.legal is None:
        flat = -log_probs.mean(dim=2)
    else:
        kept = log_probs.masked_fill(~examples.legal, 0.0)
        flat = -kept.sum(dim=2) / examples.legal.sum(dim=2).clamp(min=1)
    return flat.masked_fill(~examples.mask, 0.0).sum(dim=1)
