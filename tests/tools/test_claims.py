"""Verdicts are computed, follow the laws of their statistics, and can be computed again."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from tools.claims import (
    Claim,
    Verdict,
    equals_symbolically,
    greater,
    recheck,
    verified_exactly,
    within,
)

OPPOSITE = {
    Verdict.SUPPORTED: Verdict.REFUTED,
    Verdict.REFUTED: Verdict.SUPPORTED,
    Verdict.INCONCLUSIVE: Verdict.INCONCLUSIVE,
}
number = st.floats(-1e9, 1e9)
any_number = st.floats()
pairs = st.lists(st.tuples(number, number), min_size=2, max_size=8)
sample = st.lists(number, min_size=2, max_size=8)


@given(pairs, number)
def test_greater_is_antisymmetric_for_pairs(both: list[tuple[float, float]], margin: float) -> None:
    a, b = [x for x, _ in both], [y for _, y in both]
    there = greater(a, b, paired=True, margin=margin).verdict
    back = greater(b, a, paired=True, margin=-margin).verdict
    assert back is OPPOSITE[there]


@given(sample, sample)
def test_greater_is_antisymmetric_for_independent_samples(a: list[float], b: list[float]) -> None:
    there, back = (greater(x, y, paired=False).verdict for x, y in ((a, b), (b, a)))
    assert back is OPPOSITE[there]


@given(sample, sample, st.booleans(), st.floats(0.5, 0.9))
def test_a_wider_interval_contains_a_narrower_one(
    a: list[float], b: list[float], paired: bool, confidence: float
) -> None:
    size = min(len(a), len(b))
    a, b = a[:size], b[:size]
    narrow = greater(a, b, paired=paired, confidence=confidence).evidence
    wide = greater(a, b, paired=paired, confidence=confidence + 0.09).evidence
    assert wide["low"] <= narrow["low"] <= narrow["difference"]
    assert narrow["difference"] <= narrow["high"] <= wide["high"]


@given(sample, sample, st.floats(-1e6, 1e6))
def test_shifting_both_samples_moves_no_interval(
    a: list[float], b: list[float], shift: float
) -> None:
    here = greater(a, b, paired=False).evidence
    there = greater([x + shift for x in a], [x + shift for x in b], paired=False).evidence
    scale = max(map(abs, [*a, *b, shift, 1.0]))
    assert there["difference"] == pytest.approx(here["difference"], abs=1e-9 * scale)


@given(st.lists(any_number, max_size=6), st.lists(any_number, max_size=6), st.booleans())
def test_no_measurements_however_odd_break_the_check(
    a: list[float], b: list[float], paired: bool
) -> None:
    check = greater(a, b, paired=paired)
    assert check.verdict in Verdict
    if len(a) < 2 or len(b) < 2 or not all(map(math.isfinite, [*a, *b])):
        assert check.verdict is Verdict.INCONCLUSIVE


@given(sample, sample, st.booleans(), number, st.floats(0.5, 0.999))
def test_the_recorded_evidence_gives_the_same_verdict_again(
    a: list[float], b: list[float], paired: bool, margin: float, confidence: float
) -> None:
    check = greater(a, b, paired=paired, margin=margin, confidence=confidence)
    stored: dict[str, Any] = json.loads(json.dumps(check.evidence))
    assert recheck("greater", stored) is check.verdict


@given(any_number, any_number, any_number, st.none() | any_number)
def test_within_never_breaks_and_can_be_rechecked(
    value: float, target: float, tolerance: float, stderr: float | None
) -> None:
    check = within(value, target, tolerance, stderr=stderr)
    stored = json.loads(json.dumps(check.evidence))
    assert recheck("within", stored) is check.verdict


def test_within_decides_by_the_whole_interval() -> None:
    assert within(1.0, 1.05, 0.1).verdict is Verdict.SUPPORTED
    assert within(1.0, 1.05, 0.1, stderr=0.01).verdict is Verdict.SUPPORTED
    assert within(1.0, 1.05, 0.1, stderr=0.1).verdict is Verdict.INCONCLUSIVE
    assert within(1.0, 2.0, 0.1, stderr=0.1).verdict is Verdict.REFUTED
    assert within(1.0, 1.0, -1.0).verdict is Verdict.INCONCLUSIVE


def test_known_intervals_are_reproduced() -> None:
    # Paired: differences 1, 2, 3: mean 2, s = 1, t_{2, 0.975} = 4.302653.
    check = greater([2, 4, 6], [1, 2, 3], paired=True)
    half = 4.302652729911275 / math.sqrt(3)
    assert check.evidence["low"] == pytest.approx(2 - half)
    assert check.evidence["high"] == pytest.approx(2 + half)
    assert check.verdict is Verdict.INCONCLUSIVE
    # Welch, checked against scipy.stats.ttest_ind(equal_var=False).confidence_interval().
    from scipy.stats import ttest_ind

    a, b = [1.0, 2.0, 3.5, 2.2], [0.1, 0.3, 0.2]
    expected = ttest_ind(a, b, equal_var=False).confidence_interval()
    found = greater(a, b, paired=False).evidence
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high))


def test_the_margin_must_be_exceeded() -> None:
    a, b = [1.00, 1.01, 1.02], [0.0, 0.0, 0.0]
    assert greater(a, b, paired=True, margin=0.5).verdict is Verdict.SUPPORTED
    assert greater(a, b, paired=True, margin=1.01).verdict is Verdict.INCONCLUSIVE
    assert greater(a, b, paired=True, margin=2).verdict is Verdict.REFUTED


def test_pairs_of_unequal_length_decide_nothing() -> None:
    check = greater([1, 2, 3], [1, 2], paired=True)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "3 and 2" in check.reason


@pytest.mark.parametrize("paired", [True, False])
def test_the_interval_covers_the_truth_as_often_as_it_says(paired: bool) -> None:
    draw = random.Random(5)
    covered, rounds = 0, 3000
    for _ in range(rounds):
        a = [draw.gauss(0.3, 1) for _ in range(5)]
        b = [draw.gauss(0.0, 1 if paired else 3) for _ in range(5 if paired else 9)]
        evidence = greater(a, b, paired=paired, confidence=0.9).evidence
        covered += evidence["low"] <= 0.3 <= evidence["high"]
    # Four standard errors of a proportion; Welch's interval is approximate.
    assert abs(covered / rounds - 0.9) < 4 * math.sqrt(0.9 * 0.1 / rounds) + (0 if paired else 0.01)


def test_equal_expressions_are_supported_and_others_refuted_with_a_counterexample() -> None:
    x = sympy.Symbol("x")
    assert equals_symbolically((x + 1) ** 2, x**2 + 2 * x + 1).verdict is Verdict.SUPPORTED
    check = equals_symbolically((x + 1) ** 2, x**2 + 2 * x)
    assert check.verdict is Verdict.REFUTED
    assert set(check.evidence["counterexample"]) == {"x"}
    assert equals_symbolically(sympy.Integer(2), sympy.Integer(3)).verdict is Verdict.REFUTED
    tiny = sympy.Rational(1, 10**30)
    assert equals_symbolically(x, x + tiny).verdict is Verdict.INCONCLUSIVE


def test_an_exact_verifier_decides_with_its_reason() -> None:
    def even(n: int) -> tuple[bool, str]:
        return n % 2 == 0, f"{n} mod 2 is {n % 2}"

    assert verified_exactly(4, even, evidence={"n": 4}).verdict is Verdict.SUPPORTED
    refuted = verified_exactly(5, even, evidence={"n": 5})
    assert (refuted.verdict, refuted.reason) == (Verdict.REFUTED, "5 mod 2 is 1")
    assert recheck("verified_exactly", refuted.evidence) is None


def test_a_claim_has_no_verdict_but_that_of_its_check() -> None:
    check = within(1, 1, 0.1)
    assert Claim("it holds", check).verdict is check.verdict
    with pytest.raises(AttributeError):
        Claim("it holds", check).verdict = Verdict.REFUTED  # type: ignore[misc]


@pytest.mark.parametrize(
    ("n", "verdict"), [(3, "inconclusive"), (5, "inconclusive"), (6, "supported")]
)
def test_pairs_without_spread_decide_only_when_chance_cannot_explain_them(
    n: int, verdict: str
) -> None:
    assert greater([0.9] * n, [0.8] * n, paired=True).verdict == verdict
    if n == 3:
        assert "without any spread" in greater([0.9] * n, [0.8] * n, paired=True).reason


@pytest.mark.parametrize(("n", "verdict"), [(3, "inconclusive"), (4, "refuted")])
def test_unpaired_samples_without_spread_are_judged_by_permutation(n: int, verdict: str) -> None:
    assert greater([0.8] * n, [0.9] * n, paired=False).verdict == verdict
