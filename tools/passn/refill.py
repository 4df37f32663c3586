"""Refill: batches stay full although DCO gives most examples hardly any weight.

Late in training F(N, p) is near zero for most examples; a batch of them is an effective batch of a
few. As in the released code of arXiv:2502.07154, examples with F at or below a threshold are
replaced by further ones until a batch is full; what is left over is carried into the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from tools.errors import BadInput
from tools.passn.huggingface import answer_log_p
from tools.passn.losses import factor

T = TypeVar("T")

Scores = Callable[[Sequence[T]], Tensor]
"""Maps examples to log p of each one's answer, shape (examples,), under the model as it is now."""


class Refill(Generic[T]):
    """Yields full batches of the examples whose F(N, p) exceeds a threshold.

    An iterable: it goes through the examples once, so a `Trainer` takes it inside an
    `IterableDataset` (see `RefillDataset`) and any other loop as it is. Log-probabilities are taken
    when an example is drawn; one carried over keeps its place without being scored again.

    Args:
        examples: what to draw from, in order.
        log_p: scores a chunk under the current model; called once a chunk.
        n: N of the factor.
        batch: examples in a batch.
        threshold: examples with F <= threshold are passed over, 0 <= threshold < 1.
        warm_up: the first so many batches are not filtered.

    Attributes:
        drawn, kept: examples scored (or let through) and yielded so far.
    """

    def __init__(
        self,
        examples: Iterable[T],
        log_p: Scores[T],
        *,
        n: float,
        batch: int,
        threshold: float = 0.1,
        warm_up: int = 0,
    ) -> None:
        if batch < 1 or not 0 <= threshold < 1 or warm_up < 0 or not n >= 1:
            raise BadInput(
                f"batch = {batch}, threshold = {threshold}, warm_up = {warm_up}, n = {n}.",
                "batch and n at least 1, 0 <= threshold < 1, warm_up at least 0.",
            )
        self._examples, self._log_p = examples, log_p
        self._n, self._batch, self._threshold, self._warm_up = n, batch, threshold, warm_up
        self.drawn = self.kept = 0

    def __iter__(self) -> Iterator[list[T]]:
        """Yields lists of `batch` examples; the last one may be shorter."""
        carried: list[T] = []
        batches = 0
        for chunk in _chunks(self._examples, self._batch):
            self.drawn += len(chunk)
            if batches < self._warm_up:
                carried += chunk
            else:
                weights = factor(self._log_p(chunk), self._n).tolist()
                if len(weights) != len(chunk):
                    raise BadInput(f"log_p gave {len(weights)} scores for {len(chunk)} examples.")
                carried += [e for e, w in zip(chunk, weights, strict=True) if w > self._threshold]
            while len(carried) >= self._batch:
                full, carried = carried[: self._batch], carried[self._batch :]
                self.kept += len(full)
                batches += 1
                yield full
        if carried:
            self.kept += len(carried)
            yield carried


class RefillDataset(torch.utils.data.IterableDataset[Any]):
    """A `Trainer`'s dataset that passes over low-weight examples.

    Give the trainer `max_steps` (an iterable has no length) and no loader workers: the examples are
    scored by the model that is being trained, in its own process. Trainers load a step ahead, so
    that scores are one step old. Each epoch goes through the examples in an order of its own. The
    model must be able to run in one process alone (DDP can, FSDP cannot).

    Args:
        rows: tokenised examples with `input_ids` and `labels` (lists of int).
        model: the model that is trained.
        collate: makes a padded batch with `labels` out of rows, as the trainer's own collator.
        n, batch, threshold, warm_up: as for `Refill`; `batch` is the global batch.
        seed: of the order.
    """

    def __init__(
        self,
        rows: Sequence[Any],
        model: nn.Module,
        collate: Callable[[list[Any]], dict[str, Tensor]],
        *,
        n: float,
        batch: int,
        threshold: float = 0.1,
        warm_up: int = 0,
        seed: int = 0,
    ) -> None:
        if not rows:
            raise BadInput("There are no examples to refill from.")
        self._rows, self._model, self._collate, self._seed = rows, model, collate, seed
        self._options: dict[str, Any] = {
            "n": n,
            "batch": batch,
            "threshold": threshold,
            "warm_up": warm_up,
        }
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order; trainers call it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Any]:
        """Yields rows one by one, whole batches at a time.

        Raises:
            BadInput: inside a loader worker, whose copy of the model would not be trained.
        """
        if torch.utils.data.get_worker_info() is not None:
            raise BadInput("Refill runs in a loader worker.", "Set dataloader_num_workers=0.")
        order = torch.randperm(
            len(self._rows), generator=torch.Generator().manual_seed(self._seed + self.epoch)
        )
        chosen = (self._rows[int(i)] for i in order)
        options = dict(self._options)
        if self.epoch:
            options["warm_up"] = 0
        for full in Refill(chosen, self._score, **options):
            yield from full

    @torch.no_grad()
    def _score(self, rows: Sequence[Any]) -> Tensor:
        training = self._model.training
        self._model.eval()
        batch = self._collate(list(rows))
        device = next(self._model.parameters()).device
        labels = batch["labels"].to(device)
        inputs = {k: v.to(device) for k, v in batch.items() if k != "labels"}
        log_p = answer_log_p(self._model(**inputs).logits, labels).cpu()
        self._model.train(training)
        return log_p


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
