"""Scores of how much each weight matters, before a step of training.

Each score takes a module and the masks of what is left, and returns one tensor for each weight, in
float64, -inf where the weight is gone. Higher is kept. The module is left as it was.

Notation: theta a weight (times its mask), L the loss on a batch, g its gradient, H its Hessian.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from tools.errors import BadInput
from tools.sparsity.masks import Tensors, plain_copy, weights_of


@dataclass(frozen=True)
class Flow:
    """Synaptic flow of a masked network.

    Attributes:
        total: R = 1^T (prod_l |theta_l|) 1; 0 when no path leads from input to output.
        scores: dR/dtheta * theta of each weight, 0 where it is gone.
    """

    total: float
    scores: Tensors

    @property
    def layer_sums(self) -> dict[str, float]:
        """The score summed over each layer; each equals R in a chain of layers (theorem 2)."""
        return {name: float(score.sum()) for name, score in self.scores.items()}

    @property
    def conservation_error(self) -> float:
        """The largest relative distance of a layer's sum to R; 0 where nothing flows."""
        if self.total == 0:
            return 0.0
        return max(abs(layer / self.total - 1) for layer in self.layer_sums.values())


def synaptic_flow(model: nn.Module, masks: Mapping[str, Tensor], example: Tensor) -> Flow:
    """Returns R and the scores (section 5, equation 2 of Tanaka et al.).

    R is the summed output for an input of ones when all weights are replaced by their absolute
    values, in float64 and evaluation mode. Biases and running means are set to zero, and running
    variances to one, because R is a product of weights only; scales of normalisation count with
    their absolute value. With rectified units the network is then linear and R is conserved from
    layer to layer; with other activations R is only an approximation, and skip connections share
    it between their branches.

    Args:
        model: any module.
        masks: of what is left.
        example: one input, whose shape is used, shape (1, ...).
    """
    positive = plain_copy(model).double().eval()
    for name, buffer in positive.named_buffers():
        if name.endswith("running_mean"):
            buffer.zero_()
        elif name.endswith("running_var"):
            buffer.fill_(1.0)
    weights = {
        name: (weight.detach() * masks[name]).abs().requires_grad_()
        for name, weight in weights_of(positive).items()
    }
    others = {
        name: torch.zeros_like(value) if name.endswith("bias") else value.detach().abs()
        for name, value in positive.named_parameters()
        if name.removesuffix("_orig") not in weights
    }
    ones = torch.ones_like(example[:1], dtype=torch.float64)
    total = functional_call(positive, _named(positive, weights) | others, (ones,)).sum()
    if not bool(total.isfinite()):
        raise BadInput(
            f"The synaptic flow is {float(total.detach())}: the network is too deep or its weights"
            " too large for float64.",
            "Scale the weights down; the ranking within the network stays the same.",
        )
    slopes = torch.autograd.grad(
        total, list(weights.values()), allow_unused=True, materialize_grads=True
    )
    scores = {
        name: (slope * weight).detach()
        for slope, (name, weight) in zip(slopes, weights.items(), strict=True)
    }
    return Flow(float(total.detach()), scores)


def synflow(model: nn.Module, masks: Mapping[str, Tensor], example: Tensor) -> Tensors:
    """Scores by synaptic flow; needs no data, only the shape of an input."""
    return _left(synaptic_flow(model, masks, example).scores, masks)


def snip(model: nn.Module, masks: Mapping[str, Tensor], inputs: Tensor, labels: Tensor) -> Tensors:
    """Scores by connection sensitivity |g theta| on a batch (Lee et al. 2019, equation 5)."""
    weights = _variables(model, masks)
    loss = _loss(model, weights, inputs, labels)
    slopes = torch.autograd.grad(loss, list(weights.values()))
    scores = {
        name: (slope * weight).abs().detach()
        for slope, (name, weight) in zip(slopes, weights.items(), strict=True)
    }
    return _left(scores, masks)


def grasp(model: nn.Module, masks: Mapping[str, Tensor], inputs: Tensor, labels: Tensor) -> Tensors:
    """Scores by gradient flow theta (H g): weights without which |g|^2 falls are kept.

    Wang et al. (2020), equation 8, give the effect of removing a weight as -theta H g and remove
    the largest, which keeps the largest theta H g.
    """
    weights = _variables(model, masks)
    loss = _loss(model, weights, inputs, labels)
    slopes = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
    # The gradient of |g|^2 / 2 is H g; weights that are gone have no part in g.
    left = [slope * masks[name] for slope, name in zip(slopes, weights, strict=True)]
    half = torch.stack([slope.square().sum() for slope in left]).sum() / 2
    products = torch.autograd.grad(half, list(weights.values()))
    scores = {
        name: (product * weight).detach()
        for product, (name, weight) in zip(products, weights.items(), strict=True)
    }
    return _left(scores, masks)


def magnitude(model: nn.Module, masks: Mapping[str, Tensor]) -> Tensors:
    """Scores by |theta|."""
    return _left({n: w.detach().abs().double() for n, w in weights_of(model).items()}, masks)


def uniform(model: nn.Module, masks: Mapping[str, Tensor], generator: torch.Generator) -> Tensors:
    """Scores at random, uniformly in [0, 1): the control."""
    scores = {
        name: torch.rand(weight.shape, generator=generator, dtype=torch.float64).to(weight.device)
        for name, weight in weights_of(model).items()
    }
    return _left(scores, masks)


def _variables(model: nn.Module, masks: Mapping[str, Tensor]) -> Tensors:
    """Returns the masked weights in float64, each a variable of its own."""
    return {
        name: (weight.detach().double() * masks[name]).requires_grad_()
        for name, weight in weights_of(model).items()
    }


def _loss(model: nn.Module, weights: Tensors, inputs: Tensor, labels: Tensor) -> Tensor:
    """Returns the cross-entropy on a batch, in float64; batch statistics are those of the batch."""
    double = plain_copy(model).double().train()
    logits = functional_call(double, _named(double, weights), (inputs.double(),))
    return cross_entropy(logits, labels)


def _named(model: nn.Module, weights: Tensors) -> Tensors:
    """Returns the weights under the names the module's parameters go by."""
    known = dict(model.named_parameters())
    return {name if name in known else f"{name}_orig": w for name, w in weights.items()}


def _left(scores: Tensors, masks: Mapping[str, Tensor]) -> Tensors:
    """Returns the scores with -inf where a weight is gone."""
    return {
        name: score.double().masked_fill(masks[name] == 0, -torch.inf)
        for name, score in scores.items()
    }
