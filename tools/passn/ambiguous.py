"""Models trained on problems whose answers stay ambiguous: do they end as predicted?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from tools.passn import models
from tools.passn.objectives import Objective
from tools.passn.optimise import LARGEST
from tools.passn.tasks import Examples
from tools.passn.theory import dco_optimum
from tools.passn.train import Training, log_probs, one_thread
from tools.plots import BLACK, CYCLE, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.run import Run

KINDS, DRAWN = 6, 6000  # kinds of problems, and examples of them
_EPOCHS = 40


def train(run: Run, n: int) -> list[tuple[float, float]]:
    """Trains by DCO on kinds of problems whose answers are drawn from known q.

    Returns:
        For each kind (predicted, learnt) largest probability. The prediction is for the
        frequencies in the training data, which are what a model sees.
    """
    rng = run.rng("kinds")
    kinds = rng.dirichlet(np.ones(LARGEST), size=KINDS)
    kind = rng.integers(KINDS, size=DRAWN)
    answer = np.array([rng.choice(LARGEST, p=kinds[k]) for k in kind])
    seen = np.zeros((KINDS, LARGEST))
    np.add.at(seen, (kind, answer), 1)
    seen /= seen.sum(axis=1, keepdims=True)
    answers = torch.from_numpy(answer)[:, None]
    everything = torch.ones_like(answers, dtype=torch.bool)
    with one_thread():
        generator = torch.Generator().manual_seed(run.seed_for("training", n))
        model = models.draw_weights(models.Perceptron(KINDS, LARGEST, 1, 32), generator)
        training = Training(
            model,
            Objective("dco", n),
            Examples(torch.eye(KINDS)[torch.from_numpy(kind)], answers, everything),
            lambda model, epoch: {},
            generator=generator,
            learning_rate=1e-3,
            batch=256,
            before_step=run.stop_if_cancelled,
        )
        for _ in range(_EPOCHS):
            training.advance()
        first = torch.zeros(KINDS, 1, dtype=torch.int64)
        each = Examples(torch.eye(KINDS), first, torch.ones_like(first, dtype=torch.bool))
        with torch.no_grad():
            learnt = log_probs(model, each)[:, 0].exp().max(dim=1).values
    return [
        (float(dco_optimum(frequency, n).max()), float(value))
        for frequency, value in zip(seen, learnt, strict=True)
    ]


def confidence_figure(ns: Sequence[int], learnt: Sequence[Sequence[Sequence[float]]]) -> Figure:
    """Draws the largest probability of trained models against the predicted one."""
    figure, (axes,) = new_figure(
        width=5.6,
        height=5.0,
        title="Confidence of models trained by DCO",
        subtitle=f"{KINDS} kinds of ambiguous problems, {DRAWN} examples",
    )
    axes.plot([0, 1], [0, 1], color=BLACK, linewidth=0.8)
    for place, (n, pairs) in enumerate(zip(ns, learnt, strict=True)):
        predicted, found = zip(*pairs, strict=True)
        color = CYCLE[place % len(CYCLE)]
        axes.plot(predicted, found, "osD^vP*X"[place % 8], color=color, label=f"N = {n}", ms=6)
    axes.set_xlabel("predicted largest probability")
    axes.set_ylabel("learnt largest probability")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(fontsize=8, loc="upper left")
    return figure
