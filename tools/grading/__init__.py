"""Symbolic grading: is this answer the same as that one, and why?

A text is cut into tokens, read into a typed tree and compared by the cheapest method that settles
the matter: choice letters and words as such, scalars by a canonical form, then by numbers at high
precision, then by sympy; sets, relations, matrices, quantities and orders of growth by rules of
their own; operators by the normal form of their algebra. What a question fixes is a `GradeSpec`;
what cannot be decided is `ungradable`, never correct. Nothing in an answer is ever executed.

    from tools.grading import GradeSpec, grade_unguarded

    grade_unguarded(r"\\tan^2 y + 1", r"\\sec^2 y").verdict                      # "correct"
    spec = GradeSpec.from_fields(assume="x real")
    grade_unguarded("x", r"\\sqrt{x^2}", spec).reason                            # where they differ
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.grading.extract import Extraction, extract
    from tools.grading.grade import Grade, grade_unguarded
    from tools.grading.parse import parse
    from tools.grading.spec import GradeSpec, OperatorSpec

__all__ = [
    "Extraction",
    "Grade",
    "GradeSpec",
    "OperatorSpec",
    "extract",
    "grade_unguarded",
    "parse",
]

_HOMES = {
    "Extraction": "extract",
    "extract": "extract",
    "Grade": "grade",
    "grade_unguarded": "grade",
    "parse": "parse",
    "GradeSpec": "spec",
    "OperatorSpec": "spec",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
