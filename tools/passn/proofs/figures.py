"""The figure of tree searches and of the ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tools.plots import CYCLE, GREY, VERMILLION, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.passn.controls import Comparison


def trees(
    rows: Sequence[Mapping[str, Any]],
    comparison: Comparison,
    pooled: Mapping[int, Sequence[float]],
    conditions: str,
) -> Figure:
    """Draws what trees find over their draws, and the ensemble beside its members over N.

    Args:
        rows: `arm`, `width`, `most_draws`, `found`, `found_by_attempts`.
        comparison: all lines.
        pooled: N -> pass@N of the ensemble, one value a seed.
        conditions: for the subtitle.
    """
    from tools.passn.controls import LAST

    figure, (left, right) = new_figure(
        width=11.0,
        height=4.8,
        title="Equational proofs: trees, and an ensemble of stepwise losses",
        subtitle=f"{conditions}; temperature 1; mean over seeds",
        columns=(1, 1),
    )
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    for place, arm in enumerate(arms):
        mine = [row for row in rows if row["arm"] == arm]
        color = _color(arm, place)
        draws = [row["most_draws"] for row in mine]
        left.plot(draws, [row["found"] for row in mine], "o-", color=color, label=arm, ms=4)
        left.plot(draws, [row["found_by_attempts"] for row in mine], ":", color=color, lw=1)
    left.set_xscale("log")
    left.set_xlabel(
        "most steps drawn, over widths 1 to 6 (dotted: as many draws in whole attempts)"
    )
    left.set_ylabel("share of test theorems proved")
    left.legend(fontsize=8, loc="lower right")
    for row in comparison.rows.values():
        if row.choice == LAST and row.objective.kind in ("ce", "dco_step"):
            passes = [fmean(row.passes[n]) for n in comparison.draws]
            color = _color(row.name, arms.index(row.name))
            right.plot(comparison.draws, passes, color=color, label=row.name)
    whole = [fmean(passes) for passes in pooled.values()]
    right.plot(list(pooled), whole, "--", color=GREY, lw=2.5, label="ensemble")
    right.set_xscale("log", base=4)
    ticks = [4**i for i in range(7)]
    right.set_xticks(ticks, [str(tick) for tick in ticks])
    right.minorticks_off()
    right.set_xlabel("N, attempts in all")
    right.set_ylabel("pass@N on test theorems")
    right.legend(fontsize=8, loc="lower right")
    return figure


def _color(arm: str, place: int) -> str:
    if arm == "CE":
        return VERMILLION
    if arm.startswith("label smoothing"):
        return GREY
    return [color for color in CYCLE if color != VERMILLION][place % 7]
