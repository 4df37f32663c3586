"""The measured bars, on the data beside the repository; skipped where that is absent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tools.grading import GradeSpec, grade_unguarded

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")
Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def measure(
    found: Iterable[Row], spec: Callable[[Row], GradeSpec], truth: str
) -> tuple[float, list[str], int]:
    """Returns the share of right verdicts, the false accepts, and the undecided rows."""
    right, accepted, undecided, total = 0, [], 0, 0
    for row in found:
        if row[truth] is None:
            continue
        start = time.process_time()
        verdict = grade_unguarded(row["gold"], row["answer"], spec(row)).verdict
        assert time.process_time() - start < 10, row["id"]
        total += 1
        undecided += verdict == "ungradable"
        right += (verdict == "correct") == row[truth]
        if verdict == "correct" and not row[truth]:
            accepted.append(row["id"])
    return right / total, accepted, undecided


def test_published_benchmark_rows() -> None:
    share, accepted, undecided = measure(
        rows("cmt/pairs.jsonl"),
        lambda r: GradeSpec.from_fields(parameters=r["parameters"], functions=r["functions"]),
        "truth",
    )
    assert share >= 0.995
    assert not accepted
    assert not undecided


def test_hard_pairs() -> None:
    share, accepted, _ = measure(
        rows("graders/hard_pairs.jsonl"),
        lambda r: GradeSpec.from_fields(parameters=r.get("parameters"), assume=r.get("assume")),
        "expected",
    )
    assert share >= 0.96
    assert not accepted


@pytest.mark.parametrize(("part", "bar"), [("core", 0.97), ("operators", 0.95), ("policy", 0.95)])
def test_suite(part: str, bar: float) -> None:
    chosen = [
        r
        for r in rows("graders/suite.jsonl")
        if (part == "policy" and r.get("policy"))
        or (part == "operators" and r["category"].startswith("op_"))
        or (part == "core" and not r["category"].startswith("op_") and not r.get("policy"))
    ]
    share, accepted, _ = measure(
        chosen, lambda r: GradeSpec.from_fields(context=r.get("context")), "expected"
    )
    assert share >= bar
    assert len(accepted) <= (2 if part == "core" else 0)
