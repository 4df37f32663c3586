"""A file that is not there: the answer names it, and no run is started in vain."""

import asyncio
from pathlib import Path

import pytest

from agent.session import Assistant


async def ask(home: Path, text: str):
    """Returns the answer and the types of all events."""

    async def yes(cost):
        return True

    types, answer = [], None
    async with Assistant(home, None) as assistant:
        async for event in assistant.ask(text, "files", yes):
            types.append(event["type"])
            if event["type"] == "answer":
                answer = event["answer"]
    return answer, types


@pytest.mark.parametrize("name", ["nowhere.jsonl", "results/run3.csv"])
def test_a_missing_file_is_named_and_nothing_runs(home, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    answer, types = asyncio.run(ask(home, f"grade the answers in {name}"))
    assert f"There is no file or folder '{tmp_path / name}'" in answer["text"]
    assert "run_started" not in types
    assert not answer["unverified"]


def test_a_file_that_exists_is_graded(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a b.jsonl").write_text('{"id": "1", "gold": "2x", "answer": "x*2"}\n')
    answer, types = asyncio.run(ask(home, "grade the file ./a b.jsonl"))
    assert "run_started" in types
    assert "correct: 1" in answer["text"]
    assert not answer["unverified"]
