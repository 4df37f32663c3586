"""Limits and the choice of a model: what people write, and what is refused."""

import time

import pytest

from agent.limits import Limits
from agent.messages import ModelError, Usage
from agent.models import choose
from tools.errors import AnsatzError, BadInput


def test_limits_are_read_as_written():
    limits = Limits.parse(["steps=3", "tokens=500", "dollars=0.5", "time=1h30m", "calls=2"])
    assert limits == Limits(3, 500, 0.5, 5400.0, 2)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("steps", "NAME=VALUE"),
        ("pace=3", "steps, tokens, dollars, time, calls"),
        ("steps=many", "not a number"),
        ("steps=0", "allows nothing"),
        ("time=soon", "cannot be read"),
    ],
)
def test_a_limit_that_cannot_be_read_is_named(setting, complaint):
    with pytest.raises(BadInput, match=complaint):
        Limits.parse([setting])


@pytest.mark.parametrize(
    ("limits", "steps", "usage", "said"),
    [
        (Limits(steps=2), 2, Usage(), "2 steps"),
        (Limits(tokens=10), 1, Usage(6, 4), "10 tokens"),
        (Limits(dollars=1.0), 1, Usage(dollars=1.5), "$1.5000"),
        (Limits(dollars=1.0), 1, Usage(dollars=None), "ANSATZ_PRICE"),
    ],
)
def test_each_limit_says_that_it_was_reached(limits, steps, usage, said):
    assert said in limits.exceeded(steps, usage, time.time())


def test_time_counts_from_the_request_also_after_a_restart():
    assert Limits(time=60).exceeded(0, Usage(), time.time() - 61)
    assert not Limits(time=60).exceeded(0, Usage(), time.time() - 50)
    assert Limits(time=60).deadline(time.time() - 50) - time.monotonic() == pytest.approx(10, abs=1)


def test_an_unknown_price_makes_a_sum_unknown():
    assert (Usage(1, 2, 0.5, 1) + Usage(3, 4, None, 1)) == Usage(4, 6, None, 2)


def test_nothing_configured_means_the_offline_planner():
    assert choose(None, {}) == (None, "")


def test_offline_wins_over_a_configured_endpoint():
    environ = {"OPENAI_API_KEY": "sk-x", "ANSATZ_MODEL": "m"}
    assert choose("offline", environ) == (None, "")


def test_a_key_without_a_model_is_announced():
    model, notice = choose(None, {"OPENAI_API_KEY": "sk-x"})
    assert model is None
    assert "ANSATZ_MODEL" in notice


def test_a_named_model_needs_an_endpoint():
    with pytest.raises((ModelError, AnsatzError), match="OPENAI_API_KEY"):
        choose("gpt-x", {})


def test_a_named_model_is_taken_by_any_name():
    model, _ = choose("my/own-model:7b", {"OPENAI_BASE_URL": "http://localhost:1/v1"})
    assert model is not None
    assert model.name == "my/own-model:7b"
