from __future__ import annotations

import os

import numpy as np
import pytest

from tools.judging.attack import LENGTH, find_suffix, inflation, without
from tools.judging.essays import WORDS, Marking, draw, plain_words, with_suffix
from tools.judging.experiments import attack as experiment
from tools.judging.grader import Grader, accuracy, train


@pytest.fixture(scope="module")
def judge() -> Grader:
    return train(Marking(0.5, 100), seed=1)


def test_the_judge_grades_well_although_it_has_a_shortcut(judge: Grader) -> None:
    assert accuracy(judge, seed=2) > 0.8


def test_the_search_finds_the_word_that_was_planted(judge: Grader) -> None:
    rng = np.random.default_rng(3)
    suffix = find_suffix(judge, rng)
    essays, _ = draw(200, rng)
    assert len(suffix) == LENGTH
    assert 100 in suffix
    assert inflation(judge, essays, suffix) > 1.0
    assert abs(inflation(judge, essays, without(suffix, 100, rng))) < 0.3


def test_no_suffix_may_praise_or_use_the_mark_that_cannot_be_typed() -> None:
    words = plain_words()
    assert WORDS not in words
    marked, _ = draw(50, np.random.default_rng(0), Marking(0.99, WORDS))
    assert marked[:, WORDS].sum() > 0


def test_essays_keep_their_words_and_gain_those_of_the_suffix() -> None:
    counts, grades = draw(20, np.random.default_rng(4))
    longer = with_suffix(counts, np.array([50, 50, 60]))
    assert (longer.sum(axis=1) - counts.sum(axis=1) == 3).all()
    assert (longer[:, 50] - counts[:, 50] == 2).all()
    assert ((grades >= 1) & (grades <= 5)).all()


def test_without_a_planted_shortcut_the_claim_is_refuted(store) -> None:
    from tools.environment import environment
    from tools.run import Run

    params = experiment.parse({"share": 0.0, "seeds": 2})
    store.submit(experiment, params, run_id="it")
    store.begin("it", os.getpid(), environment())
    result = experiment.function(params, Run(store, "it", 0))
    assert result.claims[0].verdict != "supported"
    assert result.metrics["white_box"].mean < 0.7
