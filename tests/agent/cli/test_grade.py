"""`ansatz grade`: verdicts as words, as JSON, and as exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli

pytestmark = pytest.mark.usefixtures("home")


def ansatz(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["grade", *args], input=stdin)


@pytest.mark.parametrize(
    ("gold", "answer", "code", "verdict"),
    [
        (r"\frac{1}{2}", "0.5", 0, "correct"),
        ("2x", "3x", 1, "incorrect"),
        ("1", "-1", 1, "incorrect"),
        ("-x", "-1*x", 0, "correct"),
        ("42", "9" * 11_000, 3, "ungradable"),
    ],
)
def test_the_verdict_is_the_exit_code(gold: str, answer: str, code: int, verdict: str) -> None:
    done = ansatz(gold, answer)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (code, verdict)
    asked = ansatz(gold, answer, "--json")
    assert asked.exit_code == code
    assert json.loads(asked.stdout)["verdict"] == verdict


def test_people_see_why_and_how() -> None:
    lines = dict(
        line.split(None, 1) for line in ansatz("2x", "x*2").stdout.splitlines() if " " in line
    )
    assert lines["gold"] == "2*x"
    assert lines["method"] == "exact"
    assert lines["why"].startswith("Both sides")


def test_a_long_answer_comes_from_standard_input() -> None:
    done = ansatz("2x", "-", stdin="We add and get \\boxed{x + x}.\n")
    assert done.exit_code == 0
    assert "the box" in done.stdout


def test_conventions_come_from_options_or_from_a_file(tmp_path: Path) -> None:
    pair = ("x", r"\sqrt{x^2}")
    assert ansatz(*pair).exit_code == 1
    assert ansatz(*pair, "--assume", "x > 0").exit_code == 0
    plain, full, toml = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "c.toml"
    plain.write_text(json.dumps({"assume": "x > 0"}))
    full.write_text(json.dumps({"domains": [["x", "positive"]]}))
    toml.write_text('assume = "x > 0"\n')
    for path in (plain, full, toml):
        assert ansatz(*pair, "--spec", str(path)).exit_code == 0
    assert ansatz("a; b", "b, a", "--parameters", "$a;b;c$").exit_code == 0


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("1",), "Give GOLD and ANSWER"),
        ((), "Give GOLD and ANSWER"),
        (("1", "1", "--assume", "flux capacitor warm"), "flux capacitor warm"),
        (("1", "1", "--spec", "/nowhere/spec.json"), "cannot be read"),
        (("1", "1", "--budget", "0"), "budget"),
        (("1", "1", "-o", "x"), "-o belongs to --file"),
        (("1", "1", "--file", "x"), "--file takes everything"),
        (("--file", "/nowhere/pairs.jsonl"), "cannot be read"),
    ],
)
def test_bad_input_leaves_with_2_and_one_line(args: tuple[str, ...], problem: str) -> None:
    done = ansatz(*args)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert problem in done.stderr
    told = ansatz(*args, "--json")
    assert told.exit_code == 2
    assert problem in json.loads(told.stdout)["error"]["problem"]


def test_a_spec_with_an_unknown_field_names_it(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"colour": "red"}))
    done = ansatz("1", "1", "--spec", str(path))
    assert done.exit_code == 2
    assert "'colour'" in done.stderr


def test_a_file_is_graded_summed_up_and_written(tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "out.jsonl"
    pairs.write_text(
        '{"id": "a", "gold": "1", "answer": "1.0", "truth": true}\n'
        '{"id": "b", "gold": "1", "answer": "2", "truth": true}\n'
    )
    done = ansatz("--file", str(pairs), "-o", str(out))
    assert done.exit_code == 0
    assert "agreement with truth: 1 of 2" in done.stdout
    assert "b: incorrect, but the answer is right" in done.stdout
    assert len(out.read_text().splitlines()) == 2
    told = json.loads(ansatz("--file", str(pairs), "--json").stdout)
    assert [r["verdict"] for r in told["results"]] == ["correct", "incorrect"]
    assert told["summary"]["disagreements"] == [2]


def test_a_row_that_cannot_be_used_is_named_and_leaves_with_2(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("gold,answer\n1,1\n,2\n")
    done = ansatz("--file", str(pairs))
    assert done.exit_code == 2
    assert "not graded: row 2, gold: empty." in done.stderr
    assert "correct" in done.stdout


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in ansatz("1", "\x1b[31m2\x07").output
