"""Scalars: each rule with the mathematics it rests on and a neighbour that must fail."""

from __future__ import annotations

import pytest

from tools.grading import GradeSpec, grade_unguarded


def verdict(gold: str, answer: str, assume: str | None = None) -> str:
    spec = GradeSpec.from_fields(assume=assume)
    found = grade_unguarded(gold, answer, spec)
    assert grade_unguarded(answer, gold, spec).verdict == found.verdict
    return found.verdict


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("(x+1)^2", "x^2+2x+1"),
        (r"\frac{1}{a}+\frac{1}{b}", r"\frac{a+b}{ab}"),
        (r"\frac{1}{\sqrt3-1}", r"\frac{\sqrt3+1}{2}"),
        (r"\tan^2 y+1", r"\sec^2 y"),
        (r"\frac{1}{e^x+1}", r"\frac12\left(1-\tanh\frac x2\right)"),
        (r"e^{i\theta}", r"\cos\theta+i\sin\theta"),
        (r"\operatorname{arcsinh} x", r"\ln(x+\sqrt{x^2+1})"),
        (r"4\arctan\frac15-\arctan\frac1{239}", r"\frac\pi4"),
        (r"\binom{n}{2}", r"\frac{n(n-1)}{2}"),
        (r"\max(x,0)", r"\frac{x+|x|}{2}"),
        (r"\int_0^1 x^2\,dx", r"\frac13"),
        (r"\int_0^a f(x)\,dx", r"\int_0^a f(t)\,dt"),
        (r"\sum_{k=0}^\infty 2^{-k}", "2"),
        (r"\sum_{k=1}^{N}k", r"\frac{N(N+1)}{2}"),
        (r"\lim_{n\to\infty}(1+\frac1n)^n", "e"),
        (r"\frac{d}{dx}x^3", "3x^2"),
        (r"\langle (x-\langle x\rangle)^2\rangle", r"\langle x^2\rangle-\langle x\rangle^2"),
        (r"z\bar z", "|z|^2"),
        (r"\pm x", r"\mp x"),
        (r"\sqrt{x+1}\sqrt{x+1}", "x+1"),
        (r"\frac{1}{\sqrt{x+1}}", r"\frac{\sqrt{x+1}}{x+1}"),
        (r"\sqrt{10^{100000}}", r"10^{50000}"),
    ],
)
def test_equal_formulas_are_correct(gold: str, answer: str) -> None:
    assert verdict(gold, answer) == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("(x+1)^2", "x^2+2x+2"),
        (r"\sqrt{x^2}", "x"),
        ("|a+b|", "|a|+|b|"),
        (r"\sqrt{a^2+b^2}", "a+b"),
        (r"e^{\pi\sqrt{163}}", "262537412640768744"),
        (r"22\pi^4", "2143"),
        (r"\frac1{2^{99}}", r"\frac1{2^{98}}"),
        (r"10^{-9}", "0"),
        (r"\tanh 1000", "1"),
        (r"10^{10^{10}}", r"10^{10^{10}}+1"),
        (r"10^{10^{10}}", r"10^{10^9}"),
        (r"9^{9^{9^9}}", "1"),
        ("42", r"(10^9)!"),
        ("5", r"5+\frac00"),
        ("0", r"0\cdot\infty"),
        (r"\pm x", "x"),
        (r"\langle x\rangle^2", r"\langle x^2\rangle"),
        (r"\sum_{i=1}^{N}i^2", r"\sum_{i=1}^{N}i^3"),
        ("E_{n-1}", "E_n-1"),
        ("16N_q^2", "O(N_q^2)"),
        ("f(x)", "f(y)"),
    ],
)
def test_different_formulas_are_incorrect(gold: str, answer: str) -> None:
    assert verdict(gold, answer) == "incorrect"


def test_what_no_precision_can_tell_apart_is_ungradable_and_not_correct() -> None:
    # 1 - tanh(10^5) is 10^-86859: below the digits that are ever carried.
    assert verdict(r"\tanh(10^5)", "1") == "ungradable"


@pytest.mark.parametrize(
    ("gold", "answer", "assume", "expected"),
    [
        ("x", "|x|", "x real", "incorrect"),
        ("x", "|x|", "x>0", "correct"),
        (r"\sqrt{1/n}", r"\frac{1}{\sqrt n}", "n>0", "correct"),
        (r"\sqrt{1/n}", r"\frac{1}{\sqrt n}", "n<0", "incorrect"),
        (r"\ln(ab)", r"\ln a+\ln b", None, "correct"),
        (r"\ln(ab)", r"\ln a+\ln b", "a, b real", "incorrect"),
        (r"\sin(\pi n)", "0", "n integer", "correct"),
        (r"\sin(\pi n)", "0", None, "incorrect"),
        (r"(-1)^{2n}", "1", "n integer", "correct"),
        (r"\bar z", "z", "z real", "correct"),
        (r"\rho", r"\frac{\gamma\tau}{m}", r"\rho = \gamma\tau/m", "correct"),
    ],
)
def test_a_declared_domain_decides(
    gold: str, answer: str, assume: str | None, expected: str
) -> None:
    assert verdict(gold, answer, assume) == expected


@pytest.mark.parametrize(
    ("gold", "answer", "assume", "expected"),
    [
        ("0.200", "0.20013", "gold given to 3 decimals", "correct"),
        ("0.33", "0.34", "gold given to 2 decimals", "incorrect"),
        (r"\frac1{12}", "0.0833333333333333", "relative tolerance 1e-9", "correct"),
        (r"\frac1{12}", "0.0833333333333333", None, "incorrect"),
        ("33.3", r"\frac{100}{3}", "relative tolerance 1e-6 or exact", "incorrect"),
    ],
)
def test_numbers_are_exact_unless_a_precision_is_declared(
    gold: str, answer: str, assume: str | None, expected: str
) -> None:
    assert verdict(gold, answer, assume) == expected
