"""`pruning.dedup`: duplicates out of a file, every removal justified by a row that stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tools.experiment import Cost, Estimate, Params, Result, Words, experiment
from tools.pruning import costs
from tools.pruning.extent import glance

if TYPE_CHECKING:
    from tools.run import Run

_START, _ROW = 2.0, 1.6e-4  # seconds, measured on up to a million rows: start, and a row
_VECTOR = 16  # columns of a table from which on it is taken to hold vectors


def _absolute(path: str) -> str:
    """Makes a path say the same to whoever carries out or resumes the run."""
    return str(Path(path).expanduser().absolute()) if path else path


class DedupParams(Params):
    """Parameters of `pruning.dedup`."""

    file: Annotated[str, Words(near=("file", "folder"), takes="path")] = Field(
        "",
        description="Parquet, CSV, JSONL, .npy, .npz, a folder of texts or images, or a saved"
        " Hugging Face data set; empty plants duplicates in made-up data",
    )
    method: Annotated[
        Literal["exact", "near", "semantic"],
        Words(
            values={
                "exact": ("identical", "same content", "exact copies", "hash"),
                "near": ("near duplicates", "near-duplicates", "minhash", "jaccard", "shingles"),
                "semantic": ("embedding", "embeddings", "semdedup", "same meaning", "cosine"),
            }
        ),
    ] = Field("semantic", description="what makes two rows duplicates")
    threshold: Annotated[
        float | None,
        Words(near=("threshold", "similarity", "cosine", "jaccard", "similar than", "at")),
    ] = Field(
        None,
        gt=0,
        le=1,
        description="least similarity of duplicates: a cosine (0.9 unless given) or a Jaccard"
        " similarity of word shingles (0.8 unless given)",
    )
    keep: Annotated[float | None, Words(near=("keep", "kept", "target size", "down to"))] = Field(
        None,
        gt=0,
        description="keep this fraction (up to 1) or number of rows; the threshold is found",
    )
    column: Annotated[str, Words(near=("column", "field"))] = Field(
        "", description="column of texts or of vectors; a usual name is found"
    )
    embedding: Annotated[str, Words(near=("embedder", "embedded by", "vectors from"))] = Field(
        "",
        description="where vectors come from: column, minilm, pixels, a .npy file, or the address"
        " of an OpenAI-compatible endpoint; empty finds out",
    )
    embedding_model: str = Field("", description="the endpoint's name of the embedding model")
    order: Annotated[
        Literal["first", "highest", "lowest", "furthest", "nearest"],
        Words(values={"furthest": ("farthest", "far from the centroid")}),
    ] = Field(
        "first",
        description="who survives: the first row, the highest or lowest of order_column, or the"
        " furthest from or nearest to its centroid",
    )
    order_column: str = Field("", description="column of numbers, for highest and lowest")
    rule: Annotated[
        Literal["greedy", "semdedup"], Words(values={"semdedup": ("released rule",)})
    ] = Field("greedy", description="greedy, or the rule of the released SemDeDup code")
    recall: Annotated[float, Words(near=("recall",))] = Field(
        0.999, gt=0, le=1, description="share of similar pairs to be found; 1 asks for certainty"
    )
    shingle: int = Field(3, ge=1, le=20, description="words or characters in a shingle")
    shingle_of: Literal["word", "character"] = Field(
        "word", description="what a shingle is made of; characters suit scripts without blanks"
    )
    write_kept: bool = Field(False, description="also write the kept rows in the file's own format")
    ray: bool = Field(False, description="spread the products over a Ray cluster")

    _paths = field_validator("file")(_absolute)

    @field_validator("embedding")
    @classmethod
    def _embedding(cls, value: str) -> str:
        return _absolute(value) if value.endswith(".npy") else value

    @model_validator(mode="after")
    def _fits(self) -> DedupParams:
        if self.keep is not None and self.threshold is not None:
            raise ValueError("give keep or threshold, not both: keep finds the threshold")
        if self.keep is not None and self.keep > 1 and self.keep != int(self.keep):
            raise ValueError(f"keep = {self.keep:g} is neither a fraction nor a number of rows")
        if self.method == "exact" and (self.keep is not None or self.threshold is not None):
            raise ValueError("exact duplicates have neither a threshold nor a size to aim at")
        if (self.order in ("highest", "lowest")) != bool(self.order_column):
            raise ValueError(
                "order_column goes with the orders highest and lowest, and they with it"
            )
        if self.order in ("furthest", "nearest") and self.method != "semantic":
            raise ValueError(f"the order {self.order} needs centroids, so the method semantic")
        if not self.file and (self.order_column or self.embedding or self.write_kept):
            raise ValueError("order_column, embedding and write_kept need a file")
        if self.ray and self.method != "semantic":
            raise ValueError("ray spreads products of vectors, so it needs the method semantic")
        return self


def estimate_cost(params: DedupParams) -> Cost:
    """Estimates a run's time from the rows of its file, on one core."""
    if not params.file:
        return Cost(_START)
    extent = glance(Path(params.file))
    work = costs.reading(extent) + _ROW * extent.rows
    if params.method == "semantic":
        # Rows that are no vectors yet are taken for texts.
        texts = not params.embedding and not extent.array and extent.columns < _VECTOR
        work += extent.rows * costs.TEXT if texts else 0.0
        work += costs.embedding(extent.rows, params.embedding)
    return Cost(_START + work)


@experiment(
    "pruning.dedup",
    paper="abbas2023",
    claim="Duplicates can be removed so that every removed row leaves a kept twin at least as"
    " similar as asked, and no group of duplicates dies out.",
    estimate=estimate_cost,
    resumable=True,
    asked_by=(
        "dup",
        "dedup",
        "cop",
        "twin",
        "repeat",
        "redundan",
        "similar",
        "same",
        "semantic",
        "near",
    ),
    examples=(
        "Remove duplicates from data.parquet",
        "Deduplicate train.jsonl by meaning",
        "Find near-duplicates in the column text of corpus.csv",
        "How many exact copies are in my data set?",
        "Run semantic deduplication on embeddings.npy with a threshold of 0.95",
        "Deduplicate my data down to 80 % and tell me the threshold",
        "Does deduplication keep one survivor of every group?",
        "Compare the greedy keeper with the released SemDeDup rule",
        "Use MinHash to remove near duplicates from documents.jsonl",
        "Which rows of train.parquet are copies of each other?",
        "SemDeDup on planted duplicates: is any group lost?",
        "Dedup a folder of images",
        "Clean my training set of repeated texts",
    ),
)
def dedup(params: DedupParams, run: Run) -> Result:
    """Finds out which rows are duplicates, removes them, and checks that none lost its twin.

    Rows are met in the stated order, and a row goes only for a kept row that is similar enough, so
    every group of duplicates keeps its first. `decisions.parquet` names for each row the decision,
    the group, and for removed rows the kept twin and the similarity; `summary.json` counts.

    `exact` compares content: whole rows, or one column; texts without regard to case and blanks,
    images by their pixels. `near` compares texts by shared shingles, found by MinHash and verified
    by the true Jaccard similarity. `semantic` compares embeddings by their cosine, found in cells
    and verified in float64.

    Without a file, duplicates are planted in made-up data, and the claims also cover that every
    planted group survives, that planted pairs are found, and that on a chain of 40 neighbours the
    greedy keeper keeps 20 where the released rule keeps 2. With a file they cover that file.
    """
    from tools.pruning.dedup.pipeline import on_a_file
    from tools.pruning.dedup.trial import on_planted

    made = on_a_file(params, run) if params.file else on_planted(params, run)
    run.file("decisions.parquet", made.decisions)
    run.file("summary.json", json.dumps(made.summary, indent=2, sort_keys=True) + "\n")
    rows = {name: float(made.summary[name]) for name in ("rows", "kept", "removed")}
    metrics: dict[str, Estimate | float] = {k: Estimate(v, unit="rows") for k, v in rows.items()}
    metrics["groups"] = Estimate(float(made.summary["groups"]), unit="groups")
    metrics["threshold"] = float(made.summary["threshold"])
    return Result(metrics | made.metrics, made.claims)
