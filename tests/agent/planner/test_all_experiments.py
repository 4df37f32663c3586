"""Everyday requests for every registered experiment, played with all of them registered."""

import asyncio
from pathlib import Path

from agent.planner import EmbeddedPlanner
from evals.routing import load, score
from knowledge.embed import default_embedder
from tools import registry

REQUESTS = Path(__file__).with_name("all_experiments_requests.jsonl")


def test_everyday_requests_reach_their_experiment_among_all() -> None:
    experiments = list(registry.load())
    model = EmbeddedPlanner(experiments, default_embedder().encode)
    outcomes = asyncio.run(score(model, experiments, load(REQUESTS)[::3]))
    wrong = [(o.id, o.user, o.calls, o.text) for o in outcomes if not o.right]
    assert len(outcomes) >= 50
    assert len(wrong) <= 0.1 * len(outcomes), wrong
    assert sum(o.wrong_run for o in outcomes) <= 1, wrong
