"""Hard, easy, or random: what the theory expects of a data set and what a pilot finds.

The pilot trains on all, the hardest, the easiest and a random part on one random split after
another. The first splits choose an arm, the others, which had no say in the choice, confirm it.
The theory has two unknowns, the examples per dimension alpha and the probe's angle theta; both are
read off measured test errors, and then it predicts the three arms.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tools.claims import Check, Verdict, greater
from tools.datasets import Dataset, split
from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.pruning.advise_experiment import AdviseParams
    from tools.run import Run

Arm = Literal["hard", "easy", "random"]
ARMS: tuple[Arm, ...] = ("hard", "easy", "random")
_LEAST_ERROR, _MOST_ERROR = 1e-3, 0.499  # of a perceptron, beyond which alpha cannot be told
_MOST_ALPHA = 1e4  # to which alpha is scaled up


@dataclass(frozen=True)
class Expectation:
    """What the theory expects.

    Attributes:
        alpha_tot: effective examples per dimension of the training pool.
        theta: effective angle of the probe, radians.
        accuracy: arm -> expected test accuracy.
    """

    alpha_tot: float
    theta: float
    accuracy: Mapping[Arm, float]

    @property
    def best(self) -> Arm:
        """The arm of highest expected accuracy."""
        return max(ARMS, key=self.accuracy.__getitem__)


@dataclass(frozen=True)
class Advice:
    """What to keep.

    Attributes:
        keep: the advice.
        candidate: the arm that was best on the splits that choose.
        checks: rival -> whether the candidate beats it on the splits that confirm.
        sureness: a lower bound of the probability that the candidate is the best of the three.
    """

    keep: Arm
    candidate: Arm
    checks: Mapping[Arm, Check]
    sureness: float

    @property
    def confirmed(self) -> bool:
        """Whether the candidate beat both rivals on the splits that confirm."""
        return all(check.verdict is Verdict.SUPPORTED for check in self.checks.values())


def one_split(params: AdviseParams, run: Run, data: Dataset, index: int) -> dict[str, float]:
    """Trains the four arms on one random split; returns test accuracies and the probe's error."""
    import torch

    from tools.pruning import scores, select, train

    part = split(data, seed=run.seed_for("split", index))
    inputs, labels, test_inputs, test_labels = map(
        torch.from_numpy,
        (part.train_inputs, part.train_labels, part.test_inputs, part.test_labels),
    )
    probes, errors = [], []
    for member in range(params.networks):
        network = train.train_network(
            inputs,
            labels,
            data.classes,
            steps=train.steps_for(params.score_epochs, len(inputs)),
            generator=torch.Generator().manual_seed(run.seed_for("scoring", index, member)),
            before_step=run.stop_if_cancelled,
        )
        with torch.no_grad():
            probes.append(scores.el2n(network(inputs), labels))
        errors.append(1 - train.accuracy(network, test_inputs, test_labels))
    score = scores.average(probes)
    count = select.kept_count(len(inputs), params.keep)
    lottery = torch.Generator().manual_seed(run.seed_for("random subset", index))
    arms = {
        "full": torch.arange(len(inputs)),
        "hard": select.select_by_score(score, count, "hard"),
        "easy": select.select_by_score(score, count, "easy"),
        "random": select.select_at_random(len(inputs), count, lottery),
    }
    row = {"split": float(index), "probe_error": statistics.fmean(errors)}
    for arm, kept in arms.items():
        network = train.train_network(
            inputs[kept],
            labels[kept],
            data.classes,
            steps=train.steps_for(params.epochs, len(inputs)),
            # Equal seeds: the arms start from the same weights.
            generator=torch.Generator().manual_seed(run.seed_for("training", index)),
            before_step=run.stop_if_cancelled,
        )
        row[f"accuracy_{arm}"] = train.accuracy(network, test_inputs, test_labels)
    return row


def expect(
    rows: Sequence[Mapping[str, float]], keep: float, classes: int, *, scale: float = 1.0
) -> Expectation:
    """Returns what the theory expects of a data set with the measured test errors.

    A test error e of C classes stands for the perceptron's e C / (2 (C - 1)), so that guessing is
    1/2 for both. Then alpha_tot solves epsilon(alpha) = error of training on everything, and the
    probe, a perceptron at angle theta, errs with probability theta / pi.

    Args:
        rows: of `one_split`.
        keep: fraction kept, 0 < keep <= 1.
        classes: C >= 2.
        scale: how many times larger the pool in question is than that of the pilot.
    """
    from tools.pruning.theory import learn, pool_for_error

    chance = 1 - 1 / classes

    def as_perceptron(error: float) -> float:
        return min(max(error / (2 * chance), _LEAST_ERROR), _MOST_ERROR)

    full = as_perceptron(1 - statistics.fmean(row["accuracy_full"] for row in rows))
    probe = as_perceptron(statistics.fmean(row["probe_error"] for row in rows))
    alpha, theta = min(scale * pool_for_error(full), _MOST_ALPHA), math.pi * probe
    errors: dict[Arm, float] = {
        "hard": learn(alpha, keep, "hard", theta).error,
        "easy": learn(alpha, keep, "easy", theta).error,
        "random": learn(keep * alpha).error,
    }
    return Expectation(alpha, theta, {arm: 1 - 2 * chance * e for arm, e in errors.items()})


def decide(rows: Sequence[Mapping[str, float]], pilot: int) -> Advice:
    """Chooses an arm on the first `pilot` splits and confirms it on the others.

    A choice other than random is advised only when it beats random on the splits that confirm;
    choosing costs scoring, and a random part stays fair to every use of the data.

    Raises:
        BadInput: if fewer than two splits are left to confirm.
    """
    if not 1 <= pilot <= len(rows) - 2:
        raise BadInput(
            f"pilot = {pilot} of {len(rows)} splits leaves fewer than two to confirm.",
            "Give more splits.",
        )
    first, second = rows[:pilot], rows[pilot:]

    def mean(arm: Arm) -> float:
        return statistics.fmean(row[f"accuracy_{arm}"] for row in first)

    order: tuple[Arm, ...] = ("random", "hard", "easy")  # a tie goes to random
    candidate = max(order, key=mean)
    found: dict[Arm, Check] = {
        rival: greater(_accuracies(second, candidate), _accuracies(second, rival), paired=True)
        for rival in ARMS
        if rival != candidate
    }
    beaten = candidate == "random" or found["random"].verdict is Verdict.SUPPORTED
    keep: Arm = candidate if beaten else "random"
    return Advice(keep, candidate, found, _sureness(second, candidate))


def _accuracies(rows: Sequence[Mapping[str, float]], arm: str) -> list[float]:
    return [row[f"accuracy_{arm}"] for row in rows]


def _sureness(rows: Sequence[Mapping[str, float]], arm: Arm) -> float:
    """Returns 1 - sum over rivals of P[rival better], by Student's t of the paired differences.

    The sum bounds the probability that any rival is better (Bonferroni), so this is a lower bound,
    under a flat prior on the mean difference.
    """
    from scipy.special import stdtr

    doubt = 0.0
    for rival in ARMS:
        if rival == arm:
            continue
        gaps = [
            a - b for a, b in zip(_accuracies(rows, arm), _accuracies(rows, rival), strict=True)
        ]
        spread = statistics.stdev(gaps) / math.sqrt(len(gaps))
        gap = statistics.fmean(gaps)
        if spread == 0:
            doubt += 0.5 if gap == 0 else (2.0 ** -len(gaps) if gap > 0 else 1.0)
        else:
            doubt += float(stdtr(len(gaps) - 1, -gap / spread))
    return max(0.0, 1.0 - doubt)


def thin(data: Dataset, rows: int, rng: Any) -> Dataset:
    """Returns at most `rows` examples, each class in the proportion it has.

    Every class keeps at least four, so that the outcome may be slightly larger.
    """
    import numpy as np

    if len(data.labels) <= rows:
        return data
    chosen = []
    for label in range(data.classes):
        members = np.flatnonzero(data.labels == label)
        share = max(4, round(rows * len(members) / len(data.labels)))
        chosen.append(rng.permutation(members)[:share])
    kept = np.sort(np.concatenate(chosen))
    return Dataset(data.name, data.inputs[kept], data.labels[kept], data.classes, data.description)
