"""What comes of a comparison on proofs: the ensemble, the trees, the claims and the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.claims import Claim, greater
from tools.experiment import Estimate
from tools.passn.controls import LAST, TUNED
from tools.passn.objectives import Objective

if TYPE_CHECKING:
    from tools.passn.controls import Comparison
    from tools.passn.train import Record

WIDTHS = (1, 2, 3, 4, 6)  # of the trees that are counted


def ensemble(
    members: Sequence[Objective], last: Mapping[Objective, Sequence[Record]]
) -> dict[int, list[float]]:
    """Returns pass@N of the policies of all N_eff together at an equal total of N attempts.

    With M policies and N attempts each makes N/M: pass@N = 1 - prod_m (1 - S_m)^(N/M). Only N of
    which every policy gets a whole number of attempts are listed.
    """
    from tools.passn.exact import DRAWS

    pooled: dict[int, list[float]] = {}
    for n in DRAWS:
        share, rest = divmod(n, len(members))
        if rest:
            continue
        pooled[n] = []
        for records in zip(*(last[member] for member in members), strict=True):
            chances = np.array([record["success"] for record in records])
            pooled[n].append(float((1 - ((1 - chances) ** share).prod(axis=0)).mean()))
    return pooled


def trees(last: Mapping[Objective, Sequence[Record]]) -> list[dict[str, Any]]:
    """Returns what tree searches of each width find, and what they may draw, for each loss."""
    return [
        {
            "arm": arm.name,
            "width": width,
            "most_draws": seeds[0]["trees"][place]["most_draws"],
            "found": Estimate.of([seed["trees"][place]["found"] for seed in seeds]).mean,
            "found_by_attempts": fmean(seed["trees"][place]["found_by_attempts"] for seed in seeds),
        }
        for arm, seeds in last.items()
        for place, width in enumerate(WIDTHS)
    ]


def ensemble_rows(pooled: Mapping[int, Sequence[float]]) -> list[dict[str, object]]:
    """Returns the ensemble's rows of the table of pass@N."""
    return [
        {
            "arm": "ensemble over N_eff",
            "n": n,
            "pass_at_n": (value := Estimate.of(passes)).mean,
            "stderr": value.stderr,
            "seeds": value.n,
            "mean_epoch": None,
            "mean_temperature": 1.0,
        }
        for n, passes in pooled.items()
    ]


def claims(
    budgets: Sequence[int],
    members: Sequence[Objective],
    comparison: Comparison,
    pooled: Mapping[int, Sequence[float]],
    where: str,
) -> list[Claim]:
    """Decides what the paper says of proofs, and what a tuned temperature does to it.

    Args:
        budgets: the N the claims are about.
        members: the stepwise losses.
        comparison: all lines.
        pooled: N -> pass@N of the ensemble.
        where: the conditions in words.
    """
    ce = Objective("ce")
    found: list[Claim] = []
    for n in budgets:
        plain, tuned = (comparison.passes(ce, choice, n) for choice in (LAST, TUNED))
        whole = comparison.passes(Objective("dco", n), LAST, n)
        fitting = comparison.best(members, n)
        best, name = comparison.passes(fitting, LAST, n), fitting.name
        for label, passes in (
            (f"DCO N'={n} on whole proofs", whole),
            (f"{name}, the best N_eff on validation theorems,", best),
        ):
            found.append(
                Claim(
                    f"{where}, {label} has a higher pass@{n} than cross-entropy at the last epoch.",
                    greater(passes, plain, paired=True),
                    "chen2025",
                )
            )
        if n in pooled:
            found.append(
                Claim(
                    f"{where}, the ensemble over N_eff proves more with {n} attempts in all than"
                    f" {name} alone.",
                    greater(pooled[n], best, paired=True),
                    "chen2025",
                )
            )
        found.append(
            Claim(
                f"{where}, {name} at temperature 1 has a higher pass@{n} than last-epoch"
                " cross-entropy with a temperature tuned on validation theorems.",
                greater(best, tuned, paired=True),
            )
        )
    return found


def metrics(
    n: int,
    comparison: Comparison,
    pooled: Mapping[int, Sequence[float]],
    last: Mapping[Objective, Sequence[Record]],
) -> dict[str, Estimate | float]:
    """Returns pass@1 and pass@N of every line, of the ensemble, and what each loss ends with."""
    found: dict[str, Estimate | float] = {
        f"pass@{k}, {row.name}": Estimate.of(row.passes[k])
        for k in (1, n)
        for row in comparison.rows.values()
    }
    if n in pooled:
        found[f"pass@{n}, ensemble over N_eff"] = Estimate.of(pooled[n])
    for arm, seeds in last.items():
        found[f"confidence, {arm.name}"] = Estimate.of([seed["confidence"] for seed in seeds])
    drawn = [seed["attempts_drawn"] for seeds in last.values() for seed in seeds]
    found["attempts drawn and checked"] = Estimate(float(sum(drawn)), unit="attempts")
    return found
