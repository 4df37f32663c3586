"""The figures of the experiments on sparse networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.plots import BLACK, CYCLE, FAINT, interval, new_figure
from tools.sparsity.comparison import TITLES, flat

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.sparsity.comparison import SynflowParams

_MARKS = ("o", "s", "^", "D", "v", "P")


def compression_figure(params: SynflowParams, rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draws accuracy against compression; hollow marks are networks cut through."""
    where = "images from a folder" if params.images else params.dataset.replace("_", " ")
    figure, (axes,) = new_figure(
        width=7.4,
        height=4.6,
        title="Accuracy of networks pruned at initialisation",
        subtitle=f"{where}; {params.hidden} hidden layers of {params.width}; {len(rows)} networks;"
        " bars are 95 % intervals; hollow: no path is left",
    )
    cells = flat(rows)
    spread = 1.05 if len(params.methods) > 1 else 1.0
    for place, method in enumerate(params.methods):
        color, shift = CYCLE[place], spread ** (place - (len(params.methods) - 1) / 2)
        xs, means = [], []
        for compression in params.compressions:
            here = [c for c in cells if c["method"] == method and c["compression"] == compression]
            mean, low, high = interval([c["accuracy"] for c in here])
            whole = any(c["connected"] for c in here)
            axes.errorbar(
                compression * shift,
                mean,
                yerr=[[mean - max(0.0, low)], [min(1.0, high) - mean]],
                fmt=_MARKS[place],
                color=color,
                markerfacecolor=color if whole else "white",
                capsize=3,
                markersize=6,
                zorder=3,
            )
            xs.append(compression * shift)
            means.append(mean)
        axes.plot(xs, means, color=color, linewidth=1.2, marker=_MARKS[place], label=TITLES[method])
    dense, majority = (sum(row[key] for row in rows) / len(rows) for key in ("dense", "majority"))
    for level, text, above in (
        (dense, "all weights", 4),
        (majority, "most frequent class", -12),
    ):
        axes.axhline(level, color=BLACK, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            text,
            (0.995, level),
            xycoords=("axes fraction", "data"),
            xytext=(0, above),
            textcoords="offset points",
            ha="right",
            color=FAINT,
            fontsize=8.5,
        )
    axes.set_xscale("log")
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("compression (all weights over those left)")
    axes.set_ylabel("test accuracy after training")
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
