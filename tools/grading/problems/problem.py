"""What a problem is, and how a data file becomes a list of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from tools.errors import BadInput
from tools.grading.spec import GradeSpec

DATA = Path(__file__).parent / "data"
_E = TypeVar("_E", bound=StrEnum)


class Category(StrEnum):
    """The eight parts of the field, as CMT-Benchmark (arXiv:2510.05228) divides it."""

    HARTREE_FOCK = "Hartree-Fock"
    EXACT_DIAGONALISATION = "exact diagonalisation"
    QUANTUM_MONTE_CARLO = "quantum Monte Carlo"
    VARIATIONAL_MONTE_CARLO = "variational Monte Carlo"
    DMRG = "DMRG"
    PEPS = "PEPS"
    STATISTICAL_MECHANICS = "statistical mechanics"
    OTHER = "other"


class Kind(StrEnum):
    """The type of an answer, which fixes how two answers are compared.

    A list has named slots in the order the prompt states; a set may come in any order; both are
    written with semicolons. A choice is a set of letters. An expression contains parameters.
    """

    INTEGER = "integer"
    EXPRESSION = "expression"
    LIST = "list"
    SET = "set"
    OPERATOR = "operator"
    CHOICE = "choice"
    INTERVAL = "interval"
    EQUATION = "equation"


@dataclass(frozen=True)
class Problem:
    """One question with a typed answer and the script that computes that answer again.

    Attributes:
        id: unique name, lower-case words joined by hyphens.
        category: one of the eight parts of the field.
        prompt: the question; it fixes every convention, the order of slots and the form wanted.
        parameters: declared LaTeX names separated by semicolons, non-commuting ones as
            `(name,NC)`: the field of the same name in CMT-Benchmark.
        functions: declared function names, in the same syntax.
        assume: short convention statements separated by semicolons, such as `t > 0`.
        kind: the type of the answer.
        gold: the answer in LaTeX, as it would stand inside a box.
        why: the derivation in two lines.
        check: name of the function in `recompute` that finds the answer by another road.
        difficulty: 1 (a short calculation), 2 (several steps) or 3 (a trap or a long calculation).
    """

    id: str
    category: Category
    prompt: str
    parameters: str
    functions: str
    assume: str
    kind: Kind
    gold: str
    why: str
    check: str
    difficulty: int

    @property
    def question(self) -> str:
        """The prompt followed by the request for a boxed answer."""
        return f"{self.prompt}\n\nGive the final answer alone in a single \\boxed{{}}."

    @property
    def spec(self) -> GradeSpec:
        """What the question fixes, for the grader.

        Raises:
            BadInput: when a declaration or a statement cannot be read; quotes it.
        """
        return GradeSpec.from_fields(
            parameters=self.parameters, functions=self.functions, assume=self.assume
        )


_TEXTS = frozenset({"id", "prompt", "parameters", "functions", "assume", "gold", "why", "check"})
_MAY_BE_EMPTY = frozenset({"parameters", "functions", "assume"})
_FIELDS = frozenset(field.name for field in fields(Problem)) - {"category"}


def load(folder: Path = DATA) -> list[Problem]:
    """Reads and validates the problems of every `*.toml` file in a folder, in order of file name.

    Raises:
        BadInput: names the file or the problem, the field, and what it should hold.
    """
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        problems += read_file(path)
    if not problems:
        raise BadInput(f"There is no problem file in {folder}.", "Point to a folder of TOML files.")
    seen: set[str] = set()
    for problem in problems:
        if problem.id in seen:
            raise BadInput(
                f"Problem {problem.id!r}: the field id is used twice.", "Give each its own id."
            )
        seen.add(problem.id)
    return problems


def read_file(path: Path) -> list[Problem]:
    """Reads one file: a `category`, then a table `[[problem]]` for each problem."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path.name} is not TOML: {error}.", "Mend the file.") from error
    category = _member(Category, data.get("category"), path.name, "category")
    entries = data.get("problem")
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{path.name}: there is no [[problem]] table.", "Add at least one.")
    unknown = sorted(set(data) - {"category", "problem"})
    if unknown:
        raise BadInput(f"{path.name}: {unknown[0]!r} is no key of a problem file.", "Remove it.")
    return [_problem(entry, category, f"{path.name}[{n}]") for n, entry in enumerate(entries)]


def _problem(entry: Any, category: Category, place: str) -> Problem:
    if not isinstance(entry, Mapping):
        raise BadInput(f"{place}: a problem must be a table.", "Write it below [[problem]].")
    name = entry.get("id")
    label = f"Problem {name!r}" if isinstance(name, str) and name else place
    for field in sorted(_FIELDS - set(entry)):
        raise BadInput(f"{label}: the field {field} is missing.", "Add it.")
    for field in sorted(set(entry) - _FIELDS):
        raise BadInput(
            f"{label}: {field!r} is no field of a problem.",
            f"The fields are {', '.join(sorted(_FIELDS))}.",
        )
    texts: dict[str, str] = {}
    for field in sorted(_TEXTS):
        value = entry[field]
        if not isinstance(value, str) or not (value.strip() or field in _MAY_BE_EMPTY):
            raise BadInput(f"{label}: the field {field} is {value!r}.", "It must be a text.")
        texts[field] = value.strip()
    difficulty = entry["difficulty"]
    if type(difficulty) is not int or not 1 <= difficulty <= 3:
        raise BadInput(f"{label}: the field difficulty is {difficulty!r}.", "Use 1, 2 or 3.")
    kind = _member(Kind, entry["kind"], label, "kind")
    return Problem(**texts, category=category, kind=kind, difficulty=difficulty)


def _member(family: type[_E], value: object, label: str, field: str) -> _E:
    for member in family:
        if value == member.value:
            return member
    known = ", ".join(member.value for member in family)
    raise BadInput(f"{label}: the field {field} is {value!r}.", f"Use one of: {known}.")
