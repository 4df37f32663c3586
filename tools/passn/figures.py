"""The figures of the finetuning comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tools.passn.controls import LAST
from tools.passn.history import at_temperature_one
from tools.passn.objectives import Objective
from tools.plots import BLACK, CYCLE, GREY, VERMILLION, interval, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tools.passn.controls import Comparison, Row
    from tools.passn.train import Record

_CONTROLS = ("ce", "smoothing")
_LINES = {
    ", early stop": (":", "v"),
    ", tuned temperature": ("--", "s"),
    ", early stop, tuned temperature": ("-.", "D"),
}
_MARKS = "osD^vPX*"


def coverage(comparison: Comparison, title: str, conditions: str) -> Figure:
    """Draws pass@N over N: the losses at the last epoch, and beside them the controls."""
    figure, (left, right) = new_figure(
        width=11.0,
        height=4.8,
        title=f"pass@N: {title}",
        subtitle=f"{conditions}; bands: 95 % interval of the mean over seeds",
        columns=(1, 1),
    )
    rows = list(comparison.rows.values())
    last = [row for row in rows if not row.choice.suffix]
    for place, row in enumerate(last):
        _curve(left, comparison.draws, row, _color(row.objective, place), "-", _MARKS[place % 8])
    for row in rows:
        if row.choice.suffix and row.objective.kind in _CONTROLS:
            line, mark = _LINES[row.choice.suffix]
            _curve(right, comparison.draws, row, _color(row.objective, 0), line, mark)
    aimed = [row.objective for row in last if row.objective.kind not in _CONTROLS]
    best = [fmean(comparison.passes(comparison.best(aimed, n), LAST, n)) for n in comparison.draws]
    name = aimed[0].name.split()[0]
    right.plot(comparison.draws, best, color=BLACK, label=f"best {name}, temperature 1")
    left.set_title("last epoch, temperature 1", fontsize=10, loc="left")
    right.set_title("what was chosen on validation problems", fontsize=10, loc="left")
    for axes in (left, right):
        _log_axis(axes)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(fontsize=8, loc="lower right")
    left.set_ylabel("pass@N on test problems")
    return figure


def over_training(
    records: Mapping[Objective, Sequence[Sequence[Record]]],
    n: int,
    title: str,
    conditions: str,
) -> Figure:
    """Draws pass@1, pass@N and the confidence of greedy answers over the epochs."""
    from tools.passn.exact import DRAWS

    figure, axes = new_figure(
        width=12.0,
        height=4.4,
        title=f"Over training: {title}",
        subtitle=f"{conditions}; temperature 1; mean over seeds",
        columns=(1, 1, 1),
    )
    for place, (arm, seeds) in enumerate(records.items()):
        epochs = [record["epoch"] for record in seeds[0]]
        options: dict[str, Any] = {
            "color": _color(arm, place),
            "marker": _MARKS[place % 8],
            "markevery": max(1, len(epochs) // 8),
            "markersize": 4,
            "label": arm.name,
        }
        for panel, draws in zip(axes, (1, n), strict=False):
            column = DRAWS.index(draws)
            panel.plot(
                epochs, _mean(seeds, lambda r, c=column: at_temperature_one(r)[c]), **options
            )
        axes[2].plot(epochs, _mean(seeds, lambda r: float(r["confidence"])), **options)
    labels = ("pass@1", f"pass@{n}", "probability of the greedy answer")
    for panel, label in zip(axes, labels, strict=True):
        panel.set_ylabel(label)
        panel.set_xlabel("epoch")
        panel.set_ylim(-0.02, 1.02)
    axes[1].legend(fontsize=8, loc="lower right")
    return figure


def _mean(seeds: Sequence[Sequence[Record]], value: Any) -> list[float]:
    """Averages a value of each epoch's record over the seeds."""
    return [fmean(value(record) for record in epoch) for epoch in zip(*seeds, strict=True)]


def _curve(axes: Axes, draws: Sequence[int], row: Row, color: str, line: Any, mark: str) -> None:
    summary = [interval(row.passes[n]) for n in draws]
    axes.plot(
        draws, [s[0] for s in summary], line, color=color, marker=mark, markersize=4, label=row.name
    )
    axes.fill_between(
        draws, [s[1] for s in summary], [s[2] for s in summary], color=color, alpha=0.12, lw=0
    )


def _color(objective: Objective, place: int) -> str:
    if objective.kind == "ce":
        return VERMILLION
    if objective.kind == "smoothing":
        return GREY
    return [c for c in CYCLE if c != VERMILLION][place % 7]


def _log_axis(axes: Axes) -> None:
    axes.set_xscale("log", base=4)
    axes.set_xlabel("N, answers drawn")
    ticks = [4**i for i in range(7)]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
