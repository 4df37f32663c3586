"""Compares quantities with units by converting both to base units with pint."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tools.grading.outcome import Outcome, no, open_question
from tools.grading.scalars import Scalars
from tools.grading.tree import Brackets, Mul, Node, Num, Quantity, mul
from tools.grading.unit_table import AXES, factor
from tools.grading.walk import rebuild, walk


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None, non_int_type=Fraction)


@lru_cache(maxsize=512)
def base_unit(unit: str) -> tuple[Fraction, str] | None:
    """Returns the exact factor to SI base units and the dimension; None for an unknown unit."""
    known = factor(unit)
    if known is not None:
        return known[0], _described(dict(zip(AXES, known[1], strict=True)))
    # Loading pint takes a third of a second, so only units outside the table wait for it.
    import pint

    try:
        quantity = _registry().Quantity(Fraction(1), unit).to_base_units()
    except (pint.errors.PintError, ZeroDivisionError, ValueError):
        return None
    return Fraction(quantity.magnitude), _described(dict(quantity.dimensionality))


def _described(dimension: Mapping[str, Fraction | float]) -> str:
    shown = sorted(f"{axis}^{Fraction(power)}" for axis, power in dimension.items() if power)
    return " ".join(shown)


def has_unit(node: Node) -> bool:
    """Tells whether a tree holds a quantity with a unit."""
    return any(isinstance(part, Quantity) for part in walk(node))


def _flattened(node: Node) -> Node:
    """Moves a unit inside a product or sum of quantities to the outside."""
    node = rebuild(node, _flattened)
    if isinstance(node, Quantity) and isinstance(node.value, Quantity):
        return Quantity(node.value.value, f"({node.value.unit})*({node.unit})")
    if isinstance(node, Mul):
        found = [f for f in node.factors if isinstance(f, Quantity)]
        if len(found) == 1:
            rest = [f.value if isinstance(f, Quantity) else f for f in node.factors]
            return Quantity(mul(*rest), found[0].unit)
    return node


def compare_quantities(gold: Node, answer: Node, scalars: Scalars, policy: str) -> Outcome:
    """Compares two quantities.

    Args:
        gold: one side.
        answer: the other side.
        scalars: compares the numbers.
        policy: "convert" compares in base units and asks both sides for a unit; "ignore" accepts
            a bare number in the unit of the other side.
    """
    gold, answer = _flattened(gold), _flattened(answer)
    if not isinstance(gold, Quantity) or not isinstance(answer, Quantity):
        bare = [x for x in (gold, answer) if not isinstance(x, Quantity)]
        if len(bare) == 2 or isinstance(bare[0], Brackets):
            return open_question("Units inside a formula are not compared.")
        quantity = gold if isinstance(gold, Quantity) else answer
        assert isinstance(quantity, Quantity)
        scale = base_unit(quantity.unit)
        dimensionless = scale is not None and not scale[1]
        if policy == "ignore":
            return scalars.same(
                gold.value if isinstance(gold, Quantity) else gold,
                answer.value if isinstance(answer, Quantity) else answer,
            )
        if dimensionless:
            return scalars.same(_in_base(gold), _in_base(answer))
        return no("structure", "One side has a unit and the other has none.")
    if gold.unit == answer.unit:
        return scalars.same(gold.value, answer.value)
    ours, theirs = base_unit(gold.unit), base_unit(answer.unit)
    if ours is None or theirs is None:
        return open_question("A unit is not known to the unit library.")
    if ours[1] != theirs[1]:
        return no("structure", "The units have different dimensions.")
    return scalars.same(_in_base(gold), _in_base(answer))


def _in_base(node: Node) -> Node:
    if isinstance(node, Quantity):
        scale = base_unit(node.unit)
        assert scale is not None
        return mul(node.value, Num(scale[0]))
    return node
