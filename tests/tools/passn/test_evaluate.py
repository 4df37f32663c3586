"""Evaluation end to end: draw, grade, summarise, resume; and its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.experiments import add
from fakes.openai_server import FakeOpenAI, error, say

from tools.errors import BadInput
from tools.passn.evaluate import Answers, Evaluation, evaluate, grade_samples, summarise
from tools.passn.problems import Problem, read_problems, write_problems
from tools.passn.sample import Sample
from tools.result import Estimate
from tools.run import Run
from tools.runs import RunStore

ANSWERS = {"1+1": r"\boxed{2}", "1/2+1/4": "The answer is $0.75$.", "3*5": "16", "9-9": ""}


def submit(store: RunStore) -> str:
    return store.submit(add, add.parse({})).id


@pytest.fixture
def run(store: RunStore) -> Run:
    return Run(store, submit(store), 3)


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "problems.jsonl"
    golds = {"1+1": "2", "1/2+1/4": r"\frac{3}{4}", "3*5": "15", "9-9": "0"}
    write_problems(path, [Problem(q, gold, cluster=q[:1]) for q, gold in golds.items()])
    return path


def answer(request: dict[str, Any]) -> Any:
    question = request["messages"][0]["content"].removeprefix("Q: ")
    # Every fifth answer to 3*5 is right, by the seed of the request.
    if question == "3*5" and request["seed"] % 5 == 0:
        return say("$15.0$")
    return say(ANSWERS[question])


def draw(run: Run, problems: Path, server: FakeOpenAI, **options: Any) -> Evaluation:
    settings = {"samples": 12, "ks": (1, 4, 12), "template": "Q: {question}"} | options
    return evaluate(run, problems=problems, model="m", base_url=server.base_url, **settings)


def test_answers_are_drawn_graded_and_summarised(run: Run, problems: Path) -> None:
    with FakeOpenAI(answer) as server:
        found = draw(run, problems, server)
        seeds = [c["seed"] for c in server.chats if c["messages"][0]["content"] == "Q: 3*5"]
    right = sum(seed % 5 == 0 for seed in seeds)
    assert 0 < right < 6
    assert [sum(a.right) for a in found.answers] == [12, 12, right, 0]
    metrics = found.metrics()
    assert isinstance(metrics["pass@1"], Estimate)
    assert metrics["pass@1"].mean == pytest.approx((2 + right / 12) / 4)
    assert metrics["pass@1"].n == 3  # 1+1 and 1/2+1/4 are one cluster
    assert metrics["pass@12"].mean == 0.75  # type: ignore[union-attr]
    assert metrics["majority@12"].mean == 0.5  # type: ignore[union-attr]
    assert found.best is None
    assert found.answers[2].confidence == (12 - right) / 12
    assert found.answers[3].confidence == 0
    assert found.rows()[2]["right"] == right


def test_an_interrupted_evaluation_goes_on_with_the_same_numbers(
    store: RunStore, run: Run, problems: Path
) -> None:
    with FakeOpenAI(answer) as server:
        whole = draw(run, problems, server)
        second = Run(store, submit(store), 3)
        count = 0

        def failing(request: dict[str, Any]) -> Any:
            nonlocal count
            count += 1
            return answer(request) if count <= 20 else error(400)

        server._script = failing
        with pytest.raises(BadInput):
            draw(second, problems, server)
        asked = len(server.chats)
        server._script = answer
        resumed = draw(Run(store, second.id, 3), problems, server)
        assert len(server.chats) - asked < 48 - 12  # the first problem was not drawn again
    assert resumed.answers == whole.answers
    assert np.array_equal(resumed.majority, whole.majority)


def test_a_local_model_is_evaluated_with_its_log_probabilities(
    run: Run, tmp_path: Path, model_folder: Path
) -> None:
    path = tmp_path / "p.jsonl"
    write_problems(path, [Problem("1+1=", "2"), Problem("2+2=", "4")])
    found = evaluate(
        run, problems=path, model=str(model_folder), samples=8, ks=(1, 8), max_tokens=2, batch=4
    )
    assert found.best is not None
    assert found.best.shape == (2, 2)
    assert {"pass@1", "majority@8", "best@8", "cut_fraction"} <= set(found.metrics())


def test_equal_answers_vote_together_however_written() -> None:
    texts = ["0.5", r"\frac{1}{2}", "1/2", "3", "3.0", "2", ""]
    found = grade_samples(Problem("q", "1/2"), [Sample(t, None, None, "stop") for t in texts])
    assert found.classes[0] == found.classes[1] == found.classes[2]
    assert found.classes[3] == found.classes[4] != found.classes[5]
    assert found.classes[6] is None
    assert found.right == (True, True, True, False, False, False, False)
    assert found.confidence == 3 / 7


def test_the_likeliest_sample_is_chosen_where_likelihoods_are_known() -> None:
    answers = Answers(("a", "right"), (False, True), (-5.0, -1.0), 0, 0)
    found = summarise([Problem("q", "1")], [answers], [1, 2], np.random.default_rng(0))
    assert found.best is not None
    assert found.best.tolist() == [[0.5, 1.0]]


def test_figures_can_be_drawn(run: Run, problems: Path) -> None:
    with FakeOpenAI(answer) as server:
        found = draw(run, problems, server)
    for name, figure in {
        "coverage": found.coverage_figure(np.random.default_rng(0)),
        "difficulty": found.difficulty_figure(),
        "confidence": found.confidence_figure(),
    }.items():
        assert run.figure(name, figure).stat().st_size > 5000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples = 0"),
        ({"ks": (1, 99)}, "1 <= k <= samples"),
        ({"ks": ()}, "1 <= k <= samples"),
        ({"template": "hello"}, "question"),
        ({"temperature": 0.0}, "temperature = 0"),
    ],
)
def test_what_cannot_be_used_is_refused(
    run: Run, problems: Path, options: dict[str, Any], message: str
) -> None:
    with FakeOpenAI(answer) as server:
        with pytest.raises(BadInput, match=message):
            draw(run, problems, server, **options)
        assert server.chats == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "line 2 is not JSON"),
        ("[1]", "line 2 is not an object"),
        ('{"question": "q"}', "line 2: 'gold' is null"),
        ('{"question": " ", "gold": "1"}', "line 2: 'question'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"question": "q", "gold": "1"}) + "\n" + line + "\n")
    with pytest.raises(BadInput, match=message):
        read_problems(path)


def test_a_file_without_problems_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(BadInput, match="no problem"):
        read_problems(tmp_path / "empty.jsonl")
    with pytest.raises(BadInput, match="cannot be read"):
        read_problems(tmp_path / "nowhere.jsonl")
