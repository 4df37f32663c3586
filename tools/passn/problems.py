"""Problems with a gold answer, as a JSON Lines file holds them.

One object a line: `question` and `gold`, both text; optionally `cluster` (problems that belong
together, for the confidence intervals) and what tools.grading reads of a row: `parameters`,
`functions`, `assume`, `context`, or a full `spec`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadInput

if TYPE_CHECKING:
    from tools.grading.spec import GradeSpec


@dataclass(frozen=True)
class Problem:
    """A question with its gold answer.

    Attributes:
        question: what is asked.
        gold: the reference answer, as tools.grading reads answers.
        cluster: name shared by problems that are not independent; "" for one on its own.
        fields: what else the row says of grading.
    """

    question: str
    gold: str
    cluster: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    def spec(self) -> GradeSpec:
        """Reads what the question fixes.

        Raises:
            BadInput: naming the field that cannot be read.
        """
        from tools.grading.pair_file import Row

        return Row(1, self.fields).spec()


def read_problems(path: Path) -> list[Problem]:
    """Reads a JSON Lines file of problems.

    Raises:
        BadInput: naming the line, when a line is no JSON object or lacks a question or gold answer.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read: {error.strerror}.", "Name a JSON Lines file."
        ) from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text.", "Name a JSON Lines file.") from None
    problems = [_read(line, f"{path}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    if not problems:
        raise BadInput(f"{path} holds no problem.", "Give one JSON object a line.")
    return problems


def write_problems(path: Path, problems: list[Problem]) -> None:
    """Writes problems so that `read_problems` reads them back."""
    rows = [
        {"question": p.question, "gold": p.gold}
        | ({"cluster": p.cluster} if p.cluster else {})
        | dict(p.fields)
        for p in problems
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _read(line: str, where: str) -> Problem:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where} is not JSON: {error.msg}.", "Give one object a line.") from None
    if not isinstance(row, dict):
        raise BadInput(f"{where} is not an object.", 'Write {"question": ..., "gold": ...}.')
    for name in ("question", "gold"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise BadInput(
                f"{where}: '{name}' is {json.dumps(row.get(name))}.", f"Give '{name}' as text."
            )
    rest = {k: v for k, v in row.items() if k not in ("question", "gold", "cluster")}
    return Problem(row["question"], row["gold"], str(row.get("cluster") or ""), rest)
