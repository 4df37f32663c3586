"""Arithmetic problems: seeded, distinct, and right."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from tools.errors import BadInput
from tools.grading import grade_unguarded
from tools.passn.arithmetic import families, make_problems, split_problems


def test_one_seed_gives_one_list_and_more_begin_alike() -> None:
    assert make_problems(40, 3) == make_problems(60, 3)[:40]
    assert make_problems(40, 3) != make_problems(40, 4)


def test_families_take_turns_and_questions_differ() -> None:
    problems = make_problems(200, 0)
    assert {p.cluster for p in problems} == set(families())
    assert len({p.question for p in problems}) == 200
    train, test = split_problems(100, 50, 0)
    assert not {p.question for p in train} & {p.question for p in test}


def test_answers_follow_from_the_numbers_in_the_question() -> None:
    for problem in make_problems(120, 1, ["sum", "difference", "product", "fraction"]):
        a, b, *rest = (Fraction(x) for x in re.findall(r"\d+", problem.question))
        operator, flipped = problem.cluster, problem.question.startswith(("Subtract", "Add"))
        if operator == "fraction":
            expected = a / b + rest[0] / rest[1]
        elif operator == "difference":
            expected = b - a if flipped else a - b
        else:
            expected = a + b if operator == "sum" else a * b
        assert Fraction(problem.gold) == expected
        assert grade_unguarded(problem.gold, str(expected)).correct


def test_too_many_of_a_small_family_and_unknown_ones_are_refused() -> None:
    with pytest.raises(BadInput, match=r"no family 'calculus'.*There are: small_sum"):
        make_problems(1, 0, ["calculus"])
    with pytest.raises(BadInput, match="count = 0"):
        make_problems(0, 0)
    with pytest.raises(BadInput, match="too few"):
        make_problems(60_000, 0, ["fraction"])
