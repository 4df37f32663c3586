"""Which model to ask: Thompson sampling over the chance that its child beats its parent."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tools.discovery.candidate import Evaluation, Member


class Bandit:
    """Beta-Bernoulli Thompson sampling (Thompson 1933; Agrawal and Goyal 2012, algorithm 1).

    Model m with s successes in n tries is worth a draw from Beta(1 + s, 1 + n - s); the model of
    the largest draw is asked. What it knows is a function of the committed proposals alone.

    Attributes:
        models: what there is to choose from.
    """

    def __init__(self, models: Sequence[str]) -> None:
        self.models = tuple(models)
        self._tries = dict.fromkeys(self.models, 0)
        self._successes = dict.fromkeys(self.models, 0)

    def choose(self, rng: random.Random) -> str:
        """Returns a model."""
        if len(self.models) == 1:
            return self.models[0]
        worth = [
            rng.betavariate(1 + self._successes[m], 1 + self._tries[m] - self._successes[m])
            for m in self.models
        ]
        return self.models[worth.index(max(worth))]

    def learn(self, model: str, success: bool) -> None:
        """Takes in what came of one proposal; one by a model it does not know is nothing to it."""
        if model in self._tries:
            self._tries[model] += 1
            self._successes[model] += success

    def tally(self) -> dict[str, tuple[int, int]]:
        """Returns (successes, tries) by model."""
        return {m: (self._successes[m], self._tries[m]) for m in self.models}


def beats(evaluation: Evaluation | None, parents: Sequence[Member]) -> bool:
    """Whether a child has a better score than the parent that was changed."""
    if evaluation is None or evaluation.score is None:
        return False
    before = parents[0].score if parents else None
    return before is None or evaluation.score > before
