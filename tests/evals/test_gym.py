"""Questions of reasoning-gym, against a stand-in of the package with one data set of its kind."""

from __future__ import annotations

import asyncio
import random
import sys
import types
from contextlib import closing
from pathlib import Path

import pytest
from fakes.sums import play

from evals import runner, suites
from evals.journal import Journal
from evals.recipe import Recipe
from evals.sample import Answer, Score, State, Suite
from evals.suites.arithmetic import GymOptions
from tools.errors import BadInput, Unavailable


class Legs:
    """Counts legs; as the real ones it makes an item anew each time, and rewards numbers."""

    def __init__(self, size: int, seed: int) -> None:
        self._seed = seed

    def __getitem__(self, index: int) -> dict[str, object]:
        dogs = random.Random(f"{self._seed}/{index}").randint(1, 99)
        answer = None if index == 2 else str(4 * dogs)
        metadata = {"source_dataset": "legs", "difficulty": {"animals": (1, 99)}}
        question = f"How many legs have {dogs} dogs?"
        return {"question": question, "answer": answer, "metadata": metadata, "dogs": dogs}

    def score_answer(self, answer: str | None, entry: dict[str, object]) -> float:
        if answer == str(4 * int(str(entry["dogs"]))):
            return 1.0
        return 0.01 if answer and answer.isdigit() else 0.0


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    factory = types.ModuleType("reasoning_gym.factory")

    def create_dataset(name: str, size: int, seed: int) -> Legs:
        if name == "composite":
            raise AssertionError("Must specify at least one dataset")
        return Legs(size, seed)

    factory.DATASETS = {"legs": Legs, "composite": None}  # type: ignore[attr-defined]
    factory.create_dataset = create_dataset  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "reasoning_gym", types.ModuleType("reasoning_gym"))
    monkeypatch.setitem(sys.modules, "reasoning_gym.factory", factory)
    return factory


def legs(samples: int = 4, seed: int = 0) -> Suite:
    return suites.load("arithmetic", GymOptions(samples=samples, seed=seed, dataset="legs"))


@pytest.mark.usefixtures("package")
def test_questions_follow_from_the_seed_and_golds_are_checked() -> None:
    assert list(legs().samples) == list(legs().samples)
    assert legs(seed=1).samples[0].question != legs().samples[0].question
    runner.check(legs())
    assert legs().samples[2].gold is None  # any answer that the verifier takes is right


def test_a_gold_that_the_verifier_refuses_is_named(package: types.ModuleType) -> None:
    package.DATASETS["legs"] = Legs

    class Broken(Legs):
        def score_answer(self, answer: str | None, entry: dict[str, object]) -> float:
            return 0.5

    package.create_dataset = lambda name, size, seed: Broken(size, seed)  # type: ignore[attr-defined]
    with pytest.raises(BadInput, match="legs-0-0: the gold cannot be used: reasoning-gym's"):
        runner.check(legs())


@pytest.mark.usefixtures("package")
def test_only_the_full_reward_is_credit_and_the_rest_is_told() -> None:
    suite = legs()

    def judge(text: str) -> Score:
        return asyncio.run(suite.scorer(suite.samples[0], Answer(text)))

    gold = suite.samples[0].gold
    right = judge(f"<answer>1</answer> no, <answer>\n{gold} </answer>")
    assert (right.state, right.value, right.answer) == (State.CORRECT, 1.0, gold)
    wrong = judge("<answer>1</answer>")
    assert (wrong.state, wrong.value, wrong.parts) == (State.INCORRECT, 0.0, {"reward": 0.01})
    assert judge(f"It is {gold}.").state is State.NO_ANSWER
    assert judge("<answer> </answer>").state is State.NO_ANSWER


@pytest.mark.usefixtures("package")
def test_a_run_asks_for_the_answer_in_tags(tmp_path: Path) -> None:
    class Model:
        name, offline = "model", False

        async def reply(self, messages, tools, on_token):
            from agent.messages import Reply

            assert "<answer>" in messages[0]["content"]
            dogs = int(messages[-1]["content"].split()[4])
            return Reply(f"<answer>{4 * dogs}</answer>")

    entries = play(tmp_path, legs(), Model()).entries
    assert [e.score.state for e in entries] == [State.CORRECT] * 4


def test_what_is_missing_or_unknown_is_said_with_the_remedy(
    package: types.ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"no data set 'leg'\. It has legs"):
        suites.load("arithmetic", GymOptions(dataset="leg"))
    with pytest.raises(BadInput, match="'composite' cannot be drawn: Must specify"):
        suites.load("arithmetic", GymOptions(dataset="composite"))
    monkeypatch.setitem(sys.modules, "reasoning_gym.factory", None)
    with pytest.raises(Unavailable, match=r"pip install 'ansatz-lab\[gym\]'"):
        legs()
    asked = {"samples": 0, "epochs": 1, "path": "", "answers": "", "wordings": "original"}
    with pytest.raises(BadInput, match="cmt takes no reasoning-gym"):
        Recipe.of({**asked, "suite": "cmt", "dataset": "legs"}, 0)
    recipe = Recipe.of({**asked, "suite": "arithmetic", "dataset": "legs"}, 7)
    assert recipe.options == GymOptions(seed=7, dataset="legs")
    # Runs recorded before there were data sets resume as they were.
    assert Recipe.of({**asked, "suite": "cmt"}, 0).options == suites.Options()


@pytest.mark.usefixtures("package")
def test_our_own_questions_do_not_continue_a_run_of_a_data_set(tmp_path: Path) -> None:
    play(tmp_path, legs())
    with pytest.raises(BadInput, match="not those this journal was begun with"):
        play(tmp_path, suites.load("arithmetic", suites.Options(samples=4)))
    with closing(Journal(next(tmp_path.glob("*.sqlite")))) as journal:
        assert journal.header["title"] == "reasoning-gym: legs"
