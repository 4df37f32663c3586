"""Extraction: the final answer is found, and the rule that found it is reported."""

from __future__ import annotations

import pytest

from tools.grading.errors import Malformed, OverLimit
from tools.grading.extract import extract


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


def test_a_denial_is_no_answer() -> None:
    with pytest.raises(Malformed):
        extract("The answer is not 7")


def test_a_megabyte_is_refused() -> None:
    with pytest.raises(OverLimit):
        extract("x" * 1_000_000)
