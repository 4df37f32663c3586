r"""Spins of length S, given or symbolic: ladder power times a polynomial in S^z.

With hbar = 1, u(z) = S(S+1) - z^2 + z = S^+ S^- and d(z) = S(S+1) - z^2 - z = S^- S^+, every
element of one spin's algebra is a sum of L_k f(S^z), L_k = (S^+)^k for k >= 0 and (S^-)^{-k}
otherwise, because f(S^z) L_k = L_k f(S^z + k) (a generalised Weyl algebra; V. Bavula, St.
Petersburg Math. J. 4, 71 (1993)). For a given S the polynomial f matters only on the states m that
L_k keeps alive, m and m + k in -S..S, so it is reduced modulo prod_m (z - m), which makes the form
unique: (2S+1)^2 monomials a site. For symbolic S the relation S.S = S(S+1) alone is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from tools.grading.monomials import GradingLimit, Rational
from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.sector import Sector, Table
from tools.grading.polynomial import IMAGINARY, Polynomial

Factor: TypeAlias = tuple[int, int, int]
Local: TypeAlias = dict[tuple[int, int], Scalar]

MAX_POWER = 60


class Spins(Sector):
    """Sites with spin operators, reduced by their length.

    A monomial is a tuple of (site, k, b) for prod L_k (S^z)^b.
    """

    one = ()
    max_pairs = 10_000

    def __init__(self) -> None:
        super().__init__()
        self.length: dict[str, Rational | None] = {}
        self.hbar: Scalar = 1
        self.z_sign = 1
        self._known: dict[tuple[str, int, int, int, int], Local] = {}

    def declare(self, species: str, length: Rational | None, hbar: Scalar, z_sign: int) -> None:
        """Sets the length of a species; None keeps it the symbol S."""
        self.length[species] = length
        self.hbar, self.z_sign = hbar, z_sign

    def generator(self, letter: Letter) -> Table:
        """Returns one of x, y, z, plus and minus of a site, in units of hbar."""
        p = self.mode(letter.species, letter.labels)
        plus, minus, z = ((p, 1, 0),), ((p, -1, 0),), ((p, 0, 1),)
        half = Fraction(1, 2) * self.hbar
        if self.z_sign < 0:
            plus, minus = minus, plus
        # The letters "P", "M" and "N" are the basis itself: no unit, no convention.
        table: Table
        match letter.op:
            case "x":
                table = {plus: half, minus: half}
            case "y":
                table = {plus: -IMAGINARY * half, minus: IMAGINARY * half}
                if self.z_sign < 0:
                    table = {key: -c for key, c in table.items()}
            case "z":
                table = {z: self.hbar}
            case "+":
                table = {plus: self.hbar}
            case "-":
                table = {minus: self.hbar}
            case basis:
                table = {((p, *{"P": (1, 0), "M": (-1, 0), "N": (0, 1)}[basis]),): 1}
        return table

    def times(
        self, left: tuple[Factor, ...], right: tuple[Factor, ...]
    ) -> Iterable[tuple[tuple[Factor, ...], Scalar]]:
        """Returns the product of two monomials, site by site."""
        if not left or not right:
            return ((left or right, 1),)
        sites = {p: (k, b) for p, k, b in left}
        terms: list[tuple[tuple[Factor, ...], Scalar]] = [((), 1)]
        for p, k, b in right:
            if p not in sites:
                sites[p] = (k, b)
                continue
            k1, b1 = sites.pop(p)
            local = self._local(self.names[p][0], k1, b1, k, b)
            terms = [
                ((*factors, (p, *key)) if key != (0, 0) else factors, c * c2)
                for factors, c in terms
                for key, c2 in local.items()
            ]
        rest = tuple((p, k, b) for p, (k, b) in sites.items())
        return [(tuple(sorted(rest + factors)), c) for factors, c in terms]

    def _local(self, species: str, k1: int, b1: int, k2: int, b2: int) -> Local:
        """Returns L_k1 z^b1 L_k2 z^b2 on one site, reduced."""
        known = self._known.get((species, k1, b1, k2, b2))
        if known is None:
            if max(abs(k1) + abs(k2), b1 + b2) > MAX_POWER:
                raise GradingLimit(f"A power above {MAX_POWER} of a spin.", "Shorten the answer.")
            f: list[Scalar] = [*([0] * b2), 1]
            f = _times_linear(f, k2, b1)
            k = k1
            # Annihilate opposite ladders one pair at a time: S^+ S^- = u, S^- S^+ = d.
            for step in range(abs(k2)):
                sign = 1 if k2 > 0 else -1
                if k * sign >= 0:
                    k += sign
                    continue
                # L_k L_sign = L_{k + sign} g(z), and g moves right past what is left of L_k2.
                shift = sign * (abs(k2) - step - 1)
                f = _product(f, self._pair(species, sign, shift))
                k += sign
            known = {(k, b): c for b, c in enumerate(self._reduce(species, k, f)) if c}
            self._known[species, k1, b1, k2, b2] = known
        return known

    def _casimir(self, species: str) -> Scalar:
        length = self.length[species]
        s: Scalar = Polynomial.symbol(species) if length is None else length
        return s * (s + 1)

    def _pair(self, species: str, sign: int, shift: int) -> list[Scalar]:
        """Returns the polynomial S^-+ S^+- at z + shift: d for sign 1, u for sign -1."""
        # d(z) = C - z^2 - z, u(z) = C - z^2 + z; here z -> z + shift.
        c = self._casimir(species)
        return [c - shift * shift - sign * shift, -2 * shift - sign, -1]

    def _reduce(self, species: str, k: int, f: list[Scalar]) -> list[Scalar]:
        length = self.length[species]
        if length is None:
            return f
        alive = int(2 * length) + 1 - abs(k)
        if alive <= 0:
            return []
        lowest = -length + max(0, -k)
        modulus: list[Scalar] = [1]
        for step in range(alive):
            modulus = _product(modulus, [-(lowest + step), 1])
        f = list(f)
        while len(f) > alive:
            top = f.pop()
            for place in range(alive):
                f[len(f) - alive + place] -= top * modulus[place]
        return f

    def dagger(self, key: tuple[Factor, ...]) -> Iterable[tuple[tuple[Factor, ...], Scalar]]:
        """(L_k z^b)^dag = z^b L_{-k}."""
        result: Table = {(): 1}
        for p, k, b in key:
            local = self._local(self.names[p][0], 0, b, -k, 0)
            factor = {(((p, *lk),) if lk != (0, 0) else ()): c for lk, c in local.items()}
            result = self.multiply(result, factor)
        return list(result.items())

    def word(self, key: tuple[Factor, ...]) -> tuple[Letter, ...]:
        """Returns for each site its ladder letters, then its z letters; P, M and N with units."""
        letters: list[Letter] = []
        plain = self.hbar == 1 and self.z_sign == 1
        up, down, z = "+-z" if plain else "PMN"
        for p, k, b in key:
            letters += [self.letter(up if k > 0 else down, p)] * abs(k) + [self.letter(z, p)] * b
        return tuple(letters)


def _product(f: list[Scalar], g: list[Scalar]) -> list[Scalar]:
    result: list[Scalar] = [0] * (len(f) + len(g) - 1)
    for a, x in enumerate(f):
        for b, y in enumerate(g):
            result[a + b] = result[a + b] + x * y
    return result


def _times_linear(f: list[Scalar], shift: int, power: int) -> list[Scalar]:
    """Returns f(z) (z + shift)^power."""
    for _ in range(power):
        f = _product(f, [shift, 1])
    return f
