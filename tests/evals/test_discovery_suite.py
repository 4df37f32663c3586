"""The suite of search policies: gains, pairs, and what a file may ask for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fakes.sums import play

from evals import runner, suites
from evals.paired import compare
from evals.sample import Answer, Sample, State
from evals.suites import discovery
from evals.summary import credits, summarise
from tools.errors import AnsatzError, BadInput

LANDSCAPE = """
[[problem]]
name = "drawn"
landscape = {{ noise = 1.0, failure = 0.15 }}
evaluations = 150
seeds = {seeds}
"""
RULER = """
policies = ["uniform"]
[[problem]]
name = "ruler"
problem = "golomb_ruler"
size = { marks = 6 }
evaluations = 8
seeds = 1
"""


def load(tmp_path: Path, text: str, samples: int = 0, seed: int = 0):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return suites.load("discovery", suites.Options(path=path, samples=samples, seed=seed))


def test_the_gain_runs_from_the_baseline_to_the_optimum() -> None:
    assert discovery.gains([2.0, None, 1.0, 3.0, 4.0], 6.0) == [0.0, 0.0, 0.0, 0.25, 0.5]
    assert discovery.gains([-5.0, -3.0], -3.0) == [0.0, 1.0]
    assert discovery.gains([7.0], 7.0) == [1.0]
    with pytest.raises(BadInput, match="baseline"):
        discovery.gains([None, 1.0], 2.0)


@pytest.mark.parametrize(
    ("gain", "state", "value"),
    [(1.0, State.CORRECT, 1.0), (0.3, State.PARTIAL, 0.3), (0.0, State.INCORRECT, 0.0),
     (-0.4, State.INCORRECT, 0.0), (None, State.NO_ANSWER, 0.0)],
)  # fmt: skip
def test_credit_is_the_gain(gain, state: State, value: float) -> None:
    data = {"gain": gain, "best": 1.0, "baseline": 0.0, "target": 2.0, "area": 0.1, "failed": 0.0}
    found = asyncio.run(discovery.score(Sample("s", {}), Answer("1", data=data)))
    assert (found.state, found.value) == (state, value)


def test_policies_meet_the_same_problems_whatever_the_number_of_samples() -> None:
    suite = suites.load("discovery", suites.Options(samples=12))
    policies = [s.tags["policy"] for s in suite.samples]
    assert policies == ["ccts", "k-elites", "uniform"] * 4
    assert len({s.cluster for s in suite.samples}) == 4
    runner.check(suites.load("discovery"))


def test_runs_of_one_policy_each_are_compared_pair_by_pair(tmp_path: Path) -> None:
    text = LANDSCAPE.format(seeds=20)
    found = {}
    for name in ("ccts", "uniform"):
        suite = load(tmp_path, f'policies = ["{name}"]\n{text}')
        found[name] = credits(play(tmp_path / name, suite).entries)
    difference = compare(found["ccts"][0], found["uniform"][0], found["ccts"][1])
    assert difference.common == 20
    assert difference.difference.value > 0
    assert difference.p_value < 0.05


def test_the_same_seed_gives_the_same_searches_and_another_seed_others(tmp_path: Path) -> None:
    def answers(folder: str, seed: int) -> list[str]:
        suite = load(tmp_path, LANDSCAPE.format(seeds=2), seed=seed)
        return [e.answer.text for e in play(tmp_path / folder, suite).entries]

    first = answers("a", 0)
    assert answers("b", 0) == first
    assert answers("c", 1) != first


def test_a_search_on_a_problem_is_scored_against_its_optimum(tmp_path: Path) -> None:
    suite = load(tmp_path, RULER)
    [entry] = play(tmp_path / "run", suite).entries
    assert entry.errors == ()
    assert entry.answer.data["target"] == 17
    assert entry.answer.data["baseline"] >= entry.answer.data["best"] >= 17
    assert summarise([entry]).rows[0].interval.value == pytest.approx(entry.answer.data["gain"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('policies = ["best"]', "no policy 'best'"),
        ('policies = [{ name = "k-elites", temperature = 2 }]', "no option 'temperature'"),
        ("policies = [3]", "3 is no policy"),
        ("seeds = 3", "'seeds' is unknown"),
        ("", "is empty"),
        ("policies = [", "cannot be read"),
        (RULER.replace("marks = 6", "marks = 23"), "No optimum or record"),
        (RULER.replace("seeds = 1", "seeds = 0"), "not complete"),
        (RULER.replace("seeds = 1", "tries = 1"), "'tries' is no field"),
        (LANDSCAPE.format(seeds=1).replace("noise", "din"), "drawn"),
    ],
)
def test_what_cannot_be_searched_is_named_before_anything_runs(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(AnsatzError, match=words):
        load(tmp_path, text)
