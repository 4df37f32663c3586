"""Scores of how much one training example matters: the higher, the harder.

From one pass over the data: `el2n`, `cross_entropies`, `margin`, `entropy` of a model's logits,
and `grand`, `grand_last_layer` of its gradients. From a whole training: `Forgetting`. From many
trainings on random parts of the data: `memorization`, `influence`. `score_batches` carries a score
over a loader, `average` over initialisations and checkpoints.

Notation: p(w, x) are the predicted class probabilities of a network with weights w, y is the
one-hot label, l the cross-entropy.
"""

from __future__ import annotations

from tools.pruning.scores.agreement import average, rank_correlation, reliability
from tools.pruning.scores.batched import score_batches
from tools.pruning.scores.forgetting import Forgetting
from tools.pruning.scores.gradients import grand, grand_last_layer
from tools.pruning.scores.memory import influence, memorization
from tools.pruning.scores.outputs import cross_entropies, el2n, entropy, margin

__all__ = [
    "Forgetting",
    "average",
    "cross_entropies",
    "el2n",
    "entropy",
    "grand",
    "grand_last_layer",
    "influence",
    "margin",
    "memorization",
    "rank_correlation",
    "reliability",
    "score_batches",
]
