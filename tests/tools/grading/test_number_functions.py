"""Functions of boson numbers beside ladder operators, against their action on number states."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.grading import GradeSpec, grade_unguarded
from tools.grading.number_functions import Form, NumberFunctions
from tools.grading.parse import parse
from tools.grading.species import Cast
from tools.grading.tree import Add, Apply, Mul, Node, Num, Pow, Sym

NUMBER = r"(a^\dagger a)"
LETTERS = {
    "a": "a",
    "+": r"a^\dagger",
    "f": rf"f{NUMBER}",
    "g": r"g(a a^\dagger)",
    "2": rf"{NUMBER}^2",
}
words = st.text(alphabet=list(LETTERS), min_size=1, max_size=6)
State = dict[int, Fraction]


def value(name: str, m: Fraction) -> Fraction:
    """Any function will do; these two have no relation."""
    return 1 / (7 + 3 * m * m) if name == "f" else m**3 - 5 * m + Fraction(1, 3)


def act(word: str, state: State) -> State:
    """Acts on states of free norm: a|m> = m|m-1>, a^dagger|m> = |m+1>, with [a, a^dagger] = 1."""
    for letter in reversed(word):
        moved: State = {}
        for m, c in state.items():
            to, factor = {
                "a": (m - 1, Fraction(m)),
                "+": (m + 1, Fraction(1)),
                "f": (m, value("f", Fraction(m))),
                "g": (m, value("g", Fraction(m + 1))),
                "2": (m, Fraction(m * m)),
            }[letter]
            if c * factor:
                moved[to] = moved.get(to, Fraction(0)) + c * factor
        state = moved
    return state


def number_value(node: Node, m: int) -> Fraction:
    match node:
        case Num(value=v):
            return v
        case Sym():
            return Fraction(m)
        case Add(terms=terms):
            return sum((number_value(t, m) for t in terms), Fraction(0))
        case Mul(factors=factors):
            out = Fraction(1)
            for factor in factors:
                out *= number_value(factor, m)
            return out
        case Pow(base=base, exponent=Num(value=n)):
            return number_value(base, m) ** int(n)
        case Apply(head=head, args=(x,)):
            return value(head.base, number_value(x, m))
    raise AssertionError(node)


def act_form(form: Form, state: State) -> State:
    """Acts with sum F(n) L_k."""
    out: State = {}
    for key, f in form.items():
        k = sum(weight for _, weight in key)
        for m, c in state.items():
            to, factor = m + k, Fraction(1)
            for step in range(-k):
                factor *= m - step
            if factor and to >= 0:
                out[to] = out.get(to, Fraction(0)) + c * factor * number_value(f, to)
    return {m: c for m, c in out.items() if c}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(words, words)
def test_the_form_acts_on_number_states_as_the_operators_do(one: str, other: str) -> None:
    text = "+".join(" ".join(LETTERS[x] for x in word) for word in (one, other))
    form = NumberFunctions(Cast(kinds={"a": "boson"})).read(parse(text))
    for m in range(4):
        start = {m: Fraction(1)}
        left, right = act(one, start), act(other, start)
        expected = {k: left.get(k, 0) + right.get(k, 0) for k in left.keys() | right.keys()}
        assert act_form(form, start) == {k: c for k, c in expected.items() if c}


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        (r"a f(a^\dagger a)", r"f(a^\dagger a+1) a", "correct"),
        (r"a f(a^\dagger a)", r"f(a^\dagger a-1) a", "incorrect"),
        (r"[a, f(a^\dagger a)]", r"(f(a^\dagger a+1)-f(a^\dagger a)) a", "correct"),
        (r"\sqrt{a^\dagger a+1}\,a", r"a\sqrt{a^\dagger a}", "correct"),
        (r"b_1 f(b_1^\dagger b_1) b_2^\dagger", r"b_2^\dagger f(b_1 b_1^\dagger) b_1", "correct"),
        (r"b_i f(b_i^\dagger b_i) b_j", r"b_j f(b_i b_i^\dagger) b_i", "ungradable"),
        (r"f(a + a^\dagger) a", r"a f(a+a^\dagger)", "ungradable"),
    ],
)
def test_verdicts(gold: str, answer: str, verdict: str) -> None:
    assert grade_unguarded(gold, answer).verdict == verdict


def test_fermions_are_not_read_as_bosons() -> None:
    spec = GradeSpec.from_fields(assume="fermions: {a,a^dagger}=1")
    found = grade_unguarded(r"a f(a^\dagger a)", r"f(a^\dagger a+1) a", spec)
    assert found.verdict == "ungradable"
