"""Pairs over all algebras and kinds, each under conventions as a rubric states them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.errors import BadInput
from tools.grading import GradeSpec, grade_unguarded

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "declared_pairs.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_verdict_follows_the_declared_conventions(row: dict) -> None:
    spec = GradeSpec.from_fields(assume=row.get("assume"))
    found = grade_unguarded(row["gold"], row["answer"], spec)
    assert found.verdict == ("correct" if row["expected"] else "incorrect"), found.reason


@pytest.mark.parametrize(
    ("statement", "piece"),
    [
        ("standard gates", "standard gates"),
        ("fermions with magic gates", "magic"),
        ("spin 9", "9"),
        ("relative tolerance 1e-999999999", "1e-999999999"),
        ("gold given to 99999999999 decimals", "99999999999"),
        ("x real; the moon is full", "the moon is full"),
        ("{" * 400, "longer than"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_piece(statement: str, piece: str) -> None:
    with pytest.raises(BadInput, match=piece):
        GradeSpec.from_fields(assume=statement)


def test_functions_count_without_parameters() -> None:
    spec = GradeSpec.from_fields(functions="$g$; (c_s,NC)")
    assert spec.functions == ("g",)
    assert spec.noncommuting == ("c_s",)
    assert not spec.gold_decimals


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"(2n-1)!!", r"\frac{(2n)!}{2^n n!}"),
        (r"\int_0^\infty\frac{x^3}{e^x-1}dx", r"\frac{\pi^4}{15}"),
    ],
)
def test_agreement_of_values_is_no_proof_unless_the_spec_takes_it(gold: str, answer: str) -> None:
    assert grade_unguarded(gold, answer).verdict == "ungradable"
    assert "proof" in grade_unguarded(gold, answer).reason
    taken = grade_unguarded(gold, answer, GradeSpec(proof="numeric"))
    assert (taken.verdict, taken.method) == ("correct", "numeric agreement")


def test_a_choice_of_branch_names_what_it_assumed() -> None:
    undeclared = grade_unguarded(r"\ln(x^2)", r"2\ln x")
    assert undeclared.verdict == "correct"
    assert "Assuming x > 0" in undeclared.reason
    for assume, verdict in (("x > 0", "correct"), ("x real", "incorrect")):
        spec = GradeSpec.from_fields(assume=assume)
        assert grade_unguarded(r"\ln(x^2)", r"2\ln x", spec).verdict == verdict
