"""Scores of training examples: ours against the loops and the published ways they replace.

    python benchmarks/pruning_scores.py

Three pairs, each run alternately on the same network and data, in processor time of one thread:

* GraNd in chunks, against one backward pass an example: a perceptron (784-256-10), whose layers
  need no gradients of single examples, and a small convolutional network, by functional gradients.
* GraNd of the last layer in closed form, against the outer products of errors and features that
  coreset libraries form for every example (b x classes x width numbers) before taking their norm.
* EL2N over a loader, against the way of the released data-diet code: batch by batch, probabilities
  brought to NumPy, the label made one-hot there, and the norm taken; the two should cost the same,
  for a forward pass is nearly all of it.

What is compared must agree to 1e-4 before it counts. Peak memory of full GraNd is that of a fresh
process beyond one that scores a single example at a time, against the stated 3 b W floats.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from tools.pruning import scores
from tools.pruning.scores.gradients import chunk_size

CLASSES = 10
MEMORY = 1 << 29


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--peak", type=int, help="only measure the peak memory with this budget")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.peak is not None:
        print(peak(options.peak))
        return
    found: dict[str, Any] = {"benchmark": "pruning_scores", "pairs": options.pairs}
    for name, made in (("perceptron", perceptron()), ("convolutional", convolutional())):
        model, inputs, labels = made
        found[f"grand_{name}"] = raced(
            lambda m=model, x=inputs, y=labels: scores.grand(m, x, y),
            lambda m=model, x=inputs, y=labels: one_at_a_time(m, x, y),
            options.pairs,
            examples=len(inputs),
        )
    model, inputs, labels = perceptron(examples=4096)
    with torch.no_grad():
        features = model[:-1](inputs)
        logits = model[-1](features)
    found["grand_last_layer"] = raced(
        lambda: scores.grand_last_layer(logits, features, labels, bias=True),
        lambda: by_outer_products(logits, features, labels),
        options.pairs,
        examples=len(inputs),
    )
    loader = DataLoader(TensorDataset(inputs, labels), batch_size=128)
    found["el2n"] = raced(
        lambda: scores.score_batches(model, loader, scores.el2n),
        lambda: as_released(model, loader),
        options.pairs,
        examples=len(inputs),
    )
    base, with_budget = measured_peak(1), measured_peak(MEMORY)
    model, _, _ = wide(examples=1)
    size = sum(w.numel() for w in model.parameters())
    chunk = chunk_size(model.parameters(), MEMORY)
    stated = 3 * chunk * size * 4
    found["memory"] = {
        "stated_megabytes": round(stated / 2**20, 1),
        "measured_megabytes": round((with_budget - base) / 2**20, 1),
        "measured_over_stated": round((with_budget - base) / stated, 3),
        "chunk": chunk,
        "weights": size,
    }
    print(json.dumps(found, indent=2))


def perceptron(examples: int = 256) -> tuple[nn.Sequential, Tensor, Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, CLASSES))
    return model, torch.randn(examples, 784), torch.arange(examples) % CLASSES


def convolutional(examples: int = 128) -> tuple[nn.Sequential, Tensor, Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(16 * 6 * 6, CLASSES)),
    )
    return model, torch.randn(examples, 1, 28, 28), torch.arange(examples) % CLASSES


def wide(examples: int) -> tuple[nn.Sequential, Tensor, Tensor]:
    """Nearly all weights in a convolution, whose gradients are held for every example."""
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(64, 256, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(256, CLASSES),
    )
    return model, torch.randn(examples, 64, 5, 5), torch.arange(examples) % CLASSES


def one_at_a_time(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    """The loop that everyone writes first."""
    norms = []
    for x, y in zip(inputs, labels, strict=True):
        loss = cross_entropy(model(x[None]), y[None])
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        norms.append(math.sqrt(sum(float(g.square().sum()) for g in gradients)))
    return torch.tensor(norms)


def by_outer_products(logits: Tensor, features: Tensor, labels: Tensor) -> Tensor:
    """The gradient of the last layer written out for every example, then its norm."""
    norms = []
    for z, h, y in zip(logits.split(256), features.split(256), labels.split(256), strict=True):
        outputs = z.detach().requires_grad_()
        loss = cross_entropy(outputs, y, reduction="sum")
        (error,) = torch.autograd.grad(loss, outputs)
        weights = h[:, None, :].repeat(1, CLASSES, 1) * error[:, :, None]
        norms.append(torch.cat([error, weights.flatten(1)], dim=1).norm(dim=1))
    return torch.cat(norms)


def as_released(model: nn.Module, loader: DataLoader[Any]) -> Tensor:
    """Batch by batch, with the probabilities brought to NumPy."""
    found = []
    with torch.no_grad():
        for x, y in loader:
            p = model(x).softmax(dim=1).numpy()
            found.append(np.linalg.norm(p - np.eye(CLASSES)[y.numpy()], axis=1))
    return torch.from_numpy(np.concatenate(found)).float()


def raced(
    ours: Callable[[], Tensor], theirs: Callable[[], Tensor], pairs: int, *, examples: int
) -> dict[str, Any]:
    """Runs both alternately; the ratio is theirs to ours, above 1 where ours is faster."""
    apart = float(((ours() - theirs()).abs() / theirs().abs().clamp(min=1e-6)).max())
    if apart > 1e-4:
        raise SystemExit(f"The two differ by {apart:.2g}; a ratio would say nothing.")
    ratios, times = [], []
    for number in range(pairs):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        spent = {}
        for one in order:
            start = time.process_time()
            one()
            spent[one] = time.process_time() - start
        ratios.append(spent[theirs] / max(spent[ours], 1e-6))
        times.append(spent[ours])
    quartiles = statistics.quantiles(ratios, n=4)
    return {
        "examples": examples,
        "times_as_fast": round(statistics.median(ratios), 2),
        "quartiles": [round(quartiles[0], 2), round(quartiles[2], 2)],
        "microseconds_an_example": round(1e6 * statistics.median(times) / examples, 2),
        "largest_relative_difference": float(f"{apart:.2g}"),
    }


def measured_peak(budget: int) -> int:
    command = [sys.executable, __file__, "--peak", str(budget)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def peak(budget: int) -> int:
    """Bytes at the peak of this process, which scores with a memory budget for gradients."""
    model, inputs, labels = wide(examples=448)
    scores.grand(model, inputs, labels, memory=budget)
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
