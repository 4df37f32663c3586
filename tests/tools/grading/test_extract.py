"""Extraction: the final answer is found, and the rule that found it is reported."""

from __future__ import annotations

import pytest

from tools.grading.denial import Denied
from tools.grading.errors import OverLimit
from tools.grading.extract import extract
from tools.grading.grade import grade_unguarded


@pytest.mark.parametrize(
    ("text", "answer", "rule"),
    [
        (r"so \boxed{42}.", "42", "the box"),
        (r"first \boxed{41}, after checking it is \boxed{42}", "42", "the last box"),
        (r"\boxed{42} or \boxed{41}", "42 ; 41", "the boxes side by side"),
        (r"<think>maybe \boxed{0}</think> \boxed{\frac{1}{2}}", r"\frac{1}{2}", "the box"),
        ("There are 3 apples. So the answer is 12.", "12", "the announced answer"),
        ("answer: 42 is wrong. No: the answer is 41", "41", "the announced answer"),
        ("The exchange is $J = -4t^2/U$.", "J = -4t^2/U", "the last formula"),
        ("x = 3 or x = 4, so the sum is 7", "7", "the announced answer"),
        ("**73**", "73", "the whole text"),
        (r"\text{(a);(c)}", "(a);(c)", "the whole text"),
        ("Therefore, x = 5.", "x = 5", "the whole text"),
        ("x+1", "x+1", "the whole text"),
    ],
)
def test_the_answer_and_the_rule(text: str, answer: str, rule: str) -> None:
    found = extract(text)
    assert (found.text, found.rule) == (answer, rule)


@pytest.mark.parametrize(
    "text",
    [
        "The answer is not 5",
        "The answer is not $5$",
        r"The answer is not \boxed{5}",
        "It is not 5",
        "It is never 5",
        "It cannot be 5",
        "It can't be 5",
        "It can\u2019t be $5$",
        "I don't think it is 5",
        "It is wrong that it is 5",
        "It is not true that the answer is 5",
        "$5$ is wrong",
        "$5$ would be false",
        r"\boxed{5} is wrong",
        r"\boxed{5}\text{ is false}",
        r"$\boxed{5}$ is not right.",
        r"\boxed{5}. That is wrong.",
        "The answer is $5$ is wrong",
        "The answer is 5. That is incorrect.",
        "5?",
        "$5$?",
        r"\boxed{5}?",
        r"\boxed{6}. Earlier I had \boxed{5}",
    ],
)
def test_a_denied_or_doubted_answer_is_ungradable(text: str) -> None:
    with pytest.raises(Denied):
        extract(text)
    assert grade_unguarded("5", text).verdict == "ungradable"


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 5? No. It is 6.",
        "The answer is $5$? No, it is $6$.",
        "The answer is not 5, it is 6",
        "The answer is not 5 but 6",
        "It is not 5 but 6",
        "It is $6$, not $5$",
        r"\boxed{6}, not \boxed{5}",
        r"\boxed{5} is wrong. The answer is 6.",
        r"\boxed{5} is wrong: \boxed{6}",
    ],
)
def test_the_answer_put_in_place_of_a_denied_one_counts(text: str) -> None:
    assert grade_unguarded("6", text).verdict == "correct"
    assert grade_unguarded("5", text).verdict == "incorrect"


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{5}",
        r"$\boxed{5}$.",
        r"\boxed{5} is correct",
        r"\boxed{5}. No other value works.",
        "$x = 5$.",
        "It is 5, not 6",
        "The answer is 5. It is not 6.",
        "The answer is 5. 6 is wrong.",
        "It is wrong to say 6. It is 5.",
        "$6$ is not right, so $x=5$",
        "The answer cannot be negative, so it is 5",
        "It is not hard to see that the answer is 5",
        "If $x$ is not zero, the answer is 5.",
        "Is it $5$? Yes.",
        "What is $2+3$? It is 5.",
    ],
)
def test_a_denial_of_something_else_leaves_the_answer(text: str) -> None:
    assert grade_unguarded("5", text).verdict == "correct"


@pytest.mark.parametrize("filler", ["no ", "but ", ", ", "not ", " ", "? ", "it is not "])
def test_a_long_run_before_a_denied_answer_is_refused_and_not_searched_for_ever(
    filler: str,
) -> None:
    with pytest.raises(Denied):
        extract("The answer is not $7$. " + filler * 15_000 + " $7$ is wrong")


def test_a_megabyte_is_refused() -> None:
    with pytest.raises(OverLimit):
        extract("x" * 1_000_000)
