from __future__ import annotations

import json
import typing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fakes.sums import play

from evals import runner, suites
from evals.experiments import RunParams
from evals.export import inspect_log, rows, write
from evals.played import Played
from evals.report import page
from evals.sample import State
from evals.summary import summarise
from tools.errors import BadInput


@pytest.fixture
def played(tmp_path: Path) -> Played:
    suite = suites.load("arithmetic", suites.Options(samples=12, epochs=2))
    return play(tmp_path / "run-a", suite)


def test_generated_samples_do_not_depend_on_how_many_are_asked_for() -> None:
    few = suites.load("arithmetic", suites.Options(samples=7)).samples
    many = suites.load("arithmetic", suites.Options(samples=50)).samples
    assert list(few) == list(many)[:7]
    other = suites.load("arithmetic", suites.Options(samples=7, seed=1)).samples
    assert all(a.question != b.question for a, b in zip(few, other, strict=True))


def test_a_summary_counts_states_apart_and_groups_by_tag(played: Played) -> None:
    summary = summarise(played.entries, ks=[1, 2])
    assert summary.counts[State.CORRECT] == 4
    assert summary.counts[State.NO_ANSWER] == 20
    rows_ = {row.name: row.interval for row in summary.rows}
    assert rows_["accuracy"].value == pytest.approx(1 / 6)
    assert rows_["accuracy"].clusters == 12
    assert rows_["pass@2"].value == pytest.approx(1 / 6)
    tags = {row.name: row.interval.value for row in summary.by_tag}
    assert tags["kind = sum"] == 1.0
    assert tags["kind = product"] == 0.0
    assert summary.usage.requests == 24


def test_the_page_shows_hostile_text_as_text_and_loads_nothing(played: Played) -> None:
    text = page(played, played)
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in text
    assert text.count("<details") == 24
    assert 'data-changed="1"' not in text


def test_runs_leave_as_json_parquet_and_inspect_logs(played: Played, tmp_path: Path) -> None:
    write(played, "json", tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text())["samples"] == rows(played)
    write(played, "parquet", tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == rows(played)
    log = inspect_log(played)
    assert log["status"] == "success"
    assert {s["scores"]["ansatz"]["value"] for s in log["samples"]} == {"C", "N"}
    with pytest.raises(BadInput, match="no format"):
        write(played, "xml", tmp_path / "x.xml")


def test_every_gold_of_the_shipped_problems_is_graded_correct_against_itself() -> None:
    suite = suites.load("cmt", suites.Options(samples=12))
    assert len({s.tags["category"] for s in suite.samples}) == 8
    runner.check(suite)


def test_a_perfect_answer_file_solves_the_problems(tmp_path: Path) -> None:
    whole = suites.load("cmt", suites.Options(samples=8))
    lines = [json.dumps({"id": s.id, "answer": f"\\boxed{{{s.gold}}}"}) for s in whole.samples]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("\n".join(lines))
    suite = suites.load("cmt", suites.Options(samples=8, answers=answers))
    assert summarise(play(tmp_path / "run", suite).entries).counts[State.CORRECT] == 8


def test_questions_find_their_paper_and_questions_of_other_kinds_find_nothing(tmp_path) -> None:
    entries = play(tmp_path, suites.load("retrieval")).entries
    assert [e.errors for e in entries if e.errors] == []
    summary = summarise(entries)
    rows_ = {row.name: row.interval.value for row in summary.rows}
    tags = {row.name: row.interval.value for row in summary.by_tag}
    assert rows_["recall_at_5"] >= 0.98
    assert tags["kind = inside"] >= 0.85
    assert tags["kind = outside"] >= 0.9


def test_the_experiment_offers_exactly_the_suites_there_are() -> None:
    choices = typing.get_args(RunParams.model_fields["suite"].annotation)
    assert list(choices) == suites.names()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("arithmetics", suites.Options(), "Did you mean arithmetic"),
        ("cmt", suites.Options(samples=-1), "samples = -1"),
        ("cmt", suites.Options(epochs=0), "epochs = 0"),
    ],
)
def test_bad_options_are_named(name: str, options: suites.Options, words: str) -> None:
    with pytest.raises(BadInput) as error:
        suites.load(name, options)
    assert words in f"{error.value}"
