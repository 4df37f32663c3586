"""How large a constant is, without computing it: towers of exponentials by their level."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tools.grading.tree import Add, Const, Func, Mul, Node, Num, Pow


@dataclass(frozen=True)
class Tower:
    """The positive number exp(exp(...exp(top))) with `level` exponentials, top below 700."""

    level: int
    top: float

    def log(self) -> Tower:
        """Returns the logarithm, for numbers above one."""
        if self.level:
            return Tower(self.level - 1, self.top)
        return Tower(0, math.log(max(self.top, 1.0)))

    def exp(self) -> Tower:
        """Returns the exponential."""
        if self.level == 0 and self.top < 600:
            return Tower(0, math.exp(self.top))
        return Tower(self.level + 1, self.top)

    def times(self, other: Tower) -> Tower:
        """Returns the product, for numbers of at least one; the larger wins at high levels."""
        low, high = sorted((self, other), key=_order)
        if high.level == 0 and high.top * low.top < 1e300:
            return Tower(0, high.top * low.top)
        return high.log().plus(low.log()).exp()

    def plus(self, other: Tower) -> Tower:
        """Returns the sum; the larger wins where floats cannot tell."""
        low, high = sorted((self, other), key=_order)
        if high.level == 0:
            return Tower(0, min(high.top + low.top, 1e301))
        return high


def _order(tower: Tower) -> tuple[int, float]:
    return (tower.level, tower.top)


def tower(node: Node) -> Tower | None:
    """Returns the size of a constant that is at least one; None when it is not so simple."""
    match node:
        case Num(value=value) if value >= 1:
            digits = value.numerator.bit_length() - value.denominator.bit_length()
            if digits < 900:
                return Tower(0, float(value))
            return Tower(0, digits * math.log(2)).exp()
        case Const(name="pi"):
            return Tower(0, math.pi)
        case Const(name="e"):
            return Tower(0, math.e)
        case Pow(base=base, exponent=exponent):
            low, high = tower(base), tower(exponent)
            if low is None or high is None:
                return None
            return low.log().times(high).exp() if low.top > 1.5 or low.level else None
        case Mul():
            parts = [tower(f) for f in node.factors]
            return _fold(parts, product=True)
        case Add():
            return _fold([tower(t) for t in node.terms], product=False)
        case Func(name="factorial" | "gamma", args=(arg,)):
            inner = tower(arg)
            if inner is None or _order(inner) < (0, 20.0):
                return None
            return inner.times(inner.log()).exp()
    return None


def _fold(parts: list[Tower | None], product: bool) -> Tower | None:
    total: Tower | None = None
    for part in parts:
        if part is None:
            return None
        total = part if total is None else total.times(part) if product else total.plus(part)
    return total


def clearly_different(left: Node, right: Node) -> bool:
    """Tells whether two constants differ by so much that no computation is needed."""
    a, b = tower(left), tower(right)
    if a is None or b is None:
        # A number below the tower's reach is small beside any tower with a level.
        known = a or b
        other = right if b is None else left
        small = isinstance(other, Num) and abs(other.value) < 10**300
        return known is not None and known.level >= 1 and small
    level = max(a.level, b.level)
    while a.level < level and a.top > 0:
        a = Tower(a.level + 1, math.log(a.top)) if a.top > 1 else Tower(level, 0.0)
    while b.level < level and b.top > 0:
        b = Tower(b.level + 1, math.log(b.top)) if b.top > 1 else Tower(level, 0.0)
    # An error of a factor in a sum moves a logarithm by less than this.
    return level >= 1 and abs(a.top - b.top) > 1e-3 * max(abs(a.top), abs(b.top), 1e-9)
