"""Sparse networks: which weights can go before or after training, and what is left alive.

SynFlow and its rivals score weights, a schedule decides how much goes at a time, and the outcome
is a mask in the format of `torch.nn.utils.prune`, on any torch module.

Papers: Tanaka, Kunin, Yamins, Ganguli (2020), "Pruning neural networks without any data by
iteratively conserving synaptic flow", arXiv:2006.05467; Paul, Larsen, Ganguli, Frankle, Dziugaite
(2022), "Lottery Tickets on a Data Diet", arXiv:2206.01278. The rival scores: SNIP, Lee et al.
(2019), arXiv:1810.02340; GraSP, Wang et al. (2020), arXiv:2002.07376.

The public names are listed in `__all__` and are imported on first use, because they need torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.sparsity.masks import apply_masks, collapsed_layers, keep_top, masks_of, weights_of
    from tools.sparsity.rewinding import find_ticket
    from tools.sparsity.saliency import grasp, magnitude, snip, synaptic_flow, synflow, uniform
    from tools.sparsity.schedule import densities, prune

__all__ = [
    "apply_masks",
    "collapsed_layers",
    "densities",
    "find_ticket",
    "grasp",
    "keep_top",
    "magnitude",
    "masks_of",
    "prune",
    "snip",
    "synaptic_flow",
    "synflow",
    "uniform",
    "weights_of",
]

_HOMES = {
    "masks": ("apply_masks", "collapsed_layers", "keep_top", "masks_of", "weights_of"),
    "rewinding": ("find_ticket",),
    "saliency": ("grasp", "magnitude", "snip", "synaptic_flow", "synflow", "uniform"),
    "schedule": ("densities", "prune"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
