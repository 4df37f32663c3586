"""Training a small network, the same way for every arm.

The optimiser is that of the released code of Paul et al. (2021): SGD with Nesterov momentum 0.9,
learning rate 0.1, weight decay 5e-4. The rate stays constant and the batch is 64 instead of 128,
because the data sets here have a thousand examples, not fifty thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tools.pruning.scores.forgetting import Forgetting

HIDDEN = 64
BATCH = 64
LEARNING_RATE = 0.1
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4


def new_network(features: int, classes: int, generator: torch.Generator) -> nn.Sequential:
    """Returns an untrained perceptron with one hidden layer of 64 rectified units.

    Weights and biases are uniform in +-1/sqrt(fan-in), torch's own default, but drawn from
    `generator` instead of the global state.
    """
    # Made without memory first, so that the layers' own initialisation draws nothing.
    with torch.device("meta"):
        first, second = nn.Linear(features, HIDDEN), nn.Linear(HIDDEN, classes)
    network = nn.Sequential(first, nn.ReLU(), second).to_empty(device="cpu")
    with torch.no_grad():
        for layer in (first, second):
            bound = 1 / math.sqrt(layer.in_features)
            for weights in layer.parameters():
                weights.uniform_(-bound, bound, generator=generator)
    return network


def steps_for(epochs: int, examples: int) -> int:
    """Returns the optimiser steps that make `epochs` passes over `examples`, rounded up."""
    return math.ceil(epochs * examples / BATCH)


def new_optimizer(network: nn.Module) -> torch.optim.SGD:
    """Returns the optimiser of the module's first lines for a network's weights."""
    return torch.optim.SGD(
        network.parameters(),
        lr=LEARNING_RATE,
        momentum=MOMENTUM,
        weight_decay=WEIGHT_DECAY,
        nesterov=True,
        # A tenth faster at this size, where torch has it.
        fused=next(network.parameters()).device.type in ("cpu", "cuda"),
    )


def train_network(
    inputs: Tensor,
    labels: Tensor,
    classes: int,
    *,
    steps: int,
    generator: torch.Generator,
    before_step: Callable[[], None] = lambda: None,
    after_step: Callable[[int, nn.Sequential], None] = lambda step, network: None,
) -> nn.Sequential:
    """Makes a new network and trains it by cross-entropy for a given number of steps.

    Args:
        inputs: shape (n, features); the network is trained on their device.
        labels: int64, shape (n,), 0 .. classes - 1, on the same device.
        classes: number of classes, also of those that no example has.
        steps: optimiser steps, each on 64 examples; 0 returns the network untrained.
        generator: of the processor; decides the first weights and the order of the examples, the
            same ones on every device.
        before_step: called before every step; raise from it to stop.
        after_step: called with the number of steps done and the network, to look at checkpoints.
    """
    network = new_network(inputs.shape[1], classes, generator).to(inputs.device)
    optimizer = new_optimizer(network)
    for step, chosen in enumerate(batches(len(inputs), steps, generator), 1):
        before_step()
        chosen = chosen.to(inputs.device)
        optimizer.zero_grad()
        cross_entropy(network(inputs[chosen]), labels[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        after_step(step, network)
    return network


def count_forgetting(
    inputs: Tensor,
    labels: Tensor,
    classes: int,
    *,
    epochs: int,
    generator: torch.Generator,
    before_step: Callable[[], None] = lambda: None,
) -> Tensor:
    """Trains a new network and returns the forgetting score of every example, shape (n,).

    Each example is presented once an epoch, and judged there by the weights before the step.
    """
    network = new_network(inputs.shape[1], classes, generator).to(inputs.device)
    optimizer = new_optimizer(network)
    counter = Forgetting(len(inputs))
    for _ in range(epochs):
        order = torch.randperm(len(inputs), generator=generator)
        for chosen in torch.split(order, BATCH):
            before_step()
            chosen = chosen.to(inputs.device)
            logits = network(inputs[chosen])
            counter.see(chosen, logits.detach().argmax(dim=1) == labels[chosen])
            optimizer.zero_grad()
            cross_entropy(logits, labels[chosen]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return counter.scores()


def batches(examples: int, steps: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yields `steps` batches of exactly 64 indices, cut from one shuffle after another.

    A batch may reach over the end of a shuffle, so every step sees 64 examples however few there
    are, and arms of different size do the same amount of work.
    """
    rest = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        while len(rest) < BATCH:
            rest = torch.cat([rest, torch.randperm(examples, generator=generator)])
        yield rest[:BATCH]
        rest = rest[BATCH:]


def accuracy(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Returns the fraction of examples whose highest logit is the label's."""
    with torch.no_grad():
        right = int((network(inputs).argmax(dim=1) == labels).sum())
    return right / len(labels)


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds torch to one thread and restores the setting afterwards.

    Networks this small gain nothing from more, and sums split over another number of threads
    round differently: with one thread a run gives the same numbers on any number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
