"""The names of the scores, for parameters and figures; importing them imports nothing heavy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Literal

Score = Literal[
    "el2n",
    "grand",
    "grand_last_layer",
    "margin",
    "entropy",
    "cross_entropy",
    "forgetting",
    "memorization",
    "prototypes",
    "density",
    "d4",
    "semdedup",
]

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "el2n": "EL2N",
        "grand": "GraNd",
        "grand_last_layer": "last-layer GraNd",
        "margin": "margin",
        "entropy": "entropy",
        "cross_entropy": "cross-entropy",
        "forgetting": "forgetting events",
        "memorization": "memorisation",
        "prototypes": "prototype distance",
        "density": "density-based pruning",
        "d4": "D4",
        "semdedup": "SemDeDup",
    }
)

CHOICES = ("density", "d4", "semdedup")
"""Those that give a set of the wanted size, not a ranking."""

NO_LABELS = ("prototypes", *CHOICES)
"""Those that look at no label."""

SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "el2n": ("error norm", "error l2 norm", "error l2-norm", "data diet score"),
        "grand": ("gradient norm", "gradient norms", "gradnorm", "gradient normed"),
        "grand_last_layer": ("last-layer grand", "last layer grand", "last-layer gradient norm"),
        "margin": ("margins", "margin score", "prediction margin"),
        "entropy": ("prediction entropy", "entropy score"),
        "cross_entropy": ("cross-entropy score", "early loss", "early cross-entropy"),
        "forgetting": ("forgetting events", "forgetting score", "forgetting scores"),
        "memorization": ("memorisation", "memorization score", "memorisation score"),
        "prototypes": ("prototype distance", "ssl prototypes", "self-supervised prototypes"),
        "density": ("density-based pruning", "density based pruning", "concept clusters"),
        "d4": ("d4 selection",),
        "semdedup": ("sem dedup", "semantic deduplication"),
    }
)
"""How people write them, for `Words.values`."""


def check_training(chosen: Collection[str], networks: int, score_epochs: int) -> None:
    """Refuses training that cannot give one of the scores; for the validators of parameters.

    Raises:
        ValueError: naming the score and what it needs.
    """
    if "memorization" in chosen and networks < 4:
        raise ValueError("memorization needs networks = 4 or more, to leave every example out")
    if "forgetting" in chosen and score_epochs < 2:
        raise ValueError("forgetting needs score_epochs = 2 or more")
