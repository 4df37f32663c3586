"""The algebra of one problem: its conventions, its species, its facts about indices."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations
from typing import Any, Literal

from tools.errors import BadInput
from tools.grading.monomials import Atom, Rational
from tools.grading.operators import functions, indexed, sums
from tools.grading.operators.conventions import (
    Conventions,
    Index,
    Label,
    Letter,
    Scalar,
    check_spin,
)
from tools.grading.operators.fermions import Fermions
from tools.grading.operators.ladders import Ladders
from tools.grading.operators.majoranas import Majoranas
from tools.grading.operators.operator import Operator
from tools.grading.operators.paulis import Paulis
from tools.grading.operators.sector import Sector, Table
from tools.grading.operators.space import WORD, Space
from tools.grading.operators.species import Canonical, Majorana, Modes, SpinSpecies
from tools.grading.operators.spins import Spins
from tools.grading.polynomial import Polynomial

Symmetry = Literal["none", "symmetric", "antisymmetric", "hermitian"]


class Algebra:
    """Hands out generators and remembers what has been declared about them.

    Attributes:
        conventions: how answers are to be read.
        space: the sectors that are in use.
        apart: pairs of labels declared different.
        values: values of indices declared finite.
        sizes: how many sites a range has, where that was said.
        hermitian: free symbols that are their own adjoints.
        opaque: functions of operators by their letter: (name, interior).
    """

    def __init__(self, conventions: Conventions | None = None) -> None:
        self.conventions = conventions or Conventions()
        self.space = Space(self.adjoint)
        self.hermitian: set[str] = set()
        self.apart: set[tuple[Label, Label]] = set()
        self.values: dict[str, tuple[Label, ...]] = {}
        self.sizes: dict[Hashable, Polynomial] = {}
        self.opaque: dict[Letter, tuple[str, Operator]] = {}
        self._kinds: dict[str, str] = {}
        self._sectors: dict[str, int] = {}
        self._of: dict[str, int] = {}

    # Species

    def fermion(self, name: str) -> Modes:
        """Declares a fermion species: name(labels) annihilates."""
        one_space = self.conventions.species == "anticommute"
        group = "fermi" if one_space else f"fermi {name}"
        self._declare(name, "fermion", group, lambda: Fermions(group))
        return Modes(self, name)

    def boson(self, name: str) -> Modes:
        """Declares a boson species: [b_j, b_k^dag] = delta_jk."""
        self._declare(name, "boson", "ladders", self._ladders)
        return Modes(self, name)

    def quadrature(self, name: str = "q") -> Canonical:
        """Declares position and momentum with [q_j, p_k] = qp delta_jk."""
        return self._canonical(name, self.conventions.commutator_qp)

    def pair(self, one: str, other: str, commutator: Scalar | None = None) -> list[Operator]:
        """Returns A and B whose commutator commutes with both; [A, B] is a symbol if not given."""
        if commutator is None:
            commutator = Polynomial.symbol(f"[{one},{other}]")
        both = self._canonical(f"{one}|{other}", commutator)
        return [both.q(), both.p()]

    def _canonical(self, name: str, qp: Scalar) -> Canonical:
        self._declare(name, "quadrature", "ladders", self._ladders)
        sector = self.sector(name)
        assert isinstance(sector, Ladders)
        sector.qp[name] = qp
        return Canonical(self, name)

    def majorana(self, name: str) -> Majorana:
        """Declares Majorana modes: {g_j, g_k} = 2 g^2 delta_jk, anticommuting with fermions."""
        square = self.conventions.majorana_square
        self._declare(name, "majorana", "majorana", lambda: Majoranas("fermi", square))
        return Majorana(self, name)

    def pauli(self, name: str, on: str | None = None) -> SpinSpecies:
        """Declares Pauli matrices: XY = iZ, sigma^+- = f (X +- i s Y).

        `on` names the spins one half that they belong to: sigma on S means S = hbar sigma / 2.
        """
        return self._two_level(name, "pauli", 1, self.conventions.sigma_ladder, on)

    def spin(self, name: str, length: Rational | None = None, on: str | None = None) -> SpinSpecies:
        """Declares spins of a length (that of the conventions if None; symbolic if also None).

        `on` names the Pauli matrices of the same spins one half.
        """
        c = self.conventions
        length = c.spin if length is None else length
        if length is not None:
            check_spin(length)
            if 2 * length == 1:
                # [S^x, S^y] = i hbar S^z with S = hbar sigma / 2 and S^+- = S^x +- i S^y.
                return self._two_level(name, "spin 1/2", c.hbar * length, c.hbar * length, on)
        self._declare(name, f"spin {length}", "spins", Spins)
        sector = self.sector(name)
        assert isinstance(sector, Spins)
        sector.declare(name, length, c.hbar, c.z_sign)
        return SpinSpecies(self, name, None)

    def _two_level(
        self, name: str, kind: str, scale: Scalar, ladder: Scalar, on: str | None
    ) -> SpinSpecies:
        self._declare(name, kind, "paulis", Paulis)
        sector = self.sector(name)
        assert isinstance(sector, Paulis)
        sector.declare(name, scale, ladder, self.conventions.z_sign)
        if on is not None:
            if on not in sector.scale or on == name:
                raise BadInput(f"{name} is to act on {on}, no spin one half.", "Declare it first.")
            sector.sites[name] = sector.sites.get(on, on)
        return SpinSpecies(self, name, scale)

    def site(self, species: str) -> str:
        """Returns the species whose modes these are: itself, or what it was declared `on`."""
        sector = None if self.is_free(species) else self.sector(species)
        return sector.sites.get(species, species) if isinstance(sector, Paulis) else species

    def symbol(self, name: str, *labels: Label, hermitian: bool = False) -> Operator:
        """Returns a free symbol, which commutes with no other operator."""
        self._declare(name, "hermitian symbol" if hermitian else "symbol", None, None)
        if hermitian:
            self.hermitian.add(name)
        return self.generator(Letter(name, "s", labels))

    def _ladders(self) -> Ladders:
        return Ladders(self.conjugate)

    def _declare(
        self, name: str, kind: str, sector: str | None, build: Callable[[], Any] | None
    ) -> None:
        known = self._kinds.setdefault(name, kind)
        if known != kind:
            raise BadInput(f"{name} is declared as {known} and as {kind}.", "Use another name.")
        if sector is None or build is None:
            return
        if sector not in self._sectors:
            self._sectors[sector] = self.space.open(build())
        self._of[name] = self._sectors[sector]

    # Generators, numbers and coefficients

    @property
    def one(self) -> Operator:
        """The identity."""
        return self.scalar(1)

    @property
    def zero(self) -> Operator:
        """The zero operator."""
        return Operator(self, None, {})

    def scalar(self, value: Scalar) -> Operator:
        """Returns a number or parameter times the identity."""
        if isinstance(value, Polynomial) and indexed.symbolic_atoms(value):
            return Operator(self, None, {}, {((), ()): value})
        return Operator(self, None, {(): value} if value else {})

    def generator(self, letter: Letter) -> Operator:
        """Returns one letter as an operator."""
        if letter.species not in self._kinds:
            raise BadInput(f"{letter.species} is not declared.", "Declare its species first.")
        if any(isinstance(label, Index) for label in letter.labels):
            return Operator(self, None, {}, {((), (letter,)): Polynomial.number(1)})
        if self.is_free(letter.species):
            return Operator(self, None, {((WORD, letter),): 1})
        number = self._of[letter.species]
        return Operator(self, number, self.space.sectors[number].generator(letter))

    def is_free(self, species: str) -> bool:
        """Says whether letters of a species obey no relation."""
        return species not in self._of

    def sector(self, species: str) -> Sector:
        """Returns the algebra that a declared species belongs to."""
        return self.space.sectors[self._of[species]]

    def delta(self, i: Label, j: Label) -> Operator:
        """Returns delta_ij times the identity."""
        return self.scalar(indexed.kronecker(i, j))

    def indexed(self, name: str, *labels: Label, symmetry: Symmetry = "none") -> Operator:
        """Returns a coefficient with labels, such as t_ij.

        `symmetry`: t_ij = t_ji, t_ij = -t_ji, or t_ij^* = t_ji.
        """
        return self.scalar(indexed.coefficient(name, labels, symmetry))

    def product(self, factors: Sequence[Operator]) -> Operator:
        """Returns the product, halves first: faster than one by one, and the same."""
        if len(factors) < 2:
            return factors[0] if factors else self.one
        half = len(factors) // 2
        return self.product(factors[:half]) * self.product(factors[half:])

    # Indices

    def declare_distinct(self, *labels: Label) -> None:
        """States that labels, indices among them, are pairwise different."""
        for u, v in combinations(labels, 2):
            if u == v:
                raise BadInput(f"{u} cannot differ from itself.", "Name two labels.")
            if isinstance(u, Index) or isinstance(v, Index):
                self.apart.add(indexed.ordered_pair(u, v))

    def declare_values(self, index: Index, values: Iterable[Label]) -> None:
        """States that an index takes these values and no others, as a spin label does."""
        self.values[index.name] = tuple(values)

    def declare_size(self, size: Scalar, over: Hashable = None) -> None:
        """States how many sites a range has; sums of constants then give that instead of count."""
        self.sizes[over] = Polynomial.number(1) * size

    def size(self, over: Hashable) -> Polynomial:
        """Returns the number of sites of a range: what was declared, or an atom of its own."""
        name = "sites" if over is None else str(over)
        return self.sizes.get(over, Polynomial.atom(("count", name)))

    def total(
        self,
        operator: Operator,
        *indices: Index,
        over: Hashable = None,
        where: Literal["all", "distinct", "less"] = "all",
    ) -> Operator:
        """Returns the sum over one or several indices.

        Args:
            operator: the summand; it may contain the indices, also shifted.
            indices: what is summed over.
            over: None for all sites of a translation-invariant lattice, a list, tuple or range of
                labels, or another hashable name of a range.
            where: "distinct" leaves out coincident indices, "less" keeps i < j of two indices.

        Free indices and concrete labels are taken to lie in the range.
        """
        return sums.total(operator, indices, over, where)

    def substituted(self, operator: Operator, index: Index, label: Label) -> Operator:
        """Returns the operator with an index replaced by another label."""
        return sums.substituted(operator, index, label)

    # Functions of operators

    def exp(self, operator: Operator) -> Operator:
        """Returns e^A; see `functions.exponential`."""
        return functions.exponential(operator)

    def function(self, name: str, operator: Operator) -> Operator:
        """Returns f(A); see `functions.function`."""
        return functions.function(name, operator)

    def expectation(self, operator: Operator, state: str = "") -> Operator:
        """Returns <A> as a linear functional with <1> = 1; it is a number times the identity."""
        return functions.expectation(operator, state)

    # What the normal form asks for

    def word_table(self, word: Sequence[Letter]) -> Table:
        """Returns the product of letters, all labels taken as different modes."""
        if not word:
            return {(): 1}
        factors = [self._letter(letter) for letter in word]
        return self.product(factors).mixed()

    def _letter(self, letter: Letter) -> Operator:
        if self.is_free(letter.species):
            return Operator(self, None, {((WORD, letter),): 1})
        number = self._of[letter.species]
        return Operator(self, number, self.space.sectors[number].generator(letter))

    def expected(self, atom: Atom) -> Polynomial:
        """Returns an expectation value of a word as a sum over normal-ordered words."""
        word: Any = atom[2]
        result = Polynomial({})
        for key, c in self.word_table(word).items():
            normal = self.space.word(key)
            value = Polynomial.atom(("expect", atom[1], normal)) if normal else 1
            result = result + Polynomial.number(1) * c * value
        return result

    def adjoint(self, letter: Letter) -> Letter:
        """Returns the adjoint of a generator; every generator's adjoint is a generator."""
        if letter in self.opaque:
            return functions.adjoint(self, letter)
        if self.is_free(letter.species):
            return (
                letter
                if letter.species in self.hermitian
                else letter._replace(op="d" if letter.op == "s" else "s")
            )
        sector = self.sector(letter.species)
        if isinstance(sector, Ladders) and letter.op in sector.exponents:
            return sector.adjoint(letter)
        swap = {"a": "c", "c": "a", "+": "-", "-": "+", "P": "M", "M": "P"}
        return letter._replace(op=swap.get(letter.op, letter.op))

    def conjugate(self, value: Scalar) -> Scalar:
        """Returns the complex conjugate of a coefficient under the conventions."""
        if not isinstance(value, Polynomial):
            return value
        return value.conjugate(lambda atom: functions.conjugate_atom(self, atom))
