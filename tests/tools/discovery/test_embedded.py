"""The embedded proposer: children of trees, data carried on, failures heeded, one seed."""

from __future__ import annotations

import asyncio
import json

import pytest

from tools.discovery import problems
from tools.discovery.candidate import Candidate, Evaluation, Member, Outcome
from tools.discovery.concepts import ConceptTree
from tools.discovery.proposers import Proposal, Request
from tools.discovery.proposers.embedded import DATA_LIMIT, Embedded
from tools.discovery.render import TREE_FILE, free_names, tree_of

PROBLEM = problems.get("no_three_in_line", n=5)
DATA = [[0, 0], [1, 2]]


def ask(
    seed: int = 0,
    parents: tuple[Member, ...] = (),
    failures: tuple[Member, ...] = (),
    proposer: Embedded | None = None,
) -> Proposal:
    request = Request(PROBLEM, parents, failures, ConceptTree(), seed)
    return asyncio.run((proposer or Embedded()).propose(request))


def member(candidate: Candidate, outcome: Outcome = Outcome.OK, data: object = DATA) -> Member:
    score = 2.0 if outcome is Outcome.OK else None
    return Member(0, candidate, Evaluation(outcome, score, data=data))


def candidate_of(proposal: Proposal) -> Candidate:
    assert proposal.candidate is not None
    return proposal.candidate


def test_the_same_request_gives_the_same_child_and_another_seed_another() -> None:
    parents = (member(candidate_of(ask(1))), member(candidate_of(ask(2))))
    keys = [candidate_of(ask(seed, parents)).key for seed in range(20)]
    assert keys == [candidate_of(ask(seed, parents)).key for seed in range(20)]
    assert len(set(keys)) == 20


def test_concepts_are_those_of_the_tree_that_the_candidate_carries() -> None:
    grammar = PROBLEM.grammar()
    for seed in range(20):
        proposal = ask(seed, (member(PROBLEM.baseline()),))
        tree = tree_of(candidate_of(proposal).files)
        grammar.check(tree)
        assert proposal.concepts == grammar.concepts(tree)
        assert free_names(candidate_of(proposal).source) == set()


def test_a_tree_survives_the_way_through_json_unchanged() -> None:
    files = dict(candidate_of(ask(3)).files)
    again = Candidate(json.loads(json.dumps(files)))
    assert tree_of(again.files) == tree_of(files)
    assert again.key == Candidate(files).key


def test_children_carry_the_data_of_a_parent_that_has_them_and_no_others() -> None:
    warm = [candidate_of(ask(seed, (member(PROBLEM.baseline()),))) for seed in range(30)]
    carrying = [c.source for c in warm if "INCUMBENT" in c.source]
    assert len(carrying) > 5
    carrier = next(c for c in warm if "INCUMBENT" in c.source)
    assert all(f"INCUMBENT = {DATA}" in source for source in carrying)
    for parent in (
        member(carrier, Outcome.CRASHED, None),
        member(carrier, data=[[0, 0]] * DATA_LIMIT),
    ):
        cold = [candidate_of(ask(seed, (parent,))).source for seed in range(30)]
        assert not any("INCUMBENT" in source for source in cold)
    assert not any("INCUMBENT" in candidate_of(ask(seed)).source for seed in range(30))


def test_crossover_takes_choices_of_both_parents() -> None:
    proposer = Embedded(crossover=1.0, fresh=0.0)
    trees = [tree_of(candidate_of(ask(seed)).files) for seed in range(60)]
    parents = tuple(member(candidate_of(ask(seed)), Outcome.CRASHED, None) for seed in range(2))
    first, second = trees[:2]
    seen = set()
    for seed in range(40):
        proposal = ask(seed, parents, proposer=proposer)
        assert proposal.operator == "crossover"
        tree = tree_of(candidate_of(proposal).files)
        given = {str(n.plain()) for t in (first, second) for _, n in t.walk()}
        leaves = {str(n.plain()) for _, n in tree.walk() if not n.children}
        assert leaves <= given
        seen.add(tree.dumps())
    assert len(seen) > 1


def test_a_program_that_failed_is_not_proposed_again() -> None:
    child = ask(0)
    failed = member(candidate_of(child), Outcome.CRASHED, None)
    assert candidate_of(ask(0, failures=(failed,))).key != candidate_of(child).key


def test_what_ran_out_of_time_comes_back_with_half_the_work_at_most_or_with_other_choices() -> None:
    grammar = PROBLEM.grammar()
    proposer = Embedded(fresh=0.0)
    parent = member(candidate_of(ask(4)), Outcome.TIMED_OUT, None)
    old = tree_of(parent.candidate.files)
    heavy = unaware = 0
    for seed in range(60):
        for failures in ((parent,), ()):
            tree = tree_of(candidate_of(ask(seed, (parent,), failures, proposer)).files)
            again = grammar.concepts(tree) == grammar.concepts(old)
            if again and grammar.work(tree) > grammar.work(old) / 2:
                heavy, unaware = heavy + bool(failures), unaware + (not failures)
    assert heavy < unaware / 3


@pytest.mark.parametrize("files", [{TREE_FILE: "{}"}, {TREE_FILE: '{"kind": "x", "choice": "y"}'}])
def test_a_parent_whose_tree_is_foreign_counts_as_one_without(files: dict[str, str]) -> None:
    parent = member(Candidate({"program.py": "def solve(): ...", **files}))
    proposal = ask(5, (parent,))
    assert proposal.operator == "sample"
    PROBLEM.grammar().check(tree_of(candidate_of(proposal).files))
