"""Holds a gold against its recomputation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.errors import BadInput
from tools.grading.errors import Unreadable
from tools.grading.evaluate import NoNumber
from tools.grading.problems.gold import Point, entries, read, slots
from tools.grading.problems.problem import Kind, Problem
from tools.grading.problems.recompute import script
from tools.grading.problems.recompute.sample import Computed, Interval, Sample
from tools.grading.tree import Brackets, Node, Relation, Sym

SEED = 2718
_FLOOR = 1e-9
_CLOSED = {"[": True, "(": False, "]": True, ")": False}


@dataclass(frozen=True)
class Reproduction:
    """Whether the script of a problem found its gold again.

    Attributes:
        problem: id of the problem.
        agrees: whether gold and recomputation agree at every point.
        reason: one sentence; the two values when they differ.
        points: number of parameter points compared.
    """

    problem: str
    agrees: bool
    reason: str
    points: int


def verify(problem: Problem, seed: int = SEED) -> Reproduction:
    """Recomputes the answer of a problem and compares the gold with it.

    Raises:
        BadInput: when the problem names no script.
    """
    return compare(problem, script(problem)(np.random.default_rng(seed)))


def compare(problem: Problem, samples: Sequence[Sample]) -> Reproduction:
    """Compares a gold with recomputed answers; a gold that cannot be read does not agree.

    Raises:
        BadInput: when there is nothing to compare with.
    """
    if not samples:
        raise BadInput(f"Problem {problem.id!r}: check {problem.check} found no value.")
    spec = problem.spec
    try:
        gold = read(problem)
        for count, sample in enumerate(samples, 1):
            difference = _difference(problem.kind, gold, sample, Point(sample.point, spec))
            if difference:
                return Reproduction(problem.id, False, difference, count)
    except (Unreadable, NoNumber, BadInput) as error:
        return Reproduction(problem.id, False, f"The gold has no value: {error}", 0)
    reason = f"Gold and recomputation agree at {len(samples)} points."
    return Reproduction(problem.id, True, reason, len(samples))


def _difference(kind: Kind, gold: Node, sample: Sample, point: Point) -> str:
    """Says how gold and sample differ; empty when they agree."""
    match kind:
        case Kind.CHOICE:
            return _choice(gold, sample.value)
        case Kind.INTERVAL:
            return _interval(gold, sample, point)
        case Kind.OPERATOR:
            return _operator(gold, sample, point)
        case Kind.EQUATION:
            return _equation(gold, sample, point)
        case Kind.SET:
            return _unordered(slots(gold), sample, point)
        case Kind.LIST:
            if not isinstance(sample.value, tuple):
                raise BadInput(f"A list was recomputed as {sample.value!r}.")
            return _ordered(slots(gold), sample.value, sample.tolerance, point)
        case Kind.INTEGER | Kind.EXPRESSION:
            return _ordered((gold,), (sample.value,), sample.tolerance, point)


def _close(gold: complex, found: complex, tolerance: float) -> bool:
    """Compares two numbers relative to the larger, however small both are.

    Only a gold of exactly 0 gets an absolute floor, because rounding leaves no exact zero.
    """
    if gold == 0:
        return abs(found) <= _FLOOR
    return abs(gold - found) <= tolerance * max(abs(gold), abs(found))


def _ordered(
    gold: Sequence[Node], found: Sequence[Computed], tolerance: float, point: Point
) -> str:
    if len(gold) != len(found):
        return f"The gold has {len(gold)} entries, the recomputation {len(found)}."
    for place, (node, value) in enumerate(zip(gold, found, strict=True), 1):
        if isinstance(value, tuple):
            inner = entries(node)
            difference = (
                "The gold has no tuple here."
                if inner is None
                else _ordered(inner, value, tolerance, point)
            )
        else:
            left, right = point.number(node), _number(value)
            difference = "" if _close(left, right, tolerance) else _values(left, right)
        if difference:
            return f"Entry {place}: {difference}"
    return ""


def _unordered(gold: Sequence[Node], sample: Sample, point: Point) -> str:
    if not isinstance(sample.value, tuple):
        raise BadInput(f"A set was recomputed as {sample.value!r}.")
    left = [point.number(node) for node in gold]
    if len(left) != len(sample.value):
        return f"The gold has {len(left)} entries, the recomputation {len(sample.value)}."
    for value in map(_number, sample.value):
        match = next((x for x in left if _close(x, value, sample.tolerance)), None)
        if match is None:
            return f"No entry of the gold is {value:.12g}."
        left.remove(match)
    return ""


def _operator(gold: Node, sample: Sample, point: Point) -> str:
    if not isinstance(sample.value, np.ndarray):
        raise BadInput(f"An operator was recomputed as {sample.value!r}.")
    left = point.matrix(gold)[:, : sample.columns]
    right = sample.value[:, : sample.columns]
    worst = float(np.abs(left - right).max())
    scale = float(np.abs(right).max())
    return "" if worst <= sample.tolerance * scale else f"Matrix elements differ by {worst:.3g}."


def _equation(gold: Node, sample: Sample, point: Point) -> str:
    if not isinstance(gold, Relation) or gold.ops != ("=",) or not isinstance(gold.sides[0], Sym):
        return "The gold is no equation with a name on its left."
    left, right = (point.number(side) for side in gold.sides)
    return "" if _close(left, right, sample.tolerance) else _values(right, left)


def _interval(gold: Node, sample: Sample, point: Point) -> str:
    if not isinstance(sample.value, Interval):
        raise BadInput(f"An interval was recomputed as {sample.value!r}.")
    if not isinstance(gold, Brackets) or len(gold.items) != 2:
        return "The gold is no interval."
    ends = (_CLOSED.get(gold.left), _CLOSED.get(gold.right))
    if ends != (sample.value.closed_low, sample.value.closed_high):
        return f"The ends of the recomputed interval differ in kind: {sample.value}."
    found = (sample.value.low, sample.value.high)
    return _ordered(gold.items, found, sample.tolerance, point)


def _choice(gold: Node, found: Computed) -> str:
    letters = sorted(node.name for node in slots(gold) if isinstance(node, Sym))
    if not isinstance(found, frozenset):
        raise BadInput(f"A choice was recomputed as {found!r}.")
    same = letters == sorted(found)
    return "" if same else f"The gold is {letters}, the recomputation {sorted(found)}."


def _number(value: Computed) -> complex:
    if not isinstance(value, int | float | complex | np.number):
        raise BadInput(f"A number was recomputed as {value!r}.")
    return complex(value)


def _values(gold: complex, found: complex) -> str:
    return f"The gold is {gold:.12g}, the recomputation {found:.12g}."
