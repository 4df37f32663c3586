"""What a run of a suite says of itself: where it stands, and what was not solved."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import closing
from pathlib import Path

import pytest
from fakes.sums import Solver, play

from evals import runner, suites
from evals.experiments import evaluate
from evals.gate import Baseline
from evals.journal import Journal
from evals.replies import ReplyStore
from evals.standing import MARGIN, stands
from evals.statistics import share_interval
from evals.telling import unsolved
from tools.claims import Verdict
from tools.errors import Cancelled
from tools.run import Run
from tools.runs import RunStore

GOOD = Baseline(0.96, 150)


@pytest.mark.parametrize(
    ("right", "n", "verdict"),
    [
        (145, 150, Verdict.SUPPORTED),
        (17, 20, Verdict.INCONCLUSIVE),
        (110, 150, Verdict.REFUTED),
        (5, 20, Verdict.REFUTED),
        (1, 1, Verdict.INCONCLUSIVE),
    ],
)
def test_few_samples_decide_little_and_a_drop_is_a_drop(
    right: int, n: int, verdict: Verdict
) -> None:
    assert stands(share_interval(right, n), GOOD).verdict is verdict


def test_a_loss_of_exactly_the_margin_is_seldom_called_none() -> None:
    rng = random.Random(3)

    def draw(p: float) -> int:
        return sum(rng.random() < p for _ in range(150))

    called = 0
    for _ in range(600):
        before = Baseline(draw(0.9) / 150, 150)
        now = share_interval(draw(0.9 - MARGIN), 150)
        called += stands(now, before).verdict is Verdict.SUPPORTED
    # One side of a 95 % interval: 2.5 % of the time, which 600 draws know to 0.7 %.
    assert called / 600 < 0.045


def test_what_was_not_solved_is_counted_and_shown_by_different_samples(tmp_path: Path) -> None:
    suite = suites.load("arithmetic", suites.Options(samples=12, epochs=2))
    played = play(tmp_path / "run-a", suite)
    text = unsolved(played.entries, "run-a")
    assert text.startswith("not solved: 20 of 24 (20 no answer). For example shopping-0-1, '")
    assert text.count("The reply holds no answer") == 3
    assert text.count("shopping-0-1") == 1
    assert text.endswith("`ansatz eval report run-a` shows each")
    assert unsolved([e for e in played.entries if e.score.value == 1], "run-a") == ""


def carry_out(store: RunStore, **values: object) -> tuple[object, tuple[str, ...]]:
    params = evaluate.parse(values)
    record = store.submit(evaluate, params)
    store.begin(record.id, os.getpid(), {})
    result = evaluate.function(params, Run(store, record.id, 0))
    return result, store.get(record.id).notices


def test_a_run_says_where_it_stands_and_what_it_took(store: RunStore) -> None:
    result, notices = carry_out(store, suite="retrieval", samples=25, model="offline")
    (claim,) = result.claims
    assert claim.text.startswith("The suite retrieval has an accuracy at most 0.05 below")
    assert {"accuracy", "correct", "seconds"} <= result.metrics.keys()
    assert "failed" not in result.metrics
    assert notices == () or "not solved" in notices[0]


def test_a_suite_for_chat_models_says_that_none_answered(store: RunStore) -> None:
    result, notices = carry_out(store, suite="arithmetic", samples=6, model="offline")
    assert result.claims == []
    assert "says nothing of a chat model" in notices[0]
    assert "not solved: 6 of 6 (6 no answer)" in notices[1]


def test_a_cancelled_run_ends_as_cancelled(tmp_path: Path) -> None:
    def stop(progress: runner.Progress) -> None:
        if progress.done >= 3:
            raise Cancelled("stopped by someone")

    suite = suites.load("arithmetic", suites.Options(samples=20))
    with (
        closing(Journal(tmp_path / "j.sqlite")) as journal,
        closing(ReplyStore(tmp_path / "r.sqlite")) as replies,
    ):
        with pytest.raises(Cancelled, match="by someone"):
            asyncio.run(runner.run(suite, Solver(), journal, replies, on_progress=stop))
        assert 3 <= len(journal.done()) < 20
