"""The suites that need no endpoint do as well as they did."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from evals import gate, runner, suites
from evals.journal import Journal
from evals.replies import ReplyStore
from evals.session import chat_model
from evals.statistics import share_interval
from evals.summary import summarise
from tools.errors import BadInput


@pytest.mark.parametrize("name", ["retrieval", "routing"])
def test_no_suite_has_dropped_beyond_noise(name: str, tmp_path: Path) -> None:
    before = gate.baselines()[name]
    suite = suites.load(name, suites.Options(samples=before.n))
    with (
        closing(Journal(tmp_path / "j.sqlite")) as journal,
        closing(ReplyStore(tmp_path / "r.sqlite")) as replies,
    ):
        asyncio.run(runner.run(suite, chat_model("offline", {}), journal, replies))
        summary = summarise(list(journal.entries(name)))
    assert gate.drop(summary.rows[0].interval, before) == ""


@pytest.mark.parametrize(
    ("right", "n", "fails"),
    [(95, 100, False), (92, 100, False), (80, 100, True), (8, 10, False), (60, 60, False)],
)
def test_a_drop_fails_and_noise_does_not(right: int, n: int, fails: bool) -> None:
    before = gate.Baseline(0.95, 100)
    assert bool(gate.drop(share_interval(right, n), before)) is fails


def test_one_miss_after_a_perfect_baseline_is_noise_and_a_bar_is_a_bar() -> None:
    perfect = gate.Baseline(1.0, 80)
    assert gate.drop(share_interval(79, 80), perfect) == ""
    assert "below the bar" in gate.drop(share_interval(79, 80), gate.Baseline(1.0, 80, 0.99))


def test_a_baseline_out_of_range_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_text("[retrieval]\naccuracy = 1.2\nn = 5\n")
    with pytest.raises(BadInput, match="retrieval"):
        gate.baselines(path)
