"""The comparison a claim about pass@N needs: every loss with every cheap control beside it.

The cheap controls are to stop earlier, to sample at another temperature, and to smooth the labels.
Epoch and temperature are chosen for each N by pass@N on the validation part, and what was chosen is
then read off the test part, seed by seed. The same part says which of several losses is the best.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tools.claims import Check, Claim, greater
from tools.errors import BadInput
from tools.passn.history import at_temperature_one
from tools.passn.objectives import Objective
from tools.passn.train import Record

LEAST_FALL = 0.05  # of pass@N from the best epoch to the last, to speak of harm


@dataclass(frozen=True)
class Choice:
    """What may be chosen on the validation part: the epoch, the temperature, both or nothing."""

    epoch: bool = False
    temperature: bool = False

    @property
    def suffix(self) -> str:
        """What it adds to the name of an arm."""
        early = ", early stop" if self.epoch else ""
        return early + (", tuned temperature" if self.temperature else "")


LAST, EARLY, TUNED = Choice(), Choice(epoch=True), Choice(temperature=True)
BOTH = Choice(epoch=True, temperature=True)


@dataclass(frozen=True)
class Row:
    """One line of the comparison: an objective under a choice.

    Attributes:
        name: such as `CE, tuned temperature`.
        objective, choice: what it is made of.
        passes: N -> test pass@N, one value a seed.
        validation: N -> pass@N on the validation part, one value a seed.
        epochs, temperatures: N -> what was chosen, one value a seed.
    """

    name: str
    objective: Objective
    choice: Choice
    passes: dict[int, list[float]]
    validation: dict[int, list[float]]
    epochs: dict[int, list[int]]
    temperatures: dict[int, list[float]]


@dataclass(frozen=True)
class Comparison:
    """All lines of a comparison.

    Attributes:
        rows: name -> line, in the order they are shown.
        draws: the N at which pass@N is known.
    """

    rows: dict[str, Row]
    draws: tuple[int, ...]

    def passes(self, objective: Objective, choice: Choice, n: int) -> list[float]:
        """Returns test pass@N of one line, one value a seed."""
        return self.rows[objective.name + choice.suffix].passes[n]

    def best(self, objectives: Iterable[Objective], n: int) -> Objective:
        """Returns the objective whose last epoch has the highest mean pass@N on validation."""
        return max(
            objectives, key=lambda one: fmean(self.rows[one.name + LAST.suffix].validation[n])
        )

    def table(self) -> list[dict[str, object]]:
        """Returns one row for each line and N: mean, standard error, what was chosen."""
        from tools.result import Estimate

        rows: list[dict[str, object]] = []
        for row in self.rows.values():
            for n in self.draws:
                value = Estimate.of(row.passes[n])
                rows.append(
                    {
                        "arm": row.name,
                        "n": n,
                        "pass_at_n": value.mean,
                        "stderr": value.stderr,
                        "seeds": value.n,
                        "mean_epoch": fmean(row.epochs[n]),
                        "mean_temperature": fmean(row.temperatures[n]),
                    }
                )
        return rows


def compare(
    records: Mapping[Objective, Sequence[Sequence[Record]]], draws: Sequence[int]
) -> Comparison:
    """Puts the records of trained models beside each other.

    Args:
        records: for each objective, for each seed, what `exact.measure` gave after each epoch,
            with its `temperatures`.
        draws: the N of the columns of the records.
    """
    rows = {}
    for objective, seeds in records.items():
        choices = (LAST, EARLY, TUNED, BOTH) if objective.kind == "ce" else (LAST, TUNED)
        for choice in choices:
            found = {
                n: [_choose(seed, column, choice) for seed in seeds]
                for column, n in enumerate(draws)
            }
            rows[objective.name + choice.suffix] = Row(
                objective.name + choice.suffix,
                objective,
                choice,
                {n: [one.passes for one in seeds] for n, seeds in found.items()},
                {n: [one.validation for one in seeds] for n, seeds in found.items()},
                {n: [one.epoch for one in seeds] for n, seeds in found.items()},
                {n: [one.temperature for one in seeds] for n, seeds in found.items()},
            )
    return Comparison(rows, tuple(draws))


@dataclass(frozen=True)
class _Chosen:
    """What a choice on the validation part comes to for one seed and one N."""

    validation: float
    passes: float
    epoch: int
    temperature: float


def _choose(records: Sequence[Record], column: int, choice: Choice) -> _Chosen:
    """Chooses what does best on the validation part, and reads it off the test part.

    Of equals the latest epoch and the lowest temperature win.
    """
    best: _Chosen | None = None
    for record in reversed(records if choice.epoch else records[-1:]):
        for row, temperature in enumerate(record["temperatures"]):
            if temperature != 1.0 and not choice.temperature:
                continue
            value = record["validation"][row][column]
            if best is None or value > best.validation:
                best = _Chosen(value, record["test"][row][column], record["epoch"], temperature)
    if best is None:
        raise BadInput("There is no measurement at temperature 1.", "Measure it at every epoch.")
    return best


def claims(
    comparison: Comparison,
    aimed: Mapping[int, Objective],
    records: Sequence[Sequence[Record]],
    where: str,
) -> list[Claim]:
    """Decides what the paper claims of the last epoch, and the question it leaves open.

    Args:
        comparison: all lines.
        aimed: N -> the objective whose N' is that N.
        records: of cross-entropy, for each seed and epoch.
        where: the conditions in words, such as `On multiplication (3 seeds, 40 epochs)`.
    """
    ce = Objective("ce")
    largest = max(aimed)
    found = [
        Claim(text, check, "chen2025")
        for text, check in _over_training(comparison, records, largest, where)
    ]
    for n, objective in aimed.items():
        found.append(
            Claim(
                f"{where}, {objective.name} has a higher pass@{n} than cross-entropy at the last"
                " epoch, both sampled at temperature 1.",
                greater(
                    comparison.passes(objective, LAST, n),
                    comparison.passes(ce, LAST, n),
                    paired=True,
                ),
                "chen2025",
            )
        )
    everything = {1: ce, **aimed}
    for n, objective in everything.items():
        others = [o for o in everything.values() if o != objective]
        rival = comparison.best(others, n)
        found.append(
            Claim(
                f"{where}, {objective.name} is the best of the {len(everything)} losses for"
                f" pass@{n} at the last epoch (its rival on validation problems: {rival.name}).",
                greater(
                    comparison.passes(objective, LAST, n),
                    comparison.passes(rival, LAST, n),
                    paired=True,
                ),
                "chen2025",
            )
        )
    found += [
        Claim(
            f"{where}, {objective.name} at temperature 1 has a higher pass@{n} than last-epoch"
            " cross-entropy with a temperature tuned on validation problems.",
            greater(
                comparison.passes(objective, LAST, n), comparison.passes(ce, TUNED, n), paired=True
            ),
        )
        for n, objective in aimed.items()
    ]
    return found


def _over_training(
    comparison: Comparison, records: Sequence[Sequence[Record]], n: int, where: str
) -> list[tuple[str, Check]]:
    """Compares cross-entropy's last epoch with the one that validation picks for pass@N."""
    column = comparison.draws.index(n)
    early = [_record_of(seed, _choose(seed, column, EARLY).epoch) for seed in records]
    last = [seed[-1] for seed in records]
    early_1, last_1 = (_passes(some, comparison, 1) for some in (early, last))
    early_n, last_n = (_passes(some, comparison, n) for some in (early, last))
    return [
        (
            f"{where}, cross-entropy's pass@1 is higher at the last epoch than at the epoch that"
            f" is best for pass@{n} on validation problems.",
            greater(last_1, early_1, paired=True),
        ),
        (
            f"{where}, cross-entropy's pass@{n} falls by more than {LEAST_FALL:g} from that epoch"
            " to the last.",
            greater(early_n, last_n, paired=True, margin=LEAST_FALL),
        ),
    ]


def _record_of(seed: Sequence[Record], epoch: int) -> Record:
    return next(record for record in seed if record["epoch"] == epoch)


def _passes(records: Sequence[Record], comparison: Comparison, n: int) -> list[float]:
    """Returns test pass@N of each record at temperature 1."""
    column = comparison.draws.index(n)
    return [at_temperature_one(record)[column] for record in records]
