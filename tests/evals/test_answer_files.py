"""Files of answers: which suites take one, and which files are none."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from evals import solvers, suites
from evals.recipe import ANSWERED, Recipe
from evals.sample import Sample
from tools.errors import BadInput


def asked(suite: str, answers: Path | str, **others: Any) -> dict[str, Any]:
    common = {"samples": 6, "epochs": 1, "path": "", "wordings": "original"}
    return common | {"suite": suite, "answers": str(answers)} | others


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    samples = suites.load("arithmetic", suites.Options(samples=6)).samples
    path = tmp_path / "sums.jsonl"
    path.write_text("\n".join(json.dumps({"id": s.id, "answer": s.gold}) for s in samples))
    return path


def test_exactly_the_suites_that_read_answers_take_them(sums: Path) -> None:
    for name in suites.names():
        module = import_module(f"evals.suites.{name.replace('-', '_')}")
        assert ("options.answers" in inspect.getsource(module)) == (name in ANSWERED), name
        if name in ANSWERED:
            assert Recipe.of(asked(name, sums), 0).options.answers == sums
            continue
        with pytest.raises(BadInput, match=f"the suite {name} takes no file of answers"):
            Recipe.of(asked(name, sums), 0)
        assert Recipe.of(asked(name, ""), 0).options.answers is None


def test_a_folder_is_no_file_of_answers(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"answers = .* is no regular file but a folder"):
        Recipe.of(asked("cmt", tmp_path), 0)
    assert Recipe.of(asked("cmt", "", path=str(tmp_path)), 0).options.path == tmp_path


def test_answers_to_other_questions_are_refused_before_anything_is_scored(sums: Path) -> None:
    assert len(Recipe.of(asked("arithmetic", sums), 0).build().samples) == 6
    with pytest.raises(BadInput, match="no answer to any of the 6 samples") as error:
        Recipe.of(asked("arithmetic", sums), 1).build()
    assert "'sum-0-0'" in error.value.problem
    assert "'sum-1-0'" in error.value.problem
    with pytest.raises(BadInput, match="no answer to any"):
        Recipe.of(asked("arithmetic", sums, wordings="robustness"), 0).build()


def test_one_answer_that_belongs_to_a_sample_is_enough(sums: Path) -> None:
    solvers.check_ids(sums, [Sample("other", ""), Sample("sum-0-0", "")])


@pytest.mark.parametrize("text", ["", "\n  \n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"empty\.jsonl holds no answers"):
        solvers.fixed(path)
    with pytest.raises(BadInput, match="holds no answers"):
        Recipe.of(asked("cmt", path), 0).build()
