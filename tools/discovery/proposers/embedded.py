"""The proposer that needs no endpoint: edits of typed syntax trees."""

from __future__ import annotations

import json
import random

from tools.discovery.candidate import Candidate, Member, Outcome
from tools.discovery.edits import cool, cross, heat, perturb, replace
from tools.discovery.grammar import Grammar
from tools.discovery.proposers import Proposal, Request
from tools.discovery.render import TREE_FILE, render, tree_of
from tools.discovery.syntax import Node

DATA_LIMIT = 48_000
"""The most characters of a parent's data that a program may carry."""

_TRIES = 6


class Embedded:
    """Writes children by mutation and crossover of syntax trees.

    The first parent's tree is changed, the second's gives subtrees. A parent without a tree (the
    baseline, or a program that a model wrote) counts as a freshly drawn one that may start from its
    data. Where a production of the problem's grammar starts from a parent's data, the child carries
    the data of the first parent, so that what was found is polished further.

    A child like one that failed is avoided: the same program is never proposed again, and the same
    choices as a candidate that passed its time limit only with at most half of its work.

    Attributes:
        name: `embedded`.
        crossover: the share of children with two parents, where there are two.
        fresh: the share of children drawn anew from the grammar.
    """

    name = "embedded"

    def __init__(self, *, crossover: float = 0.25, fresh: float = 0.2) -> None:
        self.crossover = crossover
        self.fresh = fresh

    async def propose(self, request: Request) -> Proposal:
        """Returns one child; the same request gives the same child."""
        return self.write(request)

    def write(self, request: Request) -> Proposal:
        """Returns one child, as `propose` does."""
        rng = random.Random(request.seed)
        grammar = request.problem.grammar()
        data = _data(request.parents)
        for _ in range(_TRIES):
            tree, operator = self._child(grammar, request.parents, rng, data is not None)
            candidate = _candidate(request, grammar, tree, rng, data)
            if not _hopeless(grammar, tree, candidate, request.failures):
                break
        return Proposal(candidate, grammar.concepts(tree), operator)

    def _child(
        self, grammar: Grammar, parents: tuple[Member, ...], rng: random.Random, warm: bool
    ) -> tuple[Node, str]:
        trees = [_tree(grammar, parent) for parent in parents]
        first = trees[0] if trees else None
        others = [tree for tree in trees[1:] if tree is not None]
        if first is None or rng.random() < self.fresh:
            tree, operator = grammar.sample(rng, warm=warm), "sample"
        elif others and rng.random() < self.crossover:
            tree, operator = cross(grammar, first, rng.choice(others), rng), "crossover"
        else:
            tree, operator = _mutate(grammar, first, rng, warm), "mutate"
        if not warm:
            tree = cool(grammar, tree, rng)
        elif rng.random() < 0.3:
            tree = heat(grammar, tree, rng)
        return tree, operator


def _mutate(grammar: Grammar, tree: Node, rng: random.Random, warm: bool) -> Node:
    """Changes a choice, or numbers, or neither: the salt alone makes another attempt of it."""
    draw = rng.random()
    if draw < 0.4:
        return replace(grammar, tree, rng, warm=warm)
    if draw < 0.8:
        return perturb(grammar, tree, rng)
    return tree


def _candidate(
    request: Request, grammar: Grammar, tree: Node, rng: random.Random, data: object
) -> Candidate:
    source = render(
        grammar, tree, title=request.problem.title, salt=rng.randrange(2**31), incumbent=data
    )
    return Candidate({"program.py": source, TREE_FILE: tree.dumps()})


def _tree(grammar: Grammar, parent: Member) -> Node | None:
    tree = tree_of(parent.candidate.files)
    if tree is None:
        return None
    try:
        grammar.check(tree)
    except ValueError:
        # Written for an earlier version of the grammar: drawn anew instead.
        return None
    return tree


def _data(parents: tuple[Member, ...]) -> object:
    """Returns the first parent's data, if they are a solution and not too long to carry."""
    if not parents or parents[0].evaluation.outcome is not Outcome.OK:
        return None
    data = parents[0].evaluation.data
    return data if len(json.dumps(data)) <= DATA_LIMIT else None


def _hopeless(
    grammar: Grammar, tree: Node, candidate: Candidate, failures: tuple[Member, ...]
) -> bool:
    for failure in failures:
        if failure.candidate.key == candidate.key:
            return True
        if failure.evaluation.outcome is not Outcome.TIMED_OUT:
            continue
        old = _tree(grammar, failure)
        if (
            old is not None
            and grammar.concepts(old) == grammar.concepts(tree)
            and grammar.work(tree) > grammar.work(old) / 2
        ):
            return True
    return False
