"""Every algebra against explicit matrices: rewriting is accepted, a changed coefficient is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from tools.grading.operators import Algebra, Conventions, Operator, anticommutator, commutator
from tools.grading.operators.conventions import Letter
from tools.grading.operators.matrix import Representation, agree
from tools.grading.polynomial import IMAGINARY, Polynomial

Sum = list[tuple[Polynomial, tuple[Letter, ...]]]


@dataclass
class World:
    """An algebra, its letters, its defining relations, and what its matrices need."""

    algebra: Algebra
    letters: list[Letter]
    swap: Callable[[Letter, Letter], Sum]
    longest: int = 5
    cutoff: int = 8

    def operator(self, terms: Sum) -> Operator:
        total = self.algebra.zero
        for c, word in terms:
            total += self.algebra.product([self.algebra.generator(x) for x in word]) * c
        return total

    @cached_property
    def matrices(self) -> Representation:
        rng = np.random.default_rng(0)
        return Representation(self.algebra, self.letters, rng, self.cutoff)


ONE = Polynomial.number(1)


def graded(sign: int, bracket: Callable[[Letter, Letter], object]) -> Callable:
    """Returns the relation g h = sign h g + bracket(g, h)."""

    def swap(g: Letter, h: Letter) -> Sum:
        terms: Sum = [(ONE * sign, (h, g))]
        if value := bracket(g, h):
            terms.append((ONE * value, ()))
        return terms

    return swap


def fermions() -> World:
    algebra = Algebra()
    algebra.fermion("c"), algebra.fermion("f")
    letters = [
        Letter(s, op, (n,))
        for s, sites in (("c", 3), ("f", 1))
        for n in range(sites)
        for op in "ac"
    ]
    same = lambda g, h: g.species == h.species and g.labels == h.labels and g.op != h.op  # noqa: E731
    return World(algebra, letters, graded(-1, same))


def bosons() -> World:
    algebra = Algebra()
    algebra.boson("b")
    letters = [Letter("b", op, (n,)) for n in range(2) for op in "ac"]

    def bracket(g: Letter, h: Letter) -> int:
        return (h.op > g.op) - (g.op > h.op) if g.labels == h.labels else 0

    return World(algebra, letters, graded(1, bracket), longest=4, cutoff=9)


def quadratures() -> World:
    algebra = Algebra(Conventions(hbar=Fraction(2, 3)))
    algebra.quadrature()
    letters = [Letter("q", op, (n,)) for n in range(2) for op in "qp"]

    def bracket(g: Letter, h: Letter) -> object:
        if g.labels != h.labels or g.op == h.op:
            return 0
        return IMAGINARY * Fraction(2, 3) * (1 if g.op == "q" else -1)

    return World(algebra, letters, graded(1, bracket), longest=4, cutoff=9)


def majoranas() -> World:
    algebra = Algebra(Conventions(majorana_square=Fraction(1, 2)))
    algebra.majorana("g")
    letters = [Letter("g", "g", (n,)) for n in range(4)]
    return World(algebra, letters, graded(-1, lambda g, h: int(g == h)), longest=6)


def spin_relation(unit: object, z_sign: int, factor: object) -> Callable:
    """[J_x, J_y] = i unit J_z and J^+- = factor (J_x +- i z_sign J_y), as a relation of letters."""
    cyclic = {("x", "y"): "z", ("y", "z"): "x", ("z", "x"): "y"}

    def cartesian(letter: Letter) -> Sum:
        if letter.op in "xyz":
            return [(ONE, (letter,))]
        sign = z_sign if letter.op == "+" else -z_sign
        return [
            (ONE * factor, (letter._replace(op="x"),)),
            (IMAGINARY * sign * factor, (letter._replace(op="y"),)),
        ]

    def swap(g: Letter, h: Letter) -> Sum:
        terms: Sum = [(ONE, (h, g))]
        if g.labels != h.labels:
            return terms
        for c1, (u,) in cartesian(g):
            for c2, (v,) in cartesian(h):
                if (u.op, v.op) in cyclic:
                    terms.append((c1 * c2 * IMAGINARY * unit, (u._replace(op=cyclic[u.op, v.op]),)))
                elif (v.op, u.op) in cyclic:
                    terms.append(
                        (-c1 * c2 * IMAGINARY * unit, (u._replace(op=cyclic[v.op, u.op]),))
                    )
        return terms

    return swap


def paulis() -> World:
    algebra = Algebra(Conventions(sigma_ladder=Fraction(1, 3), z_sign=-1))
    algebra.pauli("s")
    letters = [Letter("s", op, (n,)) for n in range(2) for op in "xyz+-"]
    return World(algebra, letters, spin_relation(2, -1, Fraction(1, 3)))


def spins(length: Fraction, z_sign: int = 1) -> Callable[[], World]:
    def build() -> World:
        algebra = Algebra(Conventions(hbar=3, z_sign=z_sign))
        algebra.spin("S", length)
        letters = [Letter("S", op, (n,)) for n in range(2) for op in "xyz+-"]
        return World(algebra, letters, spin_relation(3, z_sign, 1))

    return build


def mixed() -> World:
    algebra = Algebra()
    algebra.boson("b"), algebra.fermion("c"), algebra.pauli("s"), algebra.majorana("g")
    letters = [
        *(Letter("c", op, (n,)) for n in range(2) for op in "ac"),
        *(Letter("b", op, ()) for op in "ac"),
        *(Letter("s", op, ()) for op in "xyz"),
        Letter("g", "g", (0,)),
    ]
    inner = {"b": bosons().swap, "c": fermions().swap, "s": spin_relation(2, 1, 1)}
    inner["g"] = graded(-1, lambda g, h: 2)

    def swap(g: Letter, h: Letter) -> Sum:
        if g.species == h.species:
            return inner[g.species](g, h)
        odd = g.species in "cg" and h.species in "cg"
        return [(ONE * (-1 if odd else 1), (h, g))]

    return World(algebra, letters, swap, longest=4, cutoff=9)


WORLDS = {
    "fermion": fermions,
    "boson": bosons,
    "quadrature": quadratures,
    "majorana": majoranas,
    "pauli": paulis,
    "spin 1/2": spins(Fraction(1, 2)),
    "spin 1": spins(Fraction(1)),
    "spin 3/2 downwards": spins(Fraction(3, 2), -1),
    "mixed": mixed,
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    # Threads wait for each other on matrices as small as these.
    with threadpool_limits(1):
        yield


@cache
def the(name: str) -> World:
    return WORLDS[name]()


def polynomial(world: World, random: Random, terms: int = 3) -> Sum:
    result: Sum = []
    for _ in range(random.randint(1, terms)):
        word = tuple(random.choices(world.letters, k=random.randint(1, world.longest)))
        phase = random.choice([ONE, IMAGINARY])
        result.append((phase * Fraction(random.choice([-3, -2, -1, 1, 2, 3]), 2), word))
    return result


def rewritten(world: World, terms: Sum, random: Random, steps: int = 4) -> Sum:
    terms = list(terms)
    for _ in range(steps):
        n = random.randrange(len(terms))
        c, word = terms[n]
        if len(word) < 2:
            continue
        at = random.randrange(len(word) - 1)
        head, (g, h), tail = word[:at], word[at : at + 2], word[at + 2 :]
        terms[n : n + 1] = [(c * c2, head + new + tail) for c2, new in world.swap(g, h)]
    return terms


def changed(terms: Sum, random: Random) -> Sum:
    terms = list(terms)
    n = random.randrange(len(terms))
    c, word = terms[n]
    terms[n] = (c * random.choice([-1, 2, IMAGINARY]), word)
    return terms


def check_against_matrices(world: World, random: Random) -> None:
    first = polynomial(world, random)
    second = rewritten(world, first, random)
    wrong = changed(second, random)
    a, b, w = (world.operator(x) for x in (first, second, wrong))
    assert a == b
    m = world.matrices
    states = m.exact(world.longest)
    direct = m.sum(first, states)
    assert agree(direct, m.sum(second, states))
    assert agree(direct, m.operator(a, states))
    # A changed coefficient of a word that is zero changes nothing: the matrices know.
    assert (a == w) == agree(direct, m.sum(wrong, states))


def many(examples: int) -> Callable:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=quiet, derandomize=True
    )


RANDOM = st.randoms(use_true_random=False)


@pytest.mark.parametrize("name", WORLDS)
@many(200)
@given(random=RANDOM)
def test_rewriting_by_the_relations_is_accepted_and_a_changed_coefficient_is_not(name, random):
    check_against_matrices(the(name), random)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
@many(1000)
@given(random=RANDOM)
def test_a_thousand_rewritings_of_each_algebra(name, random):
    check_against_matrices(the(name), random)


@pytest.mark.parametrize("name", WORLDS)
@many(40)
@given(random=RANDOM)
def test_products_associate_adjoints_reverse_them_and_jacobi_holds(name, random):
    world = WORLDS[name]()
    world.longest = 3
    a, b, c = (world.operator(polynomial(world, random, 2)) for _ in range(3))
    assert (a * b) * c == a * (b * c)
    assert (a * b).dagger() == b.dagger() * a.dagger()
    assert a.dagger().dagger() == a
    jacobi = (
        commutator(a, commutator(b, c))
        + commutator(b, commutator(c, a))
        + commutator(c, commutator(a, b))
    )
    assert jacobi == 0
    assert commutator(a, b) == a * b - b * a
    assert commutator(a, b) + anticommutator(a, b) == 2 * a * b


@many(60)
@given(random=RANDOM)
def test_free_symbols_obey_nothing_but_associativity(random):
    algebra = Algebra()
    x = [algebra.symbol("A"), algebra.symbol("B"), algebra.symbol("H", hermitian=True)]
    letters = [letter for op in x for letter in op.letters()]
    words = [tuple(random.choices(range(3), k=4)) for _ in range(2)]
    first, second = (algebra.product([x[n] for n in word]) for word in words)
    assert (first == second) == (words[0] == words[1])
    a, b = first + 2 * x[0], second - x[1] * x[2]
    assert (a * b).dagger() == b.dagger() * a.dagger()
    m = Representation(algebra, letters, np.random.default_rng(1))
    direct = (m.operator(first) + 2 * m.operator(x[0])) @ m.operator(b)
    assert agree(m.operator(a * b), direct)
