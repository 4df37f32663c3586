from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evals import suites
from evals.sample import Answer, Sample, State
from evals.suites.assistant import score
from tools.errors import BadInput

RUN = {
    "experiment": "pruning.compare",
    "params": {"keep": 0.5},
    "status": "completed",
    "verdicts": ["supported"],
}
FINE = {"runs": [RUN], "cites": ["paul2021"], "unverified": []}
GOLD = {
    "experiment": "pruning.compare",
    "params": {"keep": 0.5},
    "verdicts": ["supported"],
    "cites": ["paul2021"],
    "says": ["half"],
}


def judge(gold, data, text="It holds at half the data."):
    return asyncio.run(score(Sample("s", "?", gold), Answer(text, data=data)))


def test_an_answer_as_expected_is_right() -> None:
    assert judge(GOLD, FINE).state is State.CORRECT


@pytest.mark.parametrize(
    ("part", "data"),
    [
        ("grounded", FINE | {"unverified": ["0.98"]}),
        ("experiment", FINE | {"runs": []}),
        ("experiment", FINE | {"runs": [RUN, RUN]}),
        ("parameters", FINE | {"runs": [RUN | {"params": {"keep": 0.3}}]}),
        ("verdicts", FINE | {"runs": [RUN | {"verdicts": ["refuted"]}]}),
        ("citations", FINE | {"cites": []}),
    ],
)
def test_each_thing_that_is_off_makes_it_wrong_and_is_named(part: str, data) -> None:
    found = judge(GOLD, data)
    assert found.state is State.INCORRECT
    assert found.parts[part] == 0.0


def test_a_run_where_nothing_may_run_is_wrong_and_declining_is_seen() -> None:
    nothing = {"runs": [], "cites": [], "unverified": []}
    assert judge({"declines": True}, nothing, "ImageNet is not available.").value == 1.0
    assert judge({"declines": True}, nothing, "It is 99.9 %.").parts["declines"] == 0.0
    assert judge({"declines": True}, FINE, "I cannot.").parts["experiment"] == 0.0


def test_no_text_is_no_answer() -> None:
    assert judge(GOLD, FINE, " ").state is State.NO_ANSWER


def test_an_unknown_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "requests.toml"
    path.write_text('[[sample]]\nid = "x"\nrequest = "hi"\nverdict = "supported"\n')
    with pytest.raises(BadInput, match="'verdict' is no field"):
        suites.load("assistant", suites.Options(path=path))
