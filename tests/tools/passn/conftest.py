"""A language model small enough to train in a test: two layers, one token a character."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

CHARACTERS = "0123456789+-*/=?. abcdefghijklmnopqrstuvwxyz{}\\"


@pytest.fixture
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def tokenizer() -> Any:
    """One token a character, with padding and an end."""
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    names = ["<pad>", "</s>", "<unk>", *CHARACTERS]
    model = tokenizers.models.WordLevel({c: i for i, c in enumerate(names)}, unk_token="<unk>")
    raw = tokenizers.Tokenizer(model)
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    raw.decoder = tokenizers.decoders.Fuse()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


@pytest.fixture
def new_model(_one_thread: None) -> Callable[[], Any]:
    """Makes the same randomly initialised model at every call."""
    transformers = pytest.importorskip("transformers")

    def make() -> Any:
        torch.manual_seed(0)
        config = transformers.LlamaConfig(
            vocab_size=len(CHARACTERS) + 3,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=128,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=None,
        )
        return transformers.LlamaForCausalLM(config).eval()

    return make


@pytest.fixture
def model_folder(tmp_path: Path, tokenizer: Any, new_model: Callable[[], Any]) -> Path:
    """The model on disk, as any local Hugging Face folder."""
    folder = tmp_path / "model"
    new_model().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def sums() -> list[tuple[str, str]]:
    """32 seeded sums of very different length: question and answer."""
    rng = random.Random(0)
    pairs = [(rng.randint(0, 99), rng.randint(0, 9999)) for _ in range(32)]
    return [(f"{a}+{b}=", str(a + b)) for a, b in pairs]


@pytest.fixture
def rows(tokenizer: Any, sums: list[tuple[str, str]]) -> list[dict[str, list[int]]]:
    """The sums as a trainer takes them, the question hidden."""
    found = []
    for question, answer in sums:
        q, a = tokenizer(question)["input_ids"], [*tokenizer(answer)["input_ids"], 1]
        found.append({"input_ids": q + a, "labels": [-100] * len(q) + a})
    return found
