"""Every shipped gold is found again by its script, and no nearby gold would be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tools.errors import BadInput
from tools.grading.grade import grade_unguarded
from tools.grading.problems import Category, Kind, Problem, compare, load, verify
from tools.grading.problems.check import SEED
from tools.grading.problems.gold import read
from tools.grading.problems.recompute import script, scripts
from tools.grading.problems.recompute.sample import Sample, Unconfirmed, confirm
from tools.grading.walk import symbols

PROBLEMS = load()
LETTERS = "abcdefgh"
each = pytest.mark.parametrize("problem", PROBLEMS, ids=[p.id for p in PROBLEMS])


@cache
def recomputed(check: str) -> Sequence[Sample]:
    problem = next(p for p in PROBLEMS if p.check == check)
    return script(problem)(np.random.default_rng(SEED))


def slot_mutants(slot: str) -> Iterator[str]:
    """The slot with its sign changed and doubled, unless it is zero, a pair or an interval."""
    if slot != "0" and slot[0] not in "([":
        yield from (f"-({slot})", f"2({slot})", f"i({slot})", f"({slot})+1")


def mutants(problem: Problem) -> Iterator[str]:
    """Golds that differ from the right one in a sign, factor, number, name, order or letter."""
    gold = problem.gold
    for hit in re.finditer(r"\d", gold):
        digit = "8" if hit.group() == "9" else str(int(hit.group()) + 1)
        yield gold[: hit.start()] + digit + gold[hit.end() :]
    if problem.kind is Kind.CHOICE:
        chosen = gold.split(";")
        for letter in problem.spec.choices:
            yield ";".join(sorted(set(chosen) ^ {letter}))
        return
    head, equals, body = gold.rpartition("=")
    slots = body.split(";")
    for place, slot in enumerate(slots):
        for mutant in slot_mutants(slot):
            yield head + equals + ";".join([*slots[:place], mutant, *slots[place + 1 :]])
    if len(slots) > 1:
        yield ";".join(slots[1:])
        yield ";".join([*slots, slots[0]])
    if problem.kind is Kind.LIST and slots[0] != slots[-1]:
        yield ";".join([slots[-1], *slots[1:-1], slots[0]])
    if problem.kind is Kind.INTERVAL:
        yield from ("(" + gold[1:], gold[:-1] + ")", "(-\\infty,2]", "2")
    if problem.kind is Kind.OPERATOR:
        yield gold.replace("1", "#").replace("2", "1").replace("#", "2")
        yield gold.replace(r"^\dagger", "")


def test_there_are_at_least_three_problems_in_each_category_and_32_in_all() -> None:
    counts = Counter(problem.category for problem in PROBLEMS)
    assert len(PROBLEMS) >= 32
    assert set(counts) == set(Category)
    assert min(counts.values()) >= 3


def test_ids_checks_prompts_are_unique_and_every_kind_of_answer_occurs() -> None:
    for field in ("id", "prompt", "check"):
        assert len({getattr(p, field) for p in PROBLEMS}) == len(PROBLEMS)
    assert {p.kind for p in PROBLEMS} == set(Kind)


def test_no_script_is_left_without_a_problem() -> None:
    written = {name for category in Category for name in scripts(category)}
    assert written == {p.check for p in PROBLEMS}


@each
def test_the_script_reproduces_the_gold(problem: Problem) -> None:
    outcome = compare(problem, recomputed(problem.check))
    assert outcome.agrees, outcome.reason
    assert outcome.points == len(recomputed(problem.check))


@each
def test_a_nearby_wrong_gold_is_refused(problem: Problem) -> None:
    samples = recomputed(problem.check)
    tried = [gold for gold in dict.fromkeys(mutants(problem)) if gold != problem.gold]
    accepted = [g for g in tried if compare(replace(problem, gold=g), samples).agrees]
    assert len(tried) >= 2
    assert not accepted


@each
def test_the_grader_takes_the_gold_for_right_and_a_nearby_one_for_wrong(problem: Problem) -> None:
    assert grade_unguarded(problem.gold, rf"\boxed{{{problem.gold}}}", problem.spec).correct
    for gold in dict.fromkeys(mutants(problem)):
        if gold != problem.gold:
            assert not grade_unguarded(problem.gold, gold, problem.spec).correct, gold


@each
def test_the_gold_uses_declared_names_only_and_the_script_gives_a_value_to_each(
    problem: Problem,
) -> None:
    names = {*problem.spec.parameters, *problem.spec.noncommuting}
    declared = {s for name in names for s in symbols(read(replace(problem, gold=name)))}
    assert symbols(read(problem)) <= declared
    if problem.kind is not Kind.CHOICE:
        plain = {name for name in names if "dagger" not in name}
        assert all(set(sample.point) == plain for sample in recomputed(problem.check))


@each
def test_the_grader_takes_for_multiple_choice_exactly_what_is(problem: Problem) -> None:
    assert bool(problem.spec.choices) == (problem.kind is Kind.CHOICE)


@each
def test_parametric_answers_are_compared_at_several_points(problem: Problem) -> None:
    if problem.spec.parameters and problem.kind is not Kind.CHOICE:
        assert len(recomputed(problem.check)) >= 2


@pytest.mark.parametrize("kind", [Kind.SET, Kind.CHOICE])
def test_the_order_of_a_set_does_not_matter(kind: Kind) -> None:
    for problem in PROBLEMS:
        if problem.kind is kind:
            turned = ";".join(reversed(problem.gold.split(";")))
            assert turned != problem.gold
            assert compare(replace(problem, gold=turned), recomputed(problem.check)).agrees


@pytest.mark.parametrize(
    "problem_id",
    ["hf-chain-weak-coupling-gap", "qmc-trotter-error-one-spin", "dmrg-mps-correlation-length"],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_random_points_agree_as_well(problem_id: str, seed: int) -> None:
    problem = next(p for p in PROBLEMS if p.id == problem_id)
    assert verify(problem, seed).agrees


def test_a_problem_without_a_script_is_an_error_that_names_it() -> None:
    with pytest.raises(BadInput, match=r"peps.*check.*'nothing'.*Scripts for PEPS"):
        verify(replace(next(p for p in PROBLEMS if p.category is Category.PEPS), check="nothing"))


def test_a_gold_that_cannot_be_read_does_not_agree() -> None:
    problem = next(p for p in PROBLEMS if p.kind is Kind.INTEGER)
    for gold in (r"\frac{1}{", "x", "", r"\text{thirty-two}", "1/0"):
        outcome = compare(replace(problem, gold=gold), recomputed(problem.check))
        assert not outcome.agrees
        assert "The gold has no value" in outcome.reason


def test_a_script_that_finds_nothing_proves_nothing() -> None:
    with pytest.raises(BadInput, match="found no value"):
        compare(PROBLEMS[0], [])


def test_a_recomputation_whose_premise_fails_stops() -> None:
    confirm(True, "one is one")
    with pytest.raises(Unconfirmed, match="one is two"):
        confirm(False, "one is two")
