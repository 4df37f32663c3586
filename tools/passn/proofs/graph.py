"""Exact success probabilities of a policy: every way to a proof is counted, nothing is sampled.

From a start term finitely many terms can be reached in a given number of steps. On that graph the
probability S_d(x) that a search from term x with d steps left finds a proof obeys

    S_d(target) = 1,   S_0(x) = 0 otherwise,
    S_d(x) = 1 - (1 - sum_a pi(a|x) S_{d-1}(x_a))^w,

where every node of the search draws w steps, independently, from the policy: w = 1 is one attempt
at a proof from start to end, w > 1 a tree of that width. Different proofs of one theorem all count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tools.passn.estimators import exact_pass_at
from tools.passn.proofs import encode
from tools.passn.proofs.terms import steps_from
from tools.passn.proofs.theorems import Theorem
from tools.passn.train import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Graph:
    """The terms on some way from start to target, of many theorems at once.

    Attributes:
        depth: most steps of a proof.
        roots, targets: node of each theorem's start, and whether each node is a target.
        edges: shape (edges, 3): node, tactic, node after it.
        states: features of each node, shape (nodes, features).
        legal: tactics each node allows, also those that lead off the graph.
    """

    depth: int
    roots: NDArray[np.int64]
    targets: NDArray[np.bool_]
    edges: NDArray[np.int64]
    states: Tensor
    legal: Tensor


def build(theorems: Sequence[Theorem], depth: int) -> Graph:
    """Finds all terms that lie on a way of at most `depth` steps from start to target."""
    terms: list[tuple[str, str]] = []
    roots, edges = [], []
    for theorem in theorems:
        kept = _between(theorem.start, theorem.target, depth)
        number = {term: len(terms) + place for place, term in enumerate(kept)}
        terms += [(term, theorem.target) for term in kept]
        roots.append(number[theorem.start])
        edges += [
            (number[term], encode.tactic(step), number[step.result])
            for term in kept
            if term != theorem.target
            for step in steps_from(term)
            if step.result in number
        ]
    return Graph(
        depth,
        np.array(roots),
        np.array([term == target for term, target in terms]),
        np.array(edges).reshape(-1, 3),
        torch.from_numpy(encode.features(terms)),
        torch.from_numpy(encode.legal([term for term, _ in terms])),
    )


def _between(start: str, target: str, depth: int) -> list[str]:
    """Returns the terms x with distance(start, x) + distance(x, target) <= depth."""
    away = {start: 0}
    before: dict[str, list[str]] = {}
    layer = [start]
    for distance in range(1, depth + 1):
        following: list[str] = []
        for term in layer:
            for step in steps_from(term):
                before.setdefault(step.result, []).append(term)
                if step.result not in away:
                    away[step.result] = distance
                    following.append(step.result)
        layer = following
    left = {target: 0}
    layer = [target]
    while layer:
        term = layer.pop(0)
        for earlier in before.get(term, ()):
            if earlier not in left:
                left[earlier] = left[term] + 1
                layer.append(earlier)
    return [x for x, d in away.items() if x == start or d + left.get(x, depth + 1) <= depth]


@torch.no_grad()
def logits_of(model: nn.Module, graph: Graph) -> Tensor:
    """Returns the policy's logits at every node, -inf for tactics that are not legal."""
    logits: Tensor = model(graph.states[:, None], torch.zeros(len(graph.states), 1))[:, 0]
    # A target may allow nothing; its row is never read, but must not be NaN.
    stuck = ~graph.legal.any(dim=1, keepdim=True)
    return logits.double().masked_fill(~(graph.legal | stuck), -torch.inf)


def probabilities(logits: Tensor, temperature: float = 1.0) -> Floats:
    """Returns pi(a|x) at a temperature, shape (nodes, tactics)."""
    return np.asarray((logits / temperature).softmax(dim=1).numpy())


def success(graph: Graph, policy: Floats, width: int = 1) -> Floats:
    """Returns the probability that one search proves each theorem, shape (theorems,).

    Args:
        graph: of the theorems.
        policy: pi(a|x), shape (nodes, tactics).
        width: steps drawn at each node of the search, at least 1.
    """
    node, chosen, after = graph.edges.T
    weight = policy[node, chosen]
    found = graph.targets.astype(np.float64)
    for _ in range(graph.depth):
        one = np.bincount(node, weight * found[after], minlength=len(found))
        one = np.clip(one, 0.0, 1.0)
        found = np.where(graph.targets, 1.0, 1 - (1 - one) ** width if width > 1 else one)
    return found[graph.roots]


def tree_draws(width: int, depth: int) -> int:
    """Returns the most steps a tree search draws: w + w^2 + ... + w^depth."""
    return sum(width**level for level in range(1, depth + 1))


def measure(
    model: nn.Module,
    validation: Graph,
    test: Graph,
    *,
    temperatures: Sequence[float],
    draws: Sequence[int],
) -> Record:
    """Measures a policy as `exact.measure` does a model: whole proofs drawn N times.

    Returns:
        `temperatures`; mean pass@N on `validation` and `test` (rows: temperatures, columns:
        draws); `greedy`, the share of test theorems proved by always taking the likeliest step;
        `confidence`, the mean probability of the likeliest first step.
    """
    record: Record = {"temperatures": list(temperatures)}
    for name, graph in (("validation", validation), ("test", test)):
        logits = logits_of(model, graph)
        record[name] = [
            [float(x) for x in pass_at(success(graph, probabilities(logits, t)), draws).mean(0)]
            for t in temperatures
        ]
    likeliest = np.zeros(logits.shape)
    likeliest[np.arange(len(logits)), logits.argmax(dim=1).numpy()] = 1.0
    record["greedy"] = float(success(test, likeliest).mean())
    record["confidence"] = float(probabilities(logits)[test.roots].max(axis=1).mean())
    return record


def pass_at(succeeds: Floats, draws: Sequence[int]) -> Floats:
    """Returns 1 - (1 - S)^N of each theorem, shape (theorems, draws)."""
    with np.errstate(divide="ignore"):
        return exact_pass_at(np.log(succeeds), draws)
