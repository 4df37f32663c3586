"""The evaluation lane on a local Ray cluster of two worker processes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.discovery import Climber, Hill, program

from tools.discovery import policies
from tools.discovery.budget import Budget
from tools.discovery.candidate import Outcome
from tools.discovery.evaluate import Evaluator
from tools.discovery.log import Log
from tools.discovery.loop import Search

pytest.importorskip("ray")

from tools.discovery.executors.ray import RayEvaluator


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayEvaluator]:
    with RayEvaluator(2) as evaluator:
        yield evaluator


def test_a_search_on_ray_gives_the_log_of_a_search_at_home(
    cluster: RayEvaluator, tmp_path: Path
) -> None:
    policy = policies.create("k-elites")
    for name, executor in (("ray", cluster), ("home", Evaluator(2))):
        Search(Hill(), policy, Climber(), executor, seed=5).run(tmp_path / name, Budget(25))
    executor.close()
    with Log.read(tmp_path / "ray") as ray, Log.read(tmp_path / "home") as home:
        assert list(ray.replayable()) == list(home.replayable())
        assert ray.outcomes()["ok"] > 3


def test_a_lost_worker_is_a_rescheduled_evaluation(cluster: RayEvaluator) -> None:
    pids = [cluster._ray.get(actor.ready.remote()) for actor in cluster._actors]
    slow = [program(i, "for _ in range(4_000_000): pass") for i in range(4)]

    async def lose_one() -> list[Outcome]:
        jobs = [asyncio.ensure_future(cluster.evaluate(Hill(), each, 0)) for each in slow]
        await asyncio.sleep(0.1)
        os.kill(pids[0], signal.SIGKILL)
        return [(await job).outcome for job in jobs]

    assert asyncio.run(lose_one()) == [Outcome.OK] * 4
    assert cluster.lost == 1
