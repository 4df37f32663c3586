"""Grounding: what a model invents is caught, what a run or passage says passes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.grounding import gather, ground
from agent.messages import tool_result, user
from agent.numbers import Number, numbers_in, supported

RUN = {
    "run": "lusab-babad-gutih",
    "number": 3,
    "experiment": "pruning.compare",
    "status": "completed",
    "params": {"keep": 0.3, "seeds": 5, "score": "el2n"},
    "metrics": {
        "accuracy_el2n": {"value": 0.96163, "stderr": 0.00181, "n": 5, "unit": ""},
        "gain": {"value": -0.0137, "stderr": 0.002, "n": 5, "unit": ""},
        "train_examples": {"value": 1347, "stderr": None, "n": 1, "unit": ""},
    },
    "claims": [
        {
            "text": "EL2N beats random",
            "paper": "paul2021",
            "verdict": "refuted",
            "reason": "difference -0.0137, 95% interval [-0.0177, -0.0097]",
        }
    ],
    "papers": ["paul2021"],
    "figures": ["runs/lusab-babad-gutih/accuracy-2x.png"],
    "tables": [],
    "seconds": 29.73,
}
PASSAGE = {
    "id": "paul2021:limits",
    "key": "paul2021",
    "title": "Deep Learning on a Data Diet",
    "year": 2021,
    "authors": ["Mansheej Paul"],
    "arxiv": "2107.07075",
    "text": "About 50 % of CIFAR-10 can go.",
}


def check(text, messages=(), passages=(PASSAGE,)):
    history = [user("does EL2N beat random at 30 %?"), *messages]
    if not messages:
        history.append(tool_result("c", "pruning__compare", json.dumps(RUN)))
    return ground(text, gather(history, passages))


@pytest.mark.parametrize(
    "text",
    [
        "EL2N reaches 0.9616 +- 0.0018 over 5 seeds.",
        "EL2N reaches 96.2 % (keep 30 %, so 70 % were dropped).",
        "It lost by 0.014, that is 1.4 points; the interval is [-0.0177, -0.0097].",
        "Of 1,347 examples; it took 30 s. [run lusab-babad-gutih]",
        "Half of CIFAR-10 can go: 50 % [paul2021:limits], says Paul et al. (2021).",
        "The claim was refuted [paul2021; run lusab-babad-gutih].",
        "It was not supported at EL2N, pass@16, ResNet-18.",
        "1. First point\n2. Second point",
        "See runs/lusab-babad-gutih/accuracy-2x.png and arXiv 2107.07075.",
    ],
)
def test_what_a_run_or_passage_says_passes(text):
    assert check(text).unverified == ()


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("EL2N reaches 0.9716.", "0.9716"),
        ("EL2N reaches 97.2 %.", "97.2 %"),
        ("It gained +0.0137.", "+0.0137"),
        ("It is ninety-nine percent sure.", "ninety-nine percent"),
        ("p = 3e-7", "3e-7"),
        ("p = 3 \u00d7 10^{-7}", "3 \u00d7 10^{-7}"),
        ("On 12,345 examples.", "12,345"),
        ("As shown before [smith2023].", "[smith2023]"),
        ("As shown before [paul2021:appendix].", "[paul2021:appendix]"),
        ("As Smith et al. (2019) showed.", "Smith 2019"),
        ("See [run babab-babab-babab].", "babab-babab-babab"),
        ("In run babab-babab-babab it won.", "babab-babab-babab"),
        ("The claim is supported.", "verdict 'supported'"),
        ("The accuracy was 4.", "4"),
    ],
)
def test_what_nobody_measured_or_wrote_is_caught(text, caught):
    assert check(text).unverified == (caught,)


def test_citations_and_runs_used_are_listed_with_titles():
    found = check("Refuted [paul2021:limits] [run lusab-babad-gutih].")
    assert found.citations == {"paul2021:limits": "Deep Learning on a Data Diet"}
    assert found.runs == ("lusab-babad-gutih",)


def test_an_error_that_repeats_the_models_own_number_is_no_source():
    error = {"error": "pruning.compare: keep = 7.77 cannot be used"}
    messages = [tool_result("c", "pruning__compare", json.dumps(error))]
    assert check("It was 7.77.", messages).unverified == ("7.77",)


def test_a_table_of_the_run_is_a_source(tmp_path):
    table = tmp_path / "by_seed.csv"
    table.write_text("seed,accuracy\n0,0.8642\n")
    messages = [tool_result("c", "x", json.dumps(RUN | {"tables": [str(table)]}))]
    assert check("Seed 0 had 0.8642.", messages).unverified == ()
    assert check("Seed 0 had 0.8643.", messages).unverified == ("0.8643",)


def test_numbers_inside_names_and_list_markers_are_not_results():
    assert numbers_in("EL2N, pass@16, 8x8, v1.2, GPT4\n1. one\n2) two") == []


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_correctly_rounded_number_is_always_supported(value, decimals):
    shown = f"{value:.{decimals}f}"
    [number] = numbers_in(f"it was {shown} then")
    if decimals > 0 or abs(value) >= 10:
        assert supported(number, [value])


@given(st.floats(10, 1e6), st.integers(1, 4), st.integers(2, 9))
def test_a_last_place_off_by_two_or_more_is_never_supported(value, decimals, change):
    step = 10.0**-decimals
    wrong = Number("", round(value, decimals) + change * step, step)
    assert not supported(wrong, [value])
