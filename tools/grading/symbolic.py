"""Exact proofs with sympy, for the pairs that canonical forms do not settle.

Sympy is loaded here and in `sympy_tree` only. A name without a declared sign is split into its two
signs, so that |x|, sqrt(x^2) and their kin reduce; signs for which the two sides are not both real
lie outside the common natural domain, are left out, and are named in the reason.

Sympy's work is bounded by counting the Python calls it makes, which is the same on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random
from types import FrameType
from typing import Any

from tools.grading.domains import Domain
from tools.grading.errors import OutOfBudget, OverLimit, Undecided
from tools.grading.evaluate import Evaluation, NoNumber, calls_left, spend_calls
from tools.grading.outcome import Outcome, yes
from tools.grading.sympy_tree import small, to_sympy
from tools.grading.tree import Node, Sym
from tools.grading.walk import size, symbols

_MAX_NODES = 120
_MAX_SPLIT = 4
_POINTS = 12
_SIGNED = ("positive", "natural", "negative", "nonnegative", "complex", "whole", "negative integer")


def prove(left: Node, right: Node, domain: Domain) -> Outcome | None:
    """Tries to prove two scalars equal; None when no proof was found."""
    if size(left) + size(right) > _MAX_NODES or not (small(left) and small(right)):
        return None
    _ready_sympy()
    try:
        # Several attempts may be made for one pair, one for each of its items.
        with _counted(calls_left()):
            return _proof(left, right, domain)
    except (Undecided, OverLimit, OutOfBudget):
        return None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        # Sympy fails on some inputs in its own ways; a failed attempt is no proof and no more.
        return None
    except NotImplementedError:
        return None


def _ready_sympy() -> None:
    """Makes a proof cost the same whatever was proved before: all loaded, nothing remembered."""
    from sympy.core.cache import clear_cache

    _load_sympy()
    clear_cache()


@cache
def _load_sympy() -> None:
    """Makes sympy load, once a process, what it puts off until it is first used."""
    import sympy

    x, k = sympy.Symbol("x", real=True), sympy.Symbol("k", integer=True)
    sympy.integrate(sympy.exp(-(x**2)), (x, -sympy.oo, sympy.oo))
    sympy.summation(2**-k, (k, 0, sympy.oo))
    arcs = 4 * sympy.atan(sympy.Rational(1, 5)) - sympy.atan(sympy.Rational(1, 239)) - sympy.pi / 4
    _whole_turns(arcs)
    for step in _steps():
        step(sympy.Max(x, 0) + sympy.sqrt(x) * sympy.sin(x) - sympy.log(sympy.Abs(x)))


def _proof(left: Node, right: Node, domain: Domain) -> Outcome | None:
    names = sorted(symbols(left) | symbols(right), key=lambda s: s.name)
    split = [
        name
        for name in names
        if not domain.positive(name)
        and domain.kinds.get(name, domain.default or "real") not in _SIGNED
    ]
    if _vanishes(left, right, domain, {}):
        return yes("symbolic", "The difference of the two sides reduces to zero.")
    if not split or len(split) > _MAX_SPLIT:
        return None
    declared = domain.declared(frozenset(names))
    proved: list[dict[Sym, int]] = []
    for choice in product((1, -1), repeat=len(split)):
        signs = dict(zip(split, choice, strict=True))
        if not declared and not _natural(left, right, names, signs, domain):
            continue
        if not _vanishes(left, right, domain, signs):
            return None
        proved.append(signs)
    if not proved:
        return None
    if len(proved) == 2 ** len(split):
        return yes("symbolic", "The difference reduces to zero for every sign of the names.")
    where = " or ".join(
        ", ".join(f"{n.name} {'>' if s > 0 else '<'} 0" for n, s in signs.items())
        for signs in proved
    )
    return yes("symbolic", f"Assuming {where}, where both sides are real, they are equal.")


def _natural(
    left: Node, right: Node, names: list[Sym], signs: dict[Sym, int], domain: Domain
) -> bool:
    """Tells whether both sides are real somewhere for these signs, without a choice of branch."""
    rng = Random(7)
    for attempt in range(_POINTS):
        point: dict[Sym, complex | Fraction] = {}
        for name in names:
            value = Fraction(rng.randrange(1, 400), 100 if attempt % 2 else 400)
            point[name] = value * signs.get(name, 1)
        evaluations = [Evaluation(point, 15), Evaluation(point, 15)]
        try:
            for evaluation, node in zip(evaluations, (left, right), strict=True):
                evaluation.run(node)
        except (NoNumber, OverLimit):
            continue
        if not any(e.branched for e in evaluations):
            return True
    return False


def _vanishes(left: Node, right: Node, domain: Domain, signs: dict[Sym, int]) -> bool:
    difference = to_sympy(left, domain, signs) - to_sympy(right, domain, signs)
    for step in _steps():
        value = step(difference)
        if value == 0 or value.is_zero:
            return True
    return _whole_turns(difference)


def _steps() -> Iterator[Callable[[Any], Any]]:
    import sympy

    yield lambda x: x
    yield sympy.expand
    yield lambda x: sympy.expand(sympy.gammasimp(x))
    yield lambda x: sympy.expand(x.rewrite(sympy.exp))
    yield lambda x: sympy.expand(sympy.expand_log(x.rewrite(sympy.log)))
    yield lambda x: sympy.expand(sympy.powsimp(sympy.powdenest(sympy.expand_log(x))))
    yield sympy.powsimp
    yield sympy.simplify


def _whole_turns(difference: Any) -> bool:
    """Decides a real constant D made of arcs: e^{2 i D} = 1 exactly, and |D| < 1 by its value."""
    import sympy

    if difference.free_symbols or not difference.has(sympy.atan, sympy.asin, sympy.acos):
        return False
    if not abs(sympy.N(difference, 30)) < 1:
        return False
    turned = sympy.exp(sympy.expand(2 * sympy.I * difference.rewrite(sympy.log)))
    return bool(sympy.simplify(sympy.expand(turned)) == 1)


@contextmanager
def _counted(calls: int) -> Iterator[None]:
    """Ends the work inside with OutOfBudget after this many calls of Python functions."""
    left = calls

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal left
        if event == "call":
            left -= 1
            if left < 0:
                raise OutOfBudget("The proof takes too many steps.")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
        spend_calls(calls - left)
