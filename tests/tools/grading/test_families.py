"""Special functions with their order as a subscript: where they are read, and where asked for."""

from __future__ import annotations

import pytest

from tools.grading import GradeSpec, grade_unguarded
from tools.grading.families import read_families


@pytest.mark.parametrize(
    ("gold", "answer", "assume", "verdict"),
    [
        ("J_{1/2}(x)", r"\sqrt{\frac{2}{\pi x}}\sin x", None, "correct"),
        (r"J_{\frac12}(x)", r"\sqrt{\frac{2}{\pi x}}\cos x", "x > 0", "incorrect"),
        (r"J_{\nu-1}(x)+J_{\nu+1}(x)", r"\frac{2\nu}{x}J_\nu(x)", "x > 0", "correct"),
        (r"J_{\nu-1}(x)-J_{\nu+1}(x)", r"\frac{2\nu}{x}J_\nu(x)", "x > 0", "incorrect"),
        ("I_{3/2}(x)", r"\sqrt{\frac{2}{\pi x}}(\cosh x-\sinh x/x)", "x > 0", "correct"),
        ("K_{-3/2}(x)", r"\sqrt{\frac{\pi}{2x}}e^{-x}(1+1/x)", "x > 0", "correct"),
        ("K_{3/2}(x)", r"\sqrt{\frac{\pi}{2x}}e^{-x}(1+2/x)", "x > 0", "incorrect"),
        ("J_{3/2}^2(x)", "(J_{3/2}(x))^2", None, "correct"),
        ("J_0(2x)", "2J_0(x)", "J_n Bessel functions", "incorrect"),
        ("P_2(x)", r"\frac{3x^2-1}{2}", "P_n are the Legendre polynomials", "correct"),
        ("H_3(x)", "8x^3-12x", "H_n Hermite polynomials", "correct"),
        ("L_2(x)", "1-2x+x^2/2", "L_n: Laguerre polynomials", "correct"),
        ("U_2(x)", "4x^2-1", "T_n and U_n Chebyshev polynomials", "correct"),
    ],
)
def test_verdicts(gold: str, answer: str, assume: str | None, verdict: str) -> None:
    found = grade_unguarded(gold, answer, GradeSpec.from_fields(assume=assume))
    assert found.verdict == verdict, found.reason


def test_a_product_and_a_function_are_not_guessed_between() -> None:
    found = grade_unguarded("J_0(2x)", "2J_0(x)")
    assert found.verdict == "ungradable"
    assert "Bessel" in found.reason
    coupling = GradeSpec.from_fields(parameters="$J_0$; $x$")
    assert grade_unguarded("J_0(2x)", "2J_0(x)", coupling).verdict == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"J_1(1-\cos k)", r"2J_1\sin^2(k/2)"),
        ("I_0(1-e^{-x})", r"I_0(1-\exp(-x))"),
        (r"J_1(\vec S_1\cdot\vec S_2)", r"J_1\vec S_2\cdot\vec S_1"),
    ],
)
def test_a_coupling_stays_a_coupling(gold: str, answer: str) -> None:
    assert grade_unguarded(gold, answer).verdict == "correct"


def test_statements_name_letters_and_nothing_else_is_read() -> None:
    assert read_families("J_n and Y_n Bessel functions") == (("J", "besselj"), ("Y", "bessely"))
    assert read_families("Q_n Bessel functions") == ()
    assert read_families("J_1 > 0") == ()
