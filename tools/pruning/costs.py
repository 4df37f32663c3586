"""How long the parts of pruning take on one core, in seconds: what estimates are made of.

Measured with 1,000, 10,000 and 60,000 rows of 10, 64 and 784 numbers.
"""

from __future__ import annotations

import math

from tools.pruning.extent import Extent
from tools.pruning.names import CHOICES

START = 3.0  # of a process with torch, and a figure
_CELL, _NUMBER = 2.5e-6, 2e-8  # a value taken out of text or a list; a number of an array
TEXT = 5e-3  # a text embedded
_STEP, _STEP_COLUMN = 5e-4, 1.6e-6  # an optimiser step on 64 examples, and more for each column
_SCORED, _GRADIENT = 4e-7, 8e-6  # an example scored, and its gradient
_NEAREST, _NEAREST_COLUMN = 1.3e-7, 1.7e-9  # a clustering, over n^1.5
_PAIR, _PAIR_COLUMN = 2e-10, 2.2e-11  # of a search for similar pairs
_SAMPLED, _VISITED, _FLOORS = 24_576, 30, 6  # what a search compares, see tools.pruning.dedup
MEMORIZED = 0.7  # share of the examples that each network is trained on, for memorisation
_BATCH = 64  # tools.pruning.train.BATCH; importing it would import torch


def reading(extent: Extent) -> float:
    """Returns the time to read a file and to standardise it."""
    return extent.rows * extent.columns * (_NUMBER if extent.array else _CELL)


def embedding(rows: float, source: str) -> float:
    """Returns the time to embed texts, if `source`, as parameters name it, is an embedder."""
    given = source in ("", "column", "pixels") or source.endswith(".npy")
    return 0.0 if given else rows * TEXT


def training(examples: float, columns: float, epochs: float) -> float:
    """Returns the time to train one network."""
    return epochs * examples / _BATCH * (_STEP + _STEP_COLUMN * columns)


def scoring(score: str, examples: float) -> float:
    """Returns the time to score all examples under one network."""
    return examples * (_GRADIENT if score == "grand" else _SCORED)


def clustering(examples: float, columns: float) -> float:
    """Returns the time of one spherical k-means with about sqrt(n) clusters."""
    return examples * math.sqrt(examples) * (_NEAREST + _NEAREST_COLUMN * columns)


def choosing(score: str, examples: float, columns: float) -> float:
    """Returns the time of a choice of a set: its clusterings, and its search for duplicates."""
    assert score in CHOICES
    once = clustering(examples, columns)
    if score == "density":
        return once
    pairs = examples * min(examples / 2, _SAMPLED + _VISITED * math.sqrt(examples))
    return (2 if score == "d4" else 1) * once + _FLOORS * pairs * (_PAIR + _PAIR_COLUMN * columns)
