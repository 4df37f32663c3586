"""Suites on a local Ray cluster of two worker processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes.sums import Solver

from evals import runner, suites
from evals.cluster import RayExecutor
from evals.journal import Entry, Journal
from evals.recipe import Recipe
from evals.replies import ReplyStore
from evals.runner import Settings
from evals.sample import State
from evals.session import chat_model
from tools.errors import Cancelled, Unavailable

ray = pytest.importorskip("ray")

SUMS = "[[sample]]\nexperiment = 'grading.grade'\nparams = {{ gold = '{}', answer = '{}' }}\n"


@pytest.fixture(scope="module")
def _cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def play(folder: Path, recipe: Recipe, executor: RayExecutor | None, model, **more) -> list[Entry]:
    suite = recipe.build()
    with (
        closing(Journal(folder / "j.sqlite")) as journal,
        closing(ReplyStore(folder / "r.sqlite")) as replies,
    ):
        asyncio.run(runner.run(suite, model, journal, replies, executor=executor, **more))
        return list(journal.entries(suite.name))


def told(entries: list[Entry]) -> list[object]:
    """Returns rows without what a clock says."""
    return [(e.sample, e.epoch, e.answer, e.errors, e.score) for e in entries]


def answers(path: Path, count: int) -> Path:
    samples = suites.load("arithmetic", suites.Options(samples=count)).samples
    given = [s.gold if i % 3 else "17" for i, s in enumerate(samples)]
    rows = [{"id": s.id, "answer": f"\\boxed{{{g}}}"} for s, g in zip(samples, given, strict=True)]
    # The last one has no answer, which is a failed sample and must stay one.
    path.write_text("\n".join(map(json.dumps, rows[:-1])))
    return path


@pytest.mark.usefixtures("_cluster")
def test_a_cluster_writes_the_rows_that_this_machine_writes(tmp_path: Path) -> None:
    fixed = answers(tmp_path / "a.jsonl", 20)
    recipe = Recipe("arithmetic", suites.Options(samples=20, answers=fixed))
    home = play(tmp_path / "home", recipe, None, Solver())
    with RayExecutor(recipe, offline=False, lanes=2) as executor:
        away = play(tmp_path / "away", recipe, executor, Solver())
        # The answers come from a file, so the lanes could give them.
        assert not executor._asks
    assert told(away) == told(home)
    assert away[-1].score.state is State.FAILED
    assert {e.score.state for e in away} == {State.CORRECT, State.INCORRECT, State.FAILED}


@pytest.mark.usefixtures("_cluster")
def test_what_asks_an_endpoint_is_asked_here_once_and_scored_there(tmp_path: Path) -> None:
    recipe = Recipe("arithmetic", suites.Options(samples=12))
    home = play(tmp_path / "home", recipe, None, Solver())
    model = Solver()
    with RayExecutor(recipe, model=model.name, offline=False, lanes=2) as executor:
        away = play(tmp_path / "away", recipe, executor, model)
    with (
        RayExecutor(recipe, offline=False, lanes=1) as executor,
        closing(Journal(tmp_path / "away" / "j.sqlite")) as journal,
    ):
        again = runner.rescore(journal, recipe.build().scorer, "again", executor)
        assert asyncio.run(again) == 12
        rescored = list(journal.entries("again"))
    assert told(away) == told(home) == told(rescored)
    with closing(ReplyStore(tmp_path / "away" / "r.sqlite")) as kept:
        assert len(kept) == 12


@pytest.mark.usefixtures("_cluster")
def test_the_planner_goes_along_and_experiments_run_there(tmp_path: Path) -> None:
    claims = tmp_path / "claims.toml"
    claims.write_text(
        SUMS.format("1/2", "0.5")
        + "verdicts = { equals = 'supported' }\n"
        + SUMS.format("1/2", "0.6")
        + "verdicts = { equals = 'supported' }\n"
    )
    recipe = Recipe("claims", suites.Options(path=claims))
    with RayExecutor(recipe, lanes=2) as executor:
        right, wrong = play(tmp_path / "claims", recipe, executor, Solver())
        assert not executor._asks
    assert right.score.state is State.CORRECT
    assert wrong.score.state is State.INCORRECT
    assert "refuted" in wrong.score.reason
    planner = chat_model("offline", {})
    recipe = Recipe("routing", suites.Options(samples=4))
    home = play(tmp_path / "home", recipe, None, planner)
    with RayExecutor(recipe, lanes=1) as executor:
        away = play(tmp_path / "away", recipe, executor, planner)
        assert not executor._asks
    assert told(away) == told(home)


@pytest.mark.usefixtures("_cluster")
def test_samples_of_a_lost_worker_are_done_again(tmp_path: Path) -> None:
    fixed = answers(tmp_path / "a.jsonl", 30)
    recipe = Recipe("arithmetic", suites.Options(samples=30, answers=fixed))
    home = play(tmp_path / "home", recipe, None, Solver())
    killed: list[int] = []

    def lose_one(progress: runner.Progress) -> None:
        if progress.done == 10 and not killed:
            killed.append(ray.get(executor._actors[0].ready.remote()))
            os.kill(killed[0], signal.SIGKILL)

    with RayExecutor(recipe, offline=False, lanes=2) as executor:
        away = play(tmp_path / "away", recipe, executor, Solver(), on_progress=lose_one)
        assert executor.lost >= 1
    assert told(away) == told(home)


@pytest.mark.usefixtures("_cluster")
def test_a_cancelled_run_ends_as_cancelled_and_goes_on_where_it_was(tmp_path: Path) -> None:
    fixed = answers(tmp_path / "a.jsonl", 16)
    recipe = Recipe("arithmetic", suites.Options(samples=16, answers=fixed))
    home = play(tmp_path / "home", recipe, None, Solver())

    def stop(progress: runner.Progress) -> None:
        if progress.done >= 5:
            raise Cancelled("stopped by someone")

    folder = tmp_path / "away"
    with RayExecutor(recipe, offline=False, lanes=2) as executor:
        with pytest.raises(Cancelled, match="by someone"):
            play(folder, recipe, executor, Solver(), on_progress=stop)
        with closing(Journal(folder / "j.sqlite")) as journal:
            first = journal.done()
    assert 5 <= len(first) < 16
    # Here, without the cluster: the journal does not care where its rows come from.
    assert told(play(folder, recipe, None, Solver())) == told(home)


@pytest.mark.usefixtures("_cluster")
def test_waiting_for_a_lane_that_does_not_come_can_be_cancelled(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled("no patience")

    recipe = Recipe("arithmetic", suites.Options(samples=2))
    # More lanes than there are cores: the third one waits for ever.
    with RayExecutor(recipe, lanes=3, check=stop) as executor, pytest.raises(Cancelled):
        play(tmp_path, recipe, executor, Solver(), settings=Settings(concurrency=1))


def test_without_ray_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Unavailable, match=r"pip install 'ansatz-lab\[ray\]'"):
        RayExecutor(Recipe("retrieval"))
