"""DCO in the Trainer: cross-entropy at N = 1, however a batch is cut, padded or packed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tools.errors import BadInput
from tools.passn.huggingface import PassNLoss, answer_log_p, token_log_p
from tools.passn.losses import dco_loss, factor

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

X = -100
N = 1e8  # so large that the factor bites on a model that is not trained
Train = Callable[..., tuple[dict[str, torch.Tensor], list[float]]]


@pytest.fixture
def train(
    tmp_path: Path,
    tokenizer: Any,
    new_model: Callable[[], Any],
    rows: list[dict[str, list[int]]],
) -> Train:
    """Trains for a few steps and returns weights and losses."""

    def run(
        loss: PassNLoss | None, *, batch: int = 8, accumulation: int = 1, packed: bool = False
    ) -> tuple[dict[str, torch.Tensor], list[float]]:
        model = new_model()
        if packed and loss is not None:
            loss.follow(model)
        collators = {
            False: transformers.DataCollatorForSeq2Seq(tokenizer, padding=True),
            True: transformers.DataCollatorWithFlattening(),
        }
        arguments = transformers.TrainingArguments(
            str(tmp_path / "out"),
            per_device_train_batch_size=batch,
            gradient_accumulation_steps=accumulation,
            max_steps=3,
            learning_rate=0.5,
            optim="sgd",
            lr_scheduler_type="constant",
            max_grad_norm=0.0,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = transformers.Trainer(
            model,
            arguments,
            train_dataset=rows,
            data_collator=collators[packed],
            compute_loss_func=loss,
        )
        trainer.train()
        return model.state_dict(), [h["loss"] for h in trainer.state.log_history if "loss" in h]

    return run


def assert_same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], within: float) -> None:
    for name, weights in a.items():
        torch.testing.assert_close(
            weights, b[name], atol=within, rtol=0, msg=lambda m, n=name: n + m
        )


def furthest(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    return max((weights - b[name]).abs().max().item() for name, weights in a.items())


def test_one_draw_is_plain_training_step_for_step(train: Train) -> None:
    plain, plain_losses = train(None)
    ours, losses = train(PassNLoss(1))
    assert_same(plain, ours, 1e-7)
    assert losses == pytest.approx(plain_losses, abs=1e-5)


def test_many_draws_train_otherwise_and_both_forms_alike(train: Train) -> None:
    plain, _ = train(PassNLoss(1))
    many, losses = train(PassNLoss(N))
    weighted, other_losses = train(PassNLoss(N, form="weighted"))
    assert furthest(plain, many) > 1e-2
    assert_same(many, weighted, 1e-6)
    assert losses != pytest.approx(other_losses, rel=1e-3)


def test_micro_batches_add_up_to_one_batch(train: Train) -> None:
    whole, losses = train(PassNLoss(N))
    cut, cut_losses = train(PassNLoss(N), batch=2, accumulation=4)
    assert_same(whole, cut, 1e-5)
    assert cut_losses == pytest.approx(losses, abs=1e-5)


def test_packed_batches_train_as_padded_ones(train: Train) -> None:
    padded, losses = train(PassNLoss(N))
    packed, packed_losses = train(PassNLoss(N), packed=True)
    assert_same(padded, packed, 1e-5)
    assert packed_losses == pytest.approx(losses, abs=1e-5)


def test_adapters_train_and_the_rest_stays(
    tmp_path: Path, tokenizer: Any, new_model: Callable[[], Any], rows: list[dict[str, list[int]]]
) -> None:
    peft = pytest.importorskip("peft")
    base = new_model()
    model = peft.get_peft_model(
        new_model(), peft.LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    arguments = transformers.TrainingArguments(
        str(tmp_path), max_steps=2, report_to=[], use_cpu=True, disable_tqdm=True, learning_rate=0.1
    )
    transformers.Trainer(
        model,
        arguments,
        train_dataset=rows,
        data_collator=transformers.DataCollatorForSeq2Seq(tokenizer, padding=True),
        compute_loss_func=PassNLoss(N),
    ).train()
    trained = {n: w for n, w in model.named_parameters() if w.requires_grad}
    assert trained
    assert any(w.abs().max() > 0 for n, w in trained.items() if "lora_B" in n)
    kept = dict(model.get_base_model().named_parameters())
    frozen = "model.layers.0.self_attn.q_proj"
    assert torch.equal(kept[f"{frozen}.base_layer.weight"], base.get_parameter(f"{frozen}.weight"))


def test_the_gradient_is_the_factor_of_the_whole_answer_times_cross_entropy() -> None:
    logits = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0)).requires_grad_()
    labels = torch.tensor([[X, X, 3, 4, 5], [X, 2, 1, X, X]])
    loss = PassNLoss(20)(SimpleNamespace(logits=logits), labels)
    (found,) = torch.autograd.grad(loss, logits)
    log_p = answer_log_p(logits, labels)
    weights = factor(log_p.detach(), 20)
    (expected,) = torch.autograd.grad((weights * -log_p).sum() / 5, logits)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(loss, dco_loss(log_p, 20).sum() / 5)


def test_token_log_probabilities_are_those_of_the_next_token() -> None:
    logits = torch.randn(1, 4, 6, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[1, 2, X, 5]])
    found = token_log_p(logits, labels)
    scores = logits.log_softmax(dim=-1)
    expected = [0.0, scores[0, 0, 2].item(), 0.0, scores[0, 2, 5].item()]
    assert found[0].tolist() == pytest.approx(expected)


def test_the_number_of_items_of_the_whole_batch_divides() -> None:
    logits, labels = torch.zeros(1, 3, 4), torch.tensor([[X, 1, 2]])
    outputs = SimpleNamespace(logits=logits)
    alone = PassNLoss(4)(outputs, labels)
    torch.testing.assert_close(PassNLoss(4)(outputs, labels, num_items_in_batch=8), alone * 2 / 8)


def test_what_would_spoil_a_run_is_an_error() -> None:
    outputs = SimpleNamespace(logits=torch.zeros(1, 3, 4))
    with pytest.raises(BadInput, match="every token"):
        PassNLoss(4)(outputs, torch.tensor([[X, X, X]]))
    broken = torch.zeros(1, 3, 4)
    broken[0, 0, 0] = float("nan")
    with pytest.raises(BadInput, match=r"nan.*not be finite"):
        PassNLoss(4)(SimpleNamespace(logits=broken), torch.tensor([[X, 1, 2]]))
    with pytest.raises(BadInput, match="logits of shape"):
        PassNLoss(4)(outputs, torch.tensor([[X, 1]]))
    with pytest.raises(BadInput, match="no labels"):
        PassNLoss(4)(outputs, None)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"n = 0\.5"):
        PassNLoss(0.5)
    with pytest.raises(BadInput, match="form"):
        PassNLoss(2, form="sum")  # type: ignore[arg-type]
