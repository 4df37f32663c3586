"""The two figures of a search's page, as images inside the page."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tools.discovery.candidate import Member
    from tools.discovery.log import Row
    from tools.discovery.problems import FolderProblem

_DOTS = 20_000


def convergence(problem: FolderProblem, rows: Sequence[Row]) -> str:
    """Draws every valid score and the best so far over proposals, against baseline and records."""
    sign = 1.0 if problem.maximise else -1.0
    points: list[tuple[int, float]] = []
    best: list[tuple[int, float]] = []
    for row in rows:
        score = row.evaluation.score if row.evaluation and row.member is not None else None
        if score is not None:
            points.append((row.ticket, sign * score))
            if not best or sign * score > sign * best[-1][1]:
                best.append((row.ticket, sign * score))
    figure, (axes,) = plots.new_figure(
        width=8.0, height=4.2, title="Score over proposals", subtitle="dots: valid programs"
    )
    if points:
        stride = max(1, len(points) // _DOTS)
        x, y = zip(*points[::stride], strict=True)
        axes.plot(x, y, ".", color=plots.GREY, markersize=3, alpha=0.6)
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
    axes.set_xlabel("proposal")
    axes.set_ylabel("verified value")
    if points or bars:
        axes.legend(loc="best")
    return _image(figure, "score over proposals")


def construction(problem: FolderProblem, best: Member) -> str:
    """Draws the best construction."""
    figure, (axes,) = plots.new_figure(width=5.6, height=5.6, title="", subtitle="")
    problem.draw(best.evaluation.data, axes)
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
