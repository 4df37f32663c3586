"""Explicit matrices: a second opinion that shares nothing with the canonical tables.

Fermions and Majoranas by strings of Pauli Z (P. Jordan and E. Wigner, Z. Phys. 47, 631 (1928)),
spins by their (2S+1)-dimensional matrices, bosons cut at a number of quanta, free symbols as
random matrices. All but the bosons are faithful: with numbers for the parameters, two operators
of these algebras agree exactly when their matrices do. A cut boson matrix is exact between states
that no word can lift to the cut, which `Representation.exact` selects, and words of degree d are
told apart by states of up to d quanta, so a cut above 2 d proves equality too; free symbols can
refute an identity but not prove it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tools.errors import BadInput
from tools.grading.monomials import GradingLimit
from tools.grading.operators.algebra import Algebra
from tools.grading.operators.conventions import Letter, Scalar
from tools.grading.operators.operator import Operator
from tools.grading.operators.paulis import Paulis
from tools.grading.operators.spins import Spins
from tools.grading.polynomial import Polynomial

Matrix: TypeAlias = NDArray[np.complex128]

MAX_DIMENSION = 4096
_X = np.array([[0, 1], [1, 0]], dtype=np.complex128)
_Z = np.diag([1, -1]).astype(np.complex128)


class Representation:
    """Matrices for a given set of letters of one algebra.

    Attributes:
        cutoff: states kept of each bosonic mode.
        values: numbers for the atoms of the coefficients.
        dimension: the size of all matrices.
    """

    def __init__(
        self,
        algebra: Algebra,
        letters: Iterable[Letter],
        rng: np.random.Generator,
        cutoff: int = 8,
        values: Mapping[Any, complex] | None = None,
    ) -> None:
        self.algebra, self.rng, self.cutoff = algebra, rng, cutoff
        self.values = dict(values or {})
        self.modes: dict[tuple[str, Any], int] = {}
        self.sizes: list[int] = []
        self.odd: list[str | None] = []
        self.bosons: list[bool] = []
        self._free: dict[str, Matrix] = {}
        self._known: dict[Letter, Matrix] = {}
        for letter in sorted(set(letters), key=repr):
            mode = (algebra.site(letter.species), letter.labels)
            if not algebra.is_free(letter.species) and mode not in self.modes:
                self.modes[mode] = len(self.sizes)
                sector = algebra.sector(letter.species)
                boson = (letter.op in "ac" and sector.group is None) or letter.op in "qp"
                self.bosons.append(boson)
                self.odd.append(sector.group)
                self.sizes.append(self._size(letter.species, boson))
        self.dimension = int(np.prod(self.sizes)) if self.sizes else 5
        if self.dimension > MAX_DIMENSION:
            raise GradingLimit(f"Matrices of size {self.dimension}.", "Use fewer modes.")

    def _size(self, species: str, boson: bool) -> int:
        sector = self.algebra.sector(species)
        if isinstance(sector, Spins):
            length = sector.length[species]
            if length is None:
                raise BadInput(f"{species} has no length.", "Declare the length of the spin.")
            return int(2 * length) + 1
        return self.cutoff if boson else 2

    def number(self, value: Scalar) -> complex:
        """Returns a coefficient's value."""
        return value.evaluate(self.values) if isinstance(value, Polynomial) else complex(value)

    def letter(self, letter: Letter) -> Matrix:
        """Returns the matrix of one generator."""
        if letter not in self._known:
            self._known[letter] = self._build(letter)
        return self._known[letter]

    def _build(self, letter: Letter) -> Matrix:
        if self.algebra.is_free(letter.species):
            return self._symbol(letter)
        place = self.modes[self.algebra.site(letter.species), letter.labels]
        result: Any = np.eye(1, dtype=np.complex128)
        for n, size in enumerate(self.sizes):
            factor: Any = np.eye(size)
            if n == place:
                factor = self._local(letter)
            elif n < place and self.odd[n] is not None and self.odd[n] == self.odd[place]:
                factor = _Z
            result = np.kron(result, factor)
        return np.asarray(result, dtype=np.complex128)

    def _symbol(self, letter: Letter) -> Matrix:
        name = repr(letter._replace(op=""))
        if name not in self._free:
            a = self.rng.normal(size=(2, self.dimension, self.dimension)) / self.dimension**0.5
            value = a[0] + 1j * a[1]
            if letter.species in self.algebra.hermitian:
                value = value + value.conj().T
            self._free[name] = value
        value = self._free[name]
        return value.conj().T if letter.op == "d" else value

    def _local(self, letter: Letter) -> Matrix:
        c = self.algebra.conventions
        lower: Matrix
        if letter.op in "acqp":
            size = self.sizes[self.modes[letter.species, letter.labels]]
            lower = np.diag(np.sqrt(np.arange(1, size)), 1).astype(np.complex128)
            match letter.op:
                case "a":
                    return lower
                case "c":
                    return lower.T
                case "q":
                    return (lower + lower.T) / 2**0.5
            # [a + a^dag, a - a^dag] = -2.
            return np.asarray(self.number(c.commutator_qp) * (lower.T - lower) / 2**0.5)
        if letter.op == "g":
            return np.asarray(float(c.majorana_square) ** 0.5 * _X)
        sector = self.algebra.sector(letter.species)
        if isinstance(sector, Paulis):
            unit = self.number(sector.scale[letter.species])
            ladder = self.number(sector.ladder[letter.species][0]) * 2
            size = 2
        else:
            assert isinstance(sector, Spins)
            unit = self.number(c.hbar) * 2
            ladder = unit / 2
            size = self.sizes[self.modes[letter.species, letter.labels]]
        m = (size - 1) / 2 - np.arange(size)
        raised = np.diag(np.sqrt((m[0] - m[1:]) * (m[0] + m[1:] + 1)), 1).astype(np.complex128)
        if letter.op in "+-":
            up = (letter.op == "+") == (c.z_sign == 1)
            return ladder * (raised if up else raised.T)
        if letter.op in "PM":
            return raised if letter.op == "P" else raised.T
        basis = {
            "n": np.diag(m),
            "x": (raised + raised.T) / 2,
            "y": (raised - raised.T) / 2j,
            "z": np.diag(m),
        }
        if letter.op in "XYZN":
            scale: complex = 2 if isinstance(sector, Paulis) else 1
        else:
            scale = 2 * unit if isinstance(sector, Paulis) else unit / 2
        return np.asarray(scale * basis[letter.op.lower()], dtype=np.complex128)

    def word(self, letters: Sequence[Letter], columns: Matrix | None = None) -> Matrix:
        """Returns the product of the letters' matrices, applied to columns if there are any."""
        result = np.eye(self.dimension, dtype=np.complex128) if columns is None else columns
        for letter in reversed(letters):
            result = self.letter(letter) @ result
        return result

    def operator(self, operator: Operator, columns: Matrix | None = None) -> Matrix:
        """Returns the matrix of an operator on concrete modes."""
        if operator.pending:
            raise BadInput("A matrix of an operator with symbolic indices.", "Fix the indices.")
        terms = [(c, word) for (_, word), c in operator.words().items()]
        return self.sum(terms, columns)

    def sum(
        self, terms: Iterable[tuple[Scalar, Sequence[Letter]]], columns: Matrix | None = None
    ) -> Matrix:
        """Returns the matrix of a sum of words as it stands, with nothing reordered."""
        result = 0 * self.word((), columns)
        for c, word in terms:
            result = result + self.number(c) * self.word(word, columns)
        return result

    def exact(self, degree: int) -> Matrix:
        """Returns as columns the basis states that no word of this degree lifts to the cut."""
        keep = np.ones(1 if self.sizes else self.dimension, dtype=bool)
        for size, boson in zip(self.sizes, self.bosons, strict=True):
            states = np.arange(size) < size - degree if boson else np.ones(size, dtype=bool)
            keep = np.kron(keep, states).astype(bool)
        return np.eye(self.dimension, dtype=np.complex128)[:, keep]


def agree(left: Matrix, right: Matrix) -> bool:
    """Says whether two matrices agree up to rounding."""
    scale = 1 + float(np.abs(left).max(initial=0))
    return bool(np.abs(left - right).max(initial=0) < 1e-9 * scale)
