"""One random split: what every arm keeps of its training part, and how well it does on the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from tools import datasets
from tools.pruning import scores, scoring, select, train
from tools.pruning.names import CHOICES, Score

if TYPE_CHECKING:
    from tools.pruning.comparison import CompareParams
    from tools.pruning.harness import CurvesParams
    from tools.run import Run

    Grid: TypeAlias = CompareParams | CurvesParams


@dataclass(frozen=True)
class CellResult:
    """One score at one size, on one split.

    Attributes:
        score, keep: which.
        selected, random: test accuracy on what the score and what chance keeps.
        norm_correlation: rank correlation of the score with the length of the inputs.
        mislabelled: share of wrong labels in what the score keeps.
        kept_examples: how many that are.
    """

    score: str
    keep: float
    selected: float
    random: float
    norm_correlation: float
    mislabelled: float
    kept_examples: int


@dataclass(frozen=True)
class SplitResult:
    """What one split found.

    Attributes:
        index: number of the split.
        full: test accuracy of the whole training part.
        cells: one for each score and size.
        train_examples, test_examples: sizes of the parts.
    """

    index: int
    full: float
    cells: list[CellResult]
    train_examples: int
    test_examples: int

    def as_json(self) -> dict[str, Any]:
        """Returns it as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SplitResult:
        """Reads what `as_json` wrote."""
        return cls(**values | {"cells": [CellResult(**cell) for cell in values["cells"]]})


def one_split(params: Grid, run: Run, data: datasets.Dataset, index: int) -> SplitResult:
    """Scores, selects and trains every arm on one random split."""
    split = datasets.split(data, seed=run.seed_for("split", index))
    noisy = datasets.mislabel(
        split.train_labels, params.label_noise, data.classes, run.rng("label noise", index)
    )
    # On the processor even where there is a GPU: networks this small gain nothing from one, and
    # the numbers stay the same from machine to machine.
    inputs, labels, test_inputs, test_labels = map(
        torch.from_numpy, (split.train_inputs, noisy, split.test_inputs, split.test_labels)
    )
    wrong = torch.from_numpy(noisy != split.train_labels)
    arms = Arms(params, run, inputs, labels, data.classes, index)

    def accuracy(kept: Tensor) -> float:
        seen = len(kept) if params.recipe == "equal_epochs" else len(inputs)
        network = train.train_network(
            inputs[kept],
            labels[kept],
            data.classes,
            steps=train.steps_for(params.epochs, seen),
            # Equal seeds: the arms start from the same weights.
            generator=torch.Generator().manual_seed(run.seed_for("training", index)),
            before_step=run.stop_if_cancelled,
        )
        return train.accuracy(network, test_inputs, test_labels)

    full = accuracy(torch.arange(len(inputs)))
    cells = []
    for keep in params.keeps():
        by_chance = accuracy(arms.at_random(keep))
        for score in params.scores():
            kept = arms.kept(score, keep)
            cells.append(
                CellResult(
                    score,
                    keep,
                    selected=accuracy(kept),
                    random=by_chance,
                    norm_correlation=scores.rank_correlation(
                        arms.values(score, keep), inputs.norm(dim=1)
                    ),
                    mislabelled=float(wrong[kept].double().mean()),
                    kept_examples=len(kept),
                )
            )
    return SplitResult(index, full, cells, len(inputs), len(test_inputs))


class Arms:
    """The parts of one training set that scores, choices and chance keep."""

    def __init__(
        self, params: Grid, run: Run, inputs: Tensor, labels: Tensor, classes: int, index: int
    ) -> None:
        """Takes the training part of split number `index`; nothing is computed yet."""
        self._params, self._run, self._index = params, run, index
        self._inputs, self._labels, self._classes = inputs, labels, classes
        self._values: dict[str, Tensor] = {}
        self._chosen: dict[tuple[str, float], tuple[Tensor, Tensor]] = {}

    def kept(self, score: Score, keep: float) -> Tensor:
        """Returns the rows that a score or a choice keeps, ascending."""
        if score in CHOICES:
            return self._choice(score, keep)[0]
        count = select.kept_count(len(self._inputs), keep)
        return select.select_by_score(self.values(score, keep), count, self._params.difficulty)

    def at_random(self, keep: float) -> Tensor:
        """Returns as many rows drawn by chance; smaller parts lie within larger ones."""
        lottery = torch.Generator().manual_seed(self._run.seed_for("random subset", self._index))
        count = select.kept_count(len(self._inputs), keep)
        return select.select_at_random(len(self._inputs), count, lottery)

    def values(self, score: Score, keep: float) -> Tensor:
        """Returns the score of every example; of a choice, that of its last clustering."""
        if score in CHOICES:
            return self._choice(score, keep)[1]
        if score not in self._values:
            scorer = scoring.Scorer(
                score,
                self._inputs,
                self._labels,
                self._classes,
                self._params.networks,
                self._params.score_epochs,
                # Every split draws networks of its own; all scores of a split share them.
                lambda *names: self._run.seed_for(names[0], self._index, *names[1:]),
                before_step=self._run.stop_if_cancelled,
            )
            members = [scorer.member(i) for i in range(self._params.networks)]
            self._values[score] = scorer.together(members)
        return self._values[score]

    def _choice(self, score: Score, keep: float) -> tuple[Tensor, Tensor]:
        if (score, keep) not in self._chosen:
            found = scoring.choose(
                score,
                scoring.unit(self._inputs),
                select.kept_count(len(self._inputs), keep),
                lambda name: self._run.rng(name, self._index),
                self._run.stop_if_cancelled,
            )
            kept = torch.from_numpy(found.kept).nonzero()[:, 0]
            self._chosen[score, keep] = kept, torch.from_numpy(found.score)
        return self._chosen[score, keep]
