"""Only regular files are read: a pipe would be waited for, and a device has no end."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tools.errors import BadInput
from tools.files import regular
from tools.grading import pair_file
from tools.pruning.dedup_experiment import dedup
from tools.pruning.extent import glance

pytestmark = pytest.mark.usefixtures("_never_waits")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    return path


def test_a_regular_file_tells_its_size_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"12345")
    (tmp_path / "link.txt").symlink_to("a.txt")
    assert regular(tmp_path / "a.txt", "The file") == 5
    assert regular(tmp_path / "link.txt", "The file") == 5
    with pytest.raises(FileNotFoundError):
        regular(tmp_path / "b.txt", "The file")


def test_what_is_no_regular_file_is_named_with_what_it_is(tmp_path: Path, pipe: Path) -> None:
    (tmp_path / "link.csv").symlink_to(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        for path, kind in (
            (pipe, "a pipe"),
            (tmp_path / "link.csv", "a pipe"),
            (tmp_path, "a folder"),
            (tmp_path / "s", "a socket"),
            (Path("/dev/zero"), "a device"),
        ):
            with pytest.raises(BadInput) as error:
                regular(path, "The spec")
            assert error.value.problem == f"The spec {path} is no regular file but {kind}."
            assert error.value.remedy


def test_pairs_are_not_read_from_a_pipe_nor_from_a_file_without_end(
    tmp_path: Path, pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"pipe\.csv is no regular file"):
        pair_file.read_rows(pipe)
    path = tmp_path / "large.csv"
    path.write_text("gold,answer\n1,1\n")
    monkeypatch.setattr(pair_file, "LARGEST", 16)
    assert len(pair_file.read_rows(path)) == 1
    monkeypatch.setattr(pair_file, "LARGEST", 15)
    with pytest.raises(BadInput, match="has 16 bytes; a file of pairs may have 15"):
        pair_file.read_rows(path)


def test_no_glance_is_taken_at_a_pipe(tmp_path: Path) -> None:
    for ending in ("csv", "jsonl", "npy", "npz", "parquet"):
        path = tmp_path / f"data.{ending}"
        os.mkfifo(path)
        with pytest.raises(BadInput, match=rf"data\.{ending} is no regular file"):
            glance(path)
    with pytest.raises(BadInput, match="no regular file"):
        dedup.estimate(dedup.parse({"file": str(tmp_path / "data.csv")}))
