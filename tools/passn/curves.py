"""Figures of pass@N evaluations: coverage over N, difficulty, confidence against accuracy."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.errors import BadInput
from tools.passn.estimators import Floats, bootstrap_band
from tools.plots import BLACK, BLUE, CYCLE, FAINT, GREY, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKERS = "osD^vP*X"
_DASHES = ("-", "--", "-.", ":")


def coverage_curves(
    ks: Sequence[int],
    curves: Mapping[str, Floats],
    *,
    rng: np.random.Generator,
    title: str,
    subtitle: str = "",
    clusters: Sequence[Hashable] | None = None,
    draws: int = 1000,
) -> Figure:
    """Draws mean pass@k over k, each curve with a 95 % bootstrap band over problems.

    Args:
        ks: numbers of draws, rising.
        curves: label -> pass@k of each problem, shape (problems, ks).
        rng: source of the bootstrap.
        title: one bold line.
        subtitle: the conditions.
        clusters: problems drawn together in the bootstrap.
        draws: bootstrap samples.

    Raises:
        BadInput: if a curve does not fit `ks`.
    """
    figure, (axes,) = new_figure(title=title, subtitle=subtitle)
    for index, (label, values) in enumerate(curves.items()):
        if values.ndim != 2 or values.shape[1] != len(ks):
            raise BadInput(f"Curve '{label}' has shape {values.shape} for {len(ks)} values of k.")
        color = CYCLE[index % len(CYCLE)]
        low, high = bootstrap_band(values, rng=rng, draws=draws, clusters=clusters)
        axes.fill_between(ks, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(
            ks,
            values.mean(axis=0),
            marker=_MARKERS[index % len(_MARKERS)],
            linestyle=_DASHES[index % len(_DASHES)],
            color=color,
            markersize=5,
            label=label,
        )
    _log_two(axes, ks)
    axes.set_xlabel("k, answers drawn for a problem")
    axes.set_ylabel("share of problems solved")
    axes.set_ylim(-0.02, 1.02)
    axes.legend(loc="best", frameon=False)
    problems = len(next(iter(curves.values())))
    _note(figure, f"bands: 95 % bootstrap over {problems} problems")
    return figure


def difficulty_histogram(success: Sequence[float], *, bins: int = 20) -> Figure:
    """Draws how many problems are solved by which share of their samples.

    Problems never and always solved stand apart: sampling more tells them from rare successes.

    Args:
        success: share of right samples of each problem, 0 .. 1.
        bins: bars between never and always.
    """
    share = np.asarray(success, np.float64)
    never, always = int((share == 0).sum()), int((share == 1).sum())
    figure, (axes,) = new_figure(
        title="Difficulty of the problems",
        subtitle=f"{share.size} problems; {never} never and {always} always solved",
    )
    between = share[(share > 0) & (share < 1)]
    heights, edges = np.histogram(between, bins=bins, range=(0, 1))
    axes.bar(edges[:-1], heights, width=1 / bins, align="edge", color=BLUE, edgecolor="white")
    axes.bar([-0.05, 1.05], [never, always], width=0.05, color=GREY, edgecolor="white")
    ticks = [-0.05, 0, 0.25, 0.5, 0.75, 1, 1.05]
    axes.set_xticks(ticks, ["never", "0", "0.25", "0.5", "0.75", "1", "always"], rotation=0)
    for label, tick in zip(axes.get_xticklabels(), ticks, strict=True):
        if tick in (-0.05, 1.05):
            label.set_horizontalalignment("right" if tick < 0 else "left")
    axes.set_xlabel("share of samples that are right")
    axes.set_ylabel("problems")
    return figure


def confidence_accuracy(
    confidence: Sequence[float], right: Sequence[float], *, bins: int = 10
) -> Figure:
    """Draws accuracy against confidence, with how many problems lie where beneath.

    Args:
        confidence: of each problem's chosen answer, 0 .. 1.
        right: whether it is right, 0 .. 1.
        bins: equal intervals of confidence.

    Raises:
        BadInput: if the lengths differ or there is nothing to draw.
    """
    sure, truth = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    if sure.shape != truth.shape or sure.size == 0:
        raise BadInput(f"{sure.size} confidences and {truth.size} verdicts.")
    place = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    full = counts > 0
    mean = np.bincount(place, truth, bins)[full] / counts[full]
    where = np.bincount(place, sure, bins)[full] / counts[full]
    error = np.sqrt(mean * (1 - mean) / counts[full])
    figure, (left, below) = new_figure(
        width=8.4,
        title="Confidence against accuracy",
        subtitle=f"{sure.size} problems; mean confidence {sure.mean():.3f}, "
        f"accuracy {truth.mean():.3f}",
        columns=(1.2, 1.0),
    )
    left.plot([0, 1], [0, 1], color=BLACK, linewidth=1, linestyle=(0, (4, 3)))
    left.errorbar(where, mean, yerr=error, fmt="o", color=BLUE, capsize=3)
    left.set_xlim(-0.02, 1.02)
    left.set_ylim(-0.02, 1.02)
    left.set_xlabel("confidence")
    left.set_ylabel("share right")
    edges = np.linspace(0, 1, bins + 1)
    below.bar(edges[:-1], counts, width=1 / bins, align="edge", color=BLUE, edgecolor="white")
    below.set_xlabel("confidence")
    below.set_ylabel("problems")
    _note(figure, "dashed: as sure as right; bars: one standard error")
    return figure


def theory_figure(q: Sequence[float], ns: Sequence[int]) -> Figure:
    """Draws the best policy's and DCO's largest probability, and their coverage, over N.

    Args:
        q: probability of each answer to be the right one.
        ns: numbers of draws, rising.
    """
    from tools.passn.theory import (
        coverage,
        dco_optimum,
        max_confidence_bounds,
        optimal_coverage_policy,
    )

    best = [optimal_coverage_policy(q, n) for n in ns]
    dco = [dco_optimum(q, n) for n in ns]
    calibrated = np.asarray(q, np.float64) / np.sum(q)
    bounds = np.array([max_confidence_bounds(q, n) for n in ns])
    figure, (left, right) = new_figure(
        width=8.4,
        title="What to be sure of when N answers may be tried",
        subtitle="q = " + ", ".join(f"{x:g}" for x in q),
        columns=(1.0, 1.0),
    )
    left.fill_between(ns, bounds[:, 0], bounds[:, 1], color=GREY, alpha=0.25, linewidth=0)
    rows = {
        "best possible": best,
        "DCO's optimum": dco,
        "cross-entropy's optimum": [calibrated] * len(ns),
    }
    for index, (label, policies) in enumerate(rows.items()):
        style: dict[str, Any] = {
            "marker": _MARKERS[index],
            "linestyle": _DASHES[index],
            "markersize": 5,
        }
        left.plot(ns, [p.max() for p in policies], label=label, **style)
        missed = [1 - coverage(p, q, n) / sum(q) for p, n in zip(policies, ns, strict=True)]
        right.plot(ns, np.maximum(missed, 1e-16), label=label, **style)
    left.set_ylabel("largest probability given to an answer")
    left.set_ylim(0, 1.05)
    right.set_yscale("log")
    right.set_ylim(1e-6, 1.2)
    right.set_ylabel("1 - pass@N")
    for axes in (left, right):
        _log_two(axes, ns)
        axes.set_xlabel("N")
    left.legend(loc="upper right", frameon=False)
    _note(figure, "grey: bounds on the best policy's largest probability")
    return figure


def _log_two(axes: Axes, ks: Sequence[int]) -> None:
    """Spaces k by doubling and labels at most nine of them."""
    axes.set_xscale("log", base=2)
    step = -(-len(ks) // 9)
    axes.set_xticks(list(ks[::step]), [str(k) for k in ks[::step]])
    axes.minorticks_off()


def _note(figure: Figure, text: str) -> None:
    figure.supxlabel(text, fontsize=8.5, color=FAINT)
