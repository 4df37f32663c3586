"""Exact canonical forms for the operators of many-body physics.

    from tools.grading.operators import Algebra, Conventions, Index, compare, equal

    alg = Algebra(Conventions(sigma_ladder=Fraction(1, 2)))
    c, i, j = alg.fermion("c"), Index("i"), Index("j")
    equal(c(i) * c(j).dagger(), alg.delta(i, j) - c(j).dagger() * c(i))         # True
    equal(alg.total(c(i).dagger() * c(i), i), alg.total(c(j).dagger() * c(j), j))  # True

An `Algebra` fixes the conventions and hands out generators; both sides of a comparison must come
from the same one. An `Operator` is a sum in unique normal form, so that equality is a comparison
of tables and nothing is ever rewritten word by word. Coefficients are
`tools.grading.polynomial.Polynomial` (ints and Fractions mix freely).

Species, each called with labels (none, one or several; ints and strings name *distinct* modes, an
`Index` is a symbol that may coincide with anything in its place until declared distinct):

    c = alg.fermion("c")        c(1), c("i", "up") annihilate; .dagger() creates; c.number(1)
    b = alg.boson("b")          the same
    s = alg.pauli("sigma")      s.x(1) s.y(1) s.z(1) s.plus(1) s.minus(1); s.dot(1, 2); s.swap(1, 2)
    S = alg.spin("S", length)   the same names; length None (symbolic), 1/2, 1, 3/2, ...
    g = alg.majorana("gamma")   g(1)
    q = alg.quadrature()        q.q(1), q.p(1) with [q, p] from the conventions
    alg.pauli("sigma", on="S")  Pauli matrices of the spins one half S already declared
    A, B = alg.pair("A", "B")   two operators whose commutator [A, B] commutes with both
    alg.symbol("A", hermitian=False)   a free symbol, commuting with no operator
    alg.scalar(polynomial), alg.one, alg.zero

Operators:  A + B, A - B, A * B, A * 2, A / 2, A ** n, A.dagger(), alg.product([A, B, C]) (faster
for long words), commutator(A, B), anticommutator(A, B), str(A), A.is_zero(), A == B.
Indices:    alg.delta(i, j), alg.declare_distinct(i, j), alg.declare_values(s, ("up", "down")),
            Index("i").shifted(1) is i + 1; alg.indexed("t", i, j, symmetry="none" | "symmetric" |
            "antisymmetric" | "hermitian") is a coefficient t_ij.
Sums:       alg.total(A, i, j) over all sites, alg.total(A, i, j, where="distinct" | "less"),
            alg.total(A, i, over=range(1, 5)) written out, over="name" another range;
            alg.declare_size(Polynomial.symbol("N")) says what a sum of 1 gives.
Functions:  alg.exp(A) and alg.function("f", A): exact where A is nilpotent, idempotent or an
            involution times a number (exp(i pi n) = 1 - 2 n), or linear in bosons, q and p, or
            a sum of boson numbers (displacements and phases), else an opaque letter with a
            canonical interior; alg.expectation(A, state="") a linear functional <A>.
Decide:     equal(a, b) -> bool; compare(a, b) -> Comparison(equal, certain, difference);
            differs_at(a, b) -> str, the first difference in words. `certain` is False where
            unequal rests on opaque functions, which may be equal for reasons not seen here.
Errors:     BadInput for what makes no sense, GradingLimit for what is too large.
"""

from tools.grading.monomials import GradingLimit
from tools.grading.operators.algebra import Algebra
from tools.grading.operators.compare import Comparison, compare, differs_at, equal
from tools.grading.operators.conventions import Conventions, Index
from tools.grading.operators.operator import Operator, anticommutator, commutator
from tools.grading.polynomial import Polynomial

__all__ = [
    "Algebra",
    "Comparison",
    "Conventions",
    "GradingLimit",
    "Index",
    "Operator",
    "Polynomial",
    "anticommutator",
    "commutator",
    "compare",
    "differs_at",
    "equal",
]
