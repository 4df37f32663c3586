"""Operators: notation becomes the declared algebra, and conventions decide."""

from __future__ import annotations

import pytest

from tools.grading import Grade, GradeSpec, grade_unguarded

FERMIONS = "fermions: {c_s,c_t^dagger}=delta_st, {c_s,c_t}=0"
BOSONS = "bosons: [a,a^dagger]=1"
MAJORANA = "Majorana: gamma_j hermitian, {gamma_j,gamma_k}=2 delta_jk"
PAULI = "Pauli: XY=iZ and cyclic"
SPIN_HALF = "spin one half, P_12 swaps the spins"
FREE = "A, B, ... generic non-commuting operators, no relation"


def graded(gold: str, answer: str, assume: str | None = None) -> Grade:
    spec = GradeSpec.from_fields(assume=assume)
    found = grade_unguarded(gold, answer, spec)
    assert grade_unguarded(answer, gold, spec).verdict == found.verdict
    return found


@pytest.mark.parametrize(
    ("assume", "gold", "answer"),
    [
        (FERMIONS, r"c^\dagger c", r"1-cc^\dagger"),
        (FERMIONS, r"(c_\uparrow^\dagger c_\uparrow)^2", r"c_\uparrow^\dagger c_\uparrow"),
        (
            FERMIONS,
            r"n_\uparrow n_\downarrow",
            r"c_\uparrow^\dagger c_\downarrow^\dagger c_\downarrow c_\uparrow",
        ),
        (FERMIONS, r"\{c_i,c_j^\dagger\}", r"\delta_{ij}"),
        (FERMIONS, r"[n_i,c_j]", r"-\delta_{ij}c_j"),
        (FERMIONS, r"e^{i\pi c^\dagger c}", r"1-2c^\dagger c"),
        (FERMIONS, r"\sum_k\epsilon_kc_k^\dagger c_k", r"\sum_q\epsilon_qc_q^\dagger c_q"),
        (FERMIONS, r"\sum_\sigma c_\sigma^\dagger c_\sigma", r"n_\uparrow+n_\downarrow"),
        (FERMIONS, r"\langle c_1^\dagger c_2\rangle", r"-\langle c_2c_1^\dagger\rangle"),
        (FERMIONS, r"c_1^\dagger c_2+\text{h.c.}", r"c_1^\dagger c_2+c_2^\dagger c_1"),
        (BOSONS, r"a^2(a^\dagger)^2", r"(a^\dagger)^2a^2+4a^\dagger a+2"),
        (BOSONS, r"[a^\dagger a,(a^\dagger)^3]", r"3(a^\dagger)^3"),
        (BOSONS, r"a e^{-\beta a^\dagger a}", r"e^{-\beta}e^{-\beta a^\dagger a}a"),
        (
            BOSONS,
            r"e^{\alpha a^\dagger-\alpha^* a}",
            r"e^{-|\alpha|^2/2}e^{\alpha a^\dagger}e^{-\alpha^* a}",
        ),
        (MAJORANA, r"[\gamma_1\gamma_2,\gamma_2\gamma_3]", r"2\gamma_1\gamma_3"),
        (MAJORANA, r"e^{\theta\gamma_1\gamma_2}", r"\cos\theta+\gamma_1\gamma_2\sin\theta"),
        (PAULI, "XYZ", "i"),
        (PAULI, r"e^{i\theta X}", r"\cos\theta+iX\sin\theta"),
        (SPIN_HALF, r"S_1\cdot S_2", r"\frac12P_{12}-\frac14"),
        (SPIN_HALF, "(S^z)^2", r"\frac14"),
        ("spin 1", "(S^z)^3", "S^z"),
        ("[q,p]=i hbar", "[q^2,p]", r"2i\hbar q"),
        (FREE, "[A,BC]", "[A,B]C+B[A,C]"),
        (FREE, r"(AB)^\dagger", r"B^\dagger A^\dagger"),
        (FREE, "(AB)^{-1}", "B^{-1}A^{-1}"),
        ("[A,B] commutes with A and B", "e^Ae^B", r"e^{A+B+\frac12[A,B]}"),
        ("f fermion, a boson: they commute", r"fa^\dagger", r"a^\dagger f"),
        (None, r"\hat x\hat p+\hat p\hat x", r"2\hat x\hat p-i\hbar"),
        (None, r"c_1^\dagger c_2^\dagger|0\rangle", r"-c_2^\dagger c_1^\dagger|0\rangle"),
    ],
)
def test_identities_of_the_algebra_are_correct(assume: str | None, gold: str, answer: str) -> None:
    found = graded(gold, answer, assume)
    assert (found.verdict, found.method) == ("correct", "operator normal form")


@pytest.mark.parametrize(
    ("assume", "gold", "answer"),
    [
        (FERMIONS, r"c_\uparrow^\dagger c_\uparrow", r"c_\uparrow c_\uparrow^\dagger"),
        (
            FERMIONS,
            r"c_\uparrow^\dagger c_\uparrow;c_\downarrow^\dagger c_\downarrow",
            r"c_\uparrow^\dagger c_\uparrow;c_\uparrow^\dagger c_\uparrow",
        ),
        (FERMIONS + "; i and j distinct sites", r"[c_i^\dagger c_j,c_i]", "c_j"),
        (BOSONS, r"a^\dagger a+aa^\dagger", r"2a^\dagger a"),
        (PAULI, "XY", "-iZ"),
        ("spin 1", "(S^z)^2", "1"),
        (FREE, "(A+B)^2", "A^2+2AB+B^2"),
        (FREE, r"2\cos(x)\sin(x)BA+\cos^2(x)", r"\sin(2x)AB+\cos^2(x)"),
        (None, r"\sigma^x\sigma^y", r"\sigma^y\sigma^x"),
        (None, r"|0\rangle\langle1|", r"|1\rangle\langle0|"),
        (None, r"\hat A\hat B", r"\hat B\hat A"),
    ],
)
def test_near_misses_are_incorrect(assume: str | None, gold: str, answer: str) -> None:
    assert graded(gold, answer, assume).verdict == "incorrect"


@pytest.mark.parametrize(
    ("assume", "expected"),
    [("sigma^{+-}=(X +- iY)/2", "correct"), ("sigma^{+-}=X +- iY", "incorrect")],
)
def test_the_factor_of_the_ladder_is_an_input(assume: str, expected: str) -> None:
    assert graded(r"\sigma^+\sigma^-", r"\frac{1+Z}{2}", assume).verdict == expected


@pytest.mark.parametrize(
    ("assume", "expected"), [(MAJORANA, "correct"), (MAJORANA.replace("2 ", ""), "incorrect")]
)
def test_the_square_of_a_majorana_is_an_input(assume: str, expected: str) -> None:
    assert graded(r"\gamma_1^2", "1", assume).verdict == expected


def test_the_grade_says_whether_the_algebra_was_declared_or_inferred() -> None:
    assert "c: fermion (declared)" in graded(r"c^\dagger c", r"1-cc^\dagger", FERMIONS).algebra
    assert "inferred from notation" in graded(r"c^\dagger c", r"1-cc^\dagger").algebra
    assert graded("x+1", "1+x").algebra == ""


def test_functions_that_the_algebra_does_not_relate_are_ungradable() -> None:
    assert graded(r"e^{A}Be^{-A}", r"e^{A}B", FREE).verdict == "ungradable"
