"""What a recomputation hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tools.errors import AnsatzError

Matrix: TypeAlias = NDArray[np.complex128]
Real: TypeAlias = NDArray[np.float64]
Value: TypeAlias = complex | Matrix


class Unconfirmed(AnsatzError):
    """A recomputation found one of its own premises untrue, so its value means nothing."""


def confirm(premise: bool, words: str) -> None:
    """Goes on only if a premise of a recomputation holds.

    Raises:
        Unconfirmed: when it does not.
    """
    if not premise:
        raise Unconfirmed(f"A premise of the recomputation does not hold: {words}.")


@dataclass(frozen=True)
class Interval:
    """A real interval with its kind of ends."""

    low: float
    high: float
    closed_low: bool
    closed_high: bool


Computed: TypeAlias = complex | Matrix | tuple["Computed", ...] | frozenset[str] | Interval | None


@dataclass(frozen=True)
class Sample:
    """The answer at one point of the parameters.

    Attributes:
        value: a number, a matrix, a tuple of slots, a set of letters or an interval. None for an
            equation, whose two sides must agree at `point`.
        point: LaTeX name of every parameter to its number or matrix.
        tolerance: largest relative deviation that the method itself may cause; exact methods keep
            the default, which only allows for rounding.
        columns: how many leading columns of a matrix are exact, for operators cut off in a
            truncated boson space; None for all.
    """

    value: Computed
    point: Mapping[str, Value] = field(default_factory=dict)
    tolerance: float = 1e-9
    columns: int | None = None


Script: TypeAlias = Callable[[np.random.Generator], list[Sample]]
