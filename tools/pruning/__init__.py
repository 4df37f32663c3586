"""Data pruning: training on fewer examples, chosen by how much each one matters.

Scores of example difficulty, computed early in training or from embeddings alone, decide which part
of a training set is kept; every comparison runs against a random subset of the same size. `scores`
holds the scores, `select` turns them into kept indices, `prototypes`, `density` and `d4` work
without labels, `dedup` takes out what is there twice.

Papers: Paul, Ganguli, Dziugaite (2021), "Deep Learning on a Data Diet", arXiv:2107.07075 (EL2N and
GraNd); Kirsch (2023), arXiv:2303.14753 (what of it reproduces); Toneva et al. (2019),
arXiv:1812.05159 (forgetting); Feldman and Zhang (2020), arXiv:2008.03703 (memorisation); Sorscher
et al. (2022), arXiv:2206.14486 (prototypes); Abbas et al. (2023), arXiv:2303.09540 (SemDeDup);
Tirumala et al. (2023), arXiv:2308.12284 (D4); Abbas et al. (2024), arXiv:2401.04578 (density).

The public names are listed in `__all__` and are imported on first use, because they need torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.pruning.scores import average, el2n, grand
    from tools.pruning.select import kept_count, select_at_random, select_by_score
    from tools.pruning.train import accuracy, new_network, train_network

__all__ = [
    "accuracy",
    "average",
    "el2n",
    "grand",
    "kept_count",
    "new_network",
    "select_at_random",
    "select_by_score",
    "train_network",
]

_HOMES = {
    "average": "scores",
    "el2n": "scores",
    "grand": "scores",
    "kept_count": "select",
    "select_at_random": "select",
    "select_by_score": "select",
    "accuracy": "train",
    "new_network": "train",
    "train_network": "train",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
