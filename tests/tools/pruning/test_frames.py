"""Data in and out: every kind is read, written back with fewer rows, and errors name the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tools.errors import BadInput
from tools.pruning.frames import Frame, open_frame

ROWS: list[dict[str, Any]] = [
    {"text": 'one, "two"\nthree', "score": 1.5, "embedding": [1.0, 0.0]},
    {"text": "vier fünf", "score": -2.0, "embedding": [0.0, 1.0]},
    {"text": "six", "score": 0.0, "embedding": [1.0, 1.0]},
]
CHOSEN = np.array([True, False, True])


def write(kind: str, folder: Path) -> Path:
    """Writes ROWS in a format."""
    path = folder / f"data.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "jsonl":
        path.write_text("\n\n".join(json.dumps(r) for r in ROWS) + "\n", encoding="utf-8")
    elif kind == "csv":
        quoted = ["text,score"]
        for row in ROWS:
            text = row["text"].replace('"', '""')
            quoted.append(f'"{text}",{row["score"]}')
        path.write_text("\n".join(quoted) + "\n", encoding="utf-8")
    elif kind == "npz":
        scores, vectors = (np.array([r[k] for r in ROWS]) for k in ("score", "embedding"))
        np.savez(path, score=scores, embedding=vectors)
    elif kind == "npy":
        np.save(path, np.array([r["embedding"] for r in ROWS]))
    elif kind == "texts":
        for number, row in enumerate(ROWS):
            (path / "sub").mkdir(parents=True, exist_ok=True)
            (path / "sub" / f"{number}.txt").write_text(row["text"], encoding="utf-8")
    elif kind == "images":
        path.mkdir()
        for number in range(3):
            Image.new("RGB", (4, 3), (number, 0, 0)).save(path / f"{number}.png")
    elif kind == "dataset":
        datasets = pytest.importorskip("datasets")
        datasets.Dataset.from_list(ROWS).save_to_disk(str(path), num_shards=2)
    return path


def say(frame: Frame, column: str) -> list[Any]:
    return [v.tolist() if isinstance(v, np.ndarray) else v for v in frame.values(column)]


KINDS = {
    "parquet": "text",
    "jsonl": "text",
    "csv": "text",
    "npz": "embedding",
    "npy": "array",
    "texts": "text",
    "images": "image",
    "dataset": "text",
}


@pytest.mark.parametrize(("kind", "column"), KINDS.items())
def test_kept_rows_are_read_back_in_the_same_format(kind: str, column: str, tmp_path: Path) -> None:
    frame = open_frame(write(kind, tmp_path))
    assert frame.size == 3
    copy = tmp_path / f"kept{frame.suffix}"
    frame.keep(CHOSEN, copy)
    again = open_frame(copy)
    assert type(again) is type(frame)
    assert again.columns == frame.columns
    for name in frame.columns:
        before = say(frame, name)
        assert say(again, name) == [before[0], before[2]]
    assert list(again.contents(column)) == [list(frame.contents(column))[i] for i in (0, 2)]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "texts", "dataset"])
def test_texts_come_as_they_were_written(kind: str, tmp_path: Path) -> None:
    assert list(open_frame(write(kind, tmp_path)).texts("text")) == [r["text"] for r in ROWS]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "npz", "dataset"])
def test_numbers_come_as_they_were_written(kind: str, tmp_path: Path) -> None:
    assert open_frame(write(kind, tmp_path)).numbers("score").tolist() == [1.5, -2.0, 0.0]


def test_a_saved_data_set_is_read_by_its_own_library(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    open_frame(write("dataset", tmp_path)).keep(CHOSEN, tmp_path / "kept")
    loaded = datasets.load_from_disk(str(tmp_path / "kept"))
    assert loaded["text"][:] == [ROWS[0]["text"], ROWS[2]["text"]]


def test_lines_of_json_are_copied_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":  "a", "n": 1e3}\r\n{"text": "b"}')
    open_frame(path).keep(np.array([True, True]), tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == b'{"text":  "a", "n": 1e3}\n{"text": "b"}\n'


def test_equal_pixels_are_equal_contents_whatever_the_file(tmp_path: Path) -> None:
    image = Image.effect_noise((8, 8), 50)
    for name in ("a.png", "b.bmp", "c.tiff"):
        image.save(tmp_path / name)
    Image.effect_noise((8, 8), 50).save(tmp_path / "d.png")
    contents = list(open_frame(tmp_path).contents(""))
    assert contents[0] == contents[1] == contents[2] != contents[3]


def test_an_array_file_is_mapped_not_read(tmp_path: Path) -> None:
    frame = open_frame(write("npy", tmp_path))
    assert isinstance(frame.array("array"), np.memmap)  # type: ignore[attr-defined]


def lines(*texts: str) -> bytes:
    return "\n".join(texts).encode()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", lines('{"text": "a"}', "", '{"text": '), r"line 3 \(row 1\): not JSON"),
        ("a.jsonl", lines('{"text": "a"}', "[1]"), r"line 2 \(row 1\): list instead of an object"),
        ("a.jsonl", b"", "has no rows"),
        ("a.csv", b"text\n", "has no rows"),
        ("a.csv", b"a,a\n1,2\n", "column 'a' twice"),
        ("a.csv", b"a,b\n1,2\n3\n", "a.csv, row 1: 1 values for 2 columns"),
        ("a.csv", b"a\n\xff\xfe\n", "a.csv is not in UTF-8. Save it again"),
        ("a.csv", b"a\n" + 20_000 * b"x\n" + b"\xff\n", "a.csv is not in UTF-8"),
        ("a.jsonl", '{"text": "a"}'.encode("utf-16"), "a.jsonl is not in UTF-8"),
        ("a.jsonl", lines('{"text": 1 2}'), "Expecting ',' delimiter at character 12. Mend"),
        ("a.parquet", b"PAR1nonsense", "cannot be read as Parquet"),
        ("a.npy", b"nonsense", "cannot be read as NumPy"),
        ("a.npz", b"PK\x03\x04 cut short", "cannot be read as NumPy"),
        ("a.xlsx", b"", "ends in '.xlsx'"),
    ],
)
def test_broken_files_are_refused_with_the_place(
    name: str, content: bytes, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=problem):
        list(open_frame(path).values("text"))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('""', "row 1, column 'text': the value is empty"),
        ('" \\n"', "row 1, column 'text': the value is empty"),
        ("null", "row 1, column 'text': the value is missing"),
        ("12", "row 1, column 'text': the value is 12, not text"),
    ],
)
def test_a_text_that_is_none_names_row_and_column(value: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": ' + value + "}\n")
    with pytest.raises(BadInput, match=problem):
        list(open_frame(path).texts("text"))


def test_an_archive_with_python_objects_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros(2), notes=np.array([{"a": 1}, None], dtype=object))
    with pytest.raises(BadInput, match=r"a.npz, array 'notes', cannot be read as NumPy"):
        open_frame(path)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_columns_may_be_separated_by_semicolons_or_tabs(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(mark.join(row) for row in [["a", "b"], ["x, y", "1,5"], ["z", "2"]]))
    frame = open_frame(path)
    assert frame.columns == ("a", "b")
    assert list(frame.texts("a")) == ["x, y", "z"]
    frame.keep(np.array([True, False]), tmp_path / "kept.csv")
    again = open_frame(tmp_path / "kept.csv")
    assert [list(again.values(name)) for name in again.columns] == [["x, y"], ["1,5"]]


def test_files_sorted_into_folders_are_labelled_by_them(tmp_path: Path) -> None:
    for place in ("cat/1.png", "dog/deep/1.png", "dog/2.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(tmp_path / place)
    frame = open_frame(tmp_path)
    assert frame.columns == ("path", "label", "image")
    assert list(frame.values("label")) == ["cat", "dog", "dog"]
    Image.new("RGB", (2, 2)).save(tmp_path / "loose.png")
    assert open_frame(tmp_path).columns == ("path", "image")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("nan", "is nan"),
        ("x", "is 'x', not a number"),
        (" ", "is missing"),
        ("1e999", "is 1e999"),
    ],
)
def test_a_number_that_is_none_names_row_and_column(
    value: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,score\na,1\nb,{value}\n")
    with pytest.raises(BadInput, match=f"row 1, column 'score': the value {problem}"):
        open_frame(path).numbers("score")


def test_a_number_beyond_all_floats_names_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"score": 1}\n{"score": 1' + 400 * "0" + "}\n")
    with pytest.raises(BadInput, match="row 1, column 'score': the value is too large a number"):
        open_frame(path).numbers("score")


def test_a_missing_column_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no column 'body'.*text, score, embedding"):
        list(open_frame(write("parquet", tmp_path)).texts("body"))


def test_a_broken_image_or_text_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "i").mkdir()
    (tmp_path / "i" / "bad.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match=r"bad.png \(row 0\), column 'image': .* no image"):
        list(open_frame(tmp_path / "i").contents(""))
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "bad.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(BadInput, match=r"bad.txt \(row 0\)"):
        list(open_frame(tmp_path / "t").texts("text"))


def test_folders_that_are_neither_or_both_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file that is a text"):
        open_frame(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    with pytest.raises(BadInput, match="1 texts and 1 images"):
        open_frame(tmp_path)
    with pytest.raises(BadInput, match="nothing at"):
        open_frame(tmp_path / "nowhere")


def test_splits_of_a_data_set_are_named(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(BadInput, match=r"splits train, test.*train"):
        open_frame(tmp_path)


def test_arrays_of_different_length_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=np.zeros(2))
    with pytest.raises(BadInput, match="different length"):
        open_frame(tmp_path / "a.npz")
