"""Which weights a module has to prune, and the masks that say which of them are left.

Masks are dictionaries {name of the weight: tensor of 0 and 1}. `apply_masks` puts them into a
module as `torch.nn.utils.prune` does, so that its tools (`prune.remove`, `prune.is_pruned`) and
state dictionaries (`weight_orig`, `weight_mask`) work on the outcome.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from tools.errors import BadInput

Tensors = dict[str, Tensor]


def weights_of(model: nn.Module) -> Tensors:
    """Returns the prunable weights: every parameter called `weight` of two or more dimensions.

    Those are the matrices and kernels of linear and convolutional layers; biases and the scales of
    normalisation are left alone (section 3 of Tanaka et al.). Weights that are masked already are
    given unmasked, under the same name.

    Raises:
        BadInput: if there is none.
    """
    found: Tensors = {}
    for name, parameter in model.named_parameters():
        plain = name.removesuffix("_orig")
        if plain.rpartition(".")[2] == "weight" and parameter.ndim >= 2:
            found[plain] = parameter
    if not found:
        raise BadInput(
            f"{type(model).__name__} has no weights to prune.",
            "Give a module with linear or convolutional layers.",
        )
    return found


def masks_of(model: nn.Module) -> Tensors:
    """Returns the masks a module carries; all ones where it carries none."""
    buffers = dict(model.named_buffers())
    return {
        name: buffers[f"{name}_mask"].detach().clone()
        if f"{name}_mask" in buffers
        else torch.ones_like(weight, requires_grad=False)
        for name, weight in weights_of(model).items()
    }


def apply_masks(model: nn.Module, masks: Mapping[str, Tensor]) -> None:
    """Puts masks into a module; masks it carries already are replaced.

    Raises:
        BadInput: if a mask fits no weight.
    """
    weights = weights_of(model)
    for name, mask in masks.items():
        if name not in weights or mask.shape != weights[name].shape:
            shape = tuple(weights[name].shape) if name in weights else "no weight of this name"
            raise BadInput(
                f"The mask of '{name}' has shape {tuple(mask.shape)}; the model has {shape}.",
                f"Give masks for: {', '.join(weights)}.",
            )
    for name, mask in masks.items():
        layer, _, parameter = name.rpartition(".")
        module = model.get_submodule(layer)
        if f"{parameter}_mask" in dict(module.named_buffers(recurse=False)):
            with torch.no_grad():
                module.get_buffer(f"{parameter}_mask").copy_(mask)
                # What the forward pass would compute first, so that reading `weight` agrees.
                original = module.get_parameter(f"{parameter}_orig")
                setattr(module, parameter, original * mask)
        else:
            prune.custom_from_mask(module, parameter, mask)  # type: ignore[no-untyped-call]


def plain_copy(model: nn.Module) -> nn.Module:
    """Returns a deep copy, also of a module whose last forward pass left masked weights behind.

    `torch.nn.utils.prune` keeps each masked weight as an attribute with its history of
    differentiation, which cannot be copied; it is computed anew at every forward pass.
    """
    for module in model.modules():
        for name in [n for n in vars(module) if isinstance(getattr(module, n), Tensor)]:
            setattr(module, name, getattr(module, name).detach())
    return copy.deepcopy(model)


def keep_top(scores: Mapping[str, Tensor], count: int) -> Tensors:
    """Returns masks that keep the `count` highest scores of all layers together.

    Equal scores are kept in the order of layers and places. A score of -inf is never kept.

    Args:
        scores: of each weight; weights that are gone have -inf.
        count: how many to keep, at least 0; fewer are kept where fewer are finite.

    Raises:
        BadInput: if a score is NaN or +inf.
    """
    flat = torch.cat([score.detach().flatten() for score in scores.values()])
    if bool((flat.isnan() | flat.isposinf()).any()):
        raise BadInput(
            "A score is not finite: the network overflows.", "Score in float64 or rescale it."
        )
    count = min(count, int((flat > -torch.inf).sum()))
    chosen = torch.zeros_like(flat)
    chosen[flat.argsort(descending=True, stable=True)[:count]] = 1
    pieces = torch.split(chosen, [score.numel() for score in scores.values()])
    return {
        name: piece.reshape(score.shape)
        for piece, (name, score) in zip(pieces, scores.items(), strict=True)
    }


def survivors(masks: Mapping[str, Tensor]) -> dict[str, int]:
    """Returns how many weights each layer has left."""
    return {name: int(mask.count_nonzero()) for name, mask in masks.items()}


def collapsed_layers(masks: Mapping[str, Tensor]) -> list[str]:
    """Returns the layers that have no weight left: no signal can pass (layer collapse)."""
    return [name for name, left in survivors(masks).items() if left == 0]


def largest_compression(model: nn.Module) -> float:
    """Returns rho_max = N / L: beyond it some of the L layers must be empty (section 3)."""
    weights = weights_of(model)
    return sum(weight.numel() for weight in weights.values()) / len(weights)
