"""The house style for figures, and the plots that several methods share.

Figures are plain `matplotlib.figure.Figure` objects on the Agg canvas: no pyplot, no global state,
no display. Colours are those of Okabe and Ito, told apart with any common colour vision; meaning
never rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW, BLACK = "#E69F00", "#56B4E9", "#F0E442", "#222222"
CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK)
GREY, FAINT = "#8A8A8A", "#555555"

_HEAD = 0.62  # inches above the axes that belong to title and subtitle

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": BLACK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def new_figure(
    *,
    width: float = 6.4,
    height: float = 4.0,
    title: str = "",
    subtitle: str = "",
    columns: Sequence[float] = (1.0,),
) -> tuple[Figure, list[Axes]]:
    """Returns a figure and its axes, side by side, in the house style.

    Args:
        width, height: size in inches.
        title: one bold line: what is shown.
        subtitle: a smaller line under it: the conditions.
        columns: relative widths of the axes.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Artists copy the settings when they are made, so nothing outlives this block.
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), facecolor="white")
        figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - _HEAD / height))
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(columns), squeeze=False, width_ratios=columns)[0]
        for one in axes:
            one.set_prop_cycle(color=CYCLE)
        figure.text(0.012, 1 - 0.10 / height, title, va="top", fontsize=12, fontweight="bold")
        figure.text(0.012, 1 - 0.36 / height, subtitle, va="top", fontsize=9, color=FAINT)
    return figure, list(axes)


def interval(samples: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Returns (mean, low, high): Student's t interval of the mean.

    mean +- t_{n-1} * s / sqrt(n). With fewer than two samples low and high equal the mean.
    """
    import statistics

    from scipy.special import stdtrit

    mean = statistics.fmean(samples)
    if len(samples) < 2:
        return mean, mean, mean
    stderr = statistics.stdev(samples) / len(samples) ** 0.5
    half = float(stdtrit(len(samples) - 1, 0.5 + confidence / 2)) * stderr
    return mean, mean - half, mean + half


def compare_arms(
    arms: Mapping[str, Sequence[float]],
    *,
    measure: str,
    title: str,
    subtitle: str = "",
    gains: Mapping[str, Sequence[float]],
    margin: float = 0.0,
) -> Figure:
    """Draws arms that share their splits or seeds: each arm, and the paired gains beside it.

    The gains have a panel of their own because the intervals of the arms cannot decide a paired
    comparison: what varies from split to split moves all arms together.

    Args:
        arms: label -> measurements; measurement i of every arm belongs to the same split. A label
            may hold line breaks.
        measure: what is measured.
        title: one bold line.
        subtitle: the conditions, in smaller print.
        gains: label -> paired differences.
        margin: a second line to judge the gains by, beside zero.
    """
    figure, (left, right) = new_figure(
        width=8.4,
        height=4.2,
        title=title,
        subtitle=subtitle,
        columns=(len(arms), len(gains) + 0.3),
    )
    for line in zip(*arms.values(), strict=True):
        left.plot(range(len(line)), line, color="#D0D0D0", linewidth=0.8, zorder=1)
    _groups(left, arms, CYCLE)
    left.set_ylabel(measure)
    right.axhline(0, color=BLACK, linewidth=1)
    if margin:
        right.axhline(margin, color=BLACK, linewidth=1, linestyle=(0, (4, 3)))
    _groups(right, gains, [BLACK], signed=True)
    right.set_ylabel(f"gain in {measure}, split by split")
    figure.supxlabel(
        f"circles: {len(next(iter(arms.values())))} splits, joined by lines; "
        "diamonds: mean and 95 % interval"
        + (f"; dashed: the margin of {margin:+g}" if margin else ""),
        fontsize=8.5,
        color=FAINT,
    )
    return figure


def _groups(
    axes: Axes,
    groups: Mapping[str, Sequence[float]],
    colors: Sequence[str],
    *,
    signed: bool = False,
) -> None:
    """Draws each group's points, and beside them its mean with the 95 % interval."""
    for position, samples in enumerate(groups.values()):
        color = colors[position % len(colors)]
        place = [position] * len(samples)
        axes.plot(
            place, samples, "o", color=color, markersize=5, alpha=0.5, markeredgewidth=0, zorder=2
        )
        mean, low, high = interval(samples)
        # Beside the points, not over them: the interval must stay readable when it is narrow.
        beside = position + 0.14
        error = [[mean - low], [high - mean]]
        axes.errorbar(beside, mean, yerr=error, fmt="D", color=color, capsize=4, zorder=3)
        axes.annotate(
            f"{mean:+.4f}" if signed else f"{mean:.4f}",
            (beside, mean),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
            zorder=4,
        )
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_xlim(-0.35, len(groups) - 0.25)
    axes.grid(visible=False, axis="x")
