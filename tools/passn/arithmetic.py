"""Seeded arithmetic problems for a real language model, graded symbolically.

Problems come in families; the templates lie beside this file in arithmetic.toml. A family is a
cluster: what a model can do with one sum it can do with most.
"""

from __future__ import annotations

import operator
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from tools.errors import BadInput
from tools.passn.problems import Problem

_OPERATORS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def families() -> list[str]:
    """Lists the families of problems."""
    return list(_templates())


def make_problems(count: int, seed: int, chosen: Sequence[str] = ()) -> list[Problem]:
    """Makes problems, the families in turn, no question twice.

    Args:
        count: how many.
        seed: of the numbers; problems of one seed begin with the same ones whatever the count.
        chosen: families, all when empty.

    Raises:
        BadInput: for an unknown family, or when a family has too few different questions.
    """
    names = list(chosen) or families()
    if unknown := [name for name in names if name not in _templates()]:
        raise BadInput(
            f"There is no family '{unknown[0]}'.", f"There are: {', '.join(families())}."
        )
    if count < 1:
        raise BadInput(f"count = {count} is below 1.")
    rng = random.Random(seed)
    problems: list[Problem] = []
    seen: set[str] = set()
    misses = 0
    while len(problems) < count:
        problem = _make(names[len(problems) % len(names)], rng)
        if problem.question in seen:
            misses += 1
            if misses > 1000:
                raise BadInput(
                    f"Family '{problem.cluster}' has too few questions for {count} problems.",
                    "Ask for fewer, or for more families.",
                )
            continue
        misses = 0
        seen.add(problem.question)
        problems.append(problem)
    return problems


def split_problems(
    train: int, test: int, seed: int, chosen: Sequence[str] = ()
) -> tuple[list[Problem], list[Problem]]:
    """Makes training and test problems without a question in common."""
    problems = make_problems(train + test, seed, chosen)
    return problems[:train], problems[train:]


@cache
def _templates() -> dict[str, Any]:
    text = (files("tools.passn") / "arithmetic.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _make(family: str, rng: random.Random) -> Problem:
    entry = _templates()[family]
    values = {
        name: rng.randint(low, high) for name, (low, high) in sorted(entry["numbers"].items())
    }
    words = {name: rng.choice(options) for name, options in sorted(entry.get("words", {}).items())}
    question = rng.choice(entry["texts"]).format(**values, **words)
    return Problem(question, str(_value(entry["answer"], values)), cluster=family)


def _value(steps: Sequence[str], values: Mapping[str, int]) -> Fraction:
    """Works an answer out on a stack: names are pushed, operators take two."""
    stack: list[Fraction] = []
    for step in steps:
        if step in values:
            stack.append(Fraction(values[step]))
        else:
            b, a = stack.pop(), stack.pop()
            stack.append(_OPERATORS[step](a, b))
    return stack.pop()
