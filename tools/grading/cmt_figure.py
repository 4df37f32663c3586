"""The regraded table of CMT-Benchmark as a picture: models, scores, intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def score_figure(rows: Sequence[Mapping[str, Any]], doubtful: int) -> Figure:
    """Draws each model's score with its Wilson interval, and the published score beside it.

    Args:
        rows: as `cmt_report.by_model` returns them, best first.
        doubtful: how many golds are marked.
    """
    from tools.plots import BLUE, VERMILLION, new_figure

    figure, (axes,) = new_figure(
        height=1.6 + 0.3 * len(rows),
        title="CMT-Benchmark: answers that agree with the published gold",
        subtitle=f"share of problems with 95 % Wilson interval; {doubtful} golds are doubtful",
    )
    places = range(len(rows))
    middle = [100 * row["score"] for row in rows]
    error = [
        [100 * (row["score"] - row["score_low"]) for row in rows],
        [100 * (row["score_high"] - row["score"]) for row in rows],
    ]
    axes.errorbar(
        middle, list(places), xerr=error, fmt="o", color=BLUE, capsize=3, label="our grade"
    )
    axes.plot(
        [100 * row["published"] for row in rows],
        [place + 0.22 for place in places],
        "x",
        color=VERMILLION,
        label="published verdict",
    )
    axes.set_yticks(list(places), [row["model"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("score in %")
    axes.legend(loc="lower right")
    axes.grid(visible=False, axis="y")
    return figure
