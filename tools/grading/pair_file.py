"""A file of pairs to grade, row by row: JSON lines or CSV.

A row has the fields `gold` and `answer`, and where needed `parameters`, `functions`, `assume`,
`context` or `spec` (a GradeSpec as JSON), `kind`, `id`, and the truth to compare with: `expected`,
or `truth` where it is yes or no. A row that cannot be used names itself and the field; the others
are not held up by it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadInput
from tools.files import regular

if TYPE_CHECKING:
    from tools.grading.spec import GradeSpec

FIELDS = ("parameters", "functions", "assume", "context")
"""The fields of a row that say what its question fixes, as `GradeSpec.from_fields` reads them."""

LARGEST = 256 << 20
"""The most bytes of a file: it is held in memory as a whole, several times over."""

_TRUTHS = {"true": True, "correct": True, "yes": True, "1": True}
_TRUTHS |= {"false": False, "incorrect": False, "no": False, "0": False}
_UNKNOWN = ("", "null", "none", "unknown")


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Attributes:
        number: its number from 1, counting rows that are not blank.
        fields: what it says, untouched; what could not be read stands under `text`.
        problem: why it cannot be graded, naming the field; "" when it can.
    """

    number: int
    fields: Mapping[str, Any]
    problem: str = ""

    @property
    def truth(self) -> bool | None:
        """Whether the answer is right, where the row says so."""
        return _truth(self.fields)

    @property
    def key(self) -> str:
        """A digest of what the row says, by which its result is known again."""
        text = json.dumps(dict(self.fields), sort_keys=True, default=str)
        return blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()

    def spec(self) -> GradeSpec:
        """Reads what the question fixes.

        Raises:
            BadInput: naming the field and the piece of it that cannot be read.
        """
        from tools.grading.spec import GradeSpec

        if self.fields.get("spec"):
            return _full_spec(self.fields["spec"])
        given = {name: self.fields.get(name) for name in FIELDS}
        try:
            return GradeSpec.from_fields(**given)
        except BadInput as error:
            raise BadInput(f"{_culprit(given)}: {error.problem}", error.remedy) from None


def read_rows(path: Path) -> list[Row]:
    """Reads a file of pairs, CSV or TSV by its suffix and JSON lines otherwise.

    Raises:
        BadInput: if the file cannot be read, is no regular file or larger than `LARGEST`, or has no
            column `gold` or `answer`, or two of one name.
    """
    try:
        if (size := regular(path, "The file of pairs")) > LARGEST:
            raise BadInput(
                f"{path} has {size:,} bytes; a file of pairs may have {LARGEST:,}.",
                "Split it and grade the parts.",
            )
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    suffix = path.suffix.lower()
    rows = list(_csv_rows(text, suffix) if suffix in (".csv", ".tsv") else _json_rows(text))
    if not rows:
        raise BadInput(f"{path} holds no rows.", "Give one pair a line, with gold and answer.")
    return rows


def _json_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(filter(str.strip, text.split("\n")), start=1):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(number, {"text": line}, f"row {number}: no JSON: {error}.")
            continue
        if not isinstance(fields, dict):
            yield Row(number, {"text": line}, f"row {number}: no JSON object.")
            continue
        yield _checked(number, fields)


def _csv_rows(text: str, suffix: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text), delimiter="\t" if suffix == ".tsv" else ",")
    try:
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise BadInput(f"The first line of the table is no CSV: {error}.") from None
    for needed in ("gold", "answer"):
        if needed not in columns:
            raise BadInput(
                f"The table has no column '{needed}'; its first line is {', '.join(columns)}.",
                "Name the columns gold, answer, and further ones as needed, in the first line.",
            )
    # Columns without a name are read by nobody; trailing commas make several.
    for place, name in enumerate(columns):
        if name and name in columns[:place]:
            raise BadInput(
                f"The table has two columns '{name}'; its first line is {', '.join(columns)}.",
                "Rename or remove one; capitals and blanks around a name make no difference.",
            )
    reader.fieldnames = columns
    number = 0
    try:
        for number, fields in enumerate(reader, start=1):
            extra = fields.pop(None, None)
            if extra is not None:
                problem = f"row {number}: has more cells than the first line has columns."
                yield Row(number, {**fields, "text": extra}, problem)
                continue
            yield _checked(number, fields)
    except csv.Error as error:
        yield Row(number + 1, {}, f"row {number + 1}: no CSV: {error}; what follows was not read.")


def _checked(number: int, fields: dict[str, Any]) -> Row:
    """Makes a row, with what is wrong with it if anything is."""
    fields = {
        k: json.dumps(v)
        if k in ("gold", "answer") and isinstance(v, int | float) and not isinstance(v, bool)
        else v
        for k, v in fields.items()
    }
    problem = ""
    for name in ("gold", "answer", *FIELDS):
        value = fields.get(name)
        if value is None and name in ("gold", "answer"):
            problem = f"row {number}, {name}: missing."
        elif value is not None and not isinstance(value, str):
            problem = f"row {number}, {name}: must be text, not {type(value).__name__}."
        elif name == "gold" and value is not None and not value.strip():
            problem = f"row {number}, gold: empty."
        if problem:
            return Row(number, fields, problem)
    try:
        _truth(fields)
    except BadInput as error:
        problem = f"row {number}, {error}"
    return Row(number, fields, problem)


def _truth(fields: Mapping[str, Any]) -> bool | None:
    """Reads whether the answer is right.

    Raises:
        BadInput: naming the field and its value.
    """
    name = "expected" if fields.get("expected") is not None else "truth"
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _UNKNOWN:
        return None
    if text not in _TRUTHS:
        raise BadInput(f"{name}: {value!r} is neither true nor false.")
    return _TRUTHS[text]


def _full_spec(given: Any) -> GradeSpec:
    from tools.grading.spec import GradeSpec

    try:
        return GradeSpec.from_json(json.loads(given) if isinstance(given, str) else given)
    except (TypeError, ValueError, BadInput) as error:
        raise BadInput(f"spec: {error}") from None


def _culprit(given: Mapping[str, Any]) -> str:
    """Names the field without which the others can be read."""
    from tools.grading.spec import GradeSpec

    for name in FIELDS:
        try:
            GradeSpec.from_fields(**{**given, name: None})
        except BadInput:
            continue
        return name
    return "parameters"
