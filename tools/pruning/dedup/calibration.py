"""How far rows must visit: chosen on a sample whose pairs are all known, checked on another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.pruning.dedup.cells import needed_reach
from tools.pruning.dedup.pairs import Pairs, Rows
from tools.pruning.dedup.products import Products, Vectors

_MARGIN = 1.3  # times the largest reach that the sample needs
_ENOUGH = 200  # pairs below which a sample says little
_CAUTION = 5.0  # standard deviations of a random direction


@dataclass(frozen=True)
class Calibration:
    """A reach, and how it did on pairs it was not chosen by.

    Attributes:
        reach: the distance to a border under which a row visits, 0 .. delta / 2.
        found: held-out pairs that it finds.
        pairs: held-out pairs.
        certified: no pair can be missed.
    """

    reach: float
    found: int
    pairs: int
    certified: bool = False

    def recall_at_least(self, confidence: float = 0.95) -> float:
        """Returns the lower Clopper-Pearson bound of the recall of pairs."""
        if self.certified:
            return 1.0
        if not self.found:
            return 0.0
        from scipy.special import betaincinv

        return float(betaincinv(self.found, self.pairs - self.found + 1, 1 - confidence))

    def recall_at_most(self, confidence: float = 0.95) -> float:
        """Returns the upper Clopper-Pearson bound of the recall of pairs."""
        if self.certified or self.found == self.pairs:
            return 1.0
        from scipy.special import betaincinv

        return float(betaincinv(self.found + 1, self.pairs - self.found, confidence))


def furthest_reach(threshold: float) -> float:
    """Returns delta / 2 = sqrt(2 - 2 threshold) / 2, at which no pair is missed."""
    return math.sqrt(max(0.0, 2 - 2 * threshold)) / 2


def certain(threshold: float) -> Calibration:
    """Returns the reach that needs no sample."""
    return Calibration(furthest_reach(threshold), 0, 0, certified=True)


def calibrate(
    products: Products, centroids: Vectors, pairs: Pairs, threshold: float, target: float
) -> Calibration:
    """Chooses a reach by a quarter of the sampled pairs and checks it on the others.

    The reach is 1.3 times what the worst known pair needs; with few pairs at least what a
    difference in a random direction needs at five standard deviations, delta / 2 * 5 / sqrt(D),
    where D = (sum l)^2 / sum l^2 is the effective dimension of the data (l: eigenvalues of the
    second moments). Where the check misses the target, the worst of all pairs decides.

    Args:
        products: of the vectors.
        centroids: unit rows, shape (k, d).
        pairs: all pairs with a sampled row, which stands on the left.
        threshold: least cosine.
        target: wanted share of pairs found, below 1.
    """
    vectors, furthest = products.vectors, furthest_reach(threshold)
    need = needed_reach(vectors, centroids, pairs.left, pairs.right)
    chosen_by = _quarter(pairs)
    reach = _MARGIN * float(need[chosen_by].max(initial=0.0))
    if int(chosen_by.sum()) < _ENOUGH:
        reach = max(reach, furthest * _CAUTION / math.sqrt(_effective_dimension(vectors)))
    reach = min(reach, furthest)
    held_out = need[~chosen_by]
    found = int((held_out <= reach).sum())
    if found < target * len(held_out):
        # What decides now is no longer held out, so this sample has nothing more to say of it.
        return Calibration(min(furthest, _MARGIN * float(need.max())), 0, 0)
    return Calibration(reach, found, len(held_out))


def _quarter(pairs: Pairs) -> NDArray[np.bool_]:
    """Puts both directions of a pair, and so all its occurrences, into the same part."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    mixed = (low * 2_654_435_761 + high * 40_503) >> 7
    quarter: NDArray[np.bool_] = (mixed & 3) == 0
    return quarter


def _effective_dimension(vectors: Vectors) -> float:
    step = max(1, len(vectors) // 4096)
    sample = vectors[::step].astype(np.float64)
    moments = np.linalg.eigvalsh(sample.T @ sample)
    return float(moments.sum() ** 2 / (moments**2).sum())


def sample_rows(size: int, count: int, rng: np.random.Generator) -> Rows:
    """Draws rows without replacement, ascending."""
    return np.sort(rng.choice(size, min(count, size), replace=False))
