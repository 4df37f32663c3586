"""Terms in prefix notation, and the steps that rewrite them: `*a+bc` is a (b + c)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.errors import BadInput

OPERATIONS, NUMBERS, LETTERS = "+*", "01", "abcd"
SYMBOLS = OPERATIONS + NUMBERS + LETTERS
LONGEST = 13  # symbols in a term: seven leaves


def _read_rules() -> dict[str, tuple[str, str]]:
    text = (Path(__file__).parent / "rules.toml").read_text(encoding="utf-8")
    return {name: (left, right) for name, (left, right) in tomllib.loads(text)["rules"].items()}


RULES = _read_rules()
NAMES = tuple(RULES)


@dataclass(frozen=True)
class Step:
    """One rewriting step.

    Attributes:
        rule: name of the law, a key of `RULES`.
        position: index of the symbol at which the rewritten part begins.
        result: the whole term after the step.
    """

    rule: str
    position: int
    result: str


def part_at(term: str, position: int) -> str:
    """Returns the part of a term that begins at a symbol.

    Raises:
        BadInput: if the term ends before the part does, or holds an unknown symbol.
    """
    missing, end = 1, position
    while missing:
        if end >= len(term) or term[end] not in SYMBOLS:
            raise BadInput(f"'{term}' is no term in prefix notation.", f"Use {SYMBOLS}.")
        missing += 1 if term[end] in OPERATIONS else -1
        end += 1
    return term[position:end]


@lru_cache(maxsize=1 << 18)
def steps_from(term: str) -> tuple[Step, ...]:
    """Returns every step that a term allows, in the order of position and rule.

    Steps that change nothing, or make a term longer than `LONGEST`, are left out.
    """
    found = []
    for position in range(len(term)):
        if term[position] not in OPERATIONS:
            continue
        part = part_at(term, position)
        before, after = term[:position], term[position + len(part) :]
        for name, (left, right) in RULES.items():
            bound = _match(left, part)
            if bound is None:
                continue
            result = before + "".join(bound.get(symbol, symbol) for symbol in right) + after
            if result != term and len(result) <= LONGEST:
                found.append(Step(name, position, result))
    return tuple(found)


def _match(pattern: str, part: str) -> dict[str, str] | None:
    """Returns what the pattern's variables stand for, or None where it does not fit."""
    bound: dict[str, str] = {}
    at = 0
    for symbol in pattern:
        if at >= len(part):
            return None
        if symbol in "XYZ":
            piece = part_at(part, at)
            if bound.setdefault(symbol, piece) != piece:
                return None
            at += len(piece)
        elif part[at] == symbol:
            at += 1
        else:
            return None
    return bound


def rename(*terms: str) -> tuple[str, ...]:
    """Renames the letters of terms alike, in the order in which they first occur."""
    order = dict.fromkeys(symbol for symbol in "".join(terms) if symbol in LETTERS)
    names = dict(zip(order, LETTERS, strict=False))
    return tuple("".join(names.get(symbol, symbol) for symbol in term) for term in terms)
