"""Symbolic indices and sums, against the same expressions on a few concrete sites."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import BadInput
from tools.grading.operators import Algebra, GradingLimit, Index, Operator, commutator, equal
from tools.grading.operators.conventions import Letter
from tools.grading.operators.indexed import coefficient, kronecker
from tools.grading.polynomial import IMAGINARY, Polynomial

i, j, k, l = (Index(name) for name in "ijkl")  # noqa: E741
RANDOM = st.randoms(use_true_random=False)


@dataclass
class Term:
    """factor * (delta or t with labels) * word, summed over the indices in `bound`."""

    factor: Polynomial
    atoms: list[tuple]
    word: list[Letter]
    bound: list[Index]


def setting() -> Algebra:
    algebra = Algebra()
    algebra.fermion("c"), algebra.pauli("s"), algebra.majorana("g"), algebra.boson("b")
    return algebra


def evaluated(algebra: Algebra, terms: list[Term], place=lambda x: x, sites: int = 0) -> Operator:
    """Builds the expression: symbolic as it stands, or with every label put to a site."""
    total = algebra.zero
    for term in terms:
        names = [x.name for x in term.bound]
        choices = product(range(1, sites + 1), repeat=len(names)) if sites else [()]
        for values in choices:
            env = dict(zip(names, values, strict=False))

            def put(x, env=env):
                if isinstance(x, Index) and x.name in env:
                    return (env[x.name] + x.shift - 1) % sites + 1
                return place(x)

            value = term.factor
            for kind, *labels in term.atoms:
                labels = tuple(put(x) for x in labels)
                atom = kronecker(*labels) if kind == "delta" else coefficient("t", labels, "none")
                value = value * atom
            word = [
                algebra.generator(x._replace(labels=tuple(map(put, x.labels)))) for x in term.word
            ]
            part = algebra.product(word) * value
            total += part if sites else algebra.total(part, *term.bound)
    return total


def same_on_sites(first: list[Term], second: list[Term], sites: int, fixed: range) -> bool:
    """Compares on a ring, for every choice of sites for the free indices i and j."""
    for a, b in product(fixed, repeat=2):
        algebra = setting()

        def place(x, a=a, b=b):
            if not isinstance(x, Index):
                return x
            return ({"i": a, "j": b}[x.name] + x.shift - 1) % sites + 1

        if evaluated(algebra, first, place, sites) != evaluated(algebra, second, place, sites):
            return False
    return True


OPS = {"c": "ac", "s": "xyz", "g": "g", "b": "ac"}


def term(random: Random, species: str, labels: list, bound: list[Index]) -> Term:
    word = [
        Letter(species, random.choice(OPS[species]), (random.choice(labels),))
        for _ in range(random.randint(1, 4))
    ]
    atoms = []
    if random.random() < 0.5:
        atoms.append((random.choice(["delta", "t"]), random.choice(labels), random.choice(labels)))
    return Term(Polynomial.number(random.choice([-2, -1, 1, 3])), atoms, word, bound)


def swapped(terms: list[Term], random: Random) -> list[Term]:
    """Exchanges two neighbours of one word by the relation of the algebra, deltas and all."""
    terms = list(terms)
    n = random.randrange(len(terms))
    old = terms[n]
    if len(old.word) < 2:
        return terms
    at = random.randrange(len(old.word) - 1)
    g, h = old.word[at : at + 2]
    head, tail = old.word[:at], old.word[at + 2 :]
    delta = ("delta", g.labels[0], h.labels[0])
    sign = -1 if g.species in "cg" else 1
    new = [Term(old.factor * sign, old.atoms, [*head, h, g, *tail], old.bound)]
    if g.species == "s" and g.op != h.op:
        third = ({"x", "y", "z"} - {g.op, h.op}).pop()
        turn = 1 if g.op + h.op in ("xy", "yz", "zx") else -1
        left = [*head, g._replace(op=third), *tail]
        new.append(Term(old.factor * IMAGINARY * 2 * turn, [*old.atoms, delta], left, old.bound))
    elif (g.species in "cb" and g.op != h.op) or g.species == "g":
        weight = 2 if g.species == "g" else 1
        if g.species == "b" and g.op == "c":
            weight = -1
        new.append(Term(old.factor * weight, [*old.atoms, delta], [*head, *tail], old.bound))
    terms[n : n + 1] = new
    return terms


def check(first: list[Term], random: Random, sites: int, fixed: range) -> None:
    second = first
    for _ in range(3):
        second = swapped(second, random)
    algebra = setting()
    assert evaluated(algebra, first) == evaluated(algebra, second)
    n = random.randrange(len(second))
    wrong = list(second)
    wrong[n] = Term(wrong[n].factor * -1, wrong[n].atoms, wrong[n].word, wrong[n].bound)
    verdict = evaluated(algebra, first) == evaluated(algebra, wrong)
    assert verdict == same_on_sites(first, wrong, sites, fixed)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(random=RANDOM)
@pytest.mark.parametrize("species", "csgb")
def test_free_indices_agree_with_every_choice_of_sites(species, random):
    terms = [term(random, species, [i, j, 1], []) for _ in range(random.randint(1, 3))]
    check(terms, random, 6, range(1, 4))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(random=RANDOM)
@pytest.mark.parametrize("species", "csgb")
def test_sums_agree_with_sums_over_sites(species, random):
    bound = random.choice([[k], [k, l]])
    labels = [*bound, i] if len(bound) == 2 else [k, i, j]
    terms = [term(random, species, labels, bound) for _ in range(random.randint(1, 2))]
    check(terms, random, 4, range(1, 3))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(random=RANDOM)
@pytest.mark.parametrize("species", "csgb")
def test_shifted_sums_agree_with_sums_around_a_ring(species, random):
    labels = [k, k.shifted(1), k.shifted(-1), i]
    terms = [term(random, species, labels, [k]) for _ in range(random.randint(1, 2))]
    check(terms, random, 9, range(2, 3))


def test_normal_ordering_makes_kronecker_deltas():
    algebra = Algebra()
    c = algebra.fermion("c")
    assert equal(c(i) * c(j).dagger(), algebra.delta(i, j) - c(j).dagger() * c(i))
    assert not equal(c(i) * c(j).dagger(), algebra.delta(i, j) + c(j).dagger() * c(i))
    assert commutator(c(i).dagger() * c(j), c(j).dagger() * c(i)) == c.number(i) - c.number(j)
    assert not equal(c(i, "up") * c.create(j, "down"), -c.create(j, "down") * c(i, "up") + 1)
    assert equal(c(i, "up") * c.create(j, "down"), -c.create(j, "down") * c(i, "up"))


def test_a_delta_renames_what_it_multiplies():
    algebra = Algebra()
    c = algebra.fermion("c")
    eps = algebra.indexed
    assert algebra.delta(i, j) * eps("e", j) * c(j) == algebra.delta(i, j) * eps("e", i) * c(i)
    assert algebra.delta(i, j) * algebra.delta(j, k) == algebra.delta(i, k) * algebra.delta(i, j)
    assert algebra.delta(i, 1) * algebra.delta(i, 2) == 0
    assert algebra.delta(i, i.shifted(1)) == 0


def test_a_fact_flips_a_verdict():
    free, told = Algebra(), Algebra()
    told.declare_distinct(i, j)
    for algebra, expected in ((free, False), (told, True)):
        p = algebra.fermion("p")
        hop = p.create(i) * p(j) + p.create(j) * p(i)
        assert (hop == -(p(j) * p.create(i)) - p(i) * p.create(j)) == expected
    told.declare_values(Index("s"), ("up", "down"))
    c = told.fermion("c")
    s = Index("s")
    assert told.total(c.number(s), s) == c.number("up") + c.number("down")
    assert told.delta(s, "up") + told.delta(s, "down") == 1


def test_bound_indices_have_no_names_and_deltas_collapse():
    algebra = Algebra()
    c = algebra.fermion("c")
    number = algebra.total(c.number(i), i)
    assert number == algebra.total(c.number(j), j)
    assert algebra.total(algebra.delta(i, j) * c(j), j) == c(i)
    t = lambda a, b: algebra.indexed("t", a, b)  # noqa: E731
    hop = algebra.total(t(i, j) * c.create(i) * c(j), i, j)
    assert hop == algebra.total(t(k, l) * c.create(k) * c(l), l, k)
    assert hop != algebra.total(t(j, i) * c.create(i) * c(j), i, j)
    assert commutator(hop, c(k)) == -algebra.total(t(k, j) * c(j), j)
    assert commutator(hop, number) == 0
    assert algebra.total(c(i) * c(j), i, j) == 0
    assert algebra.total(algebra.one, i, j) != algebra.total(algebra.one, i)


def test_ordered_and_distinct_sums_are_related_by_symmetry():
    algebra = Algebra()
    s = algebra.pauli("s")
    pair = s.z(i) * s.z(j)
    less = algebra.total(pair, i, j, where="less")
    assert 2 * less == algebra.total(pair, i, j, where="distinct")
    assert algebra.total(pair, i, j) == 2 * less + algebra.total(algebra.one, i)
    skew = algebra.total(s.x(i) * s.y(j), i, j, where="less")
    assert skew != algebra.total(s.y(i) * s.x(j), i, j, where="less")


def test_a_chain_is_the_same_wherever_it_starts():
    algebra = Algebra()
    c = algebra.fermion("c")
    right = algebra.total(c.create(i) * c(i.shifted(1)), i)
    assert right == algebra.total(c.create(j.shifted(-1)) * c(j), j)
    assert right != right.dagger()
    assert commutator(right, right.dagger()) == 0
    current = commutator(right + right.dagger(), c.number(k))
    expected = [c.create(k.shifted(d)) * c(k) - c.create(k) * c(k.shifted(d)) for d in (1, -1)]
    assert current == expected[0] + expected[1]


def test_hermitian_and_symmetric_coefficients_are_known():
    algebra = Algebra()
    c = algebra.fermion("c")
    hop = lambda symmetry: algebra.total(  # noqa: E731
        algebra.indexed("t", i, j, symmetry=symmetry) * c.create(i) * c(j), i, j
    )
    assert hop("hermitian").dagger() == hop("hermitian")
    assert hop("symmetric").dagger() == hop("symmetric")
    assert hop("none").dagger() != hop("none")
    assert algebra.indexed("a", i, i, symmetry="antisymmetric") == 0


def test_expectations_are_linear_and_see_the_canonical_interior():
    algebra = Algebra()
    c = algebra.fermion("c")
    mean = algebra.expectation
    a, b = c.create(1) * c(2), c.number(1)
    assert mean(2 * a + b) == 2 * mean(a) + mean(b)
    assert mean(c(1) * c.create(1)) == 1 - mean(c.number(1))
    assert mean(a * b) != mean(a) * mean(b)
    assert mean(a).dagger() == mean(a.dagger())
    assert mean(c(i) * c.create(j)) == algebra.delta(i, j) - mean(c.create(j) * c(i))
    filling = algebra.total(mean(c.number(i)), i)
    assert filling == mean(algebra.total(c.number(j), j))
    assert mean(a, "0") != mean(a)


def test_what_cannot_be_summed_is_refused_by_name():
    algebra = Algebra()
    c = algebra.fermion("c")
    hidden = algebra.scalar(Polynomial.atom(("call", "cos", "k*a")))
    with pytest.raises(BadInput, match="summation index k"):
        algebra.total(hidden * c.number(k), k)
    many = algebra.one
    for n in range(9):
        many = many * algebra.total(c.create(Index(f"a{n}")) * c(Index(f"a{n}")), Index(f"a{n}"))
    with pytest.raises(GradingLimit):
        many.canonical()
    half = algebra.total(c.number(i), i, over="left") * algebra.total(c.number(j), j, over="right")
    with pytest.raises(BadInput, match="different ranges"):
        half.canonical()
