from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import pytest

from tools.discovery import problems
from tools.discovery.asked import build_problem
from tools.discovery.experiments import run as run_experiment
from tools.discovery.experiments import verify as verify_experiment
from tools.discovery.run_experiment import LOG, against, claims
from tools.environment import environment
from tools.errors import BadInput, NotFound
from tools.result import Result
from tools.run import Run
from tools.runs import RunStore

SUPPORTED, REFUTED = "supported", "refuted"


def carry_out(store: RunStore, experiment, name: str = "it", **params) -> tuple[Result, Run]:
    given = experiment.parse(params)
    store.submit(experiment, given, run_id=name)
    store.begin(name, os.getpid(), environment())
    run = Run(store, name, 0)
    return experiment.function(given, run), run


def test_a_search_leaves_verdicts_a_program_and_a_page(store: RunStore) -> None:
    result, run = carry_out(store, run_experiment, problem="golomb_ruler", n=6, evaluations=8)
    by_text = {claim.text: claim for claim in result.claims}
    (beats,) = (c for t, c in by_text.items() if "smaller than the baseline" in t)
    assert beats.verdict in (SUPPORTED, REFUTED)
    assert beats.check.reason.startswith("exactly ")
    names = {path.name for path in run.folder.iterdir()}
    assert {LOG, "best-program.py", "best-data.json", "best.png", "report.html"} <= names
    data = json.loads((run.folder / "best-data.json").read_text())
    verdict = problems.get("golomb_ruler", marks=6).verify(data)
    assert verdict.valid
    assert float(verdict.value) == result.metrics["best"]
    page = (run.folder / "report.html").read_text()
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "data:image/png" in page


def test_an_optimum_that_is_missed_is_refuted_and_one_that_is_met_is_supported() -> None:
    problem = problems.get("golomb_ruler", marks=4)
    best = [0, 1, 4, 6]
    assert against(problem, best, Fraction(6), "optimum", equal=True).verdict == SUPPORTED
    assert against(problem, [0, 1, 4, 9], Fraction(6), "optimum", equal=True).verdict == REFUTED
    # A tie is no improvement.
    tie = against(problem, best, Fraction(6), "record")
    assert tie.verdict == REFUTED
    assert "equals" in tie.reason
    assert against(problem, [0, 1, 2], Fraction(6), "record").verdict == REFUTED


def test_a_decimal_record_is_reached_within_half_a_unit_of_its_last_digit() -> None:
    class Half:
        name, size, maximise = "half", {}, True

        def verify(self, data):
            from tools.discovery.problem import Verdict

            return Verdict(True, Fraction(data))

    bar = Fraction("2.636")
    assert against(Half(), "2.6355", bar, "record", equal=True).verdict == SUPPORTED
    assert against(Half(), "2.6354999", bar, "record", equal=True).verdict == REFUTED


def test_a_search_without_a_valid_program_says_so() -> None:
    problem = problems.get("golomb_ruler", marks=4)
    (claim,) = claims(problem, None, None)
    assert claim.verdict == REFUTED


def test_a_construction_is_judged_from_its_file(store: RunStore, tmp_path: Path) -> None:
    path = tmp_path / "ruler.json"
    path.write_text("[0, 1, 4, 6]")
    options = {"problem": "golomb_ruler", "n": 4, "file": str(path)}
    result, _ = carry_out(store, verify_experiment, **options)
    assert result.metrics["value"] == 6
    assert result.claims[0].verdict == SUPPORTED
    path.write_text("[0, 1, 2, 6]")
    result, _ = carry_out(store, verify_experiment, "again", **options)
    assert result.claims[0].verdict == REFUTED
    assert not result.metrics


@pytest.mark.parametrize("text", ["[0, 1", "[" * 100_000, "nul"])
def test_a_file_that_is_not_json_is_named(store: RunStore, tmp_path: Path, text: str) -> None:
    path = tmp_path / "ruler.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"ruler\.json is not JSON"):
        carry_out(store, verify_experiment, problem="golomb_ruler", file=str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("golomb_ruler", 0, "marks"), "not of the form"),
        (("golomb_ruler", 0, "d=3"), "no size parameter d"),
        (("golomb_ruler", 99_999, ""), "marks = 99999"),
        (("golomb rulers", 0, ""), "no problem named"),
    ],
)
def test_a_problem_or_size_that_does_not_exist_is_named(arguments, words: str) -> None:
    with pytest.raises((BadInput, NotFound), match=words):
        build_problem(*arguments)


def test_sizes_are_read_by_name_and_by_what_the_problem_calls_its_main_size() -> None:
    assert dict(build_problem("golomb_ruler", 7, "").size) == {"marks": 7}
    assert dict(build_problem("distance_ratio", 14, "d=3").size) == {"n": 14, "d": 3}
