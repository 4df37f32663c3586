"""Training from scratch, epoch by epoch, so that a killed run goes on to the same numbers.

For models small enough to train here; pretrained models are finetuned with their own trainers
through `tools.passn.huggingface`. Adam at a constant rate, no weight decay, single precision.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from tools.errors import BadInput
from tools.passn.tasks import Examples

if TYPE_CHECKING:
    from tools.passn.objectives import Objective
    from tools.run import Run

Record = dict[str, Any]


class Training:
    """A model on its way: everything the next epoch depends on, and nothing else.

    Attributes:
        model: what is trained.
        epoch: epochs done.
        record: what was measured after the last epoch, empty before the first.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        examples: Examples,
        measure: Callable[[nn.Module, int], Record],
        *,
        generator: torch.Generator,
        learning_rate: float,
        batch: int = 128,
        before_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepares the first epoch.

        Args:
            model: its weights are trained in place.
            objective: the loss.
            examples: the training part, on the model's device.
            measure: called after each epoch with the model and the number of epochs done; returns
                JSON values.
            generator: decides the order of the examples.
            learning_rate, batch: of Adam.
            before_step: called before every step; raise from it to stop.
        """
        self.model, self.epoch, self.record = model, 0, Record()
        self._objective, self._examples, self._measure = objective, examples, measure
        self._generator, self._batch, self._before_step = generator, batch, before_step
        self._optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)

    def advance(self) -> Record:
        """Trains one epoch, measures, and returns the record.

        Raises:
            BadInput: if the loss stops being finite.
        """
        self.model.train()
        order = torch.randperm(len(self._examples), generator=self._generator)
        total = 0.0
        order = order.to(self._examples.answers.device)
        for first in range(0, len(order), self._batch):
            self._before_step()
            chosen = order[first : first + self._batch]
            batch = self._examples.take(chosen)
            self._optimizer.zero_grad()
            losses = self._objective.losses(log_probs(self.model, batch), batch)
            loss = losses.mean()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            total += float(loss.detach()) * len(chosen)
        mean = total / len(order)
        if mean != mean or mean in (float("inf"), float("-inf")):
            raise BadInput(
                f"The loss of {self._objective.name} became {mean} in epoch {self.epoch + 1}.",
                "Lower the learning rate.",
            )
        self.epoch += 1
        self.model.eval()
        self.record = {"epoch": self.epoch, "loss": mean, **self._measure(self.model, self.epoch)}
        return self.record

    def save(self, path: Path, key: str) -> None:
        """Writes all state to a file, whole or not at all; `key` says whose it is."""
        buffer = io.BytesIO()
        torch.save(
            {
                "key": key,
                "epoch": self.epoch,
                "record": self.record,
                "model": self.model.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "generator": self._generator.get_state(),
            },
            buffer,
        )
        part = path.with_suffix(".tmp")
        part.write_bytes(buffer.getvalue())
        part.replace(path)

    def restore(self, path: Path, key: str) -> None:
        """Goes on from a file that `save` wrote under the same key; leaves others alone."""
        if not path.exists():
            return
        device = self._examples.answers.device
        state = torch.load(path, map_location=device, weights_only=True)
        if state["key"] != key:
            return
        self.epoch, self.record = state["epoch"], state["record"]
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._generator.set_state(state["generator"].cpu())


def log_probs(model: nn.Module, examples: Examples) -> Tensor:
    """Returns the model's log-probabilities (n, steps, vocabulary), -inf where not legal."""
    logits: Tensor = model(examples.inputs, examples.answers)
    if examples.legal is not None:
        # A step that does not exist has no legal token; without one its softmax would be NaN.
        logits = logits.masked_fill(~(examples.legal | ~examples.mask[:, :, None]), -torch.inf)
    return logits.log_softmax(dim=2)


@dataclass(frozen=True)
class Job:
    """One model to be trained.

    Attributes:
        key: tells the jobs of a run apart.
        begin: makes the training at epoch 0; equal every time it is called.
    """

    key: str
    begin: Callable[[], Training]


def train_all(run: Run, jobs: Sequence[Job], epochs: int, label: str) -> dict[str, list[Record]]:
    """Trains the jobs one after another and returns the records of each, one for each epoch.

    Every epoch is a step of the run: it shows in the progress, and after a kill the run goes on
    with the epoch it was in, from the weights, optimiser and generator saved after the one before.

    Raises:
        Cancelled: between two steps of the optimiser, when the run is cancelled.
    """
    path = run.folder / "checkpoints" / f"{label.replace(' ', '-')}.pt"
    current: dict[str, Training] = {}

    def one_epoch(step: tuple[Job, int]) -> Record:
        job, epoch = step
        if job.key not in current:
            current.clear()
            current[job.key] = job.begin()
            current[job.key].restore(path, job.key)
        training = current[job.key]
        # A kill may fall between saving the weights and keeping the record, which they hold.
        while training.epoch <= epoch:
            training.advance()
            training.save(path, job.key)
        return training.record

    steps = [(job, epoch) for job in jobs for epoch in range(epochs)]
    records = run.map(one_epoch, steps, label)
    path.unlink(missing_ok=True)
    return {job.key: records[i * epochs : (i + 1) * epochs] for i, job in enumerate(jobs)}


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds torch to one thread, so that sums round the same way on any number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
