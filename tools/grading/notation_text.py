"""Reads what a notation means: the base of `log`, the unit of angles, letters of functions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from tools.grading.families import read_families
from tools.grading.spec import GradeSpec

_BASE = re.compile(
    r"^\\?log(?:arithms?|s)?\b[\s:]*(?:is|are|=|means?|denotes?|to|in|of|has|the|a|with|\s)*"
    r"(?:\\?log(?:arithms?)?)?[\s_]*(?:to|in|with|the|\s)*(?:base[\s-]*)?\{?(?P<base>10|2|e|ten|two)\}?"
    r"(?:\s+logarithms?)?$"
)
_COMMON = re.compile(
    r"^\\?logs?(?:arithms?)?\b.*\b(?P<name>natural|ln|common|decimal|decadic|binary)\b"
)
_ANGLES = re.compile(
    r"^(?:all\s+)?(?:the\s+)?(?:angles?|arguments?|trigonometric\b.*)\b.*?\b(?P<unit>degrees?|radians?)$"
    r"|^(?:in\s+)?(?P<alone>degrees?|radians?)(?:\s+mode)?$"
)
_BASES: dict[str, Literal["", "2", "10"]] = {
    "10": "10",
    "ten": "10",
    "2": "2",
    "two": "2",
    "e": "",
    "natural": "",
    "ln": "",
}
_BASES["common"] = _BASES["decimal"] = _BASES["decadic"] = "10"
_BASES["binary"] = "2"


def read_notation(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads `log base 10`, `angles in degrees`, `J_n Bessel functions`; None for anything else."""
    lower = statement.lower()
    base = _BASE.match(lower) or re.match(r"^(?P<base>natural) logs?(?:arithms?)?$", lower)
    named = _COMMON.match(lower)
    if base or named:
        word = base["base"] if base else named["name"] if named else ""
        return replace(spec, log_base=_BASES[word])
    families = read_families(statement)
    if families:
        return replace(spec, families=(*spec.families, *families))
    angles = _ANGLES.match(lower)
    if angles:
        unit = angles["unit"] or angles["alone"]
        return replace(spec, degrees=unit.startswith("deg"))
    return None
