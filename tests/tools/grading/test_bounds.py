"""Work that is bounded by what a text holds, and values that are no values without convergence."""

from __future__ import annotations

import pytest

from tools.grading import GradeSpec, grade_unguarded
from tools.grading.extract import extract
from tools.grading.parse import parse
from tools.grading.sympy_tree import small


@pytest.mark.parametrize(
    "text",
    [
        r"\prod_{k=1}^{10^9}k",
        r"\prod_{k=1}^{1000000}k",
        r"\sum_{k=1}^{10000}k!",
        r"\ln(x+(x+y+z+1)^{1000})",
        r"((a+b)^{24}(c+d)^{24})^{24}",
    ],
)
def test_what_grows_when_it_is_worked_out_is_not_sent_to_sympy(text: str) -> None:
    assert not small(parse(text))


@pytest.mark.parametrize(
    "text", [r"\sum_{k=1}^{1000000}k^2", r"\prod_{k=1}^{n}k", r"\sum_{k=0}^\infty x^k", "(x+y)^9"]
)
def test_closed_forms_are(text: str) -> None:
    assert small(parse(text))


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        (r"\sum_{k=1}^\infty k^{-3/2}", r"\zeta(3/2)", "correct"),
        (r"\sum_{k=1}^\infty \frac{\ln k}{k^2}", "0.9375482543158437537", "ungradable"),
        (r"\sum_{n=-\infty}^{\infty} e^{-n^2}", r"1+2\sum_{n=1}^\infty e^{-n^2}", "correct"),
        (r"\sum_{n=-\infty}^{\infty} e^{-n^2}", r"2\sum_{n=1}^\infty e^{-n^2}", "incorrect"),
        (r"\sum_{n=-\infty}^{\infty}\frac{1}{n^2+1}", r"\pi\coth\pi", "correct"),
    ],
)
def test_a_series_that_does_not_settle_refutes_nothing(
    gold: str, answer: str, verdict: str
) -> None:
    assert grade_unguarded(gold, answer, GradeSpec(proof="numeric")).verdict == verdict


@pytest.mark.parametrize(
    ("text", "answer", "rule"),
    [
        ("so the value is 7. " + r"\( " * 50_000, "7", "the announced answer"),
        ("<think>" * 20_000 + r"\boxed{7}", "7", "the box"),
        ("<think>the answer is 3</think>" * 5_000 + "<think> 7", "<think> 7", "the whole text"),
        ("it is " * 30_000 + "7", "7", "the last statement"),
        (r"\boxed{1}" + "$ " * 50_000 + r"x\boxed{2}", "2", "the last box"),
        (r"\boxed{1} " + "$ " * 10 + r"\text{ or }\boxed{2}", "1 ; 2", "the boxes side by side"),
    ],
)
def test_long_and_unclosed_texts_are_searched_once(text: str, answer: str, rule: str) -> None:
    found = extract(text)
    assert (found.text, found.rule) == (answer, rule)
