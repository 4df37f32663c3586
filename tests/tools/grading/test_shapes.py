"""Sets, lists, relations, matrices, quantities, orders of growth, choices and words."""

from __future__ import annotations

import pytest

from tools.grading import GradeSpec, grade_unguarded


def verdict(gold: str, answer: str, spec: GradeSpec | None = None) -> str:
    return grade_unguarded(gold, answer, spec).verdict


EQUAL = {
    "intervals that touch merge": ("[0,2]", r"[0,1]\cup[1,2]"),
    "a punctured line is the line without the point": (
        r"(-\infty,-4)\cup(-4,\infty)",
        r"\mathbb{R}\setminus\{-4\}",
    ),
    "a relation is its set": (r"(-\infty,2]", r"x\le2"),
    "a reversed bracket is open": ("]0,1[", "(0,1)"),
    "an absolute value is resolved": ("|x|<2", "-2<x<2"),
    "a quadratic inequality is solved": ("x^2<4", "-2<x<2"),
    "a described set": (r"\{x\mid x>0\}", r"(0,\infty)"),
    "members in another order": (r"\{1,2,3\}", r"\{3,2,1\}"),
    "a repeated member": (r"\{1,1,2\}", r"\{1,2\}"),
    "a set as a bare list": (r"\{1,2\}", "1, 2"),
    "one name with several values": (r"a=1\text{ or }a=-2", r"a=-2\text{ or }a=1"),
    "two signs are two values": (r"x=\pm2", "x=2, x=-2"),
    "roots of an equation": ("x^2=4", r"x=\pm 2"),
    "assignments in another order": ("x=1, y=2", "y=2, x=1"),
    "a multiple of an equation": ("34x+45y-20z+100=0", "-34x-45y+20z-100=0"),
    "an equation solved for another name": ("F=ma", r"a=\frac{F}{m}"),
    "a value without its name": ("y=2x+1", "2x+1"),
    "a mirrored relation": ("x>3", "3<x"),
    "a matrix product": (
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}\begin{pmatrix}0&1\\1&0\end{pmatrix}",
        r"\begin{pmatrix}2&1\\4&3\end{pmatrix}",
    ),
    "a determinant": (r"\begin{vmatrix}a&b\\c&d\end{vmatrix}", "ad-bc"),
    "a transposed row": (r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)^T"),
    "a converted unit": (r"5\,\mathrm{km}", r"5000\,\mathrm{m}"),
    "a composed unit": (r"36\,\mathrm{km/h}", r"10\,\mathrm{m\,s^{-1}}"),
    "a unit that only pint knows": (r"1\,\mathrm{erg}", r"10^{-7}\,\mathrm{J}"),
    "an order up to a constant": ("O(2n)", "O(n)"),
    "an order up to smaller terms": ("O(n^2+n)", "O(n^2)"),
    "a letter with its text": ("B", r"\boxed{\textbf{(B)}\ 12}"),
    "words up to dress": ("yes", r"\text{Yes}"),
    "a percentage is a fraction": (r"50\%", r"\frac12"),
}
DIFFERENT = {
    "an end point": ("[0,1)", "[0,1]"),
    "an interval is no pair of brackets": ("[1,2]", "(1,2)"),
    "a missing member": (r"\{1,2,3\}", r"\{1,2\}"),
    "an open list": (r"\{1,2,\ldots\}", r"\{1,2\}"),
    "a hedge": (r"\frac12", r"\frac12 \text{ or } \frac13"),
    "two boxes side by side": ("42", r"\boxed{42} or \boxed{41}"),
    "a matching that is not one to one": ("a;b", "a;a"),
    "a contradiction": ("42", "41=42"),
    "an equation is not its right side": ("x^2=4", "4"),
    "a lost root": ("x^2=4", "x=2"),
    "another side": ("a<b", "b<a"),
    "an order of growth with another base": ("O(2^n)", "O(3^n)"),
    "a bound is not a tight bound": (r"O(\log\log n)", r"\Theta(\log\log n)"),
    "another dimension": (r"5\,\mathrm{J}", r"5\,\mathrm{W}"),
    "another prefix": (r"3\,\mathrm{eV}", r"3\,\mathrm{meV}"),
    "a missing unit": (r"5\,\mathrm{m}", "5"),
    "a percentage is not its number": (r"28\%", "28"),
    "another shape": (r"\begin{pmatrix}1&0\end{pmatrix}", r"\begin{pmatrix}1\\0\end{pmatrix}"),
    "an order of entries": ("(1,2)", "(2,1)"),
    "another ket": (r"|01\rangle", r"|10\rangle"),
    "a denied letter": ("C", "Not C, the answer is D"),
    "other words": (r"\text{ab}", r"\text{ba}"),
}


@pytest.mark.parametrize("case", EQUAL)
def test_equal_shapes_are_correct_in_either_order(case: str) -> None:
    gold, answer = EQUAL[case]
    assert verdict(gold, answer) == "correct"
    if "boxed" not in answer:
        assert verdict(answer, gold) == "correct"


@pytest.mark.parametrize("case", DIFFERENT)
def test_different_shapes_are_not_correct_in_either_order(case: str) -> None:
    gold, answer = DIFFERENT[case]
    assert verdict(gold, answer) == "incorrect"
    assert verdict(answer, gold) != "correct"


def test_named_slots_keep_their_order_and_solution_lists_do_not() -> None:
    slots = GradeSpec.from_fields(parameters="$N$")
    assert verdict("2^{N/2-1}; c=1/2", r"2^{\frac N2-1}; \frac12", slots) == "correct"
    assert verdict("2^{N/2-1}; c=1/2", "1/2; 2^{N/2-1}", slots) == "incorrect"
    assert verdict("1,-2", "-2,1") == "correct"
    assert verdict("1; 3", "3; 1", GradeSpec(order="ordered")) == "incorrect"


def test_options_are_a_set_of_letters_and_published_golds_round_the_answer() -> None:
    choice = GradeSpec.from_fields(parameters="$a;b;c;d$", functions="")
    assert verdict(r"$\boxed{a;b}$", r"\text{b, a}", choice) == "correct"
    assert verdict(r"$\boxed{a;b}$", "a", choice) == "incorrect"
    assert verdict(r"$\boxed{a}$", r"\text{Luther-Emery liquid}", choice) == "incorrect"
    numbers = GradeSpec.from_fields(parameters="", functions="")
    assert verdict("(0.200,0.003)", "(0.20000, 0.00313)", numbers) == "correct"
    assert verdict("(2.09, 1.21); (0., 2.41)", "(0, 2.42); (2.09, 1.21)", numbers) == "incorrect"


def test_policies_are_options() -> None:
    assert verdict(r"50\%", "0.5", GradeSpec(percent="strict")) == "incorrect"
    assert verdict(r"5\,\mathrm{m}", "5", GradeSpec(units="ignore")) == "correct"
