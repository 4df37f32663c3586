r"""Functions of operators: exact where the algebra closes, opaque where it does not.

exp is exact for A with A^2 = s A (then e^A = 1 + (e^s - 1) A / s), A^2 = s^2 (then
cosh s + sinh s A / s, an even function of s), A^n = 0, and for sums of commuting terms of these
kinds: parities e^{i pi n}, rotations e^{i theta X}, projectors, strings; and for displacements and
phases of bosons, which `ladders` multiplies in closed form. Every other function of an
operator becomes a letter named after the canonical form of its interior, so that f(A) = f(B)
whenever A = B.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

from tools.errors import BadInput
from tools.grading.monomials import Atom
from tools.grading.operators.conventions import Index, Letter
from tools.grading.operators.indexed import coefficient
from tools.grading.operators.ladders import Ladders
from tools.grading.operators.operator import Operator, commutator
from tools.grading.operators.phases import scalar_exponential
from tools.grading.operators.space import WORD
from tools.grading.polynomial import Polynomial

if TYPE_CHECKING:
    from tools.grading.operators.algebra import Algebra

MAX_NILPOTENT = 12
MAX_FACTORS = 12


def exponential(operator: Operator) -> Operator:
    """Returns e^A, exact or as an opaque letter."""
    algebra = operator.algebra
    if not operator.pending:
        if displaced := _displacement(operator):
            return displaced
        if exact := _closed(operator):
            return exact
        terms = [Operator(algebra, operator.where, {k: c}) for k, c in operator.table.items()]
        if 1 < len(terms) <= MAX_FACTORS and all(
            commutator(a, b).is_zero() for a, b in combinations(terms, 2)
        ):
            factors = [_closed(term) for term in terms]
            known = [f for f in factors if f is not None]
            if len(known) == len(terms):
                return algebra.product(known)
    return function("exp", operator)


def _closed(operator: Operator) -> Operator | None:
    """Returns e^A where powers of A close after one step or vanish."""
    algebra = operator.algebra
    if operator.is_zero():
        return algebra.one
    table = operator.mixed()
    if set(table) == {()}:
        return algebra.scalar(scalar_exponential(operator.scalar_value()))
    square = operator * operator
    if square.is_zero() or not _short(operator):
        return _nilpotent(operator)
    if not square.pending and set(square.mixed()) == {()}:
        if (root := _root(square.scalar_value())) is None:
            return None
        plus, minus = scalar_exponential(root), scalar_exponential(-root)
        return algebra.scalar((plus + minus) / 2) + operator * ((plus - minus) / (root * 2))
    key = next(iter(table))
    c, c2 = table[key], square.mixed().get(key, 0)
    try:
        ratio = Polynomial.number(1) * c2 / c
        if not ratio or not (square - operator * ratio).is_zero():
            return _nilpotent(operator)
        return algebra.one + operator * ((scalar_exponential(ratio) - 1) / ratio)
    except BadInput:
        # A ratio of sums is no polynomial: the closed form exists but not in this ring.
        return None


def _displacement(operator: Operator) -> Operator | None:
    """Returns e^A for A linear in boson or canonical letters, or a sum of number operators."""
    where = operator.where
    if where is None or not operator.table:
        return None
    sector = operator.algebra.space.sectors[where]
    if not isinstance(sector, Ladders):
        return None
    table = sector.exponential(operator.table)
    return None if table is None else Operator(operator.algebra, where, table)


def _short(operator: Operator) -> bool:
    return len(operator.table) <= 64


def _nilpotent(operator: Operator) -> Operator | None:
    result, power = operator.algebra.one, operator.algebra.one
    if not _short(operator):
        return None
    for n in range(1, MAX_NILPOTENT + 1):
        power = power * operator / n
        if power.is_zero():
            return result
        if len(power.table) > 512:
            return None
        result = result + power
    return None


def _root(value: Polynomial) -> Polynomial | None:
    """Returns one of the two square roots of a monomial, for use in even functions."""
    if len(value.table) != 1:
        return None
    ((monomial, c),) = value.table.items()
    if any(a[0] in ("i", "delta", "prime") for a, _ in monomial):
        return None
    halves = Polynomial.number(1)
    for atom, e in monomial:
        halves = halves * Polynomial.atom(atom, Fraction(e, 2))
    try:
        return halves * Polynomial.root(c)
    except BadInput:
        return None


def function(name: str, operator: Operator) -> Operator:
    """Returns f(A) as a letter named after the canonical interior; f of a number is an atom.

    Raises:
        BadInput: if A has free symbolic indices: a sum over them could not reach inside.
    """
    algebra = operator.algebra
    if any(
        isinstance(label, Index) and not label.name.startswith("#")
        for letter in operator.letters()
        for label in letter.labels
    ):
        raise BadInput(
            f"{name} of an operator with a symbolic index.", "Declare the indices as labels."
        )
    if not operator.pending and set(operator.mixed()) <= {()}:
        value = operator.scalar_value()
        if name == "exp":
            return algebra.scalar(scalar_exponential(value))
        return algebra.scalar(Polynomial.atom(("call", name, str(value))))
    letter = Letter(name, "f", (str(operator),))
    algebra.opaque.setdefault(letter, (name, operator))
    return Operator(algebra, None, {((WORD, letter),): 1})


def adjoint(algebra: Algebra, letter: Letter) -> Letter:
    """Returns the letter of f(A)^dag = f(A^dag), true for functions real on the real axis."""
    name, interior = algebra.opaque[letter]
    conjugate = interior.dagger()
    new = Letter(name, "f", (str(conjugate),))
    algebra.opaque.setdefault(new, (name, conjugate))
    return new


def expectation(operator: Operator, state: str) -> Operator:
    """Returns <A>: coefficients pulled out, one atom a word, <1> = 1."""
    algebra = operator.algebra
    pending: dict[Any, Any] = {}
    total = Polynomial({})
    for (ranges, word), c in operator.words().items():
        atom = Polynomial.atom(("expect", state, word)) if word else Polynomial.number(1)
        symbolic = ranges or any(isinstance(x, Index) for letter in word for x in letter.labels)
        if symbolic:
            pending[ranges, ()] = pending.get((ranges, ()), 0) + atom * c
        else:
            total = total + atom * c
    return Operator(algebra, None, {}, pending) + algebra.scalar(total)


def conjugate_atom(algebra: Algebra, atom: Atom) -> Polynomial | None:
    """Returns the complex conjugate of an atom, or None where it is real."""
    parts: Any = atom
    unreal = algebra.conventions.complex_symbols
    match parts:
        case ("sym", str(name)) if name.removesuffix("*") in unreal:
            return Polynomial.symbol(_starred(name))
        case ("indexed", str(name), "hermitian", labels):
            return coefficient(name, tuple(reversed(labels)), "hermitian")
        case ("indexed", str(name), symmetry, labels) if name.removesuffix("*") in unreal:
            return coefficient(_starred(name), labels, symmetry)
        case ("exp", monomial):
            exponent = Polynomial({monomial: 1})
            return scalar_exponential(Polynomial.number(1) * algebra.conjugate(exponent))
        case ("expect", state, word):
            adjoint_word = tuple(algebra.adjoint(letter) for letter in reversed(word))
            conjugated = ("expect", state, adjoint_word)
            symbolic = any(isinstance(x, Index) for letter in word for x in letter.labels)
            return Polynomial.atom(conjugated) if symbolic else algebra.expected(conjugated)
    return None


def _starred(name: str) -> str:
    return name.removesuffix("*") if name.endswith("*") else name + "*"
