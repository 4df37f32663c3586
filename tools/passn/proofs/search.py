"""Searching for proofs with a policy: whole attempts, and trees of given width and depth."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tools.errors import BadInput
from tools.passn.proofs import encode
from tools.passn.proofs.terms import Step, steps_from
from tools.passn.proofs.theorems import Theorem


class Policy:
    """A model as a search uses it: which steps a term allows, and how likely each is.

    Every state is put to the model once and remembered.
    """

    def __init__(self, model: nn.Module, temperature: float = 1.0) -> None:
        """Raises: BadInput: unless the temperature is positive."""
        if not temperature > 0:
            raise BadInput(f"temperature = {temperature} is not positive.")
        self._model, self._temperature = model, temperature
        self._known: dict[tuple[str, str], NDArray[np.float64]] = {}

    def draw(self, term: str, target: str, rng: np.random.Generator) -> Step | None:
        """Draws a step; None where the term allows none."""
        ways = steps_from(term)
        if not ways:
            return None
        cumulated = self._cumulated(term, target)
        return ways[min(int(np.searchsorted(cumulated, rng.random(), "right")), len(ways) - 1)]

    def _cumulated(self, term: str, target: str) -> NDArray[np.float64]:
        if (term, target) not in self._known:
            self._known[term, target] = self._ask(term, target)
        return self._known[term, target]

    @torch.no_grad()
    def _ask(self, term: str, target: str) -> NDArray[np.float64]:
        inputs = torch.from_numpy(encode.features([(term, target)]))[:, None]
        logits = self._model(inputs, torch.zeros(1, 1))[0, 0].double()
        ways = [encode.tactic(step) for step in steps_from(term)]
        chances = (logits[ways] / self._temperature).softmax(dim=0)
        return np.asarray(chances.cumsum(dim=0).numpy())


def tree_search(
    policy: Policy, theorem: Theorem, *, width: int, depth: int, rng: np.random.Generator
) -> list[Step] | None:
    """Searches a tree in which every node draws `width` steps, depth first.

    Width 1 is one attempt at a proof from start to end. A node's draws are independent and may
    repeat each other, as samples of a language model do. Draws w + w^2 + ... + w^depth steps at
    most.

    Returns:
        The first proof found, or None.

    Raises:
        BadInput: if width or depth is below 1.
    """
    if width < 1 or depth < 1:
        raise BadInput(f"A tree of width {width} and depth {depth} has no node.", "Give both >= 1.")
    return _descend(policy, theorem.start, theorem.target, width, depth, rng)


def _descend(
    policy: Policy, term: str, target: str, width: int, left: int, rng: np.random.Generator
) -> list[Step] | None:
    for _ in range(width if left else 0):
        step = policy.draw(term, target, rng)
        if step is None:
            return None
        if step.result == target:
            return [step]
        rest = _descend(policy, step.result, target, width, left - 1, rng)
        if rest is not None:
            return [step, *rest]
    return None
