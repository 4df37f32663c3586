"""Grading many pairs over all cores, in order, and going on where an earlier run was cut off."""

from __future__ import annotations

import io
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from tools.errors import BadInput
from tools.grading import service
from tools.grading.pair_file import Row, read_rows
from tools.isolation.workers import WorkerPool

_AHEAD = 8  # rows in flight for each worker


def grade_row(
    row: Row, budget: float = service.BUDGET, pool: WorkerPool | None = None
) -> dict[str, Any]:
    """Grades one row and returns the record of it as plain JSON values.

    The record holds `row`, `key`, `verdict` (None for a row that cannot be graded, whose `problem`
    says why), the rest of the grade, `truth`, and the row itself under `input`.
    """
    record: dict[str, Any] = {"row": row.number, "key": row.key}
    problem = row.problem
    if not problem:
        try:
            spec = row.spec()
        except BadInput as error:
            problem = f"row {row.number}, {error}"
    if problem:
        return record | {"verdict": None, "problem": problem, "input": dict(row.fields)}
    gold, answer = row.fields["gold"], row.fields["answer"]
    grade = service.grade(gold, answer, spec, budget=budget, pool=pool).to_json()
    forms = {"gold_form": grade.pop("gold"), "answer_form": grade.pop("answer")}
    return record | grade | forms | {"truth": row.truth, "input": dict(row.fields)}


def grade_rows(
    rows: Iterable[Row], *, budget: float = service.BUDGET, workers: int | None = None
) -> Iterator[dict[str, Any]]:
    """Grades rows and yields their records in the order of the rows.

    Args:
        rows: what to grade.
        budget: processor seconds for each row.
        workers: rows at a time; as many as there are cores by default.
    """
    waiting: deque[Future[dict[str, Any]]] = deque()
    with ExitStack() as stack:
        if workers is None:
            pool = service.default_pool()
        else:
            pool = stack.enter_context(service.open_pool(workers))
        # A thread only waits for its worker process; the work is done there.
        threads = stack.enter_context(ThreadPoolExecutor(pool.workers))
        try:
            for row in rows:
                waiting.append(threads.submit(grade_row, row, budget, pool))
                if len(waiting) >= _AHEAD * pool.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def grade_file(
    source: Path,
    target: Path | None = None,
    *,
    budget: float = service.BUDGET,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict[str, Any]]:
    """Grades a file of pairs (see `tools.grading.pair_file`) and returns the records of all rows.

    Args:
        source: JSON lines or CSV.
        target: where records are written, one a line; an unfinished file is gone on with.
        budget: processor seconds for each pair.
        workers: pairs at a time; as many as there are cores by default.
        on_progress: called with rows done and rows in all.

    Raises:
        BadInput: if a file cannot be used.
    """
    rows = read_rows(source)
    records = [] if target is None else _finished(source, target, rows, budget)
    on_progress(len(records), len(rows))
    with ExitStack() as stack:
        file: TextIO = io.StringIO()
        if target is not None:
            try:
                file = stack.enter_context(target.open("w", encoding="utf-8"))
            except OSError as error:
                raise BadInput(f"{target} cannot be written: {error.strerror}.") from None
        file.writelines(json.dumps(record) + "\n" for record in records)
        for record in grade_rows(rows[len(records) :], budget=budget, workers=workers):
            record["budget"] = budget
            # Whole lines at once: a reader, or a later attempt, finds no halves but the last.
            file.write(json.dumps(record) + "\n")
            file.flush()
            records.append(record)
            on_progress(len(records), len(rows))
    return records


def _finished(source: Path, target: Path, rows: list[Row], budget: float) -> list[dict[str, Any]]:
    """Reads the records that an earlier attempt left and that still belong to these rows.

    Raises:
        BadInput: if the target holds something else, which would be lost.
    """
    if not target.exists():
        return []
    if target.is_dir() or target.samefile(source):
        raise BadInput(f"{target} cannot take the results.", "Name another file.")
    records: list[dict[str, Any]] = []
    # What follows the last line end was cut off.
    lines = target.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    for line, row in zip(lines, rows, strict=False):
        try:
            record = json.loads(line)
            known = {"row": record["row"], "key": record["key"]}
            same_budget = record["budget"] == budget
        except (ValueError, TypeError, KeyError):
            if records:
                break
            raise BadInput(
                f"{target} exists and holds no results of grading.",
                "Name another file, or move that one away.",
            ) from None
        if known != {"row": row.number, "key": row.key} or not same_budget:
            break
        records.append(record)
    return records
