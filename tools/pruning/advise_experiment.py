"""`pruning.advise`: keep the hard, the easy or a random part of a data set, and how sure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from tools import datasets
from tools.claims import Claim, greater
from tools.experiment import Cost, Estimate, Params, Result, Words, experiment

if TYPE_CHECKING:
    from tools.pruning.advise import Advice, Expectation
    from tools.run import Run

_BATCH = 64  # tools.pruning.train.BATCH; importing it would import torch
_WORDS = {"hard": "the hardest", "easy": "the easiest", "random": "a random"}


class AdviseParams(Params):
    """Parameters of `pruning.advise`."""

    dataset: Annotated[
        Literal["digits", "breast_cancer", "wine"],
        Words(
            values={
                "digits": ("handwritten digits", "digit images"),
                "breast_cancer": ("breast cancer", "tumours", "tumors"),
                "wine": ("wines",),
            }
        ),
    ] = Field("digits", description="the shipped data set in question")
    file: Annotated[
        str, Words(near=("file", "my data", "data in", "rows in", "table"), takes="path")
    ] = Field(
        "", description="your own CSV, Parquet, JSONL or NPZ with a column of labels, instead"
    )
    label: Annotated[str, Words(near=("label column", "labels in", "target column"))] = Field(
        "", description="column of labels in the file; a usual name is found"
    )
    columns: list[str] = Field(
        [], description="columns of the file to learn from; all but the label's when empty"
    )
    keep: Annotated[
        float,
        Words(
            near=("keep", "kept", "keeping", "retain", "train on", "target fraction"),
            complement=("drop", "dropping", "remove", "removing", "prune", "discard", "throw away"),
        ),
    ] = Field(0.5, gt=0, lt=1, description="fraction of the training set to keep")
    pilot: Annotated[int, Words(near=("pilot splits", "choosing splits"))] = Field(
        4, ge=1, le=50, description="random splits that choose among hard, easy and random"
    )
    confirm: Annotated[int, Words(near=("confirming splits", "confirmation splits"))] = Field(
        8, ge=2, le=100, description="further splits that confirm the choice"
    )
    networks: Annotated[int, Words(near=("networks", "nets", "models"))] = Field(
        5, ge=1, le=50, description="networks over which the score is averaged"
    )
    score_epochs: int = Field(3, ge=1, le=100, description="training epochs before scoring")
    epochs: Annotated[int, Words(near=("epochs", "training epochs"))] = Field(
        40, ge=1, le=1000, description="training length, in epochs of the full training set"
    )
    rows: Annotated[int, Words(near=("pilot rows", "at most rows"))] = Field(
        4000, ge=40, le=100_000, description="examples the pilot uses at most"
    )

    @field_validator("file")
    @classmethod
    def _absolute(cls, value: str) -> str:
        return str(Path(value).expanduser().absolute()) if value else value


def estimate_cost(params: AdviseParams) -> Cost:
    """Estimates a run's time from the optimiser steps it will take, on one core."""
    start, split, step = 3.5, 0.05, 0.00045  # seconds, measured
    examples = 0.75 * params.rows if params.file else datasets.train_size(params.dataset)
    steps = examples / _BATCH * (params.networks * params.score_epochs + 4 * params.epochs)
    return Cost(start + (params.pilot + params.confirm) * (split + step * steps))


@experiment(
    "pruning.advise",
    paper=("sorscher2022", "paul2021"),
    claim="Whether to keep the hard or the easy examples depends on how much data there is, and a"
    " small pilot can tell.",
    estimate=estimate_cost,
    resumable=True,
    asked_by=(
        "advi",
        "recommend",
        "which end",
        "hard or easy",
        "hard or the easy",
        "hard, easy",
        "easy or hard",
        "rather than the hard",
        "in effect",
    ),
    examples=(
        "Should I keep the hard or the easy examples of my data?",
        "Advise me which end of train.csv to keep",
        "Advise me on pruning the digits data to 30 %",
        "Hard, easy or random: what should I keep of breast cancer?",
        "How sure can I be that keeping hard examples helps on my data?",
        "Give me your advice: hard or easy examples of wine?",
        "Recommend hard, easy or random examples for my training set",
        "How many examples per dimension does my data set have in effect?",
        "Give me advice on data pruning for features.npz",
        "Do I have enough data to drop the easy examples rather than the hard ones?",
        "Run the pruning advisor on digits",
        "Pilot data pruning on digits and advise me which end to keep",
    ),
)
def advise(params: AdviseParams, run: Run) -> Result:
    """Finds out which part of a data set to keep: the hard, the easy or a random one.

    On random splits a small network is trained on all examples, on the hardest and the easiest
    part by EL2N, and on a random part of equal size, for equal steps. The first splits choose the
    part; the others, which had no say, confirm it by paired intervals. Anything but random is
    advised only if it is confirmed against random. `sureness` is a lower bound of the probability
    that the part chosen is the best of the three; the splits overlap, so it holds for new splits
    of this data set.

    Beside it stands the perceptron theory: the effective examples per dimension and the effective
    angle of the probe are read off the pilot's test errors, and the theory then predicts the three
    parts. It is an analogy, so its prediction is checked against the pilot and never decides. Where
    the pilot saw only a part of the data, the theory also says what to expect of all of it.
    """
    from tools.pruning import advise as method
    from tools.pruning.advise_data import read
    from tools.pruning.train import one_thread

    everything = (
        read(Path(params.file), params.label, params.columns)
        if params.file
        else datasets.load(params.dataset)
    )
    data = method.thin(everything, params.rows, run.rng("rows"))
    with one_thread():
        rows = run.map(
            lambda index: method.one_split(params, run, data, index),
            range(params.pilot + params.confirm),
            "piloting on random splits",
        )
    scale = len(everything.labels) / len(data.labels)
    advice = method.decide(rows, params.pilot)
    expected = method.expect(rows, params.keep, data.classes)
    whole = method.expect(rows, params.keep, data.classes, scale=scale)
    if scale > 1:
        run.notice(
            f"the pilot used {len(data.labels)} of {len(everything.labels)} examples; for all of"
            f" them the theory expects {whole.best} to be the best part, for the pilot's"
            f" {expected.best}"
        )
    run.table("by_split", rows)
    run.file("advice.json", json.dumps(_summary(advice, expected, whole), indent=2) + "\n")
    run.figure("advice", _figure(params, data.name, rows, advice, expected))
    return Result(
        _metrics(rows, advice, expected, whole), _claims(params, data.name, rows, advice, expected)
    )


def _claims(
    params: AdviseParams,
    name: str,
    rows: list[dict[str, float]],
    advice: Advice,
    expected: Expectation,
) -> list[Claim]:
    part = f"{100 * params.keep:g} %"
    where = f"On {name.replace('_', ' ')}"
    said = f"advice: keep {_WORDS[advice.keep]} {part}"
    if advice.keep != advice.candidate:
        said += f", because {_WORDS[advice.candidate]} {part} is not confirmed"
    said += f" (sureness of {_WORDS[advice.candidate]}: at least {_floor(advice.sureness)})"
    found = [
        Claim(
            f"{where}, training on {_WORDS[advice.candidate]} {part} beats training on"
            f" {_WORDS[rival]} {part} ({len(rows) - params.pilot} splits that had no say in the"
            f" choice); {said}.",
            check,
        )
        for rival, check in advice.checks.items()
    ]
    better, worse = sorted(("hard", "easy"), key=lambda arm: -expected.accuracy[_arm(arm)])
    found.append(
        Claim(
            f"{where}, keeping {better} beats keeping {worse} at {part}, as the theory expects at"
            f" alpha_tot = {expected.alpha_tot:.3g} and a probe at"
            f" {_degrees(expected.theta):.3g} degrees ({len(rows)} splits).",
            greater(
                [row[f"accuracy_{better}"] for row in rows],
                [row[f"accuracy_{worse}"] for row in rows],
                paired=True,
            ),
            "sorscher2022",
        )
    )
    return found


def _metrics(
    rows: list[dict[str, float]], advice: Advice, expected: Expectation, whole: Expectation
) -> dict[str, Estimate | float]:
    found: dict[str, Estimate | float] = {
        f"accuracy_{arm}": Estimate.of([row[f"accuracy_{arm}"] for row in rows])
        for arm in ("full", "hard", "easy", "random")
    }
    found |= {f"theory_accuracy_{arm}": value for arm, value in expected.accuracy.items()}
    for arm in ("hard", "easy"):
        found[f"gain_{arm}_over_random"] = Estimate.of(
            [row[f"accuracy_{arm}"] - row["accuracy_random"] for row in rows]
        )
    return found | {
        "sureness": advice.sureness,
        "alpha_tot": expected.alpha_tot,
        "alpha_tot_of_all_data": whole.alpha_tot,
        "probe_angle": Estimate(_degrees(expected.theta), unit="degrees"),
    }


def _summary(advice: Advice, expected: Expectation, whole: Expectation) -> dict[str, Any]:
    return {
        "keep": advice.keep,
        "sureness": advice.sureness,
        "candidate": advice.candidate,
        "confirmed": advice.confirmed,
        "checks": {rival: check.reason for rival, check in advice.checks.items()},
        "theory": {
            "best": expected.best,
            "best_for_all_data": whole.best,
            "alpha_tot": expected.alpha_tot,
            "probe_angle_degrees": _degrees(expected.theta),
            "accuracy": dict(expected.accuracy),
        },
    }


def _figure(
    params: AdviseParams,
    name: str,
    rows: list[dict[str, float]],
    advice: Advice,
    expected: Expectation,
) -> Any:
    from tools.plots import compare_arms

    arms = {arm: [row[f"accuracy_{arm}"] for row in rows] for arm in ("hard", "easy", "random")}
    chance = arms["random"]
    return compare_arms(
        {f"{arm}\ntheory {expected.accuracy[_arm(arm)]:.3f}": v for arm, v in arms.items()},
        measure="test accuracy",
        title=f"{name.replace('_', ' ').capitalize()}, {100 * params.keep:g} % kept: keep"
        f" {_WORDS[advice.keep]} part",
        subtitle=f"sureness of {_WORDS[advice.candidate]} part at least"
        f" {_floor(advice.sureness)}; effective alpha_tot"
        f" {expected.alpha_tot:.3g}, probe at {_degrees(expected.theta):.3g} degrees",
        gains={
            f"{arm}\nagainst random": [x - y for x, y in zip(arms[arm], chance, strict=True)]
            for arm in ("hard", "easy")
        },
    )


def _arm(name: str) -> Any:
    return name


def _floor(sureness: float) -> str:
    """Rounds down, so that nothing looks surer than it is."""
    return f"{int(100 * sureness) / 100:.2f}"


def _degrees(radians: float) -> float:
    import math

    return math.degrees(radians)
