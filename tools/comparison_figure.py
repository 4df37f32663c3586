"""The picture of a comparison: each metric of each run with its uncertainty."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from tools.comparison import Comparison, MetricRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_METRICS = 12


def draw(comparison: Comparison) -> Figure | None:
    """Draws one panel a metric, runs side by side, bars of one standard error.

    Returns:
        The figure, or None when no metric is finite in at least two runs. Of many metrics the
        first `MOST_METRICS` are drawn, and the picture says so.
    """
    rows = [row for row in comparison.metrics if _finite_values(row) >= 2]
    if not rows:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from tools.plots import CYCLE

    shown = rows[:MOST_METRICS]
    columns = min(3, len(shown))
    lines = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(3.4 * columns, 2.6 * lines + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    for position, row in enumerate(shown):
        axes = figure.add_subplot(lines, columns, position + 1)
        axes.set_title(row.name, fontsize=10)
        axes.set_ylabel(row.unit)
        for x, value in enumerate(row.values):
            if value is not None and math.isfinite(value.mean):
                error = value.stderr if value.stderr and math.isfinite(value.stderr) else None
                color = CYCLE[x % len(CYCLE)]
                axes.errorbar(x, value.mean, yerr=error, fmt="o", capsize=4, color=color)
        labels = [f"#{run.number}" for run in comparison.runs]
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        axes.spines[["top", "right"]].set_visible(False)
    left_out = "" if len(rows) == len(shown) else f"; {MOST_METRICS} of {len(rows)} metrics"
    figure.supxlabel(f"runs; bars: one standard error{left_out}", fontsize=8.5)
    return figure


def save(comparison: Comparison, folder: Path) -> Path | None:
    """Draws a comparison into a PNG named after its runs; returns its path, or None."""
    figure = draw(comparison)
    if figure is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    # Names stay short however many runs there are; the same runs give the same file.
    names = [run.id for run in comparison.runs]
    stem = "_".join(names[:4]) + (f"_and-{len(names) - 4}-more" if len(names) > 4 else "")
    path = folder / f"{stem}.png"
    figure.savefig(path, dpi=150)
    return path


def _finite_values(row: MetricRow) -> int:
    return sum(value is not None and math.isfinite(value.mean) for value in row.values)
