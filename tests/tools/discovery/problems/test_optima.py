"""Optima of small sizes: those of `known.toml` are reached, and exhaustive search agrees."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest

from tools.discovery import problems
from tools.discovery.problems.known import read_known

R = 1 - math.sqrt(0.5)


def bits(chosen: int, items: list[Any]) -> list[Any]:
    return [item for k, item in enumerate(items) if chosen >> k & 1]


def largest(name: str, items: list[Any], size: dict[str, int]) -> int:
    """Returns the best value of any subset, from large to small, by the verifier alone."""
    problem = problems.get(name, **size)
    for count in range(len(items), -1, -1):
        if any(problem.verify([list(x) for x in c]).valid for c in combinations(items, count)):
            return count
    raise AssertionError


def optimum(name: str, **size: int) -> Fraction:
    found = problems.get(name, **size).optimum()
    assert found is not None
    return found.value


@pytest.mark.parametrize("n", [1, 2])
def test_cap_sets(n: int) -> None:
    assert largest("cap_set", list(product(range(3), repeat=n)), {"n": n}) == optimum(
        "cap_set", n=n
    )


@pytest.mark.parametrize("n", [2, 3])
def test_sets_without_isosceles_triangles(n: int) -> None:
    grid = list(product(range(n), repeat=2))
    assert largest("no_isosceles", grid, {"n": n}) == optimum("no_isosceles", n=n)


@pytest.mark.parametrize("n", [2, 3])
def test_sets_without_three_in_line(n: int) -> None:
    problem = problems.get("no_three_in_line", n=n)
    grid = [list(p) for p in product(range(n), repeat=2)]
    assert any(problem.verify(list(c)).valid for c in combinations(grid, 2 * n))
    assert optimum("no_three_in_line", n=n) == 2 * n


@pytest.mark.parametrize("marks", [4, 5])
def test_golomb_rulers(marks: int) -> None:
    problem = problems.get("golomb_ruler", marks=marks)
    best = int(optimum("golomb_ruler", marks=marks))
    for length in (best - 1, best):
        inner = combinations(range(1, length), marks - 2)
        found = any(problem.verify([0, *c, length]).valid for c in inner)
        assert found == (length == best)


@pytest.mark.parametrize("marks", [2, 3, 4])
def test_difference_bases(marks: int) -> None:
    problem = problems.get("difference_basis", marks=marks)
    verdicts = (
        problem.verify([0, *c])
        for count in range(1, marks)
        for c in combinations(range(1, 3 * marks), count)
    )
    values = [v.value for v in verdicts if v.value is not None]
    assert min(values) == optimum("difference_basis", marks=marks)


def test_sums_and_differences() -> None:
    problem = problems.get("sums_and_differences", largest=7)
    values = [problem.verify([0, *bits(c, list(range(1, 8)))]).value for c in range(1, 128)]
    assert float(max(v for v in values if v is not None)) == pytest.approx(
        float(optimum("sums_and_differences", largest=7)), abs=1e-14
    )


@pytest.mark.parametrize(("s", "t"), [(3, 3)])
def test_ramsey_graphs(s: int, t: int) -> None:
    problem = problems.get("ramsey", s=s, t=t)
    best = int(optimum("ramsey", s=s, t=t))
    pairs = [list(p) for p in combinations(range(best), 2)]
    graphs = ({"vertices": best, "edges": bits(c, pairs)} for c in range(1 << len(pairs)))
    assert any(problem.verify(graph).valid for graph in graphs)
    # One vertex more: vertex 0 has three neighbours, or three that are none (the mirror image), and
    # however those three are joined there is a clique or an independent set.
    fixed = [[0, 1], [0, 2], [0, 3]]
    inner = [[1, 2], [1, 3], [2, 3]]
    for chosen in range(1 << len(inner)):
        graph = {"vertices": best + 1, "edges": fixed + bits(chosen, inner)}
        assert not problem.verify(graph).valid


REACHED: list[tuple[str, dict[str, Any], Any]] = [
    ("circle_packing", {"n": 2}, [[R, R, R], [1 - R, 1 - R, R]]),
    (
        "circle_packing_rectangle",
        {"n": 2},
        {"width": 4 / 3, "circles": [[1 / 3, 1 / 3, 1 / 3], [1.0, 1 / 3, 1 / 3]]},
    ),
    ("heilbronn_triangle", {"n": 3}, [[0, 0], [1, 0], [0, 1]]),
    ("heilbronn_convex", {"n": 4}, [[0, 0], [1, 0], [0, 1], [1, 1]]),
    (
        "heilbronn_convex",
        {"n": 6},
        [[1, 0], [0, 1], [-1, 1], [-1, 0], [0, -1], [1, -1]],
    ),
    (
        "distance_ratio",
        {"n": 7, "d": 2},
        [[0, 0], *([math.cos(k * math.pi / 3), math.sin(k * math.pi / 3)] for k in range(6))],
    ),
    (
        "distance_ratio",
        {"n": 5, "d": 2},
        [[math.cos(k * math.tau / 5), math.sin(k * math.tau / 5)] for k in range(5)],
    ),
    ("distance_ratio", {"n": 4, "d": 3}, [[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]]),
    ("kissing", {"d": 1}, [[1], [-1]]),
    ("kissing", {"d": 2}, [[10, 0], [3, 10], [-8, 6], [-8, -6], [3, -10]]),
    (
        "kissing",
        {"d": 4},
        [list(v) for v in product((-1, 0, 1), repeat=4) if sum(map(abs, v)) == 2],
    ),
    ("autocorrelation_1", {"steps": 2}, [2, 1]),
    ("autocorrelation_3", {"steps": 2}, [1, 2]),
    ("autocorrelation_3_absolute", {"steps": 2}, [2, 1]),
    ("autocorrelation_2", {"steps": 1}, [1]),
    ("minimum_overlap", {"steps": 2}, [2 / 3, 1 / 3]),
    ("golomb_ruler", {"marks": 10}, [0, 1, 6, 10, 23, 26, 34, 41, 53, 55]),
    ("ramsey", {"s": 4, "t": 4}, None),
    ("bin_packing", {"distribution": "weibull", "items": 1, "instances": 1}, [[0]]),
]


@pytest.mark.parametrize(("name", "size", "data"), REACHED)
def test_the_optimum_is_reached_by_a_known_solution(
    name: str, size: dict[str, Any], data: Any
) -> None:
    problem = problems.get(name, **size)
    best = problem.optimum()
    assert best is not None
    if name == "ramsey":
        squares = {x * x % 17 for x in range(1, 17)}
        edges = [[i, j] for i, j in combinations(range(17), 2) if (j - i) % 17 in squares]
        data = {"vertices": 17, "edges": edges}
    verdict = problem.verify(data)
    assert verdict.valid, verdict.message
    assert abs(float(verdict.value or 0) - float(best.value)) < 1e-9
    assert best.value.denominator > 10**6 or abs(Fraction(verdict.value or 0) - best.value) < 1e-14


@pytest.mark.parametrize("name", ["autocorrelation_1", "autocorrelation_3", "minimum_overlap"])
def test_no_two_step_function_is_better(name: str) -> None:
    problem = problems.get(name, steps=2)
    best = optimum(name, steps=2)
    low = 0 if name != "autocorrelation_3" else -40
    for a, b in product(range(low, 41), repeat=2):
        verdict = problem.verify([a / 40, b / 40])
        assert not verdict.valid or verdict.value >= best - Fraction(1, 10**12)


def test_the_difference_basis_of_the_record_can_be_had_by_its_construction() -> None:
    from tools.discovery.render import render
    from tools.discovery.syntax import Node

    problem = problems.get("difference_basis", marks=60)
    inner = Node("inner", "golomb")
    numbers = {"parts": 4, "prime": 13, "multipliers": 200}
    made = Node("made", "product", {"inner": inner}, numbers)
    tree = Node("program", "basis", {"made": made, "change": Node("change", "keep")})
    problem.grammar().check(tree)
    program: dict[str, Any] = {}
    text = render(problem.grammar(), tree, title="", salt=1)
    exec(text, program)  # noqa: S102  (a program of ours)
    verdict = problem.verify(program["solve"](marks=60, seed=0))
    # Fourteen residues modulo 183, four times: all differences up to 6 * 183 at least.
    assert verdict.value is not None
    assert verdict.value <= Fraction(56**2, 6 * 183)


def test_records_and_optima_are_whole_and_on_the_right_side_of_each_other() -> None:
    for name in problems.names():
        problem = problems.get(name)
        known = read_known(problem.folder)
        assert known.optima or known.records
        for entry in [*known.optima, *known.records]:
            at = problems.get(name, **entry.size)
            assert set(at.size) == set(entry.size)
            assert entry.source
        for record in known.records:
            assert record.date[:4].isdigit()
            better = [o for o in known.optima if o.size == record.size and o.proven]
            sign = 1 if problem.maximise else -1
            assert all(sign * record.value <= sign * o.value for o in better)
