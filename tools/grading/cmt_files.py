"""The published files of CMT-Benchmark, in each layout they come in.

They lie at https://github.com/JamesRoggeveen/cmt_benchmark_data. Nothing of them ships with us:
every path is the caller's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.errors import BadInput
from tools.grading.cmt import Problem, Response, bare


def load_problems(path: Path) -> list[Problem]:
    """Reads the published problem file (`data_src/cmt_data.yaml`).

    Raises:
        BadInput: if it is not one, naming the problem and the field.
    """
    import yaml

    try:
        data = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is no YAML: {' '.join(str(error).split())}.") from None
    rows = data.get("problems") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise BadInput(f"{path} has no list 'problems'.", "Give data_src/cmt_data.yaml.")
    found = []
    for place, row in enumerate(rows):
        values = []
        for name in ("type", "prompt", "solution", "parameters", "functions"):
            value = row.get(name) if isinstance(row, dict) else None
            if value is None and name in ("parameters", "functions"):
                value = ""
            if value is None:
                raise BadInput(f"{path}: problem {place} has no '{name}'.")
            values.append(str(value))
        found.append(Problem(int(row.get("index", place)), *values))
    return found


def load_responses(path: Path, problems: list[Problem]) -> tuple[list[Response], list[str]]:
    """Reads responses in any of the published layouts, and what a reader must know about them.

    Args:
        path: the repository, one folder of `eval_results` (responses with verdicts), the folder
            `query_results` or a file of it (responses alone), or JSON lines with `model`,
            `problem`, `answer`, `published` and `truth`.
        problems: the problem file; early results count a problem that was dropped from it later.

    Raises:
        BadInput: if nothing of the kind is found, or one answer is there twice.
    """
    notes: list[str] = []
    if path.suffix == ".jsonl":
        found = list(_labelled(path))
    else:
        rows = [*_published_rows(path, notes)]
        found = _placed(rows, problems, notes)
    if not found:
        raise BadInput(f"{path} holds no responses.", "Give eval_results/STAMP or query_results.")
    seen: set[tuple[str, int]] = set()
    for response in found:
        key = (response.model, response.problem)
        if key in seen:
            raise BadInput(f"{path}: {key[0]} answers problem {key[1]} twice.", "Keep one.")
        if not 0 <= response.problem < len(problems):
            raise BadInput(f"{path}: there is no problem {response.problem} ({response.model}).")
        seen.add(key)
    return found, notes


def add_labels(responses: list[Response], path: Path) -> list[Response]:
    """Adds the truth of a file of labels (JSON lines: model, problem, truth, why) to responses."""
    labels = {(_plain(r.model), r.problem): r for r in _labelled(path)}
    out = []
    for response in responses:
        label = labels.get((_plain(response.model), response.problem))
        out.append(
            response if label is None else replace(response, truth=label.truth, why=label.why)
        )
    return out


# -- the published layouts -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Published:
    """A row as published: its index counts the problems of its day."""

    response: Response
    category: str
    parameters: str


def _published_rows(path: Path, notes: list[str]) -> Iterator[_Published]:
    if path.is_dir() and (path / "eval_results").is_dir():
        stamps = sorted(p for p in (path / "eval_results").iterdir() if p.is_dir())
        if not stamps:
            raise BadInput(f"{path / 'eval_results'} is empty.")
        path = stamps[-1]
        notes.append(f"the newest evaluation was read, {path.name}")
    if path.is_dir():
        names = ("success_results.json", "failed_results.json")
        files = [path / name for name in names if (path / name).is_file()]
        for file in files or sorted(path.glob("*.json")):
            yield from _published_file(file)
    else:
        yield from _published_file(path)


def _published_file(path: Path) -> Iterator[_Published]:
    try:
        data = json.loads(_text(path))
    except ValueError as error:
        raise BadInput(f"{path} is no JSON: {error}.") from None
    rows = [r for rs in data.values() for r in rs] if isinstance(data, dict) else data
    for place, row in enumerate(rows):
        try:
            # A row of failed_results.json that says success was graded by hand afterwards.
            failed = path.name.startswith("failed")
            verdict = row["is_equivalent"] if row.get("success") else None
            yield _Published(
                Response(
                    model=row["model_name"],
                    problem=int(row["prompt_idx"]),
                    text=row["response"] or "",
                    gold=row["solution"],
                    published=None if verdict is None else bool(verdict),
                    by_hand=failed and verdict is not None,
                ),
                row["type"],
                row.get("parameter", row.get("parameters", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(f"{path}: row {place} is no response: {error!r}.") from None


def _placed(rows: list[_Published], problems: list[Problem], notes: list[str]) -> list[Response]:
    """Finds the problem of each row, whatever its index counted."""
    kinds = {r.response.problem: (r.category, bare(r.parameters)) for r in rows}
    golds = {r.response.problem: bare(r.response.gold) for r in rows}
    ours = [(p.category, bare(p.parameters)) for p in problems]
    if all(i < len(ours) and ours[i] == kind for i, kind in kinds.items()):
        return [r.response for r in rows]
    # Both lists are in the same order, so each index belongs to the next problem that fits it:
    # one with the same gold if there is any, else one of the same category and parameters.
    place, places = 0, {}
    for index in sorted(kinds):
        # Of dropped problems there are few: look no further than they could shift the rest.
        near = range(place, min(place + 3, len(ours)))
        fits = [k for k in near if ours[k] == kinds[index]]
        same = [k for k in fits if bare(problems[k].gold) == golds[index]]
        if fits:
            places[index] = (same or fits)[0]
            place = places[index] + 1
    dropped = sorted(set(kinds) - set(places))
    if dropped:
        notes.append(f"responses to problems that the file does not hold were left out: {dropped}")
    moved = sum(k != i for i, k in places.items())
    if moved:
        notes.append(f"{moved} problem numbers were moved to those of the problem file")
    return [
        replace(r.response, problem=places[r.response.problem])
        for r in rows
        if r.response.problem in places
    ]


def _labelled(path: Path) -> Iterator[Response]:
    for number, line in enumerate(filter(str.strip, _text(path).splitlines()), start=1):
        try:
            row: dict[str, Any] = json.loads(line)
            published = row.get("published")
            yield Response(
                model=row["model"],
                problem=int(row["problem"]),
                text=row["answer"] if "response" not in row else row["response"],
                gold=row.get("gold", ""),
                published=published if isinstance(published, bool) else None,
                truth=row.get("truth") if isinstance(row.get("truth"), bool) else None,
                why=row.get("why") or "",
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(f"{path}: line {number} is no labelled response: {error!r}.") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None


def _plain(model: str) -> str:
    return re.sub(r"[^a-z0-9]", "", model.lower())
