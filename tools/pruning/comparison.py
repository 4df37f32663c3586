"""A pruning score against chance and against all the data, on random splits.

Holds what `pruning.compare` is made of: its parameters, how one split becomes a row, and how
the outcome is put into claims and a figure. `harness` does the same for many scores and sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tools.claims import Claim, greater
from tools.experiment import Params, Words
from tools.pruning.names import SPELLINGS, TITLES, Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tools.pruning.arms import SplitResult
    from tools.pruning.harness import CurvesParams


MARGIN = -0.01  # the loss of accuracy against all data that still counts as none

DATA_TITLES = {"digits": "digits", "breast_cancer": "breast cancer", "wine": "wine"}


class CompareParams(Params):
    """Parameters of `pruning.compare`."""

    dataset: Annotated[
        Literal["digits", "breast_cancer", "wine"],
        Words(
            values={
                "digits": ("handwritten digits", "digit images", "handwriting"),
                "breast_cancer": ("breast cancer", "tumours", "tumors", "cancer"),
                "wine": ("wines", "wine recognition"),
            },
        ),
    ] = Field("digits", description="the data set to prune")
    score: Annotated[
        Literal["el2n", "grand"],
        Words(values={name: SPELLINGS[name] for name in ("el2n", "grand")}),
    ] = Field("el2n", description="the score that decides which examples are kept")
    keep: Annotated[
        float,
        Words(
            near=(
                "keep",
                "kept",
                "keeping",
                "keeps",
                "retain",
                "retained",
                "retaining",
                "train on",
            ),
            complement=(
                *("drop", "dropping", "dropped", "remove", "removing", "removed", "delete"),
                *("discard", "discarding", "discarded", "throw away", "throwing away", "throw out"),
                *("prune", "prune away", "pruning", "pruned"),
            ),
        ),
    ] = Field(0.5, gt=0, le=1, description="fraction of the training set kept")
    difficulty: Annotated[
        Literal["hard", "easy"],
        Words(
            values={
                "hard": ("hardest", "difficult", "most difficult", "highest-scoring"),
                "easy": ("easiest", "simple", "simplest", "lowest-scoring"),
            },
        ),
    ] = Field("hard", description="which end of the score is kept: the highest is hard")
    seeds: Annotated[int, Words(near=("seeds", "splits", "repeats", "repetitions", "runs"))] = (
        Field(5, ge=2, le=100, description="random train/test splits, shared by all arms")
    )
    networks: Annotated[
        int, Words(near=("networks", "nets", "models", "initialisations", "initializations"))
    ] = Field(10, ge=1, le=100, description="networks over which the score is averaged")
    score_epochs: Annotated[
        int, Words(near=("score epochs", "scoring epochs", "epochs before scoring", "scored after"))
    ] = Field(
        3, ge=0, le=200, description="training epochs before scoring; 0 scores at initialisation"
    )
    epochs: Annotated[int, Words(near=("epochs", "training epochs", "passes"))] = Field(
        60,
        ge=1,
        le=1000,
        description="training length of the compared models, in epochs of the full training set",
    )
    label_noise: Annotated[
        float,
        Words(
            near=(
                *("label noise", "noisy labels", "noise", "mislabelled", "mislabeled"),
                *("wrong labels", "corrupted labels", "flipped labels"),
            )
        ),
    ] = Field(0.0, ge=0, lt=1, description="fraction of the training labels replaced by wrong ones")

    recipe: Annotated[
        Literal["equal_steps", "equal_epochs"],
        Words(
            values={
                "equal_steps": ("equal steps", "same number of steps", "same steps"),
                "equal_epochs": ("equal epochs", "same number of epochs", "equal passes"),
            }
        ),
    ] = Field(
        "equal_steps",
        description="what the compared models have in common: equal_steps trains all of them as"
        " long, equal_epochs shows each its own part as often, so small parts train less",
    )

    def scores(self) -> list[Score]:
        """Lists the scores compared: one."""
        return [self.score]

    def keeps(self) -> list[float]:
        """Lists the fractions compared: one."""
        return [self.keep]


def row_of(params: CompareParams, split: SplitResult) -> dict[str, Any]:
    """Returns what one split found as a row of results."""
    cell = split.cells[0]
    return {
        "split": split.index,
        "accuracy_full": split.full,
        f"accuracy_{params.score}": cell.selected,
        "accuracy_random": cell.random,
        "score_norm_correlation": cell.norm_correlation,
        "kept_mislabelled_fraction": cell.mislabelled,
        "kept_examples": cell.kept_examples,
        "train_examples": split.train_examples,
        "test_examples": split.test_examples,
    }


def claims(
    params: CompareParams, full: list[float], selected: list[float], random: list[float]
) -> list[Claim]:
    """Puts the outcome into claims; the three lists hold test accuracies, one for each split."""
    where = f"On {_conditions(params)}"
    part = f"the {_part(params)} of the training examples by {_score(params)}"
    # The paper speaks of the hard end of clean data, and warns of it where labels are wrong.
    # Anything else is the user's own question.
    paper = "paul2021" if params.difficulty == "hard" and params.label_noise == 0 else ""
    found = [
        Claim(
            f"{where}, training on {part} gives a higher test accuracy than training on a random"
            " subset of equal size.",
            greater(selected, random, paired=True),
            paper,
        ),
        Claim(
            f"{where}, training on {part} costs at most one percentage point of test accuracy"
            " against training on all of them.",
            greater(selected, full, paired=True, margin=MARGIN),
            paper,
        ),
    ]
    if params.score == "grand" and params.score_epochs == 0 and params.difficulty == "hard":
        found.append(
            Claim(
                f"{where}, training on a random subset gives a higher test accuracy than training"
                f" on {part}.",
                greater(random, selected, paired=True),
                "kirsch2023",
            )
        )
    return found


def figure(
    params: CompareParams,
    row: Mapping[str, Any],
    full: list[float],
    selected: list[float],
    random: list[float],
) -> Figure:
    """Draws the three arms; `row` is any row of results, for the sizes."""
    from tools.plots import compare_arms

    kept, everything = row["kept_examples"], row["train_examples"]
    title = TITLES[params.score]
    return compare_arms(
        {
            f"all data\n{everything} examples": full,
            f"{title}, {_part(params)}\n{kept} examples": selected,
            f"random\n{kept} examples": random,
        },
        measure="test accuracy",
        title=f"{DATA_TITLES[params.dataset].capitalize()}: {100 * params.keep:.6g} % of the"
        f" training set kept by {title}",
        subtitle=f"{_score(params)}; {length(params)}",
        gains={
            f"{title}\nagainst random": _differences(selected, random),
            f"{title}\nagainst all data": _differences(selected, full),
        },
        margin=MARGIN,
    )


def _score(params: CompareParams) -> str:
    """Says how the score was computed: `EL2N averaged over 10 networks after 3 epochs`."""
    when = _plural(params.score_epochs, "epoch")
    nets = _plural(params.networks, "network")
    return (
        f"{TITLES[params.score]} averaged over {nets} "
        f"{f'after {when}' if params.score_epochs else 'at initialisation'}"
    )


def _part(params: CompareParams) -> str:
    """Says what is kept: `hardest 50 %`."""
    return f"{params.difficulty.replace('y', 'i')}est {100 * params.keep:.6g} %"


def _conditions(params: CompareParams) -> str:
    """Says on what and for how long: `digits (5 splits, 60 epochs)`."""
    return f"{DATA_TITLES[params.dataset]} ({length(params)})"


def length(params: CompareParams | CurvesParams) -> str:
    """Says how often and how long: `5 splits, 60 epochs`."""
    noise = f", {100 * params.label_noise:.6g} % wrong training labels"
    own = " of what each keeps" if params.recipe == "equal_epochs" else ""
    return (
        f"{_plural(params.seeds, 'split')}, {_plural(params.epochs, 'epoch')}{own}"
        f"{noise if params.label_noise else ''}"
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _differences(a: list[float], b: list[float]) -> list[float]:
    return [x - y for x, y in zip(a, b, strict=True)]
