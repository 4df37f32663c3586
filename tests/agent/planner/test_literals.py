"""Formulas, files and conventions: found in a sentence, passed on letter for letter."""

from __future__ import annotations

import pytest

from agent.planner.literals import literals, skeleton
from agent.planner.operands import Given, operands
from agent.planner.vocabulary import slots_of
from tools.grading.experiments import batch, cmt, grade

NAMES = frozenset({"grad"})


def given(text: str, held: tuple[str, ...] = (), focus: str = "") -> Given:
    return operands(text, slots_of(grade), NAMES, focus, held)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is sin(x)^2+cos(x)^2 one?", ["sin(x)^2+cos(x)^2"]),
        (r"is $\frac{1}{2}$ or `x*x` right", [r"\frac{1}{2}", "x*x"]),
        (r"c_i^\dagger c_j = -c_j c_i^\dagger for all", [r"c_i^\dagger c_j = -c_j c_i^\dagger"]),
        ("a^2 + 2ab + b^2 (see below), thanks", ["a^2 + 2ab + b^2"]),
        ("(E_{n-1} - E_n)", ["(E_{n-1} - E_n)"]),
        ("the integral \\int_0^1 x dx is easy", ["\\int_0^1 x dx"]),
        ("grade ./a b.jsonl and ~/cmt, results/run3.csv.", ["./a b.jsonl", "~/cmt",
                                                              "results/run3.csv"]),
        ("n! is n*(n-1)!", ["n*(n-1)!"]),
    ],
)  # fmt: skip
def test_literals_are_found_and_kept_letter_for_letter(text: str, found: list[str]) -> None:
    assert [one.value for one in literals(text) if one.sure] == found


@pytest.mark.parametrize(
    "text",
    [
        "does EL2N beat random on CIFAR-10 at 30/50%, keep=0.3 or N=64?",
        "breast_cancer with a near-duplicate-free half, 3-4 seed(s), e.g. 10 nets",
        "a GraNd-selected quarter (as in the paper) and/or top-30 %",
        "compare lusab-babad-gutih and pass@16 with p-value < the k-fold one",
    ],
)
def test_ordinary_requests_hold_no_literals(text: str) -> None:
    assert [one.value for one in literals(text) if one.sure] == []


def test_a_skeleton_says_what_is_asked_without_its_formulas() -> None:
    assert skeleton(r"is \frac{1}{2} in a/b.jsonl equal to x+1?") == (
        "is 2x in data.jsonl equal to 2x?"
    )


@pytest.mark.parametrize(
    ("text", "gold", "answer", "assume"),
    [
        ("check my answer 3.14 against pi to 2 decimals", "pi", "3.14", "to 2 decimals"),
        ("x*2 is my answer, the gold is 2x", "2x", "x*2", None),
        ("is sqrt(x^2) = x for real x?", "sqrt(x^2)", "x", "real x"),
        ("assuming x > 0, is sqrt(x^2) the same as x?", "sqrt(x^2)", "x", "x > 0"),
        ("is x^2*y equal to y*x^2 with x, y > 0?", "x^2*y", "y*x^2", "x, y > 0"),
        ("does A^2 = B^2 hold for i != j, fermions", "A^2", "B^2", "i != j; fermions"),
        ("gold: twice the x, answer: none", "twice the x", "none", None),
    ],
)
def test_formulas_go_to_their_roles_and_conventions_to_theirs(
    text: str, gold: str, answer: str, assume: str | None
) -> None:
    wanted = {"gold": gold, "answer": answer} | ({"assume": assume} if assume else {})
    assert given(text).values == wanted
    assert not given(text).problems


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("grade x^2+1", "whose"),
        ("grade 2x = x*2", "readings"),
        ("is a^2 = b^2 = c^2?", "readings"),
        ("grade x^2 against y^2 and z^2", "readings"),
    ],
)
def test_what_can_be_read_in_two_ways_is_a_problem_and_no_value(text: str, kind: str) -> None:
    assert [p.kind for p in given(text).problems] == [kind]
    assert not given(text).values


def test_a_follow_up_replaces_the_side_that_was_named_last() -> None:
    assert given("and against 0.70711?", ("gold", "answer")).values == {"answer": "0.70711"}
    assert given("and 22/7?", ("answer", "gold")).values == {"gold": "22/7"}
    assert given("now with x > 0", ("gold", "answer")).values == {"assume": "x > 0"}


@pytest.mark.parametrize(
    "text", ["keep 0.3 instead of 0.5", "alpha = 5 with theta 20", "compare 30 and 50", "2 epochs"]
)
def test_bare_numbers_are_no_formulas_unless_the_text_compares_them(text: str) -> None:
    assert not given(text).values


def test_files_go_where_their_description_says_such_files_go() -> None:
    assert operands("grade pairs.jsonl", slots_of(batch), NAMES).values == {"file": "pairs.jsonl"}
    found = operands("regrade ~/cmt with ~/cmt/data.yaml", slots_of(cmt), NAMES).values
    assert found == {"responses": "~/cmt", "problems": "~/cmt/data.yaml"}


def test_literals_that_no_parameter_takes_are_strange() -> None:
    assert [one.value for one in given("is x^2 = x*x in a.csv?").strange] == ["a.csv"]
