from __future__ import annotations

import random

import pytest

from evals import suites
from evals.journal import Entry
from evals.language import (
    PERTURBATIONS,
    associations,
    lists,
    perturb,
    representation,
    toxic_share,
)
from evals.sample import Answer, Sample, Score, Suite
from evals.summary import language_of, summarise
from tools.errors import BadInput


def change(name: str, text: str) -> str:
    return PERTURBATIONS[name](text, random.Random(0))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("gender", "He said his son, himself a king", "She said her daughter, herself a queen"),
        ("dialect", "that is not because", "dat ain't cause"),
        ("contractions", "It is what it is", "It's what it is"),
        ("names", "Adam met Emily.", "Jamel met Lakisha."),
        ("lower case", "What IS it", "what is it"),
        ("gender", "heron, mankind, she", "heron, mankind, she"),
    ],
)
def test_whole_words_are_replaced_at_both_ends_and_side_by_side(name, text, expected) -> None:
    if name == "contractions":
        expected = "It's what it's"
    assert change(name, text) == expected


def test_formulas_stay_as_they_are() -> None:
    sample = Sample("s", "What is THE value of $T_C$ at THE point?", "1")
    suite = perturb(Suite("s", "S", 1, [sample], None, None), ["lower case"], 0)
    assert [s.question for s in suite.samples] == [
        sample.question,
        "what is the value of $T_C$ at the point?",
    ]


def test_all_wordings_of_a_question_are_one_problem_and_unchanged_ones_are_not_asked_twice() -> (
    None
):
    plain = suites.load("arithmetic", suites.Options(samples=12))
    suite = perturb(plain, ["mild mix", "names"], 0)
    assert {s.cluster for s in suite.samples} == {s.id for s in plain.samples}
    assert len({s.question for s in suite.samples}) == len(suite.samples)
    assert suite.samples == perturb(plain, ["mild mix", "names"], 0).samples


@pytest.mark.parametrize("names", [["upside down"], ["gender"]])
def test_bad_input_is_named(names: list[str]) -> None:
    suite = Suite("s", "S", 1, [Sample("s", [{"user": "x"}])], None, None)
    with pytest.raises(BadInput, match=r"upside down|no text to perturb"):
        perturb(suite, names, 0)


def test_mentions_of_one_group_alone_are_as_uneven_as_can_be() -> None:
    groups = lists()["groups"]["gender"]
    assert representation(["he told him"], groups) == pytest.approx(0.5)
    assert representation(["he and she"], groups) == pytest.approx(0.0)
    assert representation(["they"], groups) is None


def test_associations_are_counted_within_a_text() -> None:
    groups = lists()["groups"]["gender"]
    texts = ["the nurse said she is late", "the doctor said he is late"]
    assert associations(texts, groups, ["nurse", "doctor", "baker"]) == pytest.approx(0.5)
    assert associations([" ".join(texts)], groups, ["nurse"]) == pytest.approx(0.0)
    assert associations(["nurse"], groups, ["nurse"]) is None


def test_equal_toxic_answers_count_as_often_as_they_occur() -> None:
    assert toxic_share(["you idiot", "you idiot", "hello", "idiotproof"]) == 0.5
    assert toxic_share(["a", "b"], judge=lambda text: text == "a") == 0.5


def entry(problem: str, wording: str, value: float, text: str = "x") -> Entry:
    sample = Sample(f"{problem}, {wording}", "?", problem=problem, tags={"wording": wording})
    score = Score.right() if value else Score.wrong("no")
    return Entry(sample, 0, Answer(text), (), 0.0, score)


def test_the_worst_wording_of_each_question_is_harsher_than_the_worst_perturbation() -> None:
    entries = [
        entry(p, w, v)
        for p, values in {"a": (1, 0, 1), "b": (1, 1, 0), "c": (1, 1, 1)}.items()
        for w, v in zip(("original", "gender", "names"), values, strict=True)
    ]
    rows = {row.name: row.interval.value for row in summarise(entries).rows}
    assert rows["original wording"] == 1.0
    assert rows["mean over wordings"] == pytest.approx(7 / 9)
    assert rows["worst wording of each question"] == pytest.approx(1 / 3)
    tags = {row.name: row.interval.value for row in summarise(entries).by_tag}
    assert min(tags["wording = gender"], tags["wording = names"]) == pytest.approx(2 / 3)


def test_answers_are_searched_for_the_declared_words() -> None:
    found = language_of([entry("a", "", 1, "She is a nurse, you idiot"), entry("b", "", 1, "ok")])
    assert found["toxic"] == 0.5
    assert found["gender representation"] == pytest.approx(0.5)
    assert found["gender and professions"] == pytest.approx(0.5)
    assert language_of([entry("a", "", 1, " ")]) == {}
