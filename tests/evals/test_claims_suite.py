from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evals import suites
from evals.sample import State
from evals.suites import claims
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


DATA = claims.EXPECTED.parent


class Epoch:
    epoch = 0


def test_a_verdict_that_changed_is_wrong_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(TWO)
    suite = suites.load("claims", suites.Options(path=path))

    async def judge(sample):
        return await suite.scorer(sample, await suite.solver(sample, Epoch()))

    right, wrong = (asyncio.run(judge(sample)) for sample in suite.samples)
    assert right.state is State.CORRECT
    assert wrong.state is State.INCORRECT
    assert "refuted" in wrong.reason


def test_every_experiment_is_watched_and_none_by_a_sample_that_cannot_fail() -> None:
    suite = suites.load("claims")
    unwatched = [s.id for s in suite.samples if s.question["params"] is None]
    assert unwatched == []
    for sample in suite.samples:
        question = sample.question
        files = {name: str(DATA / file) for name, file in question["files"].items()}
        assert all(Path(file).is_file() for file in files.values())
        address = {"base_url": "http://localhost"} if question["endpoint"] else {}
        found = registry.load().get(question["experiment"])
        found.parse({**question["params"], **files, **address})
        assert sample.gold.get("verdicts") or sample.gold.get("metrics")
        bounds = sample.gold.get("metrics", {}).values()
        assert all(low <= high for low, high in bounds)
    verdicts = [v for s in suite.samples for v in s.gold.get("verdicts", {}).values()]
    assert set(verdicts) == {"supported", "refuted", "inconclusive"}
    ours = {
        e.name for e in registry.load() if e.function.__module__.startswith(("tools.", "evals."))
    }
    assert ours <= {s.question["experiment"] for s in suite.samples}


def test_an_experiment_that_nobody_watches_is_a_failed_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "claims.toml"
    shipped.write_text(TWO)
    monkeypatch.setattr(claims, "EXPECTED", shipped)
    suite = suites.load("claims")
    sample = next(s for s in suite.samples if s.id == "pruning.score, unwatched")
    with pytest.raises(BadInput, match="no expectation"):
        asyncio.run(suite.solver(sample, Epoch()))


def test_metrics_are_held_to_their_bounds_and_files_lie_beside(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(
        '{"gold": "1/2", "answer": "0.5", "expected": true}\n'
        '{"gold": "1/2", "answer": "0.6", "expected": true}\n'
    )
    entry = (
        "[[sample]]\nexperiment = 'grading.batch'\nfiles = {{ file = 'pairs.jsonl' }}\n"
        "verdicts = {{ 'agrees with the truth' = 'refuted' }}\n"
        "metrics = {{ agreement_with_truth = [{}, {}], nowhere = [0, 1] }}\n"
    )
    path = tmp_path / "claims.toml"
    path.write_text(entry.format(0.6, 0.7))
    suite = suites.load("claims", suites.Options(path=path))
    (sample,) = suite.samples
    answer = asyncio.run(suite.solver(sample, Epoch()))
    score = asyncio.run(suite.scorer(sample, answer))
    assert score.state is State.INCORRECT
    assert "agreement_with_truth is 0.5, not within 0.6 .. 0.7" in score.reason
    assert "nowhere is missing" in score.reason
    # Times and whatever else is not expected would make rows differ from run to run.
    assert answer.data["metrics"].keys() == {"agreement_with_truth"}


def test_what_an_entry_lacks_or_misspells_is_named(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    for text, message in (
        ("params = {}", "has no 'experiment'"),
        ('experiment = "grading.grade"', "no expected 'verdicts' or 'metrics'"),
        ('experiment = "grading.grade"\nverdict = { a = "b" }', "'verdict' is no field"),
    ):
        path.write_text(f"[[sample]]\n{text}\n")
        with pytest.raises(BadInput, match=message):
            suites.load("claims", suites.Options(path=path))
