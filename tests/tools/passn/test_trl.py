"""DCO and pass@k advantages inside TRL's trainers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tools.errors import BadInput
from tools.passn.advantages import pass_at_k_training, pkpo
from tools.passn.huggingface import PassNLoss

trl = pytest.importorskip("trl")
datasets = pytest.importorskip("datasets")

N = 1e8
Train = Callable[..., tuple[dict[str, torch.Tensor], list[float]]]


@pytest.fixture
def train(
    tmp_path: Path, tokenizer: Any, new_model: Callable[[], Any], sums: list[tuple[str, str]]
) -> Train:
    """Trains for two steps by supervised finetuning; returns weights and losses."""
    data = datasets.Dataset.from_list([{"prompt": q, "completion": a} for q, a in sums])

    def run(trainer: Any, **options: Any) -> tuple[dict[str, torch.Tensor], list[float]]:
        config = {
            "per_device_train_batch_size": 8,
            "max_steps": 2,
            "learning_rate": 0.5,
            "optim": "sgd",
            "lr_scheduler_type": "constant",
            "max_grad_norm": 0.0,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": [],
            "use_cpu": True,
            "bf16": False,
            "disable_tqdm": True,
        }
        config |= options.pop("config", {})
        made = trainer(
            new_model(),
            trl.SFTConfig(str(tmp_path / "out"), **config),
            train_dataset=data,
            processing_class=tokenizer,
            **options,
        )
        made.train()
        losses = [h["loss"] for h in made.state.log_history if "loss" in h]
        return made.model.state_dict(), losses

    return run


def furthest(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    return max((weights - b[name]).abs().max().item() for name, weights in a.items())


def test_one_draw_is_trls_own_training(train: Train) -> None:
    from tools.passn.trl_sft import PassNSFTTrainer

    plain, losses = train(trl.SFTTrainer)
    ours, our_losses = train(PassNSFTTrainer, n=1)
    assert furthest(plain, ours) < 1e-7
    assert our_losses == pytest.approx(losses, abs=1e-5)


@pytest.mark.filterwarnings("ignore:.compute_loss_func. is deprecated")
def test_subclass_and_loss_function_agree_and_differ_from_cross_entropy(train: Train) -> None:
    from tools.passn.trl_sft import PassNSFTTrainer

    plain, _ = train(trl.SFTTrainer)
    ours, _ = train(PassNSFTTrainer, n=N)
    by_function, _ = train(trl.SFTTrainer, compute_loss_func=PassNLoss(N))
    assert furthest(plain, ours) > 1e-2
    assert furthest(ours, by_function) < 1e-5


def test_padding_free_micro_batches_add_up_to_the_padded_batch(train: Train) -> None:
    from tools.passn.trl_sft import PassNSFTTrainer

    padded, _ = train(PassNSFTTrainer, n=N)
    free = {
        "padding_free": True,
        "max_length": None,
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 4,
    }
    unpadded, _ = train(PassNSFTTrainer, n=N, config=free)
    assert furthest(padded, unpadded) < 1e-5


@pytest.mark.parametrize("rule", ["pkpo", "pass_at_k_training", "max_minus_second"])
def test_grpo_learns_from_the_advantages_it_is_given(
    tmp_path: Path,
    tokenizer: Any,
    new_model: Callable[[], Any],
    sums: list[tuple[str, str]],
    rule: Any,
) -> None:
    from tools.passn.trl_grpo import PassNGRPOTrainer, grpo_advantages

    chosen = grpo_advantages(rule, k=2)
    rewards: list[torch.Tensor] = []
    advantages: list[torch.Tensor] = []
    learned: list[torch.Tensor] = []

    def watch(reward: torch.Tensor) -> torch.Tensor:
        rewards.append(reward)
        advantages.append(chosen(reward))
        return advantages[-1]

    class Watched(PassNGRPOTrainer):
        def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Any:
            learned.append(inputs["advantages"])
            return super()._compute_loss(model, inputs)

    def even(completions: list[str], **_: Any) -> list[float]:
        return [float(len(c) > 0 and ord(c[0]) % 2 == 0) for c in completions]

    trainer = Watched(
        new_model(),
        even,
        args=trl.GRPOConfig(
            str(tmp_path),
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=4,
            max_steps=1,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            seed=1,
        ),
        train_dataset=datasets.Dataset.from_list([{"prompt": q} for q, _ in sums]),
        processing_class=tokenizer,
        advantages=watch,
    )
    trainer.train()
    assert rewards[0].shape == (2, 4)
    assert advantages[0].abs().max() > 0
    # TRL may shuffle samples between scoring and learning.
    assert sorted(learned[0].tolist()) == pytest.approx(sorted(advantages[0].flatten().tolist()))
    assert list(trainer._logs["advantages"]) == pytest.approx(advantages[0].flatten().tolist())


def test_rules_are_scaled_for_a_mean_over_samples() -> None:
    from tools.passn.trl_grpo import grpo_advantages

    rewards = torch.tensor([[1.0, 0.0, 0.0, 1.0]])
    found = grpo_advantages("pkpo", 2)(rewards)
    torch.testing.assert_close(found, 4 * pkpo(rewards, 2))
    # At k = 1 the reward less n/(n-1) times the mean of the others (equation 29).
    expected = torch.tensor([[5 / 9, -8 / 9, -8 / 9, 5 / 9]])
    torch.testing.assert_close(grpo_advantages("pkpo", 1)(rewards), expected)
    torch.testing.assert_close(
        grpo_advantages("pass_at_k_training", 2)(rewards), pass_at_k_training(rewards, 2)
    )
    with pytest.raises(BadInput, match="unknown"):
        grpo_advantages("best")  # type: ignore[arg-type]
