"""The grammar of short convention statements, as people write them in a rubric.

Statements are separated by semicolons. Each is one of:

    names and domains    x real / x, y > 0 / integers n >= s >= 1 / all symbols positive
    relations            x^2 > 2 / |x| < a / t_1, t_2 > 0 / x in (0,1)
    definitions          rho = gamma tau / m, put in for the name wherever it stands
    order                ordered slots / unordered solution list / order does not matter
    notation             log base 10 / angles in degrees
    precision            gold given to 3 decimals / 3 significant figures / exact /
                         relative tolerance 1e-9 / absolute tolerance 1e-6
    labels               i and j distinct sites / i != j / labels 0 and 1 are distinct sites
    operators            see `algebra_text`
    remarks              read literally / both denote the solution set in x

A statement that fits none of these is an error that quotes it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tools.errors import BadInput
from tools.grading.algebra_text import read_algebra
from tools.grading.domain_text import domains_of, read_domain, read_relations
from tools.grading.limits import MAX_CHARS
from tools.grading.notation_text import read_notation
from tools.grading.precision_text import DECIMALS, PLACES, read_count, read_order, read_precision
from tools.grading.spec import GradeSpec

_LONGEST = 300
_REMARKS = (
    r"\bsolution sets?\b",
    r"\bread literally\b",
    r"\brubric may\b",
    r"\bas written\b",
    r"\bcyclic\b",
    r"\bboth (?:sides )?are sets?\b",
    r"\bis (?:a variable|the imaginary unit|euler)",
    r"^exact arithmetic$",
    r"^percent (?:equals|as|is) (?:a )?fraction$",
    r"^(?:different|distinct) (?:sites|modes|spins) commute$",
    r"^[a-z](?:, [a-z])*,? (?:and )?[a-z] (?:all )?commute$",
    r"\bprincipal (?:branch|value)",
    r"^exact(?:ly)?(?: (?:comparison|equality|values?|numbers?|answers?))?"
    r"(?: (?:is |are )?(?:required|wanted))?$",
    r"^(?:no|without) (?:tolerance|assumptions?|conventions?|relations?)$",
    r"\bsame (?:quantity|variable)\b",
    r"\bcase[- ]sensitive\b",
)


def read_statements(spec: GradeSpec, text: str) -> GradeSpec:
    """Adds the statements of a rubric to a spec.

    Raises:
        BadInput: for a statement that cannot be read; quotes it.
    """
    if len(text) > MAX_CHARS:
        raise BadInput(f"The conventions are longer than {MAX_CHARS} characters.", "Shorten them.")
    for statement in text.split(";"):
        statement = " ".join(statement.split()).strip(" .")
        if len(statement) > _LONGEST:
            raise BadInput(
                f"The convention {statement[:40]!r}... is longer than {_LONGEST} characters.",
                "Separate statements by semicolons.",
            )
        if statement:
            spec = _read(spec, statement)
    # What is no name is found out here, where the statement can still be corrected.
    domains_of(spec)
    return spec


def read_context(spec: GradeSpec, text: str) -> GradeSpec:
    """Adds short statements, or only the decimals asked for when the text is a whole question.

    Raises:
        BadInput: for a short statement that cannot be read; quotes it.
    """
    if len(text) < 240 and "boxed" not in text:
        return read_statements(spec, text)
    decimals = PLACES.search(text.lower()) or DECIMALS.search(text.lower())
    note = "the question was searched for the number of decimals only"
    spec = replace(spec, notes=(*spec.notes, note))
    return replace(spec, decimals=read_count(decimals[1])) if decimals else spec


def _read(spec: GradeSpec, statement: str) -> GradeSpec:
    for rule in (
        read_precision,
        read_order,
        read_notation,
        _labels,
        read_algebra,
        read_domain,
        read_relations,
        _remark,
    ):
        found = rule(spec, statement)
        if found is not None:
            return found
    raise BadInput(
        f"Cannot read the convention {statement!r}.",
        "Write domains (x > 0, n integer), order, decimals, or an operator algebra.",
    )


_LABEL = r"[A-Za-z0-9]'?"
_DISTINCT = re.compile(
    rf"^(?:the\s+)?(?:labels?|sites?|indices|index|modes?|orbitals?)?\s*"
    rf"({_LABEL}(?:\s*(?:,|and|,\s*and)\s*{_LABEL})+)\s+(?:are\s+)?(?:\w+\s+)?(?:distinct|different)\b"
)
_UNEQUAL = re.compile(rf"^({_LABEL})\s*(?:!=|\\neq?|≠|\\not=)\s*({_LABEL})$")


def _labels(spec: GradeSpec, statement: str) -> GradeSpec | None:
    match = _DISTINCT.match(statement)
    group: tuple[str, ...] = ()
    if match:
        group = tuple(x for x in re.split(r"\s*(?:,|\band\b)\s*", match[1]) if x)
    elif unequal := _UNEQUAL.match(statement):
        group = unequal.groups()
    elif re.match(
        r"^(?:all|different) (?:labels?|sites?|indices|modes?)\b.*\b(?:distinct|different)",
        statement,
    ):
        return replace(spec, operators=replace(spec.operators, all_distinct=True))
    if not group:
        return None
    inner = replace(spec.operators, distinct=(*spec.operators.distinct, group))
    return replace(spec, operators=inner)


def _remark(spec: GradeSpec, statement: str) -> GradeSpec | None:
    if any(re.search(pattern, statement.lower()) for pattern in _REMARKS):
        return replace(spec, notes=(*spec.notes, statement))
    return None
