"""What an operator answer leaves unsaid: conventions, which are inputs, and names of modes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from tools.errors import BadInput
from tools.grading.monomials import Rational
from tools.grading.polynomial import IMAGINARY, Polynomial

Scalar: TypeAlias = int | Fraction | Polynomial


class Index(NamedTuple):
    """A symbolic index: stands for any site (or spin, or momentum), itself or shifted.

    Attributes:
        name: the symbol.
        shift: the whole number added to it; i and i + 1 are different, whatever i is.
    """

    name: str
    shift: int = 0

    def shifted(self, by: int) -> Index:
        """Returns the index `by` places further."""
        return Index(self.name, self.shift + by)

    def __str__(self) -> str:
        return f"{self.name}{self.shift:+d}" if self.shift else self.name


Label: TypeAlias = int | str | Index


class Letter(NamedTuple):
    """One generator: which species, which of its operators, at which labels.

    `op` is "a" or "c" (annihilate, create), "x" "y" "z" "+" "-" (spins), "g" (Majorana),
    "q" or "p" (quadratures), "s" or "d" (free symbol and its adjoint).
    """

    species: str
    op: str
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Conventions:
    """The conventions an operator answer is read with.

    Attributes:
        sigma_ladder: f in sigma^+- = f (X +- iY); 1/2 in most texts, 1 in others.
        z_sign: s in [Z, sigma^+] = 2 s sigma^+ (and [S^z, S^+] = s S^+): 1 where the plus operator
            raises z, -1 where it creates the state that Z counts as -1 (quantum computing). With
            -1 it is sigma^+- = f (X -+ iY); X Y = i Z holds in both.
        majorana_square: gamma^2, 1 or 1/2; {gamma_j, gamma_k} = 2 gamma^2 delta_jk.
        spin: the length S of species declared without one; None keeps S symbolic.
        hbar: the unit of spins, [S^x, S^y] = i hbar S^z, and of [q, p] if that is not given.
        qp: [q, p]; i hbar by default.
        species: whether different fermion species anticommute (as modes of one Fock space) or
            commute.
        complex_symbols: names of parameters that are not real; all others are real.
    """

    sigma_ladder: Rational = Fraction(1, 2)
    z_sign: Literal[1, -1] = 1
    majorana_square: Rational = 1
    spin: Rational | None = None
    hbar: Scalar = 1
    qp: Scalar | None = None
    species: Literal["anticommute", "commute"] = "anticommute"
    complex_symbols: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.z_sign not in (1, -1):
            raise BadInput(f"z_sign is {self.z_sign}.", "Give 1 or -1.")
        if self.spin is not None:
            check_spin(self.spin)
        if not self.majorana_square or not self.sigma_ladder:
            raise BadInput("majorana_square and sigma_ladder cannot be 0.", "Give e.g. 1 or 1/2.")

    @property
    def commutator_qp(self) -> Scalar:
        """[q, p]."""
        return IMAGINARY * self.hbar if self.qp is None else self.qp


def check_spin(length: Rational) -> None:
    """Refuses a spin length that is not 1/2, 1, 3/2, ..., 20.

    Raises:
        BadInput: with the length in it.
    """
    if length <= 0 or Fraction(2 * length).denominator != 1 or length > 20:
        raise BadInput(f"A spin of length {length} does not exist here.", "Give 1/2, 1, ..., 20.")
