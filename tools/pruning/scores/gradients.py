"""The norm of each example's own gradient: GraNd, of all weights or of the last layer's."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import cross_entropy, one_hot

from tools.errors import BadInput
from tools.pruning.scores.linear import factored_layers, squared_norms

MEMORY = 1 << 28
"""Bytes that the gradients of one chunk may take, unless the caller says otherwise."""

_MIXING = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)


def grand(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    *,
    batch: int | None = None,
    memory: int = MEMORY,
) -> Tensor:
    """Returns the gradient norm of each example under one network.

    GraNd(x, y) = || grad_w l(p(w, x), y) ||_2 over all weights that are trained, not of the last
    layer only. Paul et al. (2021), arXiv:2107.07075, section 2, definition 2.1.

    Linear layers are served by one backward pass for the whole chunk (`scores.linear`), all other
    weights by functional gradients mapped over its examples. For b examples and W such other
    weights that holds 3 b W floats: the gradients, their squares while they are summed, and the
    copy that convolutions make, beside the activations of b examples.

    Args:
        model: maps (b, ...) to logits (b, classes) and treats examples one by one: batch
            normalisation and dropout must be in evaluation mode.
        inputs: shape (n, ...).
        labels: int64, shape (n,).
        batch: examples at a time, b; by default as many as `memory` holds, at most 1024.
        memory: bytes for the gradients of one chunk.

    Returns:
        Shape (n,).

    Raises:
        BadInput: if a layer in training mode mixes examples or draws at random.
    """
    for name, layer in model.named_modules():
        if isinstance(layer, _MIXING) and layer.training:
            raise BadInput(
                f"The layer '{name}' ({type(layer).__name__}) is in training mode, so a gradient of"
                " one example alone has no meaning.",
                "Call model.eval() first.",
            )
    linear = factored_layers(model, inputs[:1])
    own = {f"{name}.{part}" for name in linear for part in ("weight", "bias")}
    rest = {k for k, w in model.named_parameters() if w.requires_grad and k not in own}
    weights = {k: w.detach() for k, w in model.named_parameters()}
    mapped = {k: w for k, w in weights.items() if k in rest}
    fixed = {k: w for k, w in weights.items() if k not in rest} | dict(model.named_buffers())

    def loss(weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(functional_call(model, weights | fixed, (x[None],)), y[None])

    gradients = vmap(grad(loss), in_dims=(None, 0, 0))
    size = batch or chunk_size(mapped.values(), memory)
    norms = []
    for x, y in zip(torch.split(inputs, size), torch.split(labels, size), strict=True):
        squares = torch.zeros(len(x), device=x.device)
        if linear:
            squares += squared_norms(model, linear, x, y)
        if mapped:
            for piece in gradients(mapped, x, y).values():
                squares += piece.flatten(1).square().sum(dim=1)
        norms.append(squares.sqrt())
    return torch.cat(norms)


def chunk_size(weights: Iterable[Tensor], memory: int = MEMORY) -> int:
    """Returns how many examples' gradients fit: memory / (3 bytes-of-weights), 1 .. 1024."""
    size = sum(w.numel() * w.element_size() for w in weights)
    return int(min(1024, max(1, memory // max(1, 3 * size))))


def grand_last_layer(logits: Tensor, features: Tensor, labels: Tensor, *, bias: bool) -> Tensor:
    """Returns the gradient norm over the weights of a linear last layer alone.

    For logits W h + b the gradient is (p - y) h^T over W and p - y over b, so its norm is

        || p - y ||_2 sqrt(||h||^2 + 1),

    without the 1 where the layer has no bias. It costs no backward pass; DeepCore calls this GraNd.

    Args:
        logits: shape (n, classes).
        features: the last layer's inputs h, shape (n, width).
        labels: int64, shape (n,).
        bias: whether the layer has one.

    Returns:
        Shape (n,).

    Raises:
        BadInput: if the shapes do not fit.
    """
    if features.ndim != 2 or len(features) != len(logits) or labels.shape != logits.shape[:1]:
        raise BadInput(
            f"GraNd of the last layer got logits {tuple(logits.shape)}, features"
            f" {tuple(features.shape)} and labels {tuple(labels.shape)}.",
            "Give (n, classes), (n, width) and (n,).",
        )
    target = one_hot(labels, logits.shape[1]).to(logits.dtype)
    error = (logits.softmax(dim=1) - target).square().sum(dim=1)
    return (error * (features.square().sum(dim=1) + float(bias))).sqrt()
