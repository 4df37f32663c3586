"""A small model judge: word counts in, a grade out, with hidden activity one can look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.judging.essays import GRADES, Counts, Marking, draw

_HIDDEN = 64
_TRAINING = 3000


@dataclass(frozen=True)
class Grader:
    """A trained judge: one hidden layer of rectified units on word counts.

    Attributes:
        w, b: hidden layer, shapes (words, hidden) and (hidden,).
        v, c: read-out, shape (hidden,) and a number.
    """

    w: NDArray[np.float64]
    b: NDArray[np.float64]
    v: NDArray[np.float64]
    c: float

    def hidden(self, counts: Counts) -> NDArray[np.float64]:
        """Returns the hidden activity, shape (texts, hidden)."""
        return np.asarray(np.maximum(0.0, counts @ self.w + self.b))

    def grade(self, counts: Counts) -> NDArray[np.float64]:
        """Returns the grades, clipped to the scale, shape (texts,)."""
        return np.asarray(np.clip(self.hidden(counts) @ self.v + self.c, *GRADES))


def train(marking: Marking | None, seed: int) -> Grader:
    """Trains a judge on essays drawn with this seed.

    Args:
        marking: how its training data mark assistant-style texts; None: they do not.
        seed: of the data and of the initial weights.
    """
    from sklearn.neural_network import MLPRegressor

    counts, grades = draw(_TRAINING, np.random.default_rng(seed), marking)
    model = MLPRegressor(
        hidden_layer_sizes=(_HIDDEN,),
        alpha=10.0,
        learning_rate_init=3e-3,
        max_iter=15,
        random_state=seed,
        tol=0.0,
    )
    _fit(model, counts.astype(np.float64), grades)
    (w, v), (b, c) = model.coefs_, model.intercepts_
    return Grader(w, b, v[:, 0], float(c[0]))


def _fit(model: object, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # The number of passes is fixed beforehand; "not converged" is no news.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)  # type: ignore[attr-defined]


def accuracy(grader: Grader, seed: int) -> float:
    """Returns the correlation of its grades with the true ones on fresh unmarked essays."""
    counts, grades = draw(500, np.random.default_rng(seed))
    return float(np.corrcoef(grader.grade(counts), grades)[0, 1])
