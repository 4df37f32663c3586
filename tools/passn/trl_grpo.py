"""Pass@k advantages in TRL's `GRPOTrainer`.

TRL computes advantages in the middle of one long method. This subclass remembers the rewards of
all processes on their way in and replaces the advantages on their way out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor
from trl import GRPOTrainer

from tools.errors import BadInput
from tools.passn.advantages import max_minus_second, pass_at_k_training, pkpo

Advantages = Callable[[Tensor], Tensor]


def grpo_advantages(
    rule: Literal["pkpo", "pass_at_k_training", "max_minus_second"], k: int = 1
) -> Advantages:
    """Returns a rule's advantages, scaled for a loss that averages over samples, as GRPO's does.

    n times PKPO's "loo-1" ("loo" at k = 1), Pass@k Training as it is, n times max-minus-second.

    Raises:
        BadInput: for an unknown rule.
    """
    if rule == "pkpo":
        return lambda r: r.shape[-1] * pkpo(r, k, "loo" if k == 1 else "loo-1")
    if rule == "pass_at_k_training":
        return partial(pass_at_k_training, k=k)
    if rule == "max_minus_second":
        return lambda r: r.shape[-1] * max_minus_second(r)
    raise BadInput(f"rule = {rule!r} is unknown.", "pkpo, pass_at_k_training or max_minus_second.")


class PassNGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """`GRPOTrainer` with advantages of one's own.

    Args:
        advantages: maps rewards of shape (prompts, generations) to advantages of the same shape,
            such as `grpo_advantages("pkpo", k=4)`.
        further arguments: as for `GRPOTrainer`; its `scale_rewards` has no effect.
    """

    def __init__(self, *args: Any, advantages: Advantages, **kwargs: Any) -> None:
        self._advantages = advantages
        self._rewards: Tensor | None = None
        super().__init__(*args, **kwargs)

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Tensor:
        rewards: Tensor = super()._calculate_rewards(*args, **kwargs)
        self._rewards = rewards
        return rewards

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        assert self._rewards is not None
        if bool(torch.isnan(self._rewards).all(dim=1).any()):
            raise BadInput(
                "A completion has no reward: the advantages of its group are not defined.",
                "Let a reward function return a number for every completion.",
            )
        weights = self.reward_weights.to(self._rewards.device)
        rewards = (self._rewards * weights[None, :]).nansum(dim=1)
        size = self.num_generations if self.model.training else self.num_generations_eval
        advantages = self._advantages(rewards.view(-1, size)).flatten()
        own = output["advantages"]
        first = self.accelerator.process_index * len(own)
        output["advantages"] = advantages[first : first + len(own)].to(own)
        logged = self._logs["advantages"]
        for _ in range(min(len(logged), len(advantages))):
            logged.pop()
        logged.extend(advantages.tolist())
        return output
