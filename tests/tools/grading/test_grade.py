"""The grade: symmetric, self-consistent, closed on failure, and safe with any text."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.grading import Grade, GradeSpec, grade_unguarded
from tools.grading.tree import Add, Node, add, mul, number

from .test_parse import TREES, printed

ROOT = Path(__file__).parents[3]


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_every_readable_answer_equals_itself(tree: Node) -> None:
    text = printed(tree)
    assert grade_unguarded(text, text).verdict == "correct"


@settings(max_examples=60, deadline=None)
@given(TREES, TREES)
def test_verdicts_are_symmetric(one: Node, other: Node) -> None:
    left, right = printed(one), printed(other)
    assert grade_unguarded(left, right).verdict == grade_unguarded(right, left).verdict


@settings(max_examples=60, deadline=None)
@given(TREES, st.integers(2, 9))
def test_a_changed_coefficient_is_refused_and_a_reordered_sum_is_not(tree: Node, k: int) -> None:
    changed = add(tree, mul(number(k), tree))
    assert grade_unguarded(printed(tree), printed(changed)).verdict == "incorrect"
    assert grade_unguarded(printed(mul(number(k + 1), tree)), printed(changed)).verdict == "correct"
    if isinstance(tree, Add):
        turned = Add(tuple(reversed(tree.terms)))
        assert grade_unguarded(printed(tree), printed(turned)).verdict == "correct"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_raises(gold: str, answer: str) -> None:
    found = grade_unguarded(gold, answer)
    assert found.verdict in ("correct", "incorrect", "ungradable")
    assert found.reason


@pytest.mark.parametrize("gold", [r"\frac{1}{", r"\undefinedmacro", ""])
def test_a_gold_that_cannot_be_read_is_ungradable(gold: str) -> None:
    assert grade_unguarded(gold, "1").verdict == "ungradable"


@pytest.mark.parametrize("answer", ["", "$$", r"\frac{1}{", "}}{{", "4 2", "\u202e24", r"\text{}"])
def test_an_answer_that_is_not_well_formed_is_incorrect(answer: str) -> None:
    assert grade_unguarded("42", answer).verdict == "incorrect"


@pytest.mark.parametrize(
    "answer",
    [
        "__import__('os').system('touch canary')",
        r"\text{__import__('os').system('touch canary')}",
        r"\operatorname{__import__}('os').system('touch canary')",
        "().__class__.__bases__[0].__subclasses__()",
        'eval("0")',
        "(lambda: 0)()",
        "x.subs(x,__import__('os').system('touch canary'))",
        "print(0)",
    ],
)
def test_code_is_never_run_and_never_correct(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert grade_unguarded("0", answer).verdict != "correct"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [
        "9^{9^{9^9}}",
        "9**9**9**9",
        "(10^9)!",
        r"\Gamma(10^{10})",
        r"\sum_{k=1}^{10^{12}}k^k",
        r"\left(1+\frac{1}{10^{100}}\right)^{10^{100}}",
        r"10^{(5^{5^{5^{5^{5}}}}\cdot\log_{10}(5)-4)}",
        r"\cos(10^{10^{9}})",
        r"\zeta(10^{10})",
        r"1^{10^{10^{10}}}+40",
        r"(a+b+c+d+e+f+g+h)^{24}",
        r"\int_0^1\int_0^1\int_0^1\sin(xyz)\,dx\,dy\,dz",
        r"\{" + ",".join(rf"\sin({k}x)" for k in range(40)) + r"\}",
        r"\int_0^{100}\sin(x^3)dx",
        "x" * 1_000_000,
        r"\boxed{" * 1_000,
    ],
)
def test_an_answer_that_would_hang_others_costs_less_than_a_second(answer: str) -> None:
    # One warm-up, because loading libraries is not the answer's cost.
    grade_unguarded(r"\sin x", r"\cos x")
    start = time.process_time()
    assert grade_unguarded("42", answer).verdict != "correct"
    assert time.process_time() - start < 10


def test_identical_towers_are_equal_without_being_computed() -> None:
    assert grade_unguarded("9^{9^{9^9}}", "9^{9^{9^9}}").method == "exact"


def test_a_grade_carries_its_evidence_and_survives_json() -> None:
    found = grade_unguarded("x", r"\sqrt{x^2}", GradeSpec.from_fields(assume="x real"))
    assert found.verdict == "incorrect"
    assert "values differ" in found.reason
    assert found.method == "numeric refutation"
    assert (found.gold, found.extracted) == ("x", "the whole text")
    assert Grade.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_the_fast_path_loads_no_sympy() -> None:
    script = (
        "import sys\n"
        "from tools.grading import grade_unguarded\n"
        "pairs = [('yes', 'Yes'), ('1/2', '0.5'), ('(x+1)^2', 'x^2+2x+1'),\n"
        "         (r'\\{1,2\\}', r'\\{2,1\\}'), ('[0,1)', '[0, 1)'), ('x>3', '3<x')]\n"
        "assert all(grade_unguarded(a, b).verdict == 'correct' for a, b in pairs)\n"
        "assert 'sympy' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_long_set_of_functions_is_matched_within_the_steps_of_one_pair() -> None:
    members = [rf"\sin({k}x)" for k in range(1, 21)]
    shifted = [rf"\sin({k}x)" for k in range(2, 22)]
    gold = rf"\{{{','.join(members)}\}}"
    assert grade_unguarded(gold, rf"\{{{','.join(reversed(members))}\}}").correct
    assert not grade_unguarded(gold, rf"\{{{','.join(shifted)}\}}").correct


def test_an_integral_that_is_not_computed_leaves_the_pair_ungradable() -> None:
    assert grade_unguarded("1", r"\int_0^{100}\sin(x^3)dx").verdict == "ungradable"
