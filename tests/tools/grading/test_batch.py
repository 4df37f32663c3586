"""A file of pairs: order kept, nothing lost, bad rows named, unfinished work gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.errors import BadInput
from tools.grading import batch
from tools.grading.agreement import Rate, Summary
from tools.grading.batch import grade_file, grade_rows
from tools.grading.pair_file import Row, read_rows


def write(path: Path, rows: list[Any]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


ROWS: list[Any] = [
    {"id": "a", "gold": "1/2", "answer": "0.5", "truth": True, "note": "kept"},
    {"id": "b", "gold": "2x", "answer": "3x", "truth": False},
    {"id": "c", "gold": "x", "answer": r"\sqrt{x^2}", "assume": "x > 0", "expected": True},
    {"id": "d", "gold": "a; b", "answer": "b;a", "parameters": "$a;b;c$", "functions": ""},
]


def test_every_row_is_graded_in_order_and_kept_whole(tmp_path: Path) -> None:
    target, seen = tmp_path / "out.jsonl", []
    records = grade_file(
        write(tmp_path / "in.jsonl", ROWS), target, on_progress=lambda *at: seen.append(at)
    )
    assert [r["verdict"] for r in records] == ["correct", "incorrect", "correct", "correct"]
    assert [r["input"] for r in records] == ROWS
    assert [r["truth"] for r in records] == [True, False, True, None]
    assert [json.loads(line) for line in target.read_text().splitlines()] == records
    assert (seen[0], seen[-1]) == ((0, 4), (4, 4))


def test_order_is_kept_over_many_rows_and_workers() -> None:
    rows = [Row(n, {"gold": str(n), "answer": str(n + n % 3)}) for n in range(1, 101)]
    records = list(grade_rows(rows, workers=3))
    assert [r["row"] for r in records] == list(range(1, 101))
    assert [r["verdict"] == "correct" for r in records] == [n % 3 == 0 for n in range(1, 101)]


def test_a_bad_row_costs_one_line_that_names_row_and_field(tmp_path: Path) -> None:
    rows = [
        {"gold": "1", "answer": "1"},
        "{not json",
        "[1, 2]",
        {"gold": "1"},
        {"gold": " ", "answer": "1"},
        {"gold": "1", "answer": ["1"]},
        {"gold": "1", "answer": "1", "assume": "flux capacitor warm"},
        {"gold": "1", "answer": "1", "truth": "maybe"},
        {"gold": "1", "answer": "1", "spec": {"colour": "red"}},
        {"gold": 2, "answer": 2.0},
    ]
    records = grade_file(write(tmp_path / "in.jsonl", rows))
    assert len(records) == len(rows)
    assert [r["row"] for r in records if r["verdict"]] == [1, 10]
    problems = [r["problem"] for r in records if not r["verdict"]]
    for start, problem in zip(
        [
            "row 2: no JSON",
            "row 3: no JSON object",
            "row 4, answer: missing",
            "row 5, gold: empty",
            "row 6, answer: must be text, not list",
            "row 7, assume: ",
            "row 8, truth: 'maybe'",
            "row 9, spec: ",
        ],
        problems,
        strict=True,
    ):
        assert problem.startswith(start)
        assert "\n" not in problem
    assert "flux capacitor warm" in problems[5]
    assert records[1]["input"] == {"text": "{not json"}


def test_a_table_reads_like_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(
        "\ufeffID,Gold,answer,truth\n"
        'a,"(1, 2)","(1,2)",true\n'
        "b,x,,incorrect\n"
        "c,1,1,\n"
        "d,1\n"
        "e,1,1,true,extra\n"
    )
    records = grade_file(path)
    assert [r["verdict"] for r in records[:3]] == ["correct", "incorrect", "correct"]
    assert [r["truth"] for r in records[:3]] == [True, False, None]
    assert [r["problem"].split(":")[0] for r in records[3:]] == ["row 4, answer", "row 5"]


def test_a_table_without_the_columns_is_refused_with_their_names(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("gold\tresponse\n1\t1\n")
    with pytest.raises(BadInput, match="no column 'answer'"):
        read_rows(path)


def test_a_table_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    for header in ("gold,answer,answer", "gold,answer, Answer"):
        path.write_text(f"{header}\n1,1,2\n")
        with pytest.raises(BadInput, match="two columns 'answer'"):
            read_rows(path)
    # A spreadsheet's empty columns have no name at all.
    path.write_text("gold,answer,,\n1,1,,\n")
    assert [row.problem for row in read_rows(path)] == [""]


def test_a_first_line_that_is_no_csv_is_named(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("gold,answer," + "x" * 200_000 + "\n1,1,1\n")
    with pytest.raises(BadInput, match="first line of the table is no CSV"):
        read_rows(path)


def test_an_unfinished_file_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = write(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    whole = grade_file(source, target)
    lines = target.read_text().splitlines(keepends=True)
    # Two rows done, the third cut in half by a kill.
    target.write_text("".join(lines[:2]) + lines[2][:30])
    graded, real = [], batch.grade_row

    def counting(row: Row, *rest: Any) -> dict[str, Any]:
        graded.append(row.number)
        return real(row, *rest)

    monkeypatch.setattr(batch, "grade_row", counting)
    again = grade_file(source, target)
    assert sorted(graded) == [3, 4]
    assert [r["verdict"] for r in again] == [r["verdict"] for r in whole]
    assert len(target.read_text().splitlines()) == 4


def test_a_changed_row_is_graded_again(tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    grade_file(source, target)
    write(source, [ROWS[0], {**ROWS[1], "answer": "x+x"}, *ROWS[2:]])
    assert grade_file(source, target)[1]["verdict"] == "correct"


def test_a_file_that_is_no_result_is_not_overwritten(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS)
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("years of work\n")
    for target in (thesis, source):
        before = target.read_text()
        with pytest.raises(BadInput):
            grade_file(source, target)
        assert target.read_text() == before


def test_a_hostile_row_does_not_hold_up_the_others(tmp_path: Path) -> None:
    rows = [{"gold": "1", "answer": a} for a in ("1", "9^{9^{9^9}}", "{" * 10_000, "1.0")]
    records = grade_file(write(tmp_path / "in.jsonl", rows), budget=0.5)
    assert [r["verdict"] == "correct" for r in records] == [True, False, False, True]


def test_the_summary_counts_what_it_says() -> None:
    def record(number: int, verdict: str | None, truth: bool | None) -> dict[str, Any]:
        graded = {"method": "exact", "truth": truth} if verdict else {"problem": "bad"}
        return {"row": number, "verdict": verdict} | graded

    summary = Summary.of(
        [
            record(1, "correct", True),
            record(2, "correct", False),
            record(3, "incorrect", False),
            record(4, "ungradable", True),
            record(5, "ungradable", False),
            record(6, "incorrect", None),
            record(7, None, None),
        ]
    )
    assert summary.verdicts == {"correct": 2, "incorrect": 2, "ungradable": 2}
    assert (summary.agreement, summary.false_accepts, summary.false_rejects) == (
        Rate(3, 5),
        Rate(1, 3),
        Rate(1, 2),
    )
    assert [r["row"] for r in summary.disagreements] == [2, 4]
    assert summary.as_json()["bad_rows"] == [{"row": 7, "problem": "bad"}]


def test_wilson_intervals_are_the_textbook_ones() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    for k, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert Rate(k, n).interval == pytest.approx((low, high), abs=5e-5)
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert str(Rate(0, 0)) == "none"
