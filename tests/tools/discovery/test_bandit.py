"""The bandit asks the model whose children get better, and its state comes from the log alone."""

from __future__ import annotations

import random

from fakes.discovery import program

from tools.discovery.candidate import Evaluation, Member, Outcome
from tools.discovery.proposers.bandit import Bandit, beats


def test_a_single_model_needs_no_luck() -> None:
    rng = random.Random(0)
    state = rng.getstate()
    assert Bandit(["only"]).choose(rng) == "only"
    assert rng.getstate() == state


def test_the_better_model_is_asked_more_and_more() -> None:
    bandit, chance = Bandit(["good", "bad"]), {"good": 0.4, "bad": 0.1}
    asked = []
    for t in range(400):
        model = bandit.choose(random.Random(t))
        asked.append(model)
        bandit.learn(model, random.Random(1000 + t).random() < chance[model])
    assert asked[200:].count("good") > 160
    assert sum(tries for _, tries in bandit.tally().values()) == 400


def test_equal_lessons_give_equal_choices() -> None:
    first, second = Bandit("abc"), Bandit("abc")
    for bandit in (first, second):
        for model, success in zip("abcabc", (1, 0, 1, 1, 0, 0), strict=True):
            bandit.learn(model, bool(success))
        bandit.learn("unknown", True)
    assert [first.choose(random.Random(i)) for i in range(20)] == [
        second.choose(random.Random(i)) for i in range(20)
    ]


def test_a_success_is_a_child_better_than_the_parent_it_was_made_from() -> None:
    parent = Member(0, program(0), Evaluation(Outcome.OK, 1.0))
    failed = Member(1, program(1), Evaluation(Outcome.CRASHED))
    assert beats(Evaluation(Outcome.OK, 1.5), (parent,))
    assert not beats(Evaluation(Outcome.OK, 1.0), (parent,))
    assert not beats(Evaluation(Outcome.INVALID), (parent,))
    assert not beats(None, (parent,))
    assert beats(Evaluation(Outcome.OK, -9.0), (failed,))
