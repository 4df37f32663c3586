"""Numbers in plain words, and the parameters they belong to."""

from __future__ import annotations

from typing import Any

import pytest

from agent.planner.numbers import quantities
from agent.planner.reading import Reading
from agent.planner.series import series
from agent.planner.slots import read
from agent.planner.text import tokenise
from agent.planner.vocabulary import slots_of, vocabulary
from tools.pruning.experiments import compare

SLOTS = slots_of(compare)
KNOWN = vocabulary(compare, list(SLOTS.values()))


def reading(text: str, focus: str = "") -> Reading:
    return read(text, SLOTS, KNOWN, focus)


def problem_kinds(text: str) -> set[str]:
    return {p.kind for p in reading(text).problems}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30 %", 0.3),
        ("30 per cent", 0.3),
        ("thirty-five percent", 0.35),
        ("half", 0.5),
        ("two thirds", 2 / 3),
        ("a quarter", 0.25),
        ("three quarters", 0.75),
        ("one in five", 0.2),
        ("3 out of 4", 0.75),
        ("2/5", 0.4),
        (".3", 0.3),
        ("0,25", 0.25),
        ("1,000", 1000),
        ("2k", 2000),
        ("3e-4", 3e-4),
        ("minus 10 %", -0.1),
        ("every other example", 0.5),
        ("a dozen", 12),
    ],
)
def test_numbers_are_read_however_they_are_written(text: str, value: float) -> None:
    assert [q.value for q in quantities(tokenise(text))] == [pytest.approx(value)]


@pytest.mark.parametrize("text", ["the third run", "EL2N", "CIFAR-10", "the 3rd one", "ResNet-18"])
def test_ordinals_and_digits_inside_names_are_no_numbers(text: str) -> None:
    assert [q for q in quantities(tokenise(text)) if q.value != 1] == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("20, 30 and 50 percent", [(0.2, 0.3, 0.5)]),
        ("20/30/50%", [(0.2, 0.3, 0.5)]),
        ("from 10 % to 50 % in steps of 20 %", [(0.1, 0.3, 0.5)]),
        ("30% 5", [(0.3,), (5,)]),
    ],
)
def test_lists_share_their_unit_and_ranges_are_filled(
    text: str, values: list[tuple[float, ...]]
) -> None:
    tokens = tokenise(text)
    found = [s.values for s in series(tokens, quantities(tokens))]
    assert found == [pytest.approx(v) for v in values]


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("keep 30 %", 0.3),
        ("drop 70 %", 0.3),
        ("throw away three quarters", 0.25),
        ("30 % of the examples removed", 0.7),
        ("prune to 30 %", 0.3),
        ("prune 80 percent", 0.2),
        ("throw away all but a fifth", 0.2),
        ("a pruning rate of 60 %", 0.4),
        ("leave out 10 %", 0.9),
        ("get rid of 90 %", 0.1),
        ("train with 20 % less data", 0.8),
        ("the same but drop 80 %", 0.2),
        ("EL2N pruning of digits at 40 %", 0.4),
        ("keep all the data", 1.0),
    ],
)
def test_what_is_removed_counts_as_its_complement(text: str, keep: float) -> None:
    assert reading(text).values["keep"] == [pytest.approx(keep)]


@pytest.mark.parametrize(
    ("text", "keep", "difficulty"),
    [
        ("remove the easiest 30 %", 0.7, "hard"),
        ("keep the easiest 30 %", 0.3, "easy"),
        ("remove the hardest 30 %", 0.7, "easy"),
        ("keep the hardest 30 %", 0.3, "hard"),
    ],
)
def test_removing_one_end_keeps_the_other(text: str, keep: float, difficulty: str) -> None:
    values = reading(text).values
    assert values["keep"] == [pytest.approx(keep)]
    assert values["difficulty"] == [difficulty]


def test_every_number_of_a_long_request_finds_its_parameter() -> None:
    text = (
        "digits, keep 30 %, 8 splits, 4 nets, 10 score epochs, 50 epochs, 5 % label noise, seed 7"
    )
    assert reading(text).values == {
        "dataset": ["digits"],
        "keep": [0.3],
        "seeds": [8],
        "networks": [4],
        "score_epochs": [10],
        "epochs": [50],
        "label_noise": [0.05],
        "seed": [7],
    }


def test_seed_5_is_the_seed_of_the_run_and_5_seeds_are_repetitions() -> None:
    assert reading("seed 5").values == {"seed": [5]}
    assert reading("5 seeds").values == {"seeds": [5]}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("keep 150 %", "range"),
        ("keep -10 %", "range"),
        ("0 seeds", "range"),
        ("prune digits at 30 %", "stays"),
        ("nuke 70 % of wine", "stays"),
        ("keep 30 % and keep 50 %", "conflict"),
        ("keep 30 or 50 %", "or"),
        ("keep 10 % to 50 %", "steps"),
        ("digits with label noise", "vague"),
        ("more splits", "vague"),
        ("wine with 7", "unplaced"),
        ("keep 300 images", "unplaced"),
    ],
)
def test_doubtful_amounts_are_problems_and_never_values(text: str, kind: str) -> None:
    assert kind in problem_kinds(text)


def test_a_correction_replaces_what_it_corrects() -> None:
    assert reading("keep 20 %, no sorry, 25 %").values["keep"] == [0.25]


def test_a_bare_number_goes_to_the_parameter_that_was_talked_about() -> None:
    assert reading("50?", "keep").values == {"keep": [0.5]}
    assert reading("50?", "epochs").values == {"epochs": [50]}
    assert problem_kinds("50?") == {"unplaced"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not digits but wine", ["wine"]),
        ("breastcancer", ["breast_cancer"]),
        ("digtis", ["digits"]),
        ("all three data sets", ["digits", "breast_cancer", "wine"]),
        ("digits and wine", ["digits", "wine"]),
        ("digits, sorry, wine", ["wine"]),
    ],
)
def test_choices_are_read_with_typos_negations_and_lists(text: str, expected: list[Any]) -> None:
    assert reading(text).values["dataset"] == expected


def test_values_that_alternate_belong_together_in_pairs() -> None:
    found = reading("EL2N on digits at 30 % and GraNd on wine at 50 %")
    assert found.paired == ("score", "dataset", "keep")
    assert not found.problems
