"""Productions of a grammar, and the TOML files that they are read from."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.discovery.syntax import Number
from tools.errors import BadInput

_RESERVED = ("text", "weight", "warm")


@dataclass(frozen=True)
class Constant:
    """The range of a number in a program, ends included.

    Attributes:
        low, high: the range.
        integer: whether it is a whole number.
        log: whether it is drawn and changed by factors rather than by differences.
        work: whether running time grows in proportion to it.
    """

    low: float
    high: float
    integer: bool = False
    log: bool = False
    work: bool = False

    def draw(self, rng: random.Random) -> Number:
        """Draws a number from the range."""
        return self.at(rng.random())

    def near(self, value: Number, rng: random.Random, width: float = 0.15) -> Number:
        """Draws a number near another, a whole number always different from it."""
        moved = self.at(min(1.0, max(0.0, self._share(value) + rng.gauss(0, width))))
        if self.integer and moved == value and self.low < self.high:
            step = rng.choice((-1, 1))
            moved = value + (step if self.low <= value + step <= self.high else -step)
        return moved

    def at(self, share: float) -> Number:
        """Returns the number at a share of the range, 0 for `low` and 1 for `high`."""
        if self.log:
            value = math.exp(math.log(self.low) * (1 - share) + math.log(self.high) * share)
        else:
            value = self.low * (1 - share) + self.high * share
        if self.integer:
            return int(min(self.high, max(self.low, round(value))))
        # Few digits keep programs readable; the ends are kept by clipping after rounding.
        return float(min(self.high, max(self.low, float(f"{value:.4g}"))))

    def holds(self, value: Number) -> bool:
        """Tells whether a number lies in the range and has the right type."""
        right = type(value) is int if self.integer else type(value) is float
        return right and self.low <= value <= self.high

    def _share(self, value: Number) -> float:
        if self.low == self.high:
            return 0.5
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Production:
    """One way to fill a nonterminal.

    Attributes:
        choice: its name, which is a concept.
        text: the Python it stands for, with `$name` for slots and constants.
        slots: slot name -> nonterminal.
        constants: constant name -> range.
        weight: how often it is drawn relative to its siblings.
        warm: whether it uses `INCUMBENT`, the data of a parent.
    """

    choice: str
    text: str
    slots: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    weight: float = 1.0
    warm: bool = False


def read_productions(path: Path) -> dict[str, dict[str, Production]]:
    """Reads nonterminal -> choice -> production from a grammar file and those it includes.

    Raises:
        BadInput: when a file is missing or malformed, naming the place.
    """
    return {
        kind: {choice: _production(kind, choice, table) for choice, table in choices.items()}
        for kind, choices in _tables(path).items()
    }


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    """Reads a grammar file on top of those it includes; its own productions go before theirs."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"The grammar {path} cannot be read: {error}.") from error
    included = tables.pop("include", None)
    kinds = _tables(path.parent / included) if included else {}
    for kind, choices in tables.items():
        kinds[kind] = {**kinds.get(kind, {}), **choices}
    return kinds


def _production(kind: str, choice: str, table: Any) -> Production:
    where = f"[{kind}.{choice}]"
    if not isinstance(table, dict) or not isinstance(table.get("text"), str):
        raise BadInput(f"{where}: a production needs a `text`.", "Write the Python it stands for.")
    slots, constants = {}, {}
    for name, value in table.items():
        if name in _RESERVED:
            continue
        if isinstance(value, str):
            slots[name] = value
        else:
            constants[name] = _constant(f"{where}.{name}", value)
    return Production(
        choice,
        table["text"].strip("\n"),
        slots,
        constants,
        float(table.get("weight", 1.0)),
        bool(table.get("warm", False)),
    )


def _constant(where: str, table: Any) -> Constant:
    try:
        constant = Constant(**table)
        fits = constant.low <= constant.high and not (constant.log and constant.low <= 0)
    except TypeError as error:
        raise BadInput(f"{where}: {error}.", "Give low and high.") from error
    if not fits:
        raise BadInput(
            f"{where}: the range {constant.low} to {constant.high} cannot be.",
            "Give low <= high, and low > 0 where log is true.",
        )
    return constant
