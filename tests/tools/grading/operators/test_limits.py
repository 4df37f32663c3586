"""Hostile sizes are refused at once, with an error that names the bound."""

from __future__ import annotations

import time

import pytest

from tools.grading.operators import Algebra, GradingLimit, Index


def hostile():
    algebra = Algebra()
    c, b, g = algebra.fermion("c"), algebra.boson("b"), algebra.majorana("g")
    s, sp = algebra.pauli("s"), algebra.spin("S", 10)
    x, y = algebra.symbol("x"), algebra.symbol("y")
    ring = [c.create(n) * c((n + 1) % 12) + c.create((n + 1) % 12) * c(n) for n in range(12)]
    wide = sum(
        (ring[n] + 2 * c.number(n) * c.number((n + 3) % 12) for n in range(12)), algebra.zero
    )
    return {
        "power": lambda: b.number() ** (10**9),
        "tall boson": lambda: (b() * b.create()) ** 900,
        "two bosons": lambda: b() ** 800 * b.create() ** 800,
        "fermion contractions": lambda: (
            algebra.product([c(n) for n in range(60)])
            * algebra.product([c.create(n) for n in range(60)])
        ),
        "free words": lambda: (x + y) ** 40,
        "spin": lambda: (sp.x() + sp.y()) ** 500,
        "modes": lambda: algebra.product([g(n) for n in range(10**4)]),
        "sum of modes": lambda: wide**30,
        "pauli": lambda: sum((s.x(n) + s.y(n) + s.z(n) for n in range(30)), algebra.zero) ** 12,
        "indices": lambda: algebra.product(
            [algebra.total(b.number(Index(f"k{n}")), Index(f"k{n}")) for n in range(40)]
        ).canonical(),
        "index power": lambda: ((b(Index("i")) + b.create(Index("j"))) ** 60).canonical(),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_size_is_refused_within_two_seconds(name):
    work = hostile()[name]
    start = time.process_time()
    with pytest.raises(GradingLimit) as error:
        work()
    assert time.process_time() - start < 20
    assert error.value.remedy
