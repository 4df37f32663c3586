"""The judge of proofs: reads a proof step by step and believes nothing.

It does not rewrite. For every step it takes the two whole terms apart into trees, checks that they
agree everywhere but at the place named, and that the two parts there are an instance of the two
sides of the law. It shares the table of laws with the search and no code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.passn.proofs.terms import RULES, Step

Tree = str | tuple["Tree", ...]


@dataclass(frozen=True)
class Judgement:
    """Whether a proof holds.

    Attributes:
        holds: true only if every step and both ends were found right.
        reason: what is wrong, and in which step; empty when it holds.
    """

    holds: bool
    reason: str = ""


def check(
    start: str,
    target: str,
    steps: Sequence[Step],
    rules: Mapping[str, tuple[str, str]] = RULES,
) -> Judgement:
    """Judges a proof that `start` equals `target`.

    Args:
        start, target: terms in prefix notation.
        steps: each names the law, the place, and the whole term after it.
        rules: name -> (left, right) side of the laws that may be used.
    """
    before = _parse(start)
    if before is None or _parse(target) is None:
        return Judgement(False, f"the theorem '{start} = {target}' is not made of terms")
    text = start
    for number, step in enumerate(steps, 1):
        after = _parse(step.result)
        if after is None:
            return Judgement(False, f"step {number}: '{step.result}' is no term")
        if step.rule not in rules:
            return Judgement(False, f"step {number}: there is no law '{step.rule}'")
        pair = _differ_at(before, after, step.position)
        if pair is None:
            return Judgement(
                False,
                f"step {number}: '{text}' and '{step.result}' do not differ at"
                f" {step.position} alone",
            )
        left, right = (_parse(side) for side in rules[step.rule])
        bound: dict[str, Tree] = {}
        fits = _instance(left, pair[0], bound) and _instance(right, pair[1], bound)
        if not fits:
            return Judgement(False, f"step {number}: {step.rule} does not say this")
        before, text = after, step.result
    if text != target:
        return Judgement(False, f"the proof ends at '{text}', not at '{target}'")
    return Judgement(True)


def _parse(text: str) -> Tree | None:
    """Builds the tree of a term from its end; None when the text is none."""
    stack: list[Tree] = []
    for symbol in reversed(text):
        if symbol in "+*":
            if len(stack) < 2:
                return None
            stack.append((symbol, stack.pop(), stack.pop()))
        else:
            stack.append(symbol)
    return stack[0] if len(stack) == 1 else None


def _size(tree: Tree) -> int:
    return 1 if isinstance(tree, str) else 1 + _size(tree[1]) + _size(tree[2])


def _differ_at(before: Tree, after: Tree, position: int) -> tuple[Tree, Tree] | None:
    """Walks to a position through two trees that must agree on everything beside the way."""
    if position == 0:
        return before, after
    if isinstance(before, str) or isinstance(after, str) or before[0] != after[0] or position < 0:
        return None
    first = _size(before[1])
    if position <= first:
        return _differ_at(before[1], after[1], position - 1) if before[2] == after[2] else None
    if before[1] != after[1]:
        return None
    return _differ_at(before[2], after[2], position - 1 - first)


def _instance(pattern: Tree | None, tree: Tree, bound: dict[str, Tree]) -> bool:
    """Says whether a tree is what the pattern becomes under one choice of its variables."""
    if pattern is None:
        return False
    if isinstance(pattern, str):
        return bound.setdefault(pattern, tree) == tree if pattern in "XYZ" else pattern == tree
    if isinstance(tree, str) or pattern[0] != tree[0]:
        return False
    return _instance(pattern[1], tree[1], bound) and _instance(pattern[2], tree[2], bound)
