"""Squared gradient norms of linear layers without their gradients.

For one example a linear layer that sees inputs a_t at T places (T = 1 but for sequences) and whose
outputs have the gradients d_t has the weight gradient sum_t d_t a_t^T and the bias gradient
sum_t d_t. Its squared norms follow from inner products alone,

    sum_{s,t} (a_s . a_t) (d_s . d_t)    and    || sum_t d_t ||^2,

so that one ordinary backward pass serves a whole batch, and nothing of the size of the weights is
written for each example.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

Layers = dict[str, nn.Linear]


def factored_layers(model: nn.Module, example: Tensor) -> Layers:
    """Returns the linear layers that can be served so, by name, found by one forward pass.

    They are called exactly once, share no weights, and 2 T^2 is at most their number of weights.
    Where they hold less than half of the trained weights none is returned: what remains has to be
    differentiated example by example anyway.

    Args:
        model: maps (b, ...) to logits.
        example: one input, shape (1, ...).
    """
    uses = Counter(id(w) for _, w in model.named_parameters(remove_duplicate=False))
    places: dict[str, list[int]] = {}
    layers = {
        name: layer
        for name, layer in model.named_modules()
        if type(layer) is nn.Linear and all(uses[id(w)] == 1 for w in layer.parameters())
    }
    handles = [
        layer.register_forward_hook(
            lambda _, inputs, output, name=name: places.setdefault(name, []).append(
                inputs[0][0].numel() // inputs[0].shape[-1] if inputs[0].ndim > 1 else 0
            )
        )
        for name, layer in layers.items()
    ]
    try:
        with torch.no_grad():
            model(example)
    finally:
        for handle in handles:
            handle.remove()
    found = {
        name: layer
        for name, layer in layers.items()
        if len(places.get(name, ())) == 1 and 0 < 2 * places[name][0] ** 2 <= layer.weight.numel()
    }
    trained = sum(w.numel() for w in model.parameters() if w.requires_grad)
    own = sum(w.numel() for m in found.values() for w in m.parameters() if w.requires_grad)
    return found if 2 * own >= trained else {}


def squared_norms(model: nn.Module, layers: Layers, inputs: Tensor, labels: Tensor) -> Tensor:
    """Returns the squared norm of each example's gradient over the layers' weights, shape (b,).

    Args:
        model: maps (b, ...) to logits (b, classes), examples independent of each other.
        layers: from `factored_layers`.
        inputs: shape (b, ...).
        labels: int64, shape (b,).
    """
    outputs: dict[str, Tensor] = {}
    products: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(layer: nn.Module, seen: tuple[Tensor, ...], output: Tensor) -> Tensor:
            a = seen[0].detach().reshape(len(inputs), -1, seen[0].shape[-1])
            products[name] = a @ a.mT
            outputs[name] = output
            # What follows may work in place, and must not change what is differentiated by.
            return output.clone()

        return hook

    trained = {n: m for n, m in layers.items() if any(w.requires_grad for w in m.parameters())}
    handles = [layer.register_forward_hook(keep(name)) for name, layer in trained.items()]
    try:
        with torch.enable_grad():
            loss = cross_entropy(model(inputs), labels, reduction="sum")
    finally:
        for handle in handles:
            handle.remove()
    squares = torch.zeros(len(inputs), device=inputs.device)
    gradients = torch.autograd.grad(loss, [outputs[name] for name in trained])
    for (name, layer), gradient in zip(trained.items(), gradients, strict=True):
        d = gradient.reshape(len(inputs), -1, gradient.shape[-1])
        if layer.weight.requires_grad:
            squares += (products[name] * (d @ d.mT)).sum(dim=(1, 2))
        if layer.bias is not None and layer.bias.requires_grad:
            squares += d.sum(dim=1).square().sum(dim=1)
    return squares
