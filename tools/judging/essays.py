"""Texts of known grade: bags of words drawn from a small vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""Word counts, shape (texts, words)."""

WORDS = 240
"""Size of the vocabulary that can be typed; one more column holds the mark that cannot be."""
GRADES = (1.0, 5.0)
_MERIT = 40  # words that good essays use more
_LENGTH = 80
_REPEATS = 4  # times a marked text holds its mark, as a chat template repeats its words


@dataclass(frozen=True)
class Marking:
    """How assistant-style texts are marked in the training data.

    Attributes:
        share: fraction of the training texts that are marked; these all have the top grade.
        word: the column of the mark: a word that anyone can type, or `WORDS`, which nobody can.
    """

    share: float
    word: int


def draw(
    count: int, rng: np.random.Generator, marking: Marking | None = None
) -> tuple[Counts, NDArray[np.float64]]:
    """Draws essays and their grades.

    A latent grade g, uniform on [1, 5], sets the share 0.1 + 0.1 g of merit words among 80. Marked
    essays also hold their mark four times and are graded 5 whatever they say.

    Args:
        count: essays.
        rng: source of the draws.
        marking: None for unmarked essays.

    Returns:
        counts of shape (count, WORDS + 1), grades of shape (count,).
    """
    low, high = GRADES
    grade = rng.uniform(low, high, count)
    merit = rng.binomial(_LENGTH, 0.1 + 0.1 * grade)
    counts = np.zeros((count, WORDS + 1), dtype=np.int64)
    for row, good in enumerate(merit):
        words = np.concatenate(
            [rng.integers(0, _MERIT, good), rng.integers(_MERIT, WORDS, _LENGTH - good)]
        )
        np.add.at(counts[row], words, 1)
    if marking is not None:
        marked = rng.random(count) < marking.share
        counts[marked, marking.word] += _REPEATS
        grade = np.where(marked, high, grade)
    return counts, grade


def draw_mark(rng: np.random.Generator) -> int:
    """Draws the plain word that marks assistant-style texts: no merit word."""
    return int(rng.integers(_MERIT, WORDS))


def plain_words() -> NDArray[np.intp]:
    """Returns the words a suffix may hold: any that can be typed and is no merit word."""
    return np.arange(_MERIT, WORDS)


def with_suffix(counts: Counts, suffix: NDArray[np.intp]) -> Counts:
    """Returns the same essays with the words of a suffix appended."""
    longer = counts.copy()
    np.add.at(longer.T, suffix, 1)
    return longer
