"""The attack: where hidden activity predicts inflated grades, and a suffix that pushes there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.judging.essays import Counts, draw, plain_words, with_suffix
from tools.judging.grader import Grader

LENGTH = 5
"""Words of a suffix."""
_PROBES, _ESSAYS, _RIDGE = 1500, 40, 1.0


def inflation_direction(grader: Grader, rng: np.random.Generator) -> NDArray[np.float64]:
    """Returns the direction of hidden activity along which random suffixes inflate the grade.

    Ridge regression of the inflation that a random suffix causes on the change of hidden activity
    that it causes (arXiv:2412.15275, their first two steps, on this small judge).

    Returns:
        unit vector of shape (hidden,).
    """
    counts, _ = draw(_PROBES, rng)
    suffixes = rng.choice(plain_words(), size=(_PROBES, LENGTH))
    longer = counts.copy()
    np.add.at(longer, (np.arange(_PROBES)[:, None], suffixes), 1)
    change = grader.hidden(longer) - grader.hidden(counts)
    gain = change @ grader.v
    centred = change - change.mean(axis=0)
    gram = centred.T @ centred + _RIDGE * np.eye(centred.shape[1])
    direction = np.linalg.solve(gram, centred.T @ (gain - gain.mean()))
    return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))


def find_suffix(grader: Grader, rng: np.random.Generator) -> NDArray[np.intp]:
    """Builds a suffix word by word, each the one that moves activity farthest along the direction.

    Returns:
        columns of the words, shape (LENGTH,).
    """
    direction = inflation_direction(grader, rng)
    counts, _ = draw(_ESSAYS, rng)
    words = plain_words()
    suffix: list[int] = []
    for _ in range(LENGTH):
        reached = [
            float(
                (grader.hidden(with_suffix(counts, np.array([*suffix, word]))) @ direction).mean()
            )
            for word in words
        ]
        suffix.append(int(words[int(np.argmax(reached))]))
    return np.array(suffix)


def random_suffix(rng: np.random.Generator) -> NDArray[np.intp]:
    """Draws a suffix of plain words."""
    return rng.choice(plain_words(), size=LENGTH)


def inflation(grader: Grader, counts: Counts, suffix: NDArray[np.intp]) -> float:
    """Returns how much a suffix raises the mean grade of these essays."""
    return float((grader.grade(with_suffix(counts, suffix)) - grader.grade(counts)).mean())


def without(suffix: NDArray[np.intp], word: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Returns the suffix with each occurrence of a word replaced by random plain words."""
    others = plain_words()[plain_words() != word]
    return np.array([int(rng.choice(others)) if w == word else int(w) for w in suffix])
