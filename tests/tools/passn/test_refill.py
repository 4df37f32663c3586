"""Refill: full batches of the examples that still carry weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.passn.losses import factor
from tools.passn.refill import Refill, RefillDataset


def as_they_are(log_p: Sequence[float]) -> torch.Tensor:
    return torch.tensor(list(log_p), dtype=torch.float64)


@given(
    st.lists(st.floats(-20, -1e-6), max_size=60),
    st.integers(1, 7),
    st.sampled_from([0.0, 0.1, 0.5, 0.9]),
)
def test_batches_are_full_in_order_and_hold_just_what_has_weight(
    log_p: list[float], batch: int, threshold: float
) -> None:
    refill = Refill(log_p, as_they_are, n=16, batch=batch, threshold=threshold)
    batches = list(refill)
    assert all(len(b) == batch for b in batches[:-1])
    weights = factor(as_they_are(log_p), 16).tolist()
    wanted = [x for x, weight in zip(log_p, weights, strict=True) if weight > threshold]
    assert [x for b in batches for x in b] == wanted
    assert (refill.drawn, refill.kept) == (len(log_p), len(wanted))


def test_surplus_is_carried_over_without_being_scored_again() -> None:
    scored: list[float] = []

    def score(chunk: Sequence[float]) -> torch.Tensor:
        scored.extend(chunk)
        return as_they_are(chunk)

    hard, easy = [-9.0, -8.0, -7.0, -6.0, -5.0], -0.01
    stream = [hard[0], easy, easy, hard[1], hard[2], hard[3], hard[4], easy]
    batches = list(Refill(stream, score, n=16, batch=2))
    assert batches == [hard[:2], hard[2:4], hard[4:]]
    assert scored == stream


def test_the_first_batches_are_not_filtered() -> None:
    easy = [-0.01] * 6
    batches = list(Refill(easy, as_they_are, n=16, batch=2, warm_up=2))
    assert batches == [easy[:2], easy[:2]]


def test_weights_follow_the_model_while_it_learns() -> None:
    known: set[str] = set()
    batches = []
    stream = ["a", "b", "a", "c", "a", "b", "d", "a"]
    log_p = lambda chunk: as_they_are([-0.01 if x in known else -9.0 for x in chunk])  # noqa: E731
    for batch in Refill(stream, log_p, n=16, batch=2):
        batches.append(batch)
        known |= set(batch)
    assert batches == [["a", "b"], ["c", "d"]]


def test_what_cannot_be_used_is_refused() -> None:
    for options in ({"batch": 0}, {"threshold": 1.0}, {"warm_up": -1}, {"n": 0.5}):
        with pytest.raises(BadInput):
            Refill([], as_they_are, **({"n": 4, "batch": 2} | options))  # type: ignore[arg-type]
    short = Refill([-1.0, -2.0], lambda chunk: as_they_are(chunk[:1]), n=4, batch=2)
    with pytest.raises(BadInput, match="1 scores for 2"):
        list(short)


def test_a_trainer_trains_on_what_is_left_and_skips_what_it_knows(
    tmp_path: Path, tokenizer: Any, new_model: Callable[[], Any], rows: list[dict[str, list[int]]]
) -> None:
    transformers = pytest.importorskip("transformers")
    model = new_model()
    # The model is sure of one answer, whatever is asked: rows with it carry no weight.
    known = dict(rows[0], labels=[-100] * (len(rows[0]["labels"]) - 1) + [1])
    with torch.no_grad():
        model.lm_head.weight.zero_()
        model.model.norm.weight.fill_(1)
    collate = transformers.DataCollatorForSeq2Seq(tokenizer, padding=True)
    data = RefillDataset([*rows, known], model, collate, n=20, batch=8, threshold=0.1, seed=1)
    # With uniform logits p = 1/V for the known row's one token, below 1/N for all: nothing goes.
    assert len(list(data)) == 33
    assert list(data) == list(data)
    sure = RefillDataset([*rows, known], model, collate, n=1000, batch=8, threshold=0.1, seed=1)
    left = list(sure)
    assert len(left) == 32
    assert known not in left
    assert not model.training
    sure.set_epoch(1)
    assert list(sure) != left
    arguments = transformers.TrainingArguments(
        str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=8,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        save_strategy="no",
    )
    trainer = transformers.Trainer(model, arguments, train_dataset=sure, data_collator=collate)
    assert trainer.train().global_step == 2


def test_no_examples_are_refused() -> None:
    with pytest.raises(BadInput, match="no examples"):
        RefillDataset([], torch.nn.Linear(1, 1), lambda _: {}, n=4, batch=2)
