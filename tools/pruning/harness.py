"""Many scores at many sizes: each cell of the grid against a random part of the same size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from tools import datasets
from tools.claims import Claim, greater
from tools.experiment import Params, Words
from tools.pruning.comparison import DATA_TITLES, length
from tools.pruning.names import CHOICES, NO_LABELS, SPELLINGS, TITLES, Score, check_training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.pruning.arms import SplitResult
    from tools.pruning.comparison import CompareParams

BATCH = 64  # tools.pruning.train.BATCH; importing it would import torch

_PAPERS = {
    "el2n": "paul2021",
    "grand": "paul2021",
    "prototypes": "sorscher2022",
    "semdedup": "abbas2023",
    "d4": "tirumala2023",
}


class CurvesParams(Params):
    """Parameters of `pruning.curves`."""

    file: Annotated[str, Words(near=("file", "table", "rows of"), takes="path")] = Field(
        "",
        description="CSV, Parquet, JSONL or .npz of yours; empty takes a data set that comes with"
        " the program",
    )
    dataset: Annotated[
        Literal["digits", "breast_cancer", "wine"],
        Words(
            values={
                "digits": ("handwritten digits", "digit images", "handwriting"),
                "breast_cancer": ("breast cancer", "tumours", "tumors", "cancer"),
                "wine": ("wines", "wine recognition"),
            }
        ),
    ] = Field("digits", description="the data set where no file is named")
    label: Annotated[str, Words(near=("label column", "labels in"))] = Field(
        "", description="the file's column of labels; a usual name is found"
    )
    methods: Annotated[list[Score], Words(values=dict(SPELLINGS))] = Field(
        ["el2n", "grand", "prototypes"], min_length=1, description="scores and choices compared"
    )
    fractions: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Words(near=("fractions",))] = (
        Field([0.5, 0.3, 0.2], min_length=1, description="fractions of the training set kept")
    )
    difficulty: Annotated[
        Literal["hard", "easy", "middle"],
        Words(values={"hard": ("hardest",), "easy": ("easiest",), "middle": ("medium",)}),
    ] = Field("hard", description="which part of each ranking is kept")
    recipe: Annotated[
        Literal["equal_epochs", "equal_steps"],
        Words(
            values={
                "equal_epochs": ("equal epochs", "same number of epochs", "equal passes"),
                "equal_steps": ("equal steps", "same number of steps", "same steps"),
            }
        ),
    ] = Field(
        "equal_epochs",
        description="equal_epochs shows each model its own part as often, so small parts train"
        " less; equal_steps trains all of them as long",
    )
    seeds: Annotated[int, Words(near=("seeds", "splits", "repeats", "repetitions"))] = Field(
        10, ge=2, le=100, description="random train/test splits, shared by all arms"
    )
    networks: Annotated[int, Words(near=("networks", "nets", "models"))] = Field(
        10, ge=1, le=100, description="networks or clusterings over which a score is averaged"
    )
    score_epochs: Annotated[int, Words(near=("score epochs", "scoring epochs"))] = Field(
        3, ge=0, le=200, description="training epochs before scoring; 0 scores at initialisation"
    )
    epochs: Annotated[int, Words(near=("epochs", "training epochs", "passes"))] = Field(
        15, ge=1, le=1000, description="training length of the compared models"
    )
    label_noise: Annotated[
        float, Words(near=("label noise", "noisy labels", "wrong labels", "mislabelled"))
    ] = Field(0.0, ge=0, lt=1, description="fraction of the training labels replaced by wrong ones")

    @field_validator("file")
    @classmethod
    def _absolute(cls, value: str) -> str:
        # The run is carried out, and may be resumed, from another folder.
        return str(Path(value).expanduser().absolute()) if value else value

    @model_validator(mode="after")
    def _fits(self) -> CurvesParams:
        if self.label and not self.file:
            raise ValueError("label names a column of a file, and there is no file")
        chosen = [name for name in self.methods if name in CHOICES]
        if self.difficulty != "hard" and chosen:
            raise ValueError(f"{chosen[0]} chooses a set by itself: it has no other end")
        check_training(self.methods, self.networks, self.score_epochs)
        return self

    def scores(self) -> list[Score]:
        """Lists the scores, each once."""
        return list(dict.fromkeys(self.methods))

    def keeps(self) -> list[float]:
        """Lists the fractions, each once, falling."""
        return sorted(set(self.fractions), reverse=True)

    @property
    def data_title(self) -> str:
        """What the data are called in sentences."""
        return Path(self.file).name if self.file else DATA_TITLES[self.dataset]


def load(params: CurvesParams) -> datasets.Dataset:
    """Loads the data set, or the user's file."""
    if not params.file:
        return datasets.load(params.dataset)
    from tools.pruning.labelled import read

    return read(Path(params.file), label=params.label).dataset()


@dataclass(frozen=True)
class Cell:
    """One score at one size.

    Attributes:
        score, keep: which.
        selected, random: test accuracies, one for each split.
    """

    score: str
    keep: float
    selected: list[float]
    random: list[float]

    @property
    def gains(self) -> list[float]:
        """What the score gains over chance, split by split."""
        return [a - b for a, b in zip(self.selected, self.random, strict=True)]


def cells(params: CurvesParams, splits: Sequence[SplitResult]) -> list[Cell]:
    """Gathers each cell over the splits, scores as they were asked for, sizes falling."""
    found = []
    for score in params.scores():
        for keep in params.keeps():
            own = [c for s in splits for c in s.cells if (c.score, c.keep) == (score, keep)]
            found.append(Cell(score, keep, [c.selected for c in own], [c.random for c in own]))
    return found


def table(params: CurvesParams, grid: Sequence[Cell], examples: int) -> list[dict[str, Any]]:
    """Returns a line for each cell: means with 95 % intervals, and what decides between them.

    `compute_saved` counts the scoring networks, `saved_scores_at_hand` does not.
    """
    from tools.plots import interval

    lines = []
    for cell in grid:
        accuracy, gain = interval(cell.selected), interval(cell.gains)
        lines.append(
            {
                "method": cell.score,
                "fraction": cell.keep,
                "accuracy": accuracy[0],
                "accuracy_low": accuracy[1],
                "accuracy_high": accuracy[2],
                "random": interval(cell.random)[0],
                "gain": gain[0],
                "gain_low": gain[1],
                "gain_high": gain[2],
                "compute_saved": compute_saved(params, cell.score, cell.keep, examples),
                "saved_scores_at_hand": compute_saved(params, "random", cell.keep, examples),
                "beats_random": str(greater(cell.selected, cell.random, paired=True).verdict),
            }
        )
    return lines


def claims(params: CurvesParams, grid: Sequence[Cell]) -> list[Claim]:
    """States for every cell that the score beats chance, as the papers hope.

    Of GraNd at initialisation Kirsch (2023) says the opposite, so that is claimed too.
    """
    window = {"hard": "hardest", "easy": "easiest", "middle": "middle"}[params.difficulty]
    where = f"On {params.data_title} ({length(params)})"
    # The papers speak of the hard end of clean data.
    as_in_papers = params.difficulty == "hard" and params.label_noise == 0
    found = []
    for cell in grid:
        share = f"{100 * cell.keep:.6g} %"
        part = f"{share} chosen" if cell.score in CHOICES else f"the {window} {share}"
        trained = cell.score not in NO_LABELS
        early = " at initialisation" if trained and params.score_epochs == 0 else ""
        by = f"{part} by {TITLES[cell.score]}{early}"
        found.append(
            Claim(
                f"{where}, training on {by} gives a higher test accuracy than training on a random"
                " part of equal size.",
                greater(cell.selected, cell.random, paired=True),
                _PAPERS.get(cell.score, "") if as_in_papers else "",
            )
        )
        if cell.score == "grand" and early and params.difficulty == "hard":
            found.append(
                Claim(
                    f"{where}, training on a random part gives a higher test accuracy than training"
                    f" on {by}.",
                    greater(cell.random, cell.selected, paired=True),
                    "kirsch2023",
                )
            )
    return found


def compute_saved(
    params: CompareParams | CurvesParams, score: str, keep: float, examples: int
) -> float:
    """Returns the share of the full training's optimiser steps that pruning spares, at most 1.

    1 - (steps of the kept part + steps of the scoring networks) / steps of the full training. Below
    zero where scoring costs more than it spares; it then pays only when scores are used again, and
    `compute_saved(...)` without them is 1 - keep under equal epochs. Passes without a step, such as
    those that read off the scores, and clusterings are not counted.

    Args:
        params: of the run.
        score, keep: the cell.
        examples: in the training part.
    """

    def steps(epochs: int, count: float) -> float:
        return -(-epochs * count // BATCH)

    full = steps(params.epochs, examples)
    seen = max(1, int(keep * examples + 0.5)) if params.recipe == "equal_epochs" else examples
    trains = score not in (*NO_LABELS, "random")
    share = 0.7 if score == "memorization" else 1.0
    scoring = params.networks * steps(params.score_epochs, share * examples) if trains else 0.0
    return 1 - (steps(params.epochs, seen) + scoring) / full


def figure(params: CurvesParams, grid: Sequence[Cell], full: list[float]) -> Figure:
    """Draws accuracy over the fraction kept, and beside it the gain over chance."""
    from tools.plots import BLACK, CYCLE, FAINT, GREY, interval, new_figure

    data = params.data_title if params.file else params.data_title.capitalize()
    figure, (left, right) = new_figure(
        width=9.2,
        height=4.4,
        title=f"{data}: pruning scores against a random part of the same size",
        subtitle=f"{params.difficulty} end kept; {length(params)}",
        columns=(1, 1),
    )
    mean, low, high = interval(full)
    left.axhspan(low, high, color=GREY, alpha=0.25, linewidth=0)
    left.axhline(mean, color=GREY, linewidth=1)
    right.axhline(0, color=BLACK, linewidth=1)
    scores = list(dict.fromkeys(cell.score for cell in grid))
    markers = "osD^vPX*<>hd"
    lines = [(TITLES[s], [c for c in grid if c.score == s]) for s in scores]
    for number, (title, own) in enumerate(lines):
        style: dict[str, Any] = {
            "color": CYCLE[number % len(CYCLE)],
            "marker": markers[number % len(markers)],
        }
        spread = 1 + 0.012 * (number - (len(lines) - 1) / 2)  # so that bars stay apart
        for axes, values in ((left, [c.selected for c in own]), (right, [c.gains for c in own])):
            _line(axes, [100 * c.keep * spread for c in own], values, title, style)
    chance = [cell for cell in grid if cell.score == scores[0]]
    style = {"color": BLACK, "marker": "", "linestyle": (0, (4, 3))}
    _line(left, [100 * c.keep for c in chance], [c.random for c in chance], "random", style)
    ticks = sorted({100 * cell.keep for cell in grid})
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:g} %" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("kept of the training set")
    left.set_ylabel("test accuracy")
    right.set_ylabel("gain over random, split by split")
    left.legend(loc="lower right", fontsize=8.5)
    figure.supxlabel(
        f"mean and 95 % interval over {len(full)} splits; grey band: all the data",
        fontsize=8.5,
        color=FAINT,
    )
    return figure


def _line(
    axes: Any, x: list[float], samples: list[list[float]], label: str, style: dict[str, Any]
) -> None:
    from tools.plots import interval

    found = [interval(values) for values in samples]
    means = [mean for mean, _, _ in found]
    errors = [[m - low for m, low, _ in found], [high - m for m, _, high in found]]
    axes.errorbar(x, means, yerr=errors, label=label, capsize=3, markersize=5, **style)
