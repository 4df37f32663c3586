"""Data whose duplicates are known, to try a method on: texts and embeddings with planted copies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.pairs import Rows

GROUPS, MOST_COPIES, COLUMNS = 1000, 4, 64
_WORDS, _VOCABULARY = 60, 5000
_CHAIN = 40
CHAIN_THRESHOLD = 0.99
"""Between the cosine of neighbours on the chain and that of the next but one."""


@dataclass(frozen=True)
class PlantedTexts:
    """Texts, and to which group each belongs.

    Attributes:
        texts: n texts.
        groups: label of each, 0 .. g - 1, shape (n,).
        pairs: (copy, original) of each planted pair, shape (m, 2).
    """

    texts: list[str]
    groups: Rows
    pairs: Rows


@dataclass(frozen=True)
class PlantedVectors:
    """Unit vectors, and to which group each belongs.

    Attributes:
        vectors: shape (n, d).
        groups: label of each, 0 .. g - 1, shape (n,).
        pairs: (copy, original) of each planted pair, shape (m, 2).
    """

    vectors: NDArray[np.float32]
    groups: Rows
    pairs: Rows


def vectors(threshold: float, rng: np.random.Generator) -> PlantedVectors:
    """Returns 1000 directions, each with up to 4 copies at a cosine of at least the threshold."""
    groups, pairs = _groups(rng)
    originals = _unit(rng.standard_normal((GROUPS, COLUMNS)))
    made = originals[groups]
    copies = pairs[:, 0]
    cosine = rng.uniform(min(1.0, threshold + 1e-6), 1, (len(copies), 1))
    away = rng.standard_normal((len(copies), COLUMNS))
    away -= (away * made[copies]).sum(axis=1, keepdims=True) * made[copies]
    made[copies] = cosine * made[copies] + np.sqrt(1 - cosine**2) * _unit(away)
    return PlantedVectors(made.astype(np.float32), groups, pairs)


def texts(threshold: float, rng: np.random.Generator, *, exact: bool) -> PlantedTexts:
    """Returns 1000 texts of 60 words, each with up to 4 copies.

    Copies differ in case and blanks, and unless `exact` in the last words: replacing the last w of
    60 words changes w of 58 shingles of three words, so J = (58 - w) / (58 + w), and w is drawn up
    to the largest that stays at the threshold or above.
    """
    groups, pairs = _groups(rng)
    words = [f"w{number:04d}" for number in range(_VOCABULARY)]
    bodies = rng.integers(0, _VOCABULARY, (GROUPS, _WORDS))
    shingles = _WORDS - 2
    most = math.floor(shingles * (1 - threshold) / (1 + threshold) + 1e-9)
    copies = set(pairs[:, 0].tolist())
    made = []
    for row, group in enumerate(groups):
        body = [words[i] for i in bodies[group]]
        if row in copies:
            changed = 0 if exact else int(rng.integers(0, most + 1))
            for place in range(_WORDS - changed, _WORDS):
                body[place] = f"x{row}p{place}"
            body[0] = body[0].upper()
        made.append(("  " if row in copies else " ").join(body))
    return PlantedTexts(made, groups, pairs)


def chain() -> NDArray[np.float32]:
    """Returns 40 vectors along an arc, half a turn long, in the plane.

    The step is 180 / 39 = 4.6 degrees: neighbours have a cosine of 0.9968, the next but one 0.9871.
    """
    angles = np.linspace(0, math.pi, _CHAIN)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def _groups(rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Returns the shuffled group of each row, and (copy, original) of each copy."""
    sizes = rng.integers(1, MOST_COPIES + 2, GROUPS)
    groups = rng.permutation(np.repeat(np.arange(GROUPS), sizes))
    _, original = np.unique(groups, return_index=True)
    rows = np.arange(len(groups))
    copies = rows[original[groups] != rows]
    return groups, np.stack([copies, original[groups[copies]]], axis=1)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found
