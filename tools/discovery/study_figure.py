"""The picture of a paired study: each policy's gain over a baseline, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tools.discovery.study import Row, difference, values
from tools.plots import BLACK, BLUE, GREY, VERMILLION, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def gains_figure(
    panels: Mapping[str, tuple[Sequence[Row], str]],
    *,
    measure: str,
    meaning: str,
    title: str,
    subtitle: str,
) -> Figure:
    """Draws paired gains, one panel a setting.

    Args:
        panels: name of the setting -> (rows of its study, label of the baseline there).
        measure: which measure.
        meaning: what it is, for the axis.
        title: one bold line.
        subtitle: the conditions.
    """
    shown = {
        name: [p for p in dict.fromkeys(row["policy"] for row in rows) if p != baseline]
        for name, (rows, baseline) in panels.items()
    }
    figure, axes = new_figure(
        width=5.4 * len(panels),
        height=1.7 + 0.27 * max(map(len, shown.values())),
        title=title,
        subtitle=subtitle,
        columns=[1.0] * len(panels),
    )
    for one, (name, (rows, baseline)) in zip(axes, panels.items(), strict=True):
        base = sum(values(rows, baseline, measure)) / len(values(rows, baseline, measure))
        one.axvline(0, color=BLACK, linewidth=1)
        for place, policy in enumerate(reversed(shown[name])):
            gap = difference(rows, policy, baseline, measure)
            color = BLUE if gap.low > 0 else VERMILLION if gap.high < 0 else GREY
            marker = "^" if gap.low > 0 else "v" if gap.high < 0 else "o"
            error = [[gap.mean - gap.low], [gap.high - gap.mean]]
            one.errorbar(gap.mean, place, xerr=error, fmt=marker, color=color, capsize=3)
        one.set_yticks(range(len(shown[name])), list(reversed(shown[name])))
        one.grid(visible=False, axis="y")
        one.set_title(f"{name}; 0 is {baseline}: {base:.2f}", fontsize=10, loc="left")
        one.set_xlabel(f"gain in {meaning}", fontsize=9)
    return figure
