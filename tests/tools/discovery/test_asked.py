"""Which problem a request is about, and that its path holds wherever the run is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.discovery.asked import build_problem
from tools.discovery.experiments import compare, run, verify
from tools.discovery.problems.scaffold import scaffold
from tools.errors import BadInput
from tools.experiment import Experiment


@pytest.mark.parametrize("experiment", [run, compare, verify], ids=lambda e: e.name)
def test_the_path_of_a_problem_is_kept_whole(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scaffold("sum_free", tmp_path / "mine")
    scaffold("sum_free", tmp_path / "cap_set")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    def kept(name: str) -> str:
        return experiment.parse_text({"problem": name}).model_dump()["problem"]

    assert kept("mine") == kept("./mine") == kept("~/mine") == str(tmp_path / "mine")
    assert kept("gone.py") == str(tmp_path / "gone.py")
    assert kept(str(tmp_path / "mine")) == str(tmp_path / "mine")
    # Neither a shipped name, though a folder has it too, nor what is no path at all.
    assert kept("cap_set") == "cap_set"
    assert kept("golomb rulers") == "golomb rulers"
    with pytest.raises(BadInput, match="home directory"):
        kept("~nobody-has-this-name/mine")


def test_a_grammar_must_be_there_only_for_who_makes_programs_from_it(tmp_path: Path) -> None:
    scaffold("sum_free", tmp_path / "mine")
    (tmp_path / "mine" / "grammar.toml").unlink()
    problem = str(tmp_path / "mine")
    for experiment in (run, compare):
        with pytest.raises(BadInput, match=r"grammar\.toml cannot be read"):
            experiment.parse({"problem": problem}).build()  # type: ignore[attr-defined]
    asked = run.parse({"problem": problem, "proposer": "a-model"})
    assert asked.build().name == "sum_free"  # type: ignore[attr-defined]
    assert verify.parse({"problem": problem}).build().name == "sum_free"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ("n=²", "n = '²' cannot be"),
        ("n=٣", "n = '٣' cannot be"),
        ("n=--3", "n = '--3' cannot be"),
        ("n=-3", "n = -3 cannot be"),
        ("n=1_0", "n = '1_0' cannot be"),
        ("n=" + "9" * 5000, "n = '9999"),
        ("x" * 5000, "not of the form"),
        ("n=", "n = '' cannot be"),
        ("=3", "no size parameter"),
    ],
)
def test_a_size_that_is_no_number_is_refused(size: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        build_problem("cap_set", 0, size)
    assert told in caught.value.problem
    assert len(caught.value.problem) < 300


def test_a_size_is_read_with_spaces_around_it() -> None:
    assert dict(build_problem("distance_ratio", 0, " n = 14 , d = 3 ").size) == {"n": 14, "d": 3}
