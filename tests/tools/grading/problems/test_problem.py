"""Problem files are validated with errors that name the problem and the field."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.errors import BadInput
from tools.grading.problems import Category, Kind, load, read_file

GOOD = {
    "id": '"sm-one-spin"',
    "prompt": '"Give the partition function of one spin in a field."',
    "parameters": "'\\beta;h'",
    "functions": '""',
    "assume": '"h real"',
    "kind": '"expression"',
    "gold": "'2\\cosh(\\beta h)'",
    "why": '"Two states."',
    "check": '"one_spin"',
    "difficulty": "1",
}


def written(folder: Path, *entries: dict[str, str], head: str = 'category = "PEPS"') -> Path:
    tables = ["\n".join(["[[problem]]", *(f"{k} = {v}" for k, v in e.items())]) for e in entries]
    path = folder / "a.toml"
    path.write_text("\n\n".join([head, *tables]), encoding="utf-8")
    return path


def test_a_good_file_becomes_problems(tmp_path: Path) -> None:
    (problem,) = read_file(written(tmp_path, GOOD))
    assert problem.category is Category.PEPS
    assert problem.kind is Kind.EXPRESSION
    assert problem.gold == r"2\cosh(\beta h)"
    assert problem.question.startswith(problem.prompt)
    assert r"\boxed{}" in problem.question


@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_missing_field_is_named_with_its_problem(tmp_path: Path, field: str) -> None:
    entry = {k: v for k, v in GOOD.items() if k != field}
    label = r"a.toml\[0\]" if field == "id" else "sm-one-spin"
    with pytest.raises(BadInput, match=rf"{label}.*{field} is missing"):
        read_file(written(tmp_path, entry))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gold", '" "'),
        ("prompt", '""'),
        ("why", "3"),
        ("parameters", "['t']"),
        ("kind", '"poem"'),
        ("difficulty", "4"),
        ("difficulty", "true"),
        ("difficulty", '"2"'),
    ],
)
def test_a_wrong_value_is_named_with_problem_and_field(
    tmp_path: Path, field: str, value: str
) -> None:
    with pytest.raises(BadInput, match=rf"sm-one-spin.*field {field}"):
        read_file(written(tmp_path, GOOD | {field: value}))


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"sm-one-spin.*'hint' is no field"):
        read_file(written(tmp_path, GOOD | {"hint": '"think"'}))


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    written(tmp_path, GOOD, GOOD)
    with pytest.raises(BadInput, match=r"sm-one-spin.*id is used twice"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("", "a.toml: the field category is None"),
        ('category = "alchemy"', "a.toml: the field category is 'alchemy'"),
        ("category = ", "a.toml is not TOML"),
        ('category = "PEPS"\nauthor = "me"', "'author' is no key"),
    ],
)
def test_a_bad_head_of_a_file_is_named(tmp_path: Path, head: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_file(written(tmp_path, GOOD, head=head))


@pytest.mark.parametrize("body", ["", "problem = 3", 'problem = ["x"]', "problem = []"])
def test_a_file_without_problems_is_refused(tmp_path: Path, body: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f'category = "PEPS"\n{body}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"a\.toml"):
        read_file(path)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no problem file"):
        load(tmp_path)
