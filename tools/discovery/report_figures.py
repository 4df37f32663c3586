"""The two figures of a search's page, as images inside the page."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from tools import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tools.discovery.candidate import Member
    from tools.discovery.log import Row
    from tools.discovery.problems import FolderProblem

_DOTS = 20_000
_FEW = 30


def convergence(problem: FolderProblem, rows: Sequence[Row]) -> str:
    """Draws every valid score and the best so far over proposals, against baseline and records."""
    from matplotlib.ticker import MaxNLocator

    sign = 1.0 if problem.maximise else -1.0
    valid = [
        (row.ticket, row.evaluation.score)
        for row in rows
        if row.member is not None and row.evaluation and row.evaluation.score is not None
    ]
    points = [(ticket, sign * score) for ticket, score in valid]
    best = [(ticket, sign * score) for ticket, score in rising(valid)]
    figure, (axes,) = plots.new_figure(
        width=8.0, height=4.2, title="Score over proposals", subtitle="dots: valid programs"
    )
    if points:
        stride = max(1, len(points) // _DOTS)
        x, y = zip(*points[::stride], strict=True)
        # A few must be seen beside the lines, thousands must not hide them.
        few = len(points) <= _FEW
        size, above = (9, 3) if few else (3, 1)
        axes.plot(x, y, ".", color=plots.GREY, markersize=size, alpha=0.6, zorder=above)
        last = rows[-1].ticket
        xs, ys = zip(*best, strict=True)
        axes.step([*xs, last], [*ys, ys[-1]], where="post", color=plots.BLUE, label="best so far")
        axes.axhline(points[0][1], color=plots.BLACK, linestyle=":", label="first valid program")
    bars = [(f"record {r.date}", float(r.value)) for r in problem.records()[-1:]]
    optimum = problem.optimum()
    if optimum is not None:
        bars = [("known optimum", float(optimum.value))]
    for name, value in bars:
        axes.axhline(value, color=plots.VERMILLION, linestyle="--", label=name)
    if points:
        _frame(axes, [v for _, v in best] + [value for _, value in bars])
    axes.set_xlim(left=-0.5, right=max(1.0, rows[-1].ticket * 1.02 if rows else 0.0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("proposal")
    axes.set_ylabel("verified value")
    if points or bars:
        axes.legend(loc="best")
    return _image(figure, "score over proposals")


def rising(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Returns the points whose score is above all scores before."""
    best: list[tuple[int, float]] = []
    for ticket, score in points:
        if not best or score > best[-1][1]:
            best.append((ticket, score))
    return best


def construction(problem: FolderProblem, best: Member) -> str:
    """Draws the best construction; says why if that cannot be done."""
    figure, (axes,) = plots.new_figure(width=5.6, height=5.6, title="", subtitle="")
    if trouble := problem.try_to_draw(best.evaluation.data, axes):
        return f"<p class='notice'>{escape(trouble)}</p>"
    return _image(figure, "the best construction")


def _frame(axes: Axes, shown: Sequence[float]) -> None:
    """Keeps bad programs far away from flattening the curve: they are cut off at the edge."""
    low, high = min(shown), max(shown)
    span = (high - low) or abs(high) or 1.0
    axes.set_ylim(low - 0.4 * span, high + 0.4 * span)


def _image(figure: Figure, text: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    data = b64encode(buffer.getvalue()).decode()
    return f'<img alt="{text}" src="data:image/png;base64,{data}">'
