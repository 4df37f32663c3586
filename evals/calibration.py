"""Calibration: do stated confidences match how often the answers are right?

The quantities of HELM (arXiv:2211.09110), with two deviations that docs/evaluation.md explains:
ties in confidence share their accuracy, and the floor of the error is printed beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.errors import BadInput

_BINS = 10
_DRAWS = 400


@dataclass(frozen=True)
class Calibration:
    """How well confidences and outcomes agree.

    Attributes:
        ece: expected calibration error over ten bins of equal mass,
            sum_b n_b/n |mean confidence - mean accuracy|.
        floor: the mean of `ece` that a perfectly calibrated answerer with these confidences would
            show for this n. An error near it is indistinguishable from none.
        floor_high: the 95th percentile of the same.
        selective_area: mean over all coverages of the accuracy on the most confident answers.
        accuracy_at_10: accuracy on the most confident tenth.
        platt_ece: `ece` after a logistic fit on the other half of the samples, averaged over the
            two halves; NaN when a half is all right or all wrong.
        n: samples.
    """

    ece: float
    floor: float
    floor_high: float
    selective_area: float
    accuracy_at_10: float
    platt_ece: float
    n: int


def calibration(
    confidence: Sequence[float], right: Sequence[bool], rng: np.random.Generator
) -> Calibration:
    """Measures calibration.

    Args:
        confidence: probability in [0, 1] stated for each answer.
        right: whether each answer was right.
        rng: draws the halves of the Platt fit and the outcomes behind the floor.

    Raises:
        BadInput: when there are fewer than ten samples, lengths differ, or a value is out of range.
    """
    p, y = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    if len(p) != len(y) or len(p) < _BINS:
        raise BadInput(
            f"{len(p)} confidences and {len(y)} outcomes.", f"Give the same number, >= {_BINS}."
        )
    if not ((p >= 0) & (p <= 1)).all():
        at = int(np.flatnonzero(~((p >= 0) & (p <= 1)))[0])
        raise BadInput(f"Confidence {at} is {p[at]}.", "Give probabilities from 0 to 1.")
    floors = np.array([ece(p, rng.random(len(p)) < p) for _ in range(_DRAWS)])
    area, at_10 = selective(p, y)
    return Calibration(
        ece(p, y),
        float(floors.mean()),
        float(np.quantile(floors, 0.95)),
        area,
        at_10,
        _platt(p, y, rng),
        len(p),
    )


def ece(p: np.ndarray, y: np.ndarray, bins: int = _BINS) -> float:
    """Returns the expected calibration error over bins of equal mass."""
    order = np.argsort(p, kind="stable")
    parts = np.array_split(order, min(bins, len(p)))
    return float(sum(abs(p[b].mean() - y[b].mean()) * len(b) for b in parts) / len(p))


def selective(p: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Returns the area under accuracy over coverage, and the accuracy on the first tenth.

    Answers of equal confidence have no order among themselves, so each of them counts with the
    mean accuracy of its tie.
    """
    order = np.argsort(-p, kind="stable")
    ranked, outcome = p[order], y[order].astype(float)
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    sizes = np.diff(np.r_[starts, len(p)])
    outcome = np.repeat(np.add.reduceat(outcome, starts) / sizes, sizes)
    running = np.cumsum(outcome) / np.arange(1, len(p) + 1)
    return float(running.mean()), float(running[max(1, len(p) // 10) - 1])


def _platt(p: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> float:
    from sklearn.linear_model import LogisticRegression

    logit = np.log(np.clip(p, 1e-12, 1 - 1e-12) / (1 - np.clip(p, 1e-12, 1 - 1e-12)))[:, None]
    order = rng.permutation(len(p))
    halves = order[: len(p) // 2], order[len(p) // 2 :]
    found = []
    for fit, held in (halves, halves[::-1]):
        if len(set(y[fit])) < 2:
            return float("nan")
        model = LogisticRegression(C=1e10).fit(logit[fit], y[fit])
        found.append(ece(model.predict_proba(logit[held])[:, 1], y[held]))
    return float(np.mean(found))
