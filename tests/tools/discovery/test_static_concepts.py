import pytest

from tools.discovery.candidate import Candidate
from tools.discovery.concepts import ConceptTree
from tools.discovery.static_concepts import concepts_of, extract

ANNEALING = """
import math, random
import numpy as np
from scipy.optimize import linprog as lp

def anneal(points, temperature):
    best = points
    while temperature > 1e-3:
        for i in range(len(points)):
            for j in range(i):
                moved = swap(points, i, j)
                if random.random() < math.exp(-cost(moved) / temperature):
                    points = moved
        temperature *= 0.9
    return lp(np.linalg.norm(best))
"""


def test_a_program_is_read_by_what_it_uses_and_how_it_is_built() -> None:
    assert extract(ANNEALING) == {
        ("random numbers", "standard library"),
        ("optimisation", "linear programming"),
        ("linear algebra", "dense"),
        ("search", "simulated annealing"),
        ("search", "simulated annealing", "metropolis acceptance"),
        ("loops", "single"),
        ("loops", "nested"),
        ("loops", "deeply nested"),
        ("loops", "until a condition"),
        ("moves", "swap"),
    }


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("def f(n):\n    return f(n - 1)", ("recursion",)),
        ("x = [i for i in y]", ("arrays", "comprehension")),
        ("x = 1 << n", ("data structures", "bit sets")),
        ("x |= y", ("data structures", "bit sets")),
        ("x = n % 7", ("number theory", "residues")),
        ("def f():\n    yield 1", ("enumeration", "generator")),
        ("import itertools as it\nit.combinations(x, 2)", ("enumeration", "combinations")),
        ("from numpy import random as r\nr.default_rng(0)", ("random numbers", "numpy")),
        (
            "from functools import cache\n@cache\ndef f(): pass",
            ("dynamic programming", "memoisation"),
        ),
        ("import scipy.optimize\nscipy.optimize.brentq(f, 0, 1)", ("optimisation", "scipy")),
        ("from numpy.random import default_rng as g\ng(0)", ("random numbers", "numpy")),
        ("s = sorted(x)", ("ordering", "sorting")),
        ("class TabuList: pass", ("search", "tabu")),
        ("def hexagonal_start(): pass", ("geometry", "hexagonal lattice")),
    ],
)
def test_each_trace_is_found(source: str, path: tuple[str, ...]) -> None:
    assert path in extract(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = '%d' % n",  # formatting is no remainder
        "def spring(): pass",  # a word within a word
        "x.random()",  # not the module
        "for i in x:\n    def g():\n        pass",
    ],
)
def test_what_only_looks_alike_is_not_taken(source: str) -> None:
    assert extract(source) <= {("loops", "single")}


def test_loops_are_counted_within_one_function_only() -> None:
    source = "for i in x:\n    def g():\n        for j in y:\n            pass"
    assert extract(source) == {("loops", "single")}


@pytest.mark.parametrize(
    "source", ["def (", "\0", "x = '\\ud800", "(" * 5000, "x" * 500_000, "-" * 100_000 + "1"]
)
def test_text_that_is_no_program_has_no_concepts(source: str) -> None:
    assert extract(source) == frozenset()


def test_a_program_is_never_run() -> None:
    assert extract("raise SystemExit('ran')\nimport random\nrandom.seed()") == {
        ("random numbers", "standard library")
    }


def test_all_python_files_of_a_candidate_count_and_its_concepts_enter_the_tree() -> None:
    candidate = Candidate(
        {"program.py": "import heapq\nheapq.heapify(x)", "more.py": "1 << 3", "notes.txt": "2 << 3"}
    )
    paths = concepts_of(candidate)
    assert paths == {("data structures", "heap"), ("data structures", "bit sets")}
    tree = ConceptTree()
    assert len(tree.close(paths)) == 3
