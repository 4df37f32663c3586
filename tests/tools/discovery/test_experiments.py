from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import pytest
from fakes.openai_server import FakeOpenAI, say

from tools.discovery import problems
from tools.discovery.asked import build_problem
from tools.discovery.experiments import run as run_experiment
from tools.discovery.experiments import verify as verify_experiment
from tools.discovery.log import Log
from tools.discovery.problems.scaffold import scaffold
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


def test_a_search_whose_baseline_is_broken_says_so_at_once(store: RunStore, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    scaffold("mine", folder)
    (folder / "baseline.py").write_text("def solve(n, seed):\n    return 1 / 0\n")
    with pytest.raises(BadInput, match=r"(?s)its baseline is not valid.*ZeroDivisionError"):
        carry_out(store, run_experiment, problem=str(folder), evaluations=50)
    with Log.read(store.folder / "it" / LOG) as log:
        assert log.committed() == 1
        assert log.sessions()[-1].reason == "failed"


def test_progress_keeps_its_label_while_the_best_improves(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(Run, "step", lambda self, *args, **more: told.append((args, more)))
    asked = {"problem": "golomb_ruler", "n": 9}
    _, run = carry_out(store, run_experiment, **asked, evaluations=6)
    run_experiment.function(run_experiment.parse({**asked, "evaluations": 9}), run)
    assert [args for args, _ in told] == [("searching", n, 6) for n in range(7)] + [
        ("searching", n, 9) for n in range(10)
    ]
    details = [more for _, more in told if more]
    assert [more["first"] for more in details] == [0] * 6 + [6] * 9
    assert all(more["detail"].startswith("best ") for more in details)


def test_what_is_set_for_models_reaches_them(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = "<<<<<<< SEARCH\ndef solve(\n=======\n# new\ndef solve(\n>>>>>>> REPLACE"
    asked = {"problem": "golomb_ruler", "n": 5, "evaluations": 3, "proposer": "m1, m2"}
    with FakeOpenAI(lambda chat: say(edit)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        with pytest.raises(BadInput, match=r"no price is known for m1, m2"):
            carry_out(store, run_experiment, "unpriced", **asked, dollars=1.0)
        assert not server.chats
        settings = {"edit": "diff", "temperature": 0.4, "price": "m1=1,1; m2=1,1", "dollars": 1.0}
        result, run = carry_out(store, run_experiment, **asked, **settings)
        programs = [c for c in server.chats if "SEARCH" in c["messages"][-1]["content"]]
        assert {c["temperature"] for c in programs} == {0.4}
    assert result.metrics["dollars"] == pytest.approx(result.metrics["tokens"] / 1e6)
    with Log.read(run.folder / LOG) as log:
        assert {row.proposal.operator for row in log.rows(1)} <= {"diff", "crossover"}
        header = log.header["proposer"]
        assert (header["edit"], header["temperature"]) == ("diff", 0.4)
        assert "price" not in str(log.header)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"edit": "diff"}, "edit = diff is for models"),
        ({"temperature": 0.5}, "temperature = 0.5 is for models"),
        ({"price": "1,2"}, "price = 1,2 is for models"),
        ({"proposer": "m", "price": "cheap"}, "price = cheap is not two numbers"),
        ({"proposer": "m", "price": "n=1,2"}, "no model 'n' is asked"),
        ({"proposer": "m", "temperature": 3}, "temperature"),
    ],
)
def test_settings_of_models_that_cannot_be_are_refused(params, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        run_experiment.parse(params)


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
