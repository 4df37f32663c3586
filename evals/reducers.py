"""What several answers to one problem come to: pass@k, pass^k, majority, best of n.

A reducer maps the scores of one sample's epochs to one number. `of(name, k)` makes one by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import comb

from evals.sample import Score, State
from tools.errors import BadInput

Reducer = Callable[[Sequence[Score]], float]


def pass_at(n: int, c: int, k: int) -> float:
    """Returns the unbiased estimate of "at least one of k answers is right" (Chen et al. 2021).

    1 - C(n-c, k) / C(n, k), for c right answers among n.

    Raises:
        BadInput: when k > n, where no unbiased estimate exists, or a count is out of range.
    """
    _check(n, c, k)
    return 1 - comb(n - c, k) / comb(n, k)


def pass_all(n: int, c: int, k: int) -> float:
    """Returns the unbiased estimate of "all k answers are right", C(c, k) / C(n, k).

    Raises:
        BadInput: as `pass_at`.
    """
    _check(n, c, k)
    return comb(c, k) / comb(n, k)


def mean(scores: Sequence[Score]) -> float:
    """Returns the mean credit."""
    return sum(s.value for s in scores) / len(scores)


def best(scores: Sequence[Score]) -> float:
    """Returns the greatest credit: what a perfect selector among the answers would reach."""
    return max(s.value for s in scores)


def majority(scores: Sequence[Score]) -> float:
    """Returns the credit of the answer given most often; among equals, the first one given.

    Replies without an answer have no vote; if no reply holds one, the credit is 0.
    """
    votes = [s for s in scores if s.state not in (State.NO_ANSWER, State.FAILED) and s.answer]
    if not votes:
        return 0.0
    winner = Counter(s.answer for s in votes).most_common(1)[0][0]
    return next(s.value for s in votes if s.answer == winner)


def of(name: str, k: int = 1) -> Reducer:
    """Makes a reducer: `mean`, `best`, `majority`, `pass@k` or `pass^k`.

    Raises:
        BadInput: for another name.
    """
    simple = {"mean": mean, "best": best, "majority": majority}
    if name in simple:
        return simple[name]
    if name == "pass@k":
        return lambda scores: pass_at(len(scores), _right(scores), k)
    if name == "pass^k":
        return lambda scores: pass_all(len(scores), _right(scores), k)
    raise BadInput(f"There is no reducer '{name}'.", "Use mean, best, majority, pass@k or pass^k.")


def _right(scores: Sequence[Score]) -> int:
    return sum(s.state is State.CORRECT for s in scores)


def _check(n: int, c: int, k: int) -> None:
    if not 1 <= k <= n or not 0 <= c <= n:
        raise BadInput(
            f"k = {k} of n = {n} answers, c = {c} right: no unbiased estimate exists.",
            "Take at least k answers a problem, or a smaller k.",
        )
