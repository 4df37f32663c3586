"""Pairs whose truth flips with a convention."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tools.errors import BadInput
from tools.grading.operators import (
    Algebra,
    Conventions,
    Index,
    anticommutator,
    commutator,
    compare,
    differs_at,
    equal,
)
from tools.grading.polynomial import IMAGINARY, Polynomial

HALF = Fraction(1, 2)


@pytest.mark.parametrize(("factor", "expected"), [(HALF, True), (1, False)])
def test_the_factor_of_sigma_plus(factor, expected):
    s = Algebra(Conventions(sigma_ladder=factor)).pauli("s")
    assert equal(s.plus() * s.minus(), (1 + s.z()) / 2) == expected
    assert equal(s.plus() * s.minus(), (1 + s.z()) * 2) != expected


def test_the_sign_of_z_decides_what_plus_raises():
    for sign in (1, -1):
        algebra = Algebra(Conventions(z_sign=sign))
        for s, unit in ((algebra.pauli("s"), 2), (algebra.spin("S", 1), 1), (algebra.spin("T"), 1)):
            assert commutator(s.z(), s.plus()) == unit * sign * s.plus()
            assert commutator(s.x(), s.y()) == unit * IMAGINARY * s.z()
            assert s.plus() == s.minus().dagger()


@pytest.mark.parametrize("square", [1, HALF])
def test_the_square_of_a_majorana(square):
    g = Algebra(Conventions(majorana_square=square)).majorana("g")
    assert g(1) * g(1) == square
    assert anticommutator(g(1), g(2)) == 0
    assert commutator(g(1) * g(2), g(2) * g(3)) == 2 * square * g(1) * g(3)


def test_the_length_of_a_spin():
    for length in (HALF, 1, Fraction(3, 2), None):
        algebra = Algebra(Conventions(spin=length))
        s = algebra.spin("S")
        size = Polynomial.symbol("S") if length is None else length
        assert s.dot(1, 1) == size * (size + 1)
        assert equal(s.z() ** 2, algebra.scalar(Fraction(1, 4))) == (length == HALF)
        assert equal(s.plus() ** 2, algebra.zero) == (length == HALF)
        assert equal(s.z() ** 3, s.z()) == (length == 1)
        assert commutator(s.plus(), s.minus()) == 2 * s.z()


def test_the_unit_of_spin_and_momentum():
    hbar = Polynomial.symbol("hbar")
    algebra = Algebra(Conventions(hbar=hbar))
    q, s = algebra.quadrature(), algebra.spin("S", 1)
    assert q.q() * q.p() + q.p() * q.q() == 2 * q.q() * q.p() - IMAGINARY * hbar
    assert commutator(s.x(), s.y()) == IMAGINARY * hbar * s.z()
    other = Algebra(Conventions(qp=2 * IMAGINARY)).quadrature()
    assert commutator(other.q(1), other.p(1)) == 2 * IMAGINARY
    assert commutator(other.q(1), other.p(2)) == 0


@pytest.mark.parametrize("rule", ["anticommute", "commute"])
def test_whether_two_fermion_species_anticommute(rule):
    algebra = Algebra(Conventions(species=rule))
    f, g = algebra.fermion("F"), algebra.fermion("G")
    sign = -1 if rule == "anticommute" else 1
    assert f() * g() == sign * g() * f()
    assert f() * g() != -sign * g() * f()
    assert f(1) * f(2) == -f(2) * f(1)


def test_fermions_commute_with_bosons_and_spins_and_anticommute_with_majoranas():
    algebra = Algebra()
    c, b, s, g = (
        algebra.fermion("c"),
        algebra.boson("b"),
        algebra.pauli("s"),
        algebra.majorana("g"),
    )
    assert c() * b.create() == b.create() * c()
    assert c() * s.x() == s.x() * c()
    assert c() * g() == -g() * c()
    assert c() * algebra.symbol("A") != algebra.symbol("A") * c()


def test_parameters_are_real_unless_declared_complex():
    t = Polynomial.symbol("t")
    for unreal in (frozenset(), frozenset({"t"})):
        algebra = Algebra(Conventions(complex_symbols=unreal))
        c = algebra.fermion("c")
        hop = t * c.create(1) * c(2)
        back = t * c.create(2) * c(1)
        assert (hop.dagger() == back) == (not unreal)
        assert hop.dagger().dagger() == hop


def test_two_spins_one_half_exchange():
    s = Algebra().spin("S", HALF)
    assert s.dot(1, 2) == s.swap(1, 2) / 2 - Fraction(1, 4)
    assert s.swap(1, 2) * s.x(1) == s.x(2) * s.swap(1, 2)
    with pytest.raises(BadInput, match="above one half"):
        Algebra().spin("S", 1).swap(1, 2)


def test_a_difference_is_named():
    algebra = Algebra()
    c = algebra.fermion("c")
    told = compare(c.number(1), c(1) * c.create(1))
    assert not told.equal
    assert told.certain
    assert told.difference == (
        "The coefficient of the identity is 0 on one side and 1 on the other."
    )
    assert differs_at(c(1), c(1)) == ""
    assert compare(c(1), c(1)).equal


def test_a_name_keeps_its_meaning_within_one_algebra():
    algebra = Algebra()
    algebra.fermion("c")
    with pytest.raises(BadInput, match="declared as fermion and as boson"):
        algebra.boson("c")
    with pytest.raises(BadInput, match="two different algebras"):
        algebra.fermion("c")(1) + Algebra().fermion("c")(1)
    with pytest.raises(BadInput, match="spin of length"):
        algebra.spin("S", Fraction(1, 3))


def test_pauli_matrices_can_belong_to_declared_spins():
    i, j = Index("i"), Index("j")
    for on, expected in (("S", True), (None, False)):
        algebra = Algebra()
        s = algebra.spin("S", HALF)
        sigma = algebra.pauli("sigma", on=on)
        assert equal(s.z(1), sigma.z(1) / 2) == expected
        assert equal(s.dot(i, j), sigma.dot(i, j) / 4) == expected
        assert equal(s.x(i) * sigma.x(j), sigma.x(j) * s.x(i))
        assert equal(s.x(i) * sigma.y(j), sigma.y(j) * s.x(i)) != expected
    assert str(s.z(1)) == "1/2*Z(S_{1})"
    with pytest.raises(BadInput, match="no spin one half"):
        Algebra().pauli("sigma", on="S")
