import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.passn.proofs import terms, theorems
from tools.passn.proofs.checker import check
from tools.passn.proofs.terms import LONGEST, RULES, SYMBOLS, Step, part_at, rename, steps_from


def value(term: str, letters: dict[str, int]) -> int:
    """Computes a term for whole numbers, from its end."""
    stack: list[int] = []
    for symbol in reversed(term):
        if symbol in "+*":
            a, b = stack.pop(), stack.pop()
            stack.append(a + b if symbol == "+" else a * b)
        else:
            stack.append(letters[symbol] if symbol in letters else int(symbol))
    [result] = stack
    return result


def a_theorem(seed: int, length: int = 4) -> theorems.Theorem:
    rng = np.random.default_rng(seed)
    while (theorem := theorems.draw(rng, length)) is None:
        pass
    return theorem


@given(st.integers(0, 10_000), st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_every_step_keeps_the_value_of_a_term(seed: int, numbers: list[int]) -> None:
    letters = dict(zip("abcd", numbers, strict=True))
    theorem = a_theorem(seed, 2)
    for term in (*theorem.states, theorem.target):
        for step in steps_from(term):
            assert value(step.result, letters) == value(term, letters)
            assert len(step.result) <= LONGEST
            assert step.result != term


@given(st.integers(0, 10_000))
def test_proofs_that_theorems_are_made_with_are_accepted(seed: int) -> None:
    theorem = a_theorem(seed)
    assert check(theorem.start, theorem.target, theorem.proof).holds


@given(st.integers(0, 10_000), st.integers(0, 3), st.data())
def test_a_proof_with_one_symbol_changed_is_rejected(
    seed: int, place: int, data: st.DataObject
) -> None:
    theorem = a_theorem(seed)
    step = theorem.proof[place]
    at = data.draw(st.integers(0, len(step.result) - 1))
    other = data.draw(st.sampled_from([s for s in SYMBOLS if s != step.result[at]]))
    wrong = replace(step, result=step.result[:at] + other + step.result[at + 1 :])
    proof = (*theorem.proof[:place], wrong, *theorem.proof[place + 1 :])
    assert not check(theorem.start, theorem.target, proof).holds


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], r"ends at '\+ab', not at '\+ba'"),
        ([Step("add_commutes", 0, "+ab")], "add_commutes does not say this"),
        ([Step("mul_commutes", 0, "+ba")], "step 1: mul_commutes does not say this"),
        ([Step("add_commutes", 1, "+ba")], "step 1: .* do not differ at 1 alone"),
        ([Step("add_commutes", -1, "+ba")], "do not differ at -1 alone"),
        ([Step("add_commutes", 9, "+ba")], "do not differ at 9 alone"),
        ([Step("magic", 0, "+ba")], "there is no law 'magic'"),
        ([Step("add_commutes", 0, "+b")], "'\\+b' is no term"),
    ],
)
def test_what_is_wrong_with_a_proof_is_said(steps: list[Step], reason: str) -> None:
    judgement = check("+ab", "+ba", steps)
    assert not judgement.holds
    assert re.search(reason, judgement.reason)


def test_a_step_that_changes_something_elsewhere_too_is_rejected() -> None:
    honest = Step("add_commutes", 1, "*+bac")
    smuggled = Step("add_commutes", 1, "*+bad")
    assert check("*+abc", "*+bac", [honest]).holds
    assert not check("*+abc", "*+bad", [smuggled]).holds


def test_the_checker_does_not_use_what_the_search_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that rewrites wrongly is found out."""
    monkeypatch.setitem(RULES, "add_commutes", ("+XY", "*YX"))
    steps_from.cache_clear()
    try:
        [wrong] = [s for s in steps_from("+ab") if s.rule == "add_commutes"]
    finally:
        steps_from.cache_clear()
    assert wrong.result == "*ba"
    honest = {"add_commutes": ("+XY", "+YX")}
    assert not check("+ab", "*ba", [wrong], rules=honest).holds


def test_all_steps_from_a_small_term_are_found() -> None:
    found = {(s.rule, s.position, s.result) for s in steps_from("*1+0a")}
    assert found == {
        ("mul_commutes", 0, "*+0a1"),
        ("expand", 0, "+*10*1a"),
        ("mul_one", 0, "+0a"),
        ("add_commutes", 2, "*1+a0"),
        ("add_zero", 2, "*1a"),
    }


def test_parts_and_renaming() -> None:
    assert part_at("*+abc", 1) == "+ab"
    assert rename("+cb", "*bc") == ("+ab", "*ba")
    for broken in ("+a", "+a?"):
        with pytest.raises(BadInput, match="is no term"):
            part_at(broken, 0)
    assert tuple(RULES) == terms.NAMES
