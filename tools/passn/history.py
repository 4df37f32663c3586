"""What a comparison is summarised in: the course of training, and the metrics of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tools.experiment import Estimate
from tools.passn.objectives import Objective

if TYPE_CHECKING:
    from tools.passn.controls import Comparison
    from tools.passn.train import Record

Records = Mapping[Objective, Sequence[Sequence["Record"]]]


def at_temperature_one(record: Record) -> list[float]:
    """Returns a record's test pass@N at temperature 1, one value for each N."""
    passes: list[float] = record["test"][record["temperatures"].index(1.0)]
    return passes


def by_epoch(records: Records) -> list[dict[str, object]]:
    """Returns one row for each loss, seed and epoch, sampled at temperature 1."""
    from tools.passn.exact import DRAWS

    rows: list[dict[str, object]] = []
    for arm, seeds in records.items():
        for seed, epochs in enumerate(seeds):
            for record in epochs:
                passes = at_temperature_one(record)
                rows.append(
                    {
                        "arm": arm.name,
                        "seed": seed,
                        **{key: record[key] for key in ("epoch", "loss", "greedy", "confidence")},
                        **{f"pass_at_{n}": value for n, value in zip(DRAWS, passes, strict=True)},
                    }
                )
    return rows


def metrics(comparison: Comparison, records: Records, n: int) -> dict[str, Estimate | float]:
    """Returns pass@1 and pass@N of every line, and what each loss ends with.

    `confidence` is the probability a model gives to its greedy answer, `greedy` how often that
    answer is right; both at the last epoch.
    """
    found: dict[str, Estimate | float] = {
        f"pass@{k}, {row.name}": Estimate.of(row.passes[k])
        for k in (1, n)
        for row in comparison.rows.values()
    }
    for arm, seeds in records.items():
        for key in ("confidence", "greedy"):
            found[f"{key}, {arm.name}"] = Estimate.of([seed[-1][key] for seed in seeds])
    return found
