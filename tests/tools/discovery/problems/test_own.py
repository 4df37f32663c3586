"""A user's own problem: its faults are found when it is opened, or told with the file and line."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from tools import plots
from tools.discovery import problems
from tools.discovery.candidate import Candidate
from tools.discovery.evaluate import judge
from tools.discovery.problem import Verdict
from tools.discovery.problems import FolderProblem
from tools.discovery.problems.scaffold import scaffold
from tools.errors import BadInput, Cancelled, NotFound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working problem, to be broken."""
    scaffold("sum_free", tmp_path / "mine")
    return tmp_path / "mine"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def judging(folder: Path, body: str) -> FolderProblem:
    """Opens the problem with another first line of `judge`."""
    change(folder / "problem.py", '        n = self.size["n"]\n', f"        {body}\n")
    return problems.get(str(folder))


def line_of(file: Path, text: str) -> int:
    return 1 + next(i for i, line in enumerate(file.read_text().splitlines()) if text in line)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise KeyError('boom')", "judge, given a list of 3, raised KeyError: 'boom'"),
        ("raise SystemExit(3)", "raised SystemExit: 3"),
        ("raise NotImplementedError", "raised NotImplementedError"),
        ("return int('x')", "raised ValueError"),
    ],
)
def test_what_a_verifier_raises_is_told_with_file_line_and_data(
    folder: Path, body: str, told: str
) -> None:
    problem = judging(folder, body)
    with pytest.raises(BadInput) as caught:
        problem.verify([1, 3, 5])
    file = folder / "problem.py"
    assert told in caught.value.problem
    assert caught.value.problem.startswith(str(file))
    assert f"(line {line_of(file, body)})" in caught.value.problem
    # A search ends with it: it is no program's fault.
    with pytest.raises(BadInput):
        judge(problem, [1, 3, 5])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return None", "returned None, not a Verdict"),
        ("return True", "returned True, not a Verdict"),
        ("return Verdict(True)", "a valid verdict without a value"),
        ("return Verdict(True, float('nan'))", "the value nan"),
        ("return Verdict(True, float('-inf'))", "the value -inf"),
        ("return Verdict(True, '3')", "the value '3'"),
        ("return Verdict(True, True)", "the value True"),
        ("return Verdict(True, 1j)", "an object of type complex"),
        ("return Verdict(True, 3, data=[{1}])", "data that are not JSON"),
        ("return Verdict(True, 3, data=[1j])", "data that are not JSON"),
        ("return Verdict(1, 3)", "valid = 1"),
        ("return Verdict(None)", "valid = None"),
    ],
)
def test_a_verdict_that_says_nothing_is_refused(folder: Path, body: str, told: str) -> None:
    problem = judging(folder, body)
    with pytest.raises(BadInput) as caught:
        problem.verify({"a": 1})
    assert told in caught.value.problem
    assert "problem.py: judge, given a dict of 1, returned" in caught.value.problem
    assert caught.value.remedy


@pytest.mark.parametrize("value", ["3", "2.5", "Fraction(1, 3)", "10 ** 400"])
def test_finite_values_of_all_kinds_are_taken(folder: Path, value: str) -> None:
    problem = judging(folder, f"from fractions import Fraction; return Verdict(True, {value})")
    expected = Fraction(1, 3) if "Fraction" in value else Fraction(eval(value))  # noqa: S307
    assert Fraction(problem.verify([]).value or 0) == expected


def test_an_invalid_verdict_needs_no_value_and_refusals_stay_refusals(folder: Path) -> None:
    problem = problems.get(str(folder))
    assert problem.verify([1, 2]) == Verdict(False, message="data[0] + data[0] = 2 is in the set.")
    assert judging(folder, "return Verdict(False)").verify([1]) == Verdict(False)


def test_a_cancellation_passes_through_a_verifier(folder: Path) -> None:
    problem = judging(folder, "from tools.errors import Cancelled; raise Cancelled('stop')")
    with pytest.raises(Cancelled):
        problem.verify([])


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text) and None


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: change(folder / name, old, new)


OPTIMUM = '[[optimum]]\nsize = {n = 40}\nvalue = "20"\nsource = "us"\n'


@pytest.mark.parametrize(
    ("spoil", "file", "told"),
    [
        (remove("statement.md"), "statement.md", "cannot be read: No such file"),
        (remove("baseline.py"), "baseline.py", "cannot be read: No such file"),
        (write("baseline.py", "def solve(:\n"), "baseline.py", "is no Python"),
        (remove("parts.py"), "parts.py", "cannot be read"),
        (write("parts.py", "def (:\n"), "parts.py", "cannot be read"),
        (write("grammar.toml", "[a\n"), "grammar.toml", "cannot be read"),
        (write("grammar.toml", "[a.b]\n"), "grammar.toml", "a production needs a `text`"),
        (write("grammar.toml", "a = 1\n"), "grammar.toml", "cannot be used"),
        (write("known.toml", "[[optimum\n"), "known.toml", "cannot be read"),
        (write("known.toml", OPTIMUM.replace("optimum", "optimums")), "known.toml", "only [[rec"),
        (write("known.toml", OPTIMUM.replace("[[optimum]]", "[optimum]")), "known.toml", "several"),
        (write("known.toml", OPTIMUM.replace('"20"', '"1/0"')), "known.toml", "cannot be read"),
        (write("known.toml", OPTIMUM.replace("value", "valeu")), "known.toml", "value is missing"),
        (write("known.toml", OPTIMUM.replace("{n = 40}", "40")), "known.toml", "not a table"),
        (write("known.toml", OPTIMUM.replace("{n", "{m")), "known.toml", '{"m": 40} is no size'),
        (edit("problem.py", 'profile="numpy"', 'profile="nunpy"'), "problem.py", "'nunpy'"),
        (edit("problem.py", "def judge", "def jugde"), "problem.py", "defines no method `judge`"),
        (edit("problem.py", 'name = "sum_free"', 'name = ""'), "problem.py", "name = ''"),
        (edit("problem.py", "limits = Limits", "limits = dict"), "problem.py", "limits = a dict"),
        (edit("problem.py", "(Size(", "(dict(a=1) or Size("), "problem.py", "cannot be made"),
        (
            edit(
                "problem.py", "    def judge", "    def dialogue(self, seed): 1 / 0\n    def judge"
            ),
            "problem.py",
            "ZeroDivisionError",
        ),
        (
            edit(
                "problem.py",
                "    def judge",
                "    def dialogue(self, seed): yield 1\n    def judge",
            ),
            "problem.py",
            "dialogue yielded 1",
        ),
    ],
)
def test_a_file_that_is_missing_or_wrong_is_named_when_the_problem_is_opened(
    folder: Path, spoil: Callable[[Path], None], file: str, told: str
) -> None:
    problems.get(str(folder))
    spoil(folder)
    with pytest.raises(BadInput) as caught:
        problems.get(str(folder))
    assert str(folder / file) in caught.value.problem
    assert told in caught.value.problem


def test_a_grammar_is_optional(folder: Path) -> None:
    (folder / "grammar.toml").unlink()
    (folder / "parts.py").unlink()
    (folder / "known.toml").unlink()
    problem = problems.get(str(folder))
    assert isinstance(problem.baseline(), Candidate)
    with pytest.raises(BadInput, match=r"grammar\.toml cannot be read"):
        problem.grammar()


def test_a_date_without_quotes_is_refused_before_records_are_sorted(folder: Path) -> None:
    record = '[[record]]\nsize = {n = 40}\nvalue = "20"\ndate = DATE\nsource = "us"\n'
    text = (record + "recomputed = false\n").replace("DATE", "2026-01-01")
    (folder / "known.toml").write_text(text)
    with pytest.raises(BadInput, match="date = 2026-01-01 is not a text in quotes"):
        problems.get(str(folder))


@pytest.mark.parametrize("text", ["import sys\nsys.exit()\n", "raise SystemExit(0)\n"])
def test_a_file_that_exits_is_told_not_obeyed(folder: Path, text: str) -> None:
    (folder / "problem.py").write_text(text)
    with pytest.raises(BadInput) as caught:
        problems.get(str(folder))
    assert "cannot be imported: SystemExit" in caught.value.problem
    assert f"(line {text.count(chr(10))})" in caught.value.problem


def test_what_is_imported_without_being_derived_is_no_problem(folder: Path) -> None:
    (folder / "problem.py").write_text(
        "from tools.discovery.problems import FolderProblem as Problem\n"
    )
    with pytest.raises(BadInput, match="no class `Problem` derived"):
        problems.get(str(folder))


def test_a_drawing_that_fails_says_why_instead(folder: Path) -> None:
    def trouble() -> str:
        _, (axes,) = plots.new_figure(title="")
        return problems.get(str(folder)).try_to_draw([1, 3], axes)

    assert trouble() == ""
    file = folder / "problem.py"
    change(file, "axes.vlines(data, 0, 1)", "axes.vlines(data['x'], 0, 1)")
    assert f"{file}: draw raised TypeError" in trouble()
    assert f"(line {line_of(file, 'axes.vlines')})" in trouble()
    # What only fails when the picture is made.
    change(file, "axes.vlines(data['x'], 0, 1)", "axes.set_title(r'$\\frac{1$')")
    assert "draw raised ValueError" in trouble()
    change(file, "def draw", "def paint")
    assert trouble() == f"There is no drawing. {file} defines no `draw`."


def test_a_shipped_name_is_never_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scaffold("sum_free", tmp_path / "cap_set")
    monkeypatch.chdir(tmp_path)
    assert not problems.is_path("cap_set")
    assert problems.get("cap_set", n=3).name == "cap_set"
    assert problems.is_path("./cap_set")
    assert problems.get("./cap_set").name == "sum_free"


@pytest.mark.parametrize("name", ["x" * 5000, "x/" * 2500, "", "a\0b", "a\0/b.py", "é" * 300])
def test_a_name_that_no_file_can_have_is_not_found(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        problems.get(name)
    assert len(caught.value.problem) < 200


def test_a_quick_edit_of_the_same_length_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    for name in ("abc", "xyz"):
        path.write_text(f"raise ValueError('{name}')\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
        with pytest.raises(BadInput, match=name):
            problems.get(str(path))
    for value in ("'tune'", "'lone'"):
        path.write_text(f"import sys\nsys.exit({value})\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
        with pytest.raises(BadInput, match=value.strip("'")):
            problems.get(str(path))
