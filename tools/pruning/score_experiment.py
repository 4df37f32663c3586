"""`pruning.score`: a score for every row of a file, and the rows that it keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tools import datasets
from tools.experiment import Cost, Estimate, Params, Result, Words, experiment
from tools.pruning import costs
from tools.pruning.device import check_name
from tools.pruning.extent import Extent, glance
from tools.pruning.names import CHOICES, NO_LABELS, SPELLINGS, Score, check_training

if TYPE_CHECKING:
    from tools.run import Run


class ScoreParams(Params):
    """Parameters of `pruning.score`."""

    file: Annotated[
        str, Words(near=("file", "rows of", "data in", "examples in"), takes="path")
    ] = Field(
        "",
        description="CSV, Parquet, JSONL, .npy, .npz or a folder of images; empty scores a data set"
        " that comes with the program",
    )
    dataset: Annotated[
        Literal["digits", "breast_cancer", "wine"],
        Words(
            values={
                "digits": ("handwritten digits", "digit images", "digit", "handwriting"),
                "breast_cancer": ("breast cancer", "tumours", "tumors", "cancer"),
                "wine": ("wines", "wine recognition"),
            }
        ),
    ] = Field("digits", description="the data set to score where no file is named")
    label: Annotated[str, Words(near=("label", "label column", "labels in", "target"))] = Field(
        "", description="column of the labels; a usual name is found"
    )
    features: Annotated[list[str], Words(near=("features", "feature columns"))] = Field(
        [], description="columns to learn from; all but the label unless named"
    )
    embedding: str = Field(
        "", description="learn from embeddings: column, minilm, pixels, a .npy file or an endpoint"
    )
    score: Annotated[Score, Words(values=dict(SPELLINGS))] = Field(
        "el2n", description="what is computed of every example"
    )
    keep: Annotated[
        float,
        Words(
            near=("keep", "kept", "keeping", "retain", "down to"),
            complement=("drop", "dropping", "remove", "removing", "discard", "prune"),
        ),
    ] = Field(0.5, gt=0, description="fraction (up to 1) or number of examples kept")
    difficulty: Annotated[
        Literal["hard", "easy", "middle"],
        Words(
            values={
                "hard": ("hardest", "difficult", "most difficult", "highest-scoring"),
                "easy": ("easiest", "simple", "simplest", "lowest-scoring"),
                "middle": ("medium", "in between", "moderate"),
            }
        ),
    ] = Field("hard", description="which part of the ranking is kept")
    noise_window: Annotated[float, Words(near=("noise window", "label-noise window"))] = Field(
        0.0,
        ge=0,
        lt=1,
        description="for wrong labels: what is kept begins below this part of the highest scores",
    )
    balance: Annotated[float, Words(near=("balance", "class balance", "balanced by"))] = Field(
        0.0, ge=0, le=1, description="share of its proportion that every class keeps at least"
    )
    networks: Annotated[
        int, Words(near=("networks", "nets", "models", "initialisations", "initializations"))
    ] = Field(10, ge=1, le=1000, description="networks or clusterings averaged over")
    score_epochs: Annotated[
        int, Words(near=("epochs", "score epochs", "scoring epochs", "training epochs"))
    ] = Field(3, ge=0, le=1000, description="training epochs of each; 0 scores at initialisation")
    checkpoints: Annotated[int, Words(near=("checkpoints",))] = Field(
        1, ge=1, le=100, description="evenly spaced moments of each training averaged over"
    )
    device: str = Field(
        "",
        description="where networks are trained and scored: cpu, cuda or cuda:1; empty takes a GPU"
        " where torch finds one",
    )

    _device = field_validator("device")(check_name)

    @field_validator("file")
    @classmethod
    def _absolute(cls, value: str) -> str:
        # The run is carried out, and may be resumed, from another folder.
        return str(Path(value).expanduser().absolute()) if value else value

    @model_validator(mode="after")
    def _fits(self) -> ScoreParams:
        if self.score in CHOICES and (
            self.difficulty != "hard" or self.noise_window or self.balance
        ):
            raise ValueError(
                f"{self.score} chooses a set by itself: difficulty, noise_window and balance do"
                " not apply"
            )
        if self.keep > 1 and self.keep != int(self.keep):
            raise ValueError(f"keep = {self.keep:g} is neither a fraction nor a whole number")
        if not self.file and (self.label or self.features or self.embedding):
            raise ValueError("label, features and embedding need a file")
        if self.score in NO_LABELS and self.device not in ("", "cpu"):
            raise ValueError(f"{self.score} trains no networks: it is computed on the processor")
        check_training([self.score], self.networks, self.score_epochs)
        return self


def estimate_cost(params: ScoreParams) -> Cost:
    """Estimates a run's time from the number of rows and columns, on one core."""
    if params.file:
        extent = glance(Path(params.file))
    else:
        data = datasets.DESCRIPTIONS[params.dataset]
        extent = Extent(data.examples, data.features, array=True)
    n, d = extent.rows, extent.columns
    if params.score in CHOICES:
        work = costs.choosing(params.score, n, d)
    elif params.score in NO_LABELS:
        work = params.networks * costs.clustering(n, d)
    else:
        seen = n * (costs.MEMORIZED if params.score == "memorization" else 1.0)
        looks = params.checkpoints * costs.scoring(params.score, n)
        work = params.networks * (costs.training(seen, d, params.score_epochs) + looks)
    embedded = costs.embedding(n, params.embedding)
    return Cost(costs.START + costs.reading(extent) + embedded + work)


@experiment(
    "pruning.score",
    paper=("paul2021", "sorscher2022", "tirumala2023"),
    claim="A score averaged over a few networks early in training ranks the examples reliably:"
    " other networks would rank them nearly the same.",
    estimate=estimate_cost,
    resumable=True,
    asked_by=(
        "rank",
        "score the",
        "score my",
        "score every",
        "score all",
        "score each",
        "scores of",
        "score of each",
        "write",
        "forget",
        "memoris",
        "prototyp",
        "density",
        "semdedup",
        "d4",
        ".csv",
        ".parquet",
        ".npz",
        ".npy",
        ".jsonl",
        "csv",
        "parquet",
        "my file",
    ),
    examples=(
        "Score every row of train.csv by EL2N",
        "Compute EL2N scores for every digit and write them to a table",
        "Give me a table of the difficulty of each example",
        "Which examples of wine are the hardest?",
        "Rank the rows of data.parquet by forgetting events, label column species",
        "Score all training examples by gradient norm",
        "Write the memorisation score of each example to a file",
        "Which rows of my file should I keep if I want half of them?",
        "List the difficulty scores of the breast cancer data",
        "Keep the middle half of train.csv by margin",
        "Compute prototype distances of embeddings.npy, no labels",
        "Do the scores of independent networks agree?",
        "Select 5000 rows of data.parquet by D4",
        "How reliable is the EL2N score over 10 networks?",
        "Write kept and removed rows of train.csv by prediction entropy",
    ),
)
def score(params: ScoreParams, run: Run) -> Result:
    """Finds out how hard each example is, which ones a target size keeps, and how sure that is.

    `scores.parquet` has a line for each row: `row`, `score` (high is hard), `decision`, and for
    labelled data `label`; `summary.json` counts. Scores of networks need labels: the networks are
    perceptrons with 64 hidden units, trained on all rows for `score_epochs` and averaged over
    `networks` initialisations and `checkpoints`. Features of a file are standardised.
    `prototypes`, `density`, `d4` and `semdedup` need none and see rows as directions.

    `forgetting` and `memorization` look at whole trainings, so give them 20 epochs or more, and
    memorisation a hundred networks.

    Networks are drawn alike on every device, but a GPU rounds otherwise than a processor, so its
    scores agree with the processor's to a few digits only; `summary.json` names the device.

    What is kept meets the number asked for exactly; that is checked against the scores anew. How
    far the ranking depends on which networks were drawn is told by pairs of networks that have
    nothing in common: from their rank correlation r the Spearman-Brown formula gives the
    reliability k r / (1 + (k - 1) r) of an average over k.
    """
    from tools.pruning.scored import on_examples

    made = on_examples(params, run)
    run.file("scores.parquet", made.table)
    run.file("summary.json", json.dumps(made.summary, indent=2, sort_keys=True) + "\n")
    run.figure("scores", made.figure)
    metrics: dict[str, Estimate | float] = {
        name: Estimate(float(made.summary[name]), unit="rows") for name in ("rows", "kept")
    }
    return Result(metrics | made.metrics, made.claims)
