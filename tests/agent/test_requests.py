"""The recorded requests, end to end: real graph, library, run store and child processes.

Only the training inside `pruning.compare` is replaced by instant numbers.
"""

import asyncio
import json
from pathlib import Path

import pytest

from agent.messages import ToolCall
from agent.session import Assistant
from evals import routing
from tools import registry

INSTANT = """
import dataclasses
from tools.claims import Claim, greater
from tools.experiment import Estimate, Result
import tools.pruning.experiments as pruning

def instant(params, run):
    rng = run.rng("instant")
    picked = [float(x) for x in rng.normal(0.9, 0.01, params.seeds)]
    random = [float(x) for x in rng.normal(0.9, 0.01, params.seeds)]
    rows = [{"split": i, "accuracy": x} for i, x in enumerate(picked)]
    run.table("by_seed", rows)
    return Result(
        metrics={
            f"accuracy_{params.score}": Estimate.of(picked),
            "accuracy_random": Estimate.of(random),
        },
        claims=[
            Claim(
                f"On {params.dataset}, {params.score} beats random at {params.keep:.0%}",
                greater(picked, random, paired=True),
                paper="paul2021",
            )
        ],
    )

instant.__doc__ = pruning.compare.function.__doc__
compare = dataclasses.replace(pruning.compare, function=instant)
"""


@pytest.fixture
def instant_pruning(tmp_path, monkeypatch):
    """Hides the real experiment behind one of the same name that needs no time."""
    folder = tmp_path / "plugin"
    info = folder / "ansatz_instant-0.dist-info"
    info.mkdir(parents=True)
    (folder / "ansatz_instant.py").write_text(INSTANT)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ansatz-instant\nVersion: 0\n")
    # Of two experiments of one name the first entry point in alphabetical order wins.
    (info / "entry_points.txt").write_text("[ansatz.experiments]\na_instant = ansatz_instant\n")
    monkeypatch.syspath_prepend(str(folder))
    registry.load.cache_clear()
    yield
    registry.load.cache_clear()


async def yes(cost):
    return True


async def play(home: Path, requests):
    """Returns (row id and turn, expectation, answer) of every turn, each row in its own thread."""
    turns = []
    async with Assistant(home, None) as assistant:
        for row in requests:
            for number, turn in enumerate(row["turns"], 1):
                async for event in assistant.ask(turn["user"], f"row-{row['id']}", yes):
                    if event["type"] == "answer":
                        answer = event["answer"]
                turns.append((f"{row['id']}.{number}", turn, answer))
    return turns


def test_recorded_requests_end_to_end(home, instant_pruning):
    # Every eighth request: all of them are played against stubs in tests/evals.
    turns = asyncio.run(play(home, routing.load()[::8]))
    stubs = routing.Stubs(list(registry.load()))
    wrong, started, ungrounded = [], [], []
    for name, turn, answer in turns:
        calls = [ToolCall(c["id"], c["tool"], c["arguments"]) for c in answer["calls"]]
        right, wrong_run = routing.judge(turn["expect"], calls, answer["text"], stubs)
        if not right:
            wrong.append((name, turn["user"]))
        if wrong_run:
            started.append((name, turn["user"], answer["calls"]))
        if answer["unverified"]:
            ungrounded.append((name, turn["user"], answer["unverified"]))
    assert len(turns) >= 60
    assert started == []
    assert len(wrong) <= 0.05 * len(turns), json.dumps(wrong, indent=1)
    # What the planner says must pass the check that a model's words have to pass.
    assert ungrounded == []
