from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evals import suites
from evals.sample import State
from tools import registry
from tools.errors import BadInput

TWO = """
[[sample]]
experiment = "grading.grade"
params = { gold = "1/2", answer = "0.5" }
[sample.verdicts]
"equals" = "supported"

[[sample]]
experiment = "grading.grade"
params = { gold = "1/2", answer = "0.6" }
[sample.verdicts]
"equals" = "supported"
"""


def test_a_verdict_that_changed_is_wrong_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(TWO)
    suite = suites.load("claims", suites.Options(path=path))

    class Epoch:
        epoch = 0

    async def judge(sample):
        return await suite.scorer(sample, await suite.solver(sample, Epoch()))

    right, wrong = (asyncio.run(judge(sample)) for sample in suite.samples)
    assert right.state is State.CORRECT
    assert wrong.state is State.INCORRECT
    assert "refuted" in wrong.reason


def test_every_experiment_is_watched_or_its_absence_is_a_failing_sample() -> None:
    suite = suites.load("claims")
    watched = {s.question["experiment"] for s in suite.samples}
    ours = {e.name for e in registry.load() if e.function.__module__.startswith("tools.")}
    assert ours <= watched
    for sample in suite.samples:
        if sample.question["params"] is not None:
            registry.load().get(sample.question["experiment"]).parse(sample.question["params"])


def test_an_entry_without_verdicts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('[[sample]]\nexperiment = "grading.grade"\n')
    with pytest.raises(BadInput, match=r"claims\.toml: an entry has no"):
        suites.load("claims", suites.Options(path=path))
