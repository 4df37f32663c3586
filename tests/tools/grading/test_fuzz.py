"""Hostile inputs: whatever is in gold, answer and fields, there is a grade or a named refusal."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.hostile import CANARY, attack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.grading import GradeSpec
from tools.grading.service import grade

QUIET = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# Made by `tests/fuzz/fuzz_grading.py`; each of these once raised an error out of the grader.
ONCE_FATAL = (23681, 40550, 77259, 80793, 85838, 86204, 89134, 95750)
CONTAINED = ("processor time", "more memory", "together longer", "too long to return")


def check(number: int, seed: int = 1) -> None:
    made = attack(seed, number)
    try:
        spec = GradeSpec.from_fields(made.parameters, made.functions, made.assume, made.context)
    except BadInput:
        return
    found = grade(made.gold, made.answer, spec)
    assert found.verdict in ("correct", "incorrect", "ungradable")
    assert not found.reason.startswith(("The grader failed", "The decision ended its process"))
    assert "did not end within" not in found.reason


@QUIET
@given(number=st.integers(0, 10**9), seed=st.integers(0, 10**6))
def test_no_hostile_input_raises_hangs_or_runs(
    number: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check(number, seed)
    assert not (tmp_path / CANARY).exists()


@pytest.mark.parametrize("number", ONCE_FATAL)
def test_inputs_that_once_raised_are_graded_or_refused(number: int) -> None:
    check(number)


def test_an_input_is_a_function_of_its_seed_and_number() -> None:
    assert attack(3, 14) == attack(3, 14)
    assert attack(3, 14) != attack(3, 15)
