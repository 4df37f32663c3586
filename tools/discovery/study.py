"""Paired-seed studies: several policies on the same seeds, compared seed by seed.

An environment is any function `(policy, seed, evaluations) -> {measure: value}`: the synthetic one,
or a whole discovery run on a real problem. What is tuned, is tuned on other seeds than it is judged
on.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.discovery.policies import Policy
from tools.discovery.synthetic import Landscape, Setting, measure, search
from tools.errors import BadInput
from tools.plots import interval

Environment = Callable[[Policy, int, int], Mapping[str, float]]
Row = dict[str, Any]


class Mapper(Protocol):
    """Applies a function to items, such as `tools.run.Run.map`, which keeps what is done."""

    def __call__(
        self, function: Callable[[int], Any], items: Sequence[int], label: str, /
    ) -> list[Any]:
        """Returns the results in order; they are JSON values."""
        ...


def plain(function: Callable[[int], Any], items: Sequence[int], label: str, /) -> list[Any]:
    """Applies a function to items one after another and keeps nothing."""
    return [function(item) for item in items]


def synthetic(setting: Setting) -> Environment:
    """Returns the environment of a setting: every seed has a landscape of its own."""

    def environment(policy: Policy, seed: int, evaluations: int) -> Mapping[str, float]:
        landscape = Landscape(setting, seed)
        return measure(landscape, search(landscape, policy, seed, evaluations))

    return environment


def study(
    environment: Environment,
    policies: Mapping[str, Policy],
    seeds: Sequence[int],
    evaluations: int,
    *,
    map: Mapper = plain,
    label: str = "study",
) -> list[Row]:
    """Runs every policy on every seed.

    Args:
        environment: what they run in.
        policies: by a label of one's own.
        seeds: different seeds; each is one pair (triple, ...) of the comparison.
        evaluations: candidates evaluated in each run.
        map: how seeds are gone through; `run.map` resumes after a kill.
        label: name of the step.

    Returns:
        A row {"seed", "policy", measures...} for each seed and policy, seed by seed.
    """
    if len(set(seeds)) != len(seeds) or not seeds or not policies:
        raise BadInput("A study needs at least one policy and seeds that differ.")

    def one(seed: int) -> list[Row]:
        return [
            {"seed": seed, "policy": name, **environment(policy, seed, evaluations)}
            for name, policy in policies.items()
        ]

    return [row for rows in map(one, seeds, label) for row in rows]


def values(rows: Sequence[Row], policy: str, measure: str) -> list[float]:
    """Returns a policy's measure for each seed, in the order of the rows.

    Raises:
        BadInput: if the rows hold no such policy or measure.
    """
    found = [float(row[measure]) for row in rows if row["policy"] == policy and measure in row]
    if not found:
        raise BadInput(f"The study has no measure {measure!r} of a policy {policy!r}.")
    return found


@dataclass(frozen=True)
class Difference:
    """A paired difference of means: a minus b over the same seeds.

    Attributes:
        mean: mean of the differences.
        stderr: its standard error.
        low, high: Student's t interval at 95 %.
        n: number of pairs.
    """

    mean: float
    stderr: float
    low: float
    high: float
    n: int

    @property
    def in_errors(self) -> float:
        """The mean in units of its standard error; 0 when nothing varies."""
        return self.mean / self.stderr if self.stderr else 0.0


def difference(rows: Sequence[Row], a: str, b: str, measure: str) -> Difference:
    """Compares policy a with policy b, seed by seed.

    Raises:
        BadInput: with fewer than two pairs.
    """
    first, second = values(rows, a, measure), values(rows, b, measure)
    if len(first) != len(second) or len(first) < 2:
        raise BadInput(f"{a} and {b} have {len(first)} and {len(second)} seeds; 2 pairs are least.")
    gaps = [x - y for x, y in zip(first, second, strict=True)]
    mean, low, high = interval(gaps)
    return Difference(mean, statistics.stdev(gaps) / len(gaps) ** 0.5, low, high, len(gaps))


def tune(rows: Sequence[Row], measure: str) -> str:
    """Returns the policy of highest mean measure, the first of equals; rows of tuning seeds."""
    labels: list[str] = list(dict.fromkeys(str(row["policy"]) for row in rows))
    return max(labels, key=lambda label: statistics.fmean(values(rows, label, measure)))
