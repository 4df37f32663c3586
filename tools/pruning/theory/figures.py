"""The figures of `pruning.theory`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.plots import BLACK, BLUE, FAINT, GREEN, GREY, VERMILLION, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.pruning.theory_experiment import TheoryParams

_COLORS = {"hard": BLUE, "easy": VERMILLION, "random": GREY}
_MARKS = {"hard": "o", "easy": "s", "random": "D"}


def agreement_figure(params: TheoryParams, rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draws theory as bars of a line and simulation as points with 3 standard errors."""
    groups = [(angle, pool) for angle in params.angles for pool in (params.small, params.large)]
    figure, (axes,) = new_figure(
        width=max(6.4, 1.5 * len(groups)),
        title="Pruned perceptron: theory and simulation",
        subtitle=f"{100 * params.keep:g} % kept; {params.dimension} dimensions,"
        f" {params.repetitions} pools; bars are 3 standard errors",
    )
    for row in rows:
        at = groups.index((row["angle"], row["alpha_tot"]))
        offset = ("hard", "easy", "random").index(row["arm"]) - 1
        x, color = at + 0.24 * offset, _COLORS[row["arm"]]
        axes.plot([x - 0.1, x + 0.1], [row["theory"]] * 2, color=BLACK, linewidth=1.4, zorder=2)
        axes.errorbar(
            x,
            row["simulation"],
            yerr=3 * row["stderr"],
            fmt=_MARKS[row["arm"]],
            color=color,
            capsize=3,
            markersize=6,
            zorder=3,
            label=f"{row['arm']}, simulated" if at == 0 else None,
        )
    axes.plot([], [], color=BLACK, linewidth=1.4, label="theory")
    axes.set_xticks(
        range(len(groups)), [f"$\\alpha_{{tot}}$ = {p:g}\n{a:g} degrees" for a, p in groups]
    )
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("test error")
    axes.set_ylim(0, 1.32 * max(row["simulation"] for row in rows))
    axes.legend(ncols=2, loc="upper left", frameon=False)
    return figure


def curves_figure(params: TheoryParams, curves: Sequence[Mapping[str, float]]) -> Figure:
    """Draws test error against training set size: random, fixed f, and the frontier."""
    figure, panels = new_figure(
        width=max(6.4, 4.2 * len(params.angles)),
        height=4.4,
        title="Learning curves and Pareto frontier of the pruned perceptron",
        subtitle="the frontier keeps the best fraction of hard examples of pools of up to"
        f" {params.largest_pool:g} examples a dimension",
        columns=[1.0] * len(params.angles),
    )
    part = f"{100 * params.keep:g} %"
    for axes, angle in zip(panels, params.angles, strict=True):
        points = [row for row in curves if row["angle"] == angle]
        sizes = [row["alpha"] for row in points]
        lines = {
            "random": ("random", GREY, (0, (4, 3)), "D"),
            "easy": (f"easiest {part}", VERMILLION, "solid", "s"),
            "hard": (f"hardest {part}", BLUE, "solid", "o"),
            "best": ("frontier", GREEN, "solid", "^"),
        }
        for key, (label, color, style, mark) in lines.items():
            axes.loglog(
                sizes,
                [row[key] for row in points],
                color=color,
                linestyle=style,
                marker=mark,
                markersize=4,
                label=label,
            )
        axes.set_title(f"probe at {angle:g} degrees", fontsize=10, color=FAINT, loc="left")
        axes.set_xlabel(r"kept examples per dimension, $\alpha$")
        _plain(axes, sizes, [row[key] for row in curves for key in lines])
        axes.set_ylim(
            min(row["best"] for row in curves) / 1.2, 1.1 * max(row["hard"] for row in curves)
        )
    panels[0].set_ylabel("test error")
    panels[0].legend(loc="lower left", frameon=False)
    return figure


def map_figure(params: TheoryParams, cells: Sequence[Mapping[str, float]]) -> Figure:
    """Draws where keeping hard beats keeping easy, over pool size and kept fraction."""
    angle = params.angles[0]
    figure, (axes,) = new_figure(
        height=4.4,
        title="Keep the hard or the easy examples?",
        subtitle=f"test error of hard minus easy, probe at {angle:g} degrees; black: equal",
    )
    pools = sorted({row["alpha_tot"] for row in cells})
    fractions = sorted({row["keep"] for row in cells})
    values = np.array([row["hard_minus_easy"] for row in cells])
    grid = values.reshape(len(fractions), len(pools))
    # Differences span two decades; the cube root shows both the deep and the shallow side.
    shown = np.cbrt(grid)
    most = float(np.abs(shown).max())
    mesh = axes.pcolormesh(
        pools, fractions, shown, cmap="RdBu_r", vmin=-most, vmax=most, shading="gouraud"
    )
    if grid.min() < 0 < grid.max():
        axes.contour(pools, fractions, grid, levels=[0.0], colors=[BLACK], linewidths=1.6)
    for pool in (params.small, params.large):
        if pools[0] <= pool <= pools[-1]:
            axes.plot(pool, params.keep, "x", color=BLACK, markersize=7)
    axes.set_xscale("log", base=2)
    axes.set_xticks(pools[::2], [f"{pool:g}" for pool in pools[::2]])
    axes.minorticks_off()
    axes.grid(visible=False)
    axes.set_xlabel(r"examples in the pool per dimension, $\alpha_{tot}$")
    axes.set_ylabel("fraction kept, $f$")
    bar = figure.colorbar(mesh, ax=axes)
    ticks = [t for t in (-0.1, -0.01, 0.0, 0.01, 0.1) if abs(np.cbrt(t)) <= most]
    bar.set_ticks([float(np.cbrt(t)) for t in ticks], labels=[f"{t:+g}" for t in ticks])
    bar.set_label("hard minus easy (below 0: keep hard)")
    return figure


def _plain(axes: Any, sizes: Sequence[float], errors: Sequence[float]) -> None:
    """Labels logarithmic axes with plain numbers."""
    xs = [x for x in (0.5, 1, 2, 4, 8, 16) if min(sizes) <= x * 1.001 and x <= max(sizes)]
    axes.set_xticks(xs, [f"{x:g}" for x in xs])
    ys = [y for y in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3) if min(errors) <= y <= max(errors)]
    axes.set_yticks(ys, [f"{y:g}" for y in ys])
    axes.minorticks_off()
