"""Verifiers: exact values of known solutions, refusals that name the place, and never an error."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.discovery import problems
from tools.discovery.problems import FolderProblem

INF, NAN = math.inf, math.nan

SMALL: dict[str, dict[str, int | str]] = {
    "autocorrelation_1": {"steps": 4},
    "autocorrelation_2": {"steps": 4},
    "autocorrelation_3": {"steps": 4},
    "autocorrelation_3_absolute": {"steps": 4},
    "bin_packing": {"items": 3, "instances": 2},
    "cap_set": {"n": 3},
    "circle_packing": {"n": 2},
    "circle_packing_rectangle": {"n": 2},
    "difference_basis": {"marks": 5},
    "distance_ratio": {"n": 4, "d": 2},
    "golomb_ruler": {"marks": 4},
    "heilbronn_convex": {"n": 4},
    "heilbronn_triangle": {"n": 4},
    "kissing": {"d": 3},
    "minimum_overlap": {"steps": 4},
    "no_isosceles": {"n": 4},
    "no_three_in_line": {"n": 4},
    "ramsey": {"s": 3, "t": 3},
    "sums_and_differences": {"largest": 20},
}

SQUARE = [[0, 0], [1, 0], [0, 1], [1, 1]]
PENTAGON = {"vertices": 5, "edges": [[k, (k + 1) % 5] for k in range(4)] + [[0, 4]]}
CUBOCTAHEDRON = [list(v) for v in product((-1, 0, 1), repeat=3) if sum(x * x for x in v) == 2]

VALUES: list[tuple[str, Any, Fraction]] = [
    ("autocorrelation_1", [1, 1, 1, 1], Fraction(2)),
    ("autocorrelation_1", [2, 1], Fraction(16, 9)),
    ("autocorrelation_1", [0.25, 0.125], Fraction(16, 9)),
    ("autocorrelation_2", [3.5], Fraction(2, 3)),
    # f*f has the nodes 0, 1, 2, 1, 0: square (1 + 7 + 7 + 1)/3, sum 4, peak 2.
    ("autocorrelation_2", [1, 1], Fraction(2, 3)),
    # f*f has the nodes 0, 4, 4, 1, 0.
    ("autocorrelation_2", [2, 1], Fraction(16 + 48 + 21 + 1, 3 * 9 * 4)),
    ("autocorrelation_3", [2, 1], Fraction(16, 9)),
    # f*f is 4, -4, 1.
    ("autocorrelation_3", [2, -1], Fraction(16)),
    # f*f is 9, -6, -5, 2, 1.
    ("autocorrelation_3", [-3, 1, 1], Fraction(6 * 9, 1)),
    # f*f is 1, -6, 11, 0, -17, 6, 9: only the absolute variant sees the valley.
    ("autocorrelation_3", [1, -3, 1, 3], Fraction(8 * 11, 4)),
    ("autocorrelation_3_absolute", [1, -3, 1, 3], Fraction(8 * 17, 4)),
    ("bin_packing", None, Fraction(0)),
    ("cap_set", [], Fraction(0)),
    ("cap_set", [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]], Fraction(4)),
    ("circle_packing", [[0.25, 0.25, 0.25], [0.75, 0.75, 0.25]], Fraction(1, 2)),
    ("circle_packing", [[0.5, 0.5, 0.5], [0, 0, 0]], Fraction(1, 2)),
    (
        "circle_packing_rectangle",
        {"width": 1.5, "circles": [[0.25, 0.25, 0.25], [0.75, 0.25, 0.25]]},
        Fraction(1, 2),
    ),
    ("difference_basis", [7, 8, 11, 13], Fraction(16, 6)),
    ("distance_ratio", SQUARE, Fraction(2)),
    ("golomb_ruler", [10, 6, 4, 11], None),
    ("golomb_ruler", [6, 4, 0, 1], Fraction(6)),
    ("heilbronn_convex", SQUARE, Fraction(1, 2)),
    ("heilbronn_triangle", [[0, 0], [1, 0], [0, 1], [0.25, 0.25]], Fraction(1, 4)),
    ("kissing", CUBOCTAHEDRON, Fraction(12)),
    ("minimum_overlap", [0.5], Fraction(1, 2)),
    ("minimum_overlap", [1, 0.5], None),
    ("minimum_overlap", [0.75, 0.25], Fraction(9, 16)),
    ("minimum_overlap", [1, 0], Fraction(1)),
    ("no_isosceles", [[0, 0], [0, 1], [1, 3], [3, 3]], None),
    ("no_isosceles", [[0, 0], [0, 1], [0, 3]], Fraction(3)),
    (
        "no_three_in_line",
        [[0, 1], [0, 2], [1, 0], [1, 3], [2, 0], [2, 3], [3, 1], [3, 2]],
        Fraction(8),
    ),
    ("ramsey", PENTAGON, Fraction(5)),
]


def small(name: str) -> FolderProblem:
    return problems.get(name, **SMALL[name])


def solution(name: str) -> Any:
    """Returns a valid solution of the small size."""
    if name == "bin_packing":
        return [[0, 1, 2], [0, 1, 2]]
    if name == "sums_and_differences":
        return [0, 1, 3]
    return next(data for other, data, value in VALUES if other == name and value and data)


def test_every_problem_has_a_small_size_here() -> None:
    assert tuple(SMALL) == problems.names()


@pytest.mark.parametrize(("name", "data", "value"), [v for v in VALUES if v[2] is not None])
def test_known_solutions_have_their_exact_value(name: str, data: Any, value: Fraction) -> None:
    problem = small(name)
    if name == "bin_packing":
        data = [[0, 1, 2], [0, 1, 2]]
        # Three bins each, and what the total size needs at least.
        value = (
            sum(
                Fraction(3 - (need := -(-sum(items) // 100)), need) for items in problem.instances()
            )
            / 2
        )  # type: ignore[attr-defined]
    verdict = problem.verify(data)
    assert verdict.valid, verdict.message
    assert verdict.value == value


REFUSED: list[tuple[str, Any, str]] = [
    ("autocorrelation_1", [1, -1e-30], "data[1] is negative"),
    ("autocorrelation_1", [0, 0], "integral"),
    ("autocorrelation_3", [1, -1], "integral"),
    ("autocorrelation_2", [1.0] * 5, "1 to 4 entries"),
    ("bin_packing", [[0, 0, 0], [0, 1, 2]], "does not fit"),
    ("bin_packing", [[0, 1], [0, 1, 2]], "places 2 of 3"),
    ("bin_packing", [[1, 1, 2], [0, 1, 2]], "does not fit"),
    ("cap_set", [[0, 0, 0], [0, 0, 1], [0, 0, 2]], "sum to zero"),
    ("cap_set", [[0, 0, 0], [0, 0, 0]], "data[1] repeats data[0]"),
    ("cap_set", [[0, 0, 3]], "data[0][2] = 3"),
    ("circle_packing", [[0.5, 0.5, 0.1]] * 2, "same centre"),
    ("circle_packing", [[1.5, 0.5, 0.1], [0.5, 0.5, 0.1]], "outside"),
    ("circle_packing", [[0.2, 0.2, -0.1], [0.5, 0.5, 0.1]], "negative radius"),
    ("circle_packing_rectangle", {"width": 2, "circles": []}, "width"),
    ("circle_packing_rectangle", {"width": 1}, "keys"),
    ("difference_basis", [0, 2], "differ by 1"),
    ("distance_ratio", [[0, 0], [1, 0], [0, 1], [1, 0]], "data[3] repeats data[1]"),
    ("golomb_ruler", [0, 1, 2, 5], "1 apart"),
    ("golomb_ruler", [0, 5, 5, 7], "repeats"),
    ("heilbronn_convex", [[k, k] for k in range(4)], "one line"),
    ("heilbronn_triangle", [[0, 0], [1, 0], [0, 1], [0.6, 0.6]], "outside"),
    ("kissing", [[1, 0, 0], [1, 1, 0]], "squared distance 1"),
    ("kissing", [[0, 0, 0]], "zero vector"),
    ("kissing", [[1 << 40, 0, 0]], "not between"),
    ("minimum_overlap", [1.0000001, 0], "data[0] is not between 0 and 1"),
    ("no_isosceles", [[0, 0], [0, 1], [1, 0]], "as far from"),
    ("no_isosceles", [[0, 0], [0, 1], [0, 2]], "as far from"),
    ("no_three_in_line", [[0, 0], [1, 2], [2, 4]], "not between"),
    ("no_three_in_line", [[3, 0], [2, 1], [0, 3]], "in line"),
    ("ramsey", {"vertices": 3, "edges": [[0, 1], [1, 2], [0, 2]]}, "pairwise adjacent"),
    ("ramsey", {"vertices": 3, "edges": []}, "pairwise apart"),
    ("ramsey", {"vertices": 3, "edges": [[0, 1], [1, 0]]}, "repeats an edge"),
    ("ramsey", {"vertices": 301, "edges": []}, "not between"),
    ("sums_and_differences", [1, 2], "must contain 0"),
    ("sums_and_differences", [0, 21], "not between"),
    ("sums_and_differences", [0, 1, 1], "repeats"),
]


@pytest.mark.parametrize(("name", "data", "told"), REFUSED)
def test_what_is_no_solution_is_refused_with_its_place(name: str, data: Any, told: str) -> None:
    verdict = small(name).verify(data)
    assert not verdict.valid
    assert verdict.value is None
    assert told in verdict.message


def mutants(data: Any) -> list[Any]:
    """Returns what a program might hand in instead of a solution, one number or list changed."""
    odd = (NAN, INF, -INF, True, "1", None, [], {}, 10**400, 1e308, [[1]], 1j)
    if isinstance(data, dict):
        key = next(k for k, v in data.items() if isinstance(v, list))
        return [{**data, key: inner} for inner in mutants(data[key])] + [{**data, "more": 1}]
    first = data[0]
    if isinstance(first, list):
        inside = [[[value, *first[1:]], *data[1:]] for value in odd]
        return [*inside, [[*first, 0], *data[1:]], [[], *data[1:]], [data], data * 5000]
    return [*([value, *data[1:]] for value in odd), [data], data * 5000]


@pytest.mark.parametrize("name", problems.names())
def test_one_odd_value_anywhere_is_refused(name: str) -> None:
    problem = small(name)
    data = solution(name)
    assert problem.verify(data).valid
    for mutant in [*mutants(data), None, 3, "data", (), {}, object()]:
        verdict = problem.verify(mutant)
        assert not verdict.valid, str(mutant)[:80]
        assert 0 < len(verdict.message) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    | st.sampled_from([0, 1, 2, 3, 0.5, -1, 5e-324]),
    lambda inner: st.lists(inner, max_size=6)
    | st.dictionaries(st.sampled_from(["vertices", "edges", "width", "circles"]), inner),
    max_leaves=24,
)  # fmt: skip


@pytest.mark.parametrize("name", problems.names())
@settings(max_examples=40, deadline=None)
@given(data=JSON)
def test_no_data_make_a_verifier_raise(name: str, data: object) -> None:
    verdict = small(name).verify(data)
    assert verdict.valid == (verdict.value is not None)
    assert verdict.valid or verdict.message


def test_a_graze_of_the_tolerance_of_others_earns_nothing() -> None:
    for touching, most in (
        ([[0.25, 0.25, 0.25 + 4e-7], [0.75, 0.75, 0.25 + 4e-7]], Fraction(1, 2)),  # at the walls
        ([[0.25, 0.5, 0.125 + 4e-7], [0.5, 0.5, 0.125 + 4e-7]], Fraction(1, 4)),  # at each other
    ):
        verdict = small("circle_packing").verify(touching)
        assert verdict.valid
        assert "shrunk" in verdict.message
        assert verdict.value is not None
        assert most - Fraction(1, 10**15) < verdict.value <= most
        # What is kept is feasible as it stands, and has the value that was scored.
        again = small("circle_packing").verify(verdict.data)
        assert again.message == ""
        assert again.value == verdict.value


def test_a_point_beyond_the_triangle_costs_what_it_gains() -> None:
    out = 2.0**-30
    inside = small("heilbronn_triangle").verify([[0, 0], [1, 0], [0, 1], [0.25, 0.25]])
    beyond = small("heilbronn_triangle").verify([[-out, -out], [1, 0], [0, 1], [0.25, 0.25]])
    assert beyond.valid
    assert inside.value is not None
    assert beyond.value is not None
    assert beyond.value < inside.value


def test_least_areas_agree_with_the_definition() -> None:
    rows = [[0.1, 0.2], [0.5, 0.125], [0.25, 0.7], [0.3, 0.3], [0.9, 0.05]]
    exact = [[Fraction(v) for v in row] for row in rows]
    least = min(
        abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
        for a, b, c in combinations(exact, 3)
    )
    assert problems.get("heilbronn_triangle", n=5).verify(rows).value == least
    # The hull has the corners 0, 1, 4, 2; twice its area by the shoelace formula.
    corners = [exact[k] for k in (0, 1, 4, 2)]
    turned = corners[1:] + corners[:1]
    double = abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(corners, turned, strict=True)))
    assert problems.get("heilbronn_convex", n=5).verify(rows).value == least / double


def test_an_overlap_off_the_integral_is_that_of_the_scaled_function() -> None:
    problem = small("minimum_overlap")
    assert problem.verify([1, 0.5]).value == problem.verify([2 / 3, 1 / 3]).value or (
        abs(problem.verify([1, 0.5]).value - problem.verify([2 / 3, 1 / 3]).value) < 1e-14
    )
    # 1 - h takes the part of h where the mean is too small.
    low = problem.verify([0.5, 0.0]).value
    assert low is not None
    assert abs(low - problem.verify([2 / 3, 1 / 3]).value) < 1e-14


def test_the_bound_of_a_logarithm_is_below_it_by_less_than_its_digits() -> None:
    verdict = small("sums_and_differences").verify([0, 1, 3])
    assert verdict.value is not None
    assert 0 <= 1 + math.log(7 / 6) / math.log(7) - float(verdict.value) < 1e-15
    more_sums = small("sums_and_differences").verify([0, 2, 3, 4, 7, 11, 12, 14])
    assert more_sums.value is not None
    assert more_sums.value < 1
