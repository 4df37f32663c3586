"""Drawing from a local model: the model's own distribution, replayed by seed, kept on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import exp
from pathlib import Path
from typing import Any

import pytest
import torch

from tools.errors import BadInput
from tools.passn.huggingface import answer_log_p
from tools.passn.sample import LocalSampler, Sample, SampleCache, fingerprint, load_local

pytest.importorskip("transformers")

SETTINGS: dict[str, Any] = {"temperature": 1.0, "max_tokens": 3, "seed": 5}


@pytest.fixture
def sampler(new_model: Callable[[], Any], tokenizer: Any) -> LocalSampler:
    return LocalSampler(new_model(), tokenizer, batch=8)


def test_the_same_seed_draws_the_same_and_more_begin_alike(sampler: LocalSampler) -> None:
    ten = sampler.sample("1+1=", 10, **SETTINGS)
    assert ten == sampler.sample("1+1=", 10, **SETTINGS)
    assert sampler.sample("1+1=", 20, **SETTINGS)[:10] == ten
    assert sampler.sample("1+1=", 10, **(SETTINGS | {"seed": 6})) != ten


def test_other_random_numbers_are_left_alone(sampler: LocalSampler) -> None:
    torch.manual_seed(3)
    before = torch.rand(1)
    torch.manual_seed(3)
    sampler.sample("1+1=", 8, **SETTINGS)
    assert torch.rand(1) == before


def test_log_probabilities_are_those_of_the_whole_answer_at_temperature_one(
    sampler: LocalSampler, new_model: Callable[[], Any], tokenizer: Any
) -> None:
    model, compared = new_model(), 0
    prompt = tokenizer("1+1=")["input_ids"]
    for sample in sampler.sample("1+1=", 40, **(SETTINGS | {"temperature": 2.0})):
        answer = tokenizer(sample.text)["input_ids"] + [1] * (sample.finish == "stop")
        if len(answer) != sample.tokens:
            continue  # it holds a special token, which the text does not show
        ids = torch.tensor([prompt + answer])
        labels = torch.tensor([[-100] * len(prompt) + answer])
        expected = answer_log_p(model(ids).logits, labels).item()
        assert sample.log_prob == pytest.approx(expected, abs=1e-4)
        compared += 1
    assert compared > 20


def test_answers_come_from_the_model_s_own_distribution(
    new_model: Callable[[], Any], tokenizer: Any
) -> None:
    # Settings a model brings along must not cut the tail off.
    model = new_model()
    model.generation_config.top_k, model.generation_config.top_p = 5, 0.5
    with torch.no_grad():
        model.lm_head.weight *= 20
        ids = tokenizer("7", return_tensors="pt")["input_ids"]
        p = model(ids).logits[0, -1].softmax(dim=-1)
    draws = LocalSampler(model, tokenizer, batch=500).sample(
        "7", 4000, temperature=1.0, max_tokens=1, seed=0
    )
    counts = Counter(round(exp(s.log_prob or 0.0), 5) for s in draws)
    for token in p.argsort(descending=True)[:12].tolist():
        expected = p[token].item()
        found = counts[round(expected, 5)] / 4000
        assert abs(found - expected) < 5 * (expected / 4000) ** 0.5 + 1e-3


def test_a_low_temperature_repeats_the_likeliest_answer(sampler: LocalSampler) -> None:
    texts = {s.text for s in sampler.sample("1+1=", 8, temperature=1e-4, max_tokens=3, seed=0)}
    assert len(texts) == 1


def test_the_cache_answers_instead_of_the_model(
    new_model: Callable[[], Any], tokenizer: Any, tmp_path: Path
) -> None:
    model = new_model()
    cache = SampleCache(tmp_path / "cache" / "samples.sqlite")
    first = LocalSampler(model, tokenizer, batch=4, cache=cache, fingerprint="w1")
    drawn = first.sample("1+1=", 6, **SETTINGS)
    model.generate = None  # the model is out of reach now
    assert first.sample("1+1=", 8, **SETTINGS)[:6] == drawn
    for change in ({"seed": 9}, {"temperature": 0.5}, {"max_tokens": 2}):
        with pytest.raises(TypeError):
            first.sample("1+1=", 6, **(SETTINGS | change))
    other = LocalSampler(model, tokenizer, batch=4, cache=cache, fingerprint="w2")
    with pytest.raises(TypeError):
        other.sample("1+1=", 6, **SETTINGS)


def test_a_cache_outlives_its_process(tmp_path: Path) -> None:
    request, samples = {"prompt": "é", "seed": 1}, [Sample("x", -0.1 - 0.2, 3, "stop")]
    cache = SampleCache(tmp_path / "samples.sqlite")
    cache.put(request, samples)
    cache.close()
    assert SampleCache(tmp_path / "samples.sqlite").get(request) == samples
    assert SampleCache(tmp_path / "samples.sqlite").get({"prompt": "é", "seed": 2}) is None


def test_a_folder_loads_and_its_fingerprint_follows_the_weights(
    model_folder: Path, sampler: LocalSampler
) -> None:
    loaded = load_local(model_folder, batch=8)
    assert loaded.sample("1+1=", 4, **SETTINGS) == sampler.sample("1+1=", 4, **SETTINGS)
    before = fingerprint(model_folder)
    weights = model_folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert fingerprint(model_folder) != before


def test_what_cannot_be_used_is_refused(
    sampler: LocalSampler, tmp_path: Path, tokenizer: Any
) -> None:
    with pytest.raises(BadInput, match="samples = 0"):
        sampler.sample("1", 0, **SETTINGS)
    with pytest.raises(BadInput, match="temperature = 0"):
        sampler.sample("1", 1, **(SETTINGS | {"temperature": 0}))
    with pytest.raises(BadInput, match="prompt is empty"):
        sampler.sample("", 1, **SETTINGS)
    with pytest.raises(BadInput, match=r"no config\.json"):
        load_local(tmp_path)
    with pytest.raises(BadInput, match="chat template"):
        LocalSampler(object(), tokenizer, chat=True)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="fingerprint"):
        LocalSampler(object(), tokenizer, cache=SampleCache(tmp_path / "c"))  # type: ignore[arg-type]
