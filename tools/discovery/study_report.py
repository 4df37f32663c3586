"""What a study of policies comes to: its metrics, its claims, and how they were decided."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from tools.claims import Claim, greater
from tools.discovery.study import Row, tune, values
from tools.result import Estimate

ABLATIONS = {
    "numerator only": "log p_H alone",
    "denominator only": "-log p_L alone",
    "avoid only": "the terms of concepts with theta^H < theta^L",
    "seek only": "the terms of concepts with theta^H > theta^L",
}
TWO_ERRORS = 0.9545  # coverage of two standard errors, by Student's t somewhat more than two


def better(rows: Sequence[Row], a: str, b: str) -> str:
    """Returns which of two policies has the higher mean."""
    return tune([row for row in rows if row["policy"] in (a, b)], "auc")


def metrics(rows: Sequence[Row], best: str) -> dict[str, Estimate | float]:
    """Returns means and gains of the noisy study; gains are over the better tuned baseline.

    `kept_X` is the share of CCTS's mean gain that ablation X keeps, where there is a gain.
    """
    found: dict[str, Estimate | float] = {
        "auc_baseline": Estimate.of(values(rows, best, "auc")),
        "auc_ccts": Estimate.of(values(rows, "ccts", "auc")),
        "final_baseline": Estimate.of(values(rows, best, "final")),
        "final_ccts": Estimate.of(values(rows, "ccts", "final")),
        "recovery_ccts": Estimate.of(values(rows, "ccts", "recovery")),
    }
    base = values(rows, best, "auc")
    full = statistics.fmean(values(rows, "ccts", "auc")) - statistics.fmean(base)
    for policy in dict.fromkeys(row["policy"] for row in rows):
        if policy == best:
            continue
        gains = [x - y for x, y in zip(values(rows, policy, "auc"), base, strict=True)]
        found[f"gain_{identifier(policy)}"] = Estimate.of(gains)
        if policy in ABLATIONS and full > 0:
            found[f"kept_{identifier(policy)}"] = statistics.fmean(gains) / full
    return found


def null_metrics(rows: Sequence[Row], best: str) -> dict[str, Estimate | float]:
    """Returns what the noiseless study measured."""
    base, ours = values(rows, best, "auc"), values(rows, "ccts", "auc")
    return {
        "noiseless_auc_baseline": Estimate.of(base),
        "noiseless_gain_ccts": Estimate.of([x - y for x, y in zip(ours, base, strict=True)]),
    }


def claims(
    noisy: Sequence[Row], k: str, softmax: str, quiet: Sequence[Row], quiet_best: str
) -> list[Claim]:
    """Returns the claims with their verdicts.

    Args:
        noisy: rows of the noisy study.
        k, softmax: labels of the tuned policies there.
        quiet: rows of the noiseless study.
        quiet_best: label of the better tuned policy there.
    """

    def beats(rows: Sequence[Row], a: str, b: str, text: str, paper: str = "leleu2026") -> Claim:
        check = greater(
            values(rows, a, "auc"), values(rows, b, "auc"), paired=True, confidence=TWO_ERRORS
        )
        return Claim(text, check, paper)

    parts = {name: f"'{name}' ({what})" for name, what in ABLATIONS.items()}
    keeps = "keeps more of CCTS than"
    return [
        beats(noisy, "ccts", k, f"with noisy evaluations CCTS beats the best tuned {k}"),
        beats(
            noisy, "ccts", softmax, f"with noisy evaluations CCTS beats the best tuned {softmax}"
        ),
        beats(
            quiet,
            "ccts",
            quiet_best,
            f"without noise and failures CCTS still beats {quiet_best}, the better tuned baseline",
            "",
        ),
        beats(
            noisy,
            "denominator only",
            "numerator only",
            f"{parts['denominator only']} {keeps} {parts['numerator only']}",
        ),
        beats(
            noisy,
            "avoid only",
            "seek only",
            f"{parts['avoid only']} {keeps} {parts['seek only']}",
        ),
    ]


def identifier(label: str) -> str:
    """Returns a label as lower-case words joined by underscores."""
    return "_".join(re.findall(r"[a-z0-9]+", label.lower()))
