r"""Bosons and quadratures: one closed form for every pair with a central commutator.

With u = b^dag, v = b for a boson and u = q, v = p for a quadrature, [v, u] = kappa (1, or -[q, p]),

    v^n u^m = sum_k kappa^k k! C(n, k) C(m, k) u^{m-k} v^{n-k}

(W. Louisell, Quantum Statistical Properties of Radiation, sec. 3.2), min(m, n) + 1 terms where
moving one letter at a time would walk C(m + n, n) paths. The same pairing extends to displacements
and phases: monomials u^m e^{alpha u} r^N e^{beta v} v^n, N = u v, multiply by

    e^{beta v} e^{alpha u} = e^{kappa alpha beta} e^{alpha u} e^{beta v},
    v^n e^{alpha u} = e^{alpha u} (v + kappa alpha)^n,    r^N u = r u r^N,    v r^N = r r^N v,

and stay linearly independent for different (alpha, beta, r), since their normal symbols are
u^m v^n exp(alpha u + beta v + (r - 1) u v).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import comb, factorial
from typing import Any, TypeAlias

from tools.grading.monomials import GradingLimit
from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.phases import scalar_exponential
from tools.grading.operators.sector import Sector, Table

Power: TypeAlias = tuple[Any, ...]
"""(mode, m, n), or (mode, m, n, alpha, beta, r) with an exponential."""

MAX_POWER = 100


class Ladders(Sector):
    """Bosonic modes and quadratures.

    Attributes:
        qp: [q, p] of each quadrature species.
        exponents: what letters named "exp ..." stand for, as (alpha, beta, r).
    """

    one = ()
    max_pairs = 30_000

    def __init__(self, conjugate: Callable[[Scalar], Scalar]) -> None:
        super().__init__()
        self.conjugate = conjugate
        self.qp: dict[str, Scalar] = {}
        self.exponents: dict[str, tuple[Scalar, Scalar, Scalar]] = {}

    def _kappa(self, mode: int) -> Scalar:
        species = self.names[mode][0]
        return -self.qp[species] if species in self.qp else 1

    def generator(self, letter: Letter) -> Table:
        """Returns b, b^dag, q, p or an exponential."""
        p = self.mode(letter.species, letter.labels)
        if letter.op in self.exponents:
            return {((p, 0, 0, *self.exponents[letter.op]),): 1}
        return {((p, 1, 0) if letter.op in "cq" else (p, 0, 1),): 1}

    def times(
        self, left: tuple[Power, ...], right: tuple[Power, ...]
    ) -> Iterable[tuple[tuple[Power, ...], Scalar]]:
        """Returns the ordered form of a product of two monomials."""
        if not left or not right:
            return ((left or right, 1),)
        on_right = {power[0]: power for power in right}
        plain: list[Power] = []
        terms: list[tuple[tuple[Power, ...], Scalar]] = [((), 1)]
        for one in left:
            other = on_right.pop(one[0], None)
            if other is None:
                plain.append(one)
                continue
            if max(one[1] + other[1], one[2] + other[2]) > MAX_POWER:
                raise GradingLimit(f"A power above {MAX_POWER} of a mode.", "Shorten the answer.")
            if len(one) == len(other) == 3:
                expansion = self._ordered(one, other)
            else:
                expansion = self._displaced(one, other)
            terms = [((*key, *new), c * x) for key, c in terms for new, x in expansion.items()]
        plain += on_right.values()
        if not plain and len(left) == 1:
            return terms
        return [(tuple(sorted((*plain, *key))), c) for key, c in terms]

    def _ordered(self, one: Power, other: Power) -> dict[tuple[Power, ...], Scalar]:
        """Returns u^m1 v^n1 u^m2 v^n2 of one mode."""
        (p, m1, n1), (_, m2, n2) = one, other
        result: dict[tuple[Power, ...], Scalar] = {}
        kappa, factor = self._kappa(p), 1
        for k in range(min(n1, m2) + 1):
            m, n = m1 + m2 - k, n1 + n2 - k
            c = factor * (factorial(k) * comb(n1, k) * comb(m2, k))
            if c:
                result[((p, m, n),) if m or n else ()] = c
            factor = factor * kappa  # type: ignore[assignment]
        return result

    def _displaced(self, one: Power, other: Power) -> dict[tuple[Power, ...], Scalar]:
        """Returns the product of two monomials of one mode with exponentials between."""
        p, m1, n1, alpha1, beta1, r1 = one if len(one) == 6 else (*one, 0, 0, 1)
        _, m2, n2, alpha2, beta2, r2 = other if len(other) == 6 else (*other, 0, 0, 1)
        kappa = self._kappa(p)
        phase = scalar_exponential(beta1 * alpha2 * kappa)
        exponent = (alpha1 + r1 * alpha2, beta1 * r2 + beta2, r1 * r2)
        tail = () if exponent == (0, 0, 1) else exponent
        result: dict[tuple[Power, ...], Scalar] = {}
        # v^n1 e^{beta1 v} u^m2 e^{alpha2 u}: shift both powers, then reorder what is left.
        for a in range(n1 + 1):
            for b in range(m2 + 1):
                shifts = (alpha2 * kappa) ** (n1 - a) * (beta1 * kappa) ** (m2 - b)
                c0 = phase * shifts * (comb(n1, a) * comb(m2, b))
                if not c0:
                    continue
                for k in range(min(a, b) + 1):
                    c = c0 * kappa**k * (factorial(k) * comb(a, k) * comb(b, k))
                    c = c * r1 ** (b - k) * r2 ** (a - k)
                    m, n = m1 + b - k, n2 + a - k
                    key = ((p, m, n, *tail),) if m or n or tail else ()
                    result[key] = result.get(key, 0) + c
        return {key: c for key, c in result.items() if c}

    def exponential(self, table: Mapping[Any, Scalar]) -> Table | None:
        """Returns e^A for A a constant plus letters and boson numbers, or None for any other A.

        e^{alpha u + beta v} = e^{alpha u} e^{beta v} e^{kappa alpha beta / 2}.
        """
        parts: dict[int, list[Scalar]] = {}
        total: Scalar = 1
        for key, c in table.items():
            if key == ():
                total = total * scalar_exponential(c)
                continue
            if len(key) > 1 or len(key[0]) != 3 or key[0][1:] not in ((1, 0), (0, 1), (1, 1)):
                return None
            p, m, n = key[0]
            part = parts.setdefault(p, [0, 0, 0])
            part[2 if m and n else 0 if m else 1] = c
        exponents = []
        for p, (alpha, beta, theta) in sorted(parts.items()):
            canonical = self.names[p][0] in self.qp
            if theta and (alpha or beta or canonical):
                return None
            total = total * scalar_exponential(alpha * beta * self._kappa(p) * Fraction(1, 2))
            exponents.append((p, 0, 0, alpha, beta, scalar_exponential(theta) if theta else 1))
        trivial = [e for e in exponents if e[3:] != (0, 0, 1)]
        return {tuple(trivial): total}

    def dagger(self, key: tuple[Power, ...]) -> Iterable[tuple[tuple[Power, ...], Scalar]]:
        """Exchanges powers of b^dag and b; reorders p^n q^m."""
        result: Table = {(): 1}
        for power in key:
            p, m, n, *rest = power
            alpha, beta, r = (self.conjugate(x) for x in rest or (0, 0, 1))
            if self.names[p][0] in self.qp:
                left = ((p, 0, n, *((0, beta, 1) if beta else ())),) if n or beta else ()
                right = ((p, m, 0, *((alpha, 0, 1) if alpha else ())),) if m or alpha else ()
                factor: Table = dict(self.times(left, right))
            else:
                factor = {((p, n, m, *((beta, alpha, r) if rest else ())),): 1}
            result = self.multiply(result, factor)
        return list(result.items())

    def word(self, key: tuple[Power, ...]) -> tuple[Letter, ...]:
        """Returns for each mode its u letters, its exponentials, then its v letters."""
        letters: list[Letter] = []
        for p, m, n, *rest in key:
            u, v = ("q", "p") if self.names[p][0] in self.qp else ("c", "a")
            letters += [self.letter(u, p)] * m
            letters += [self.letter(self._named(*rest), p)] if rest else []
            letters += [self.letter(v, p)] * n
        return tuple(letters)

    def _named(self, alpha: Scalar, beta: Scalar, r: Scalar) -> str:
        # Braces mark where the text of the operator goes in the names of the two letters.
        parts = [f"({alpha})*{{u}}"] if alpha else []
        parts += [f"({beta})*{{v}}"] if beta else []
        parts += [f"log({r})*{{u}}*{{v}}"] if r != 1 else []
        op = "exp " + " ; ".join(parts)
        self.exponents[op] = (alpha, beta, r)
        return op

    def adjoint(self, letter: Letter) -> Letter:
        """Returns the adjoint of an exponential as one letter.

        Raises:
            GradingLimit: for a product of exponentials of q and p, which is no single letter.
        """
        alpha, beta, r = (self.conjugate(x) for x in self.exponents[letter.op])
        if letter.species not in self.qp:
            return letter._replace(op=self._named(beta, alpha, r))
        if alpha and beta:
            raise GradingLimit("The adjoint of e^{q} e^{p} beside indices.", "Write it out.")
        return letter._replace(op=self._named(alpha, beta, r))
