"""The network that is pruned and how it is trained, the same way for every arm."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

BATCH = 64
LEARNING_RATE = 0.05
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4


def new_network(widths: Sequence[int], generator: torch.Generator) -> nn.Sequential:
    """Returns an untrained perceptron: linear, batch normalisation, rectifier, ..., linear.

    Weights are normal with variance 2 / fan-in (He et al. 2015), biases zero. Normalisation keeps
    the signal alive where few weights are left, as in the networks of Tanaka et al.

    Args:
        widths: inputs, hidden layers, outputs; at least two numbers.
        generator: source of randomness.
    """
    layers: list[nn.Module] = []
    last = len(widths) - 2
    for place, (wide, narrow) in enumerate(itertools.pairwise(widths)):
        # Made without memory first, so that the layer's own initialisation draws nothing.
        with torch.device("meta"):
            layer = nn.Linear(wide, narrow, bias=place == last)
        layer = layer.to_empty(device="cpu")
        with torch.no_grad():
            layer.weight.normal_(0.0, math.sqrt(2 / wide), generator=generator)
            if layer.bias is not None:
                layer.bias.zero_()
        layers.append(layer)
        if place < last:
            layers += [nn.BatchNorm1d(narrow), nn.ReLU()]
    return nn.Sequential(*layers)


def train(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    *,
    steps: int,
    generator: torch.Generator,
    first: int = 0,
    last: int | None = None,
    before_step: Callable[[], None] = lambda: None,
) -> None:
    """Trains in place by SGD with Nesterov momentum, the rate falling by a half cosine.

    A training may be done in parts, each with its part of the rates and of the batches; only the
    momentum starts anew.

    Args:
        model: masked or not; masked weights take no part.
        inputs: shape (n, ...), n >= 2.
        labels: int64, shape (n,).
        steps: optimiser steps of the whole training, of at most 64 examples each.
        generator: decides the order of the examples.
        first, last: the part that is done, steps first .. last - 1; all of them unless given.
        before_step: called before every step; raise from it to stop.
    """
    model.train()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=LEARNING_RATE,
        momentum=MOMENTUM,
        weight_decay=WEIGHT_DECAY,
        nesterov=True,
        fused=True,
    )
    end = steps if last is None else last
    parts = itertools.islice(enumerate(_batches(len(inputs), end, generator)), first, None)
    for step, chosen in parts:
        before_step()
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * step / steps)) / 2
        optimizer.zero_grad()
        cross_entropy(model(inputs[chosen]), labels[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Returns the fraction of examples whose highest output is the label's."""
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in zip(torch.split(inputs, 4096), torch.split(labels, 4096), strict=True):
            right += int((model(x).argmax(dim=1) == y).sum())
    return right / len(labels)


def _batches(examples: int, steps: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yields indices of one shuffle after another; what is left over at an end is left out."""
    size, done = min(BATCH, examples), 0
    while done < steps:
        order = torch.randperm(examples, generator=generator)
        for start in range(0, examples - size + 1, size):
            if done == steps:
                return
            yield order[start : start + size]
            done += 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Holds torch to one thread, so that sums round the same on any number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
