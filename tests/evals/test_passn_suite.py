"""The coverage suite: draws of the embedded policy, its own probabilities, and endpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.sums import play

from agent.messages import Reply, Usage
from evals import runner, suites
from evals.sample import State
from evals.suites import passn
from evals.summary import summarise
from tools.errors import BadInput

PRODUCTS = 6


class Offline:
    """Stands for the embedded planner: no endpoint is there."""

    name, offline = "offline", True

    async def reply(self, messages, tools, on_token) -> Reply:
        raise AssertionError("the embedded policy answers, not the planner")

    async def close(self) -> None: ...


class Half:
    """An endpoint that is right in every second answer to a problem."""

    name, offline = "half", False

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    async def reply(self, messages, tools, on_token) -> Reply:
        question = messages[-1]["content"]
        turn = self.asked[question] = self.asked.get(question, 0) + 1
        a, b = question.removeprefix("Compute ").rstrip(".").split(" * ")
        return Reply(f"\\boxed{{{int(a) * int(b) + turn % 2}}}", usage=Usage(1, 1, 0.0, 1))

    async def close(self) -> None: ...


@pytest.fixture(scope="module")
def policy() -> passn.Policy:
    return passn.Policy(0)


def test_the_policy_draws_each_answer_with_the_probability_it_states(policy) -> None:
    drawn = [policy.answer(21, 34, turn) for turn in range(400)]
    assert [policy.answer(21, 34, turn) for turn in range(3)] == drawn[:3]
    by_text = {a.text: a.confidence for a in drawn}
    text, chance = max(by_text.items(), key=lambda item: item[1])
    share = sum(a.text == text for a in drawn) / len(drawn)
    assert abs(share - chance) < 4 * (chance * (1 - chance) / len(drawn)) ** 0.5
    right = [a for a in drawn if a.text == "\\boxed{714}"]
    assert all(a.confidence == pytest.approx(a.data["p_right"]) for a in right)


def test_estimates_agree_with_the_exact_coverage_of_the_policy(policy, monkeypatch, tmp_path):
    monkeypatch.setattr(passn, "Policy", lambda seed: policy)
    suite = suites.load("passn", suites.Options(samples=24))
    assert suite.epochs == passn.ANSWERS
    entries = play(tmp_path, suite, Offline()).entries
    rows = {row.name: row.interval for row in summarise(entries, [1, 4, 16]).rows}
    for k in (1, 4, 16):
        assert rows[f"pass@{k}"].low <= rows[f"exact_pass@{k}"].value <= rows[f"pass@{k}"].high
    assert rows["exact_pass@1"].value < rows["exact_pass@4"].value < rows["exact_pass@16"].value
    assert rows["pass@16"].clusters == 24


def test_an_endpoint_is_asked_once_for_every_answer(tmp_path: Path) -> None:
    suite = suites.load("passn", suites.Options(samples=PRODUCTS, epochs=4))
    model = Half()
    rows = {r.name: r.interval.value
            for r in summarise(play(tmp_path, suite, model).entries, [1, 2, 4]).rows}  # fmt: skip
    assert list(model.asked.values()) == [4] * PRODUCTS
    assert rows["pass@1"] == 0.5
    assert rows["pass@2"] == pytest.approx(1 - 1 / 6)
    assert rows["pass@4"] == 1
    assert "exact_pass@1" not in rows


def test_own_problems_keep_their_clusters_and_need_an_endpoint(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [{"question": f"What is {n} plus {n}?", "gold": str(2 * n), "cluster": "sums"}
            for n in (1, 2)]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    suite = suites.load("passn", suites.Options(path=path, epochs=2))
    runner.check(suite)
    assert {s.cluster for s in suite.samples} == {"sums"}
    entries = play(tmp_path / "run", suite, Offline()).entries
    assert {e.score.state for e in entries} == {State.FAILED}
    assert "Set an endpoint" in entries[0].score.reason


def test_a_gold_that_cannot_be_read_is_named_before_anything_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"question": "What?", "gold": "\\frac{1}{"}))
    with pytest.raises(BadInput, match="problem 1: the gold cannot be used"):
        runner.check(suites.load("passn", suites.Options(path=path)))


def test_no_problem_is_among_those_the_policy_was_trained_on() -> None:
    task = passn._task(0)
    trained = {passn._factors(row) for row in task.train.inputs}
    asked = {passn._factors(row) for row in task.test.inputs}
    assert asked
    assert not asked & (trained | {(b, a) for a, b in trained})
