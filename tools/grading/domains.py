"""What values a name may take, and points drawn from there.

Undeclared names are real, and two formulas are compared where both are real without a choice of
branch (their common natural domain): ln(ab) = ln a + ln b holds there, sqrt(x^2) = x does not.
A declared domain is taken at its word: every point of it counts, with principal values.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tools.grading.tree import Func, Node, Num, Relation, Sym
from tools.grading.walk import symbols, walk

_COMPLEX = frozenset({"conj", "re", "im", "arg"})
_ATTEMPTS = 240


@dataclass(frozen=True)
class Domain:
    """Declared kinds and relations of names.

    Attributes:
        kinds: the kind of each declared name; a name may also be its own kind "even" or "odd".
        relations: relations between names that every point satisfies.
        default: the kind of names that are not declared, empty for the natural real domain.
    """

    kinds: Mapping[Sym, str] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    default: str = ""

    def positive(self, symbol: Sym) -> bool:
        """Tells whether a name is declared positive, by its kind or by a relation to zero."""
        if self.kinds.get(symbol) in ("positive", "natural"):
            return True
        for relation in self.relations:
            for left, op, right in zip(
                relation.sides, relation.ops, relation.sides[1:], strict=False
            ):
                if left == symbol and op == ">" and _nonnegative(right):
                    return True
                if right == symbol and op == "<" and _nonnegative(left):
                    return True
        return False

    def bounds(self, symbol: Sym) -> tuple[Fraction | None, Fraction | None]:
        """Returns the numbers between which the relations put a name, None where open."""
        low: Fraction | None = None
        high: Fraction | None = None
        for relation in self.relations:
            for left, op, right in zip(
                relation.sides, relation.ops, relation.sides[1:], strict=False
            ):
                if op not in ("<", "<=", ">", ">="):
                    continue
                small, large = (left, right) if op[0] == "<" else (right, left)
                if small == symbol and isinstance(large, Num):
                    high = large.value if high is None else min(high, large.value)
                elif large == symbol and isinstance(small, Num):
                    low = small.value if low is None else max(low, small.value)
        return low, high

    def declared(self, names: frozenset[Sym]) -> bool:
        """Tells whether all these names have a declared domain."""
        known = set(self.kinds)
        for relation in self.relations:
            known |= symbols(relation)
        return bool(self.default) or (bool(names) and names <= known)


def _nonnegative(node: Node) -> bool:
    return isinstance(node, Num) and node.value >= 0


def starred(*nodes: Node) -> frozenset[Sym]:
    """Lists the names that appear under a conjugate, real or imaginary part: complex ones."""
    found: set[Sym] = set()
    for node in nodes:
        for part in walk(node):
            if isinstance(part, Func) and part.name in _COMPLEX:
                found |= symbols(part)
    return frozenset(found)


def points(
    names: Sequence[Sym], domain: Domain, integers: bool = False, seed: int = 20
) -> Iterator[dict[Sym, complex | Fraction]]:
    """Draws points for the names by their kinds; relations are the caller's to test.

    Args:
        names: the free names, in a fixed order.
        domain: their declared kinds.
        integers: whether undeclared names are drawn from the integers.
        seed: the same seed gives the same points.
    """
    rng = random.Random(seed)
    bounded = symbols_of(domain.relations)
    for attempt in range(_ATTEMPTS):
        # Spread grows slowly, so that relations such as x^2 > 2 or n >= s >= 1 are met early.
        wide = 1 + (attempt % 4)
        point: dict[Sym, complex | Fraction] = {}
        for name in names:
            kind = domain.kinds.get(name, domain.default or ("integer" if integers else "real"))
            point[name] = _draw(rng, kind, attempt, wide, name in bounded)
        yield point


def symbols_of(relations: Sequence[Relation]) -> frozenset[Sym]:
    """Lists the names in relations."""
    return frozenset().union(*(symbols(r) for r in relations))


def _draw(
    rng: random.Random, kind: str, attempt: int, wide: int, bounded: bool
) -> complex | Fraction:
    value = Fraction(rng.randrange(10**6, 9 * 10**6), 10**7) * wide + Fraction(1, 9)
    sign = -1 if rng.random() < 0.5 and attempt % 3 else 1
    match kind:
        case "positive" | "nonnegative":
            return value
        case "negative":
            return -value
        case "natural":
            return Fraction(rng.randrange(1, 3 + 2 * wide))
        case "integer":
            low = 0 if bounded and attempt % 2 else -2 * wide
            return Fraction(rng.randrange(low, 3 + 2 * wide))
        case "whole":
            return Fraction(rng.randrange(0, 3 + 2 * wide))
        case "negative integer":
            return Fraction(-rng.randrange(1, 3 + 2 * wide))
        case "even":
            return Fraction(2 * rng.randrange(-wide if attempt % 2 else 1, 2 + wide))
        case "odd":
            return Fraction(2 * rng.randrange(-wide if attempt % 2 else 0, 2 + wide) + 1)
        case "complex":
            return complex(float(value) * sign, rng.uniform(-1.5, 1.5))
    return value * sign
