"""Drawing many answers to one question, from a local Hugging Face model.

Answers are drawn from the model's own distribution: top-k and top-p cuts that a model's
generation settings bring along are switched off, because pass@N at large N lives in the tail.
The same seed gives the same answers on the same machine, whatever other questions are asked.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tools.errors import BadInput, Unavailable

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Sample:
    """One drawn answer.

    Attributes:
        text: what was written, the prompt left out.
        log_prob: log-probability of the whole answer under the model at temperature 1; None where
            the source does not tell.
        tokens: length in tokens, the end token included; None where the source does not tell.
        finish: "stop" when the model ended, "length" when it was cut at the limit.
    """

    text: str
    log_prob: float | None
    tokens: int | None
    finish: str


class Sampler(Protocol):
    """Whatever draws answers."""

    def sample(
        self, prompt: str, n: int, *, temperature: float, max_tokens: int, seed: int
    ) -> list[Sample]:
        """Draws `n` answers to a prompt."""
        ...


class SampleCache:
    """Answers on disk by the whole request that drew them, in one SQLite file.

    Requests hold no keys or headers; whoever opens the file sees prompts and answers only.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS samples"
            " (key TEXT PRIMARY KEY, request TEXT NOT NULL, samples TEXT NOT NULL)"
        )

    def get(self, request: Mapping[str, Any]) -> list[Sample] | None:
        """Returns the answers drawn for exactly this request, or None."""
        with self._lock:
            row = self._db.execute(
                "SELECT samples FROM samples WHERE key = ?", (_key(request),)
            ).fetchone()
        return None if row is None else [Sample(**entry) for entry in json.loads(row[0])]

    def put(self, request: Mapping[str, Any], samples: list[Sample]) -> None:
        """Keeps the answers drawn for a request."""
        text = json.dumps([asdict(sample) for sample in samples])
        with self._lock, self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO samples VALUES (?, ?, ?)",
                (_key(request), _canonical(request), text),
            )

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


class LocalSampler:
    """Draws from a causal language model of Hugging Face transformers.

    Args:
        model: in evaluation mode.
        tokenizer: its tokenizer.
        batch: answers drawn at a time. A unit of work: seeds and the cache go by it, so that other
            batches draw other answers.
        chat: wrap prompts into the tokenizer's chat template.
        cache: where answers are kept; needs `fingerprint`.
        fingerprint: names the weights in the cache, as `fingerprint(folder)` gives it.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        batch: int = 16,
        chat: bool = False,
        cache: SampleCache | None = None,
        fingerprint: str = "",
    ) -> None:
        if cache is not None and not fingerprint:
            raise BadInput("A cache needs the fingerprint of the weights.", "Pass fingerprint=...")
        if batch < 1:
            raise BadInput(f"batch = {batch} is below 1.")
        if chat and not getattr(tokenizer, "chat_template", None):
            raise BadInput("This model's tokenizer has no chat template.", "Use chat=False.")
        self._model, self._tokenizer, self._batch, self._chat = model, tokenizer, batch, chat
        self._cache, self._fingerprint = cache, fingerprint

    def sample(
        self, prompt: str, n: int, *, temperature: float, max_tokens: int, seed: int
    ) -> list[Sample]:
        """Draws `n` answers; more of the same seed begin with the same ones.

        Raises:
            BadInput: if n < 1, max_tokens < 1, or the temperature is not positive.
        """
        _check(n, temperature, max_tokens)
        samples: list[Sample] = []
        for chunk in range(-(-n // self._batch)):
            request = {
                "weights": self._fingerprint,
                "prompt": prompt,
                "chat": self._chat,
                "batch": self._batch,
                "temperature": temperature,
                "max_tokens": max_tokens,
                "seed": seed,
                "chunk": chunk,
            }
            drawn = None if self._cache is None else self._cache.get(request)
            if drawn is None:
                drawn = self._draw(prompt, temperature, max_tokens, _seed(seed, chunk))
                if self._cache is not None:
                    self._cache.put(request, drawn)
            samples += drawn
        return samples[:n]

    def _draw(self, prompt: str, temperature: float, max_tokens: int, seed: int) -> list[Sample]:
        import torch
        from transformers import LogitsProcessorList

        device = self._model.device
        ids = self._encode(prompt).to(device)
        ends = _end_tokens(self._model, self._tokenizer)
        watch = _Watch(self._batch, ends, device)
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(seed)
            sequences: Any = self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                temperature=temperature,
                top_k=0,
                top_p=1.0,
                num_return_sequences=self._batch,
                max_new_tokens=max_tokens,
                eos_token_id=ends,
                pad_token_id=ends[0],
                logits_processor=LogitsProcessorList([watch]),
            )
        watch.add(sequences)
        answers = sequences[:, ids.shape[1] :].tolist()
        lengths, log_probs, alive = (
            values.tolist() for values in (watch.lengths, watch.log_probs, watch.alive)
        )
        texts = [
            self._tokenizer.decode(answer[:length], skip_special_tokens=True)
            for answer, length in zip(answers, lengths, strict=True)
        ]
        return [
            Sample(str(text), log_prob, length, "length" if cut else "stop")
            for text, log_prob, length, cut in zip(texts, log_probs, lengths, alive, strict=True)
        ]

    def _encode(self, prompt: str) -> torch.Tensor:
        if not self._chat:
            encoded: Any = self._tokenizer(prompt, return_tensors="pt")
        else:
            encoded = self._tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}],
                add_generation_prompt=True,
                return_tensors="pt",
                return_dict=True,
            )
        ids: torch.Tensor = encoded["input_ids"]
        if ids.shape[1] == 0:
            raise BadInput("The prompt is empty after tokenization.", "Write a prompt.")
        return ids


class _Watch:
    """Adds up the log-probability of what is drawn, holding one step's logits at a time.

    As a logits processor it sees the scores before the temperature is applied.
    """

    def __init__(self, rows: int, ends: list[int], device: torch.device) -> None:
        import torch

        self.log_probs = torch.zeros(rows, dtype=torch.float64, device=device)
        self.lengths = torch.zeros(rows, dtype=torch.long, device=device)
        self.alive = torch.ones(rows, dtype=torch.bool, device=device)
        self._ends = torch.tensor(ends, device=device)
        self._last: torch.Tensor | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self._last is not None:
            self.add(input_ids)
        self._last = scores.float().log_softmax(dim=-1)
        return scores

    def add(self, input_ids: torch.Tensor) -> None:
        """Takes the last column of `input_ids` as drawn from the scores seen last."""
        import torch

        assert self._last is not None
        token = input_ids[:, -1]
        gained = self._last.gather(1, token[:, None])[:, 0].double()
        self.log_probs += torch.where(self.alive, gained, torch.zeros_like(gained))
        self.lengths += self.alive
        self.alive = self.alive & ~torch.isin(token, self._ends)


def load_local(
    folder: Path, *, batch: int = 16, chat: bool = False, cache: SampleCache | None = None
) -> LocalSampler:
    """Loads a model folder for sampling, on the GPU where there is one.

    Raises:
        BadInput: if the folder does not exist or holds no causal language model.
        Unavailable: if transformers is not installed.
    """
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError:
        raise Unavailable(
            "Sampling from a local model needs transformers.",
            'Install it: pip install "ansatz-lab[finetune]".',
        ) from None
    import torch

    if not (folder / "config.json").is_file():
        raise BadInput(
            f"model = {folder} is no Hugging Face model folder: it has no config.json.",
            "Name a folder written by save_pretrained, or give base_url for an endpoint.",
        )
    cuda = torch.cuda.is_available()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, dtype=torch.bfloat16 if cuda else torch.float32
        )
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(f"model = {folder} cannot be loaded: {reason}") from None
    model = model.to("cuda" if cuda else "cpu").eval()
    name = fingerprint(folder) if cache is not None else ""
    return LocalSampler(model, tokenizer, batch=batch, chat=chat, cache=cache, fingerprint=name)


def fingerprint(folder: Path) -> str:
    """Returns a digest of a model folder's files, which names its weights in the cache."""
    digest = blake2b(digest_size=16)
    for path in sorted(folder.iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + str(path.stat().st_size).encode() + b"\0")
            with path.open("rb") as handle:
                while block := handle.read(1 << 22):
                    digest.update(block)
    return digest.hexdigest()


def _end_tokens(model: Any, tokenizer: Any) -> list[int]:
    ends = model.generation_config.eos_token_id
    ends = tokenizer.eos_token_id if ends is None else ends
    if ends is None:
        raise BadInput("Neither the model nor its tokenizer names an end token.")
    return [int(end) for end in (ends if isinstance(ends, list) else [ends])]


def _check(n: int, temperature: float, max_tokens: int) -> None:
    if n < 1:
        raise BadInput(f"samples = {n} is below 1.", "Draw at least one answer.")
    if not temperature > 0:
        raise BadInput(
            f"temperature = {temperature} is not positive.",
            "Draws at temperature 0 are all alike; take a small positive one instead.",
        )
    if max_tokens < 1:
        raise BadInput(f"max_tokens = {max_tokens} is below 1.")


def _seed(*names: object) -> int:
    """Returns a 31-bit seed that belongs to these names."""
    key = json.dumps([str(name) for name in names]).encode()
    return int.from_bytes(blake2b(key, digest_size=4).digest(), "big") >> 1


def _canonical(request: Mapping[str, Any]) -> str:
    return json.dumps(request, sort_keys=True)


def _key(request: Mapping[str, Any]) -> str:
    return blake2b(_canonical(request).encode(), digest_size=16).hexdigest()
