"""Reads statements about precision and order: `to 3 decimals`, `within 1 %`, `ordered slots`."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from tools.errors import BadInput
from tools.grading.limits import MAX_DIGITS
from tools.grading.spec import GradeSpec

_NUMBERS = dict(
    zip("zero one two three four five six seven eight nine ten".split(), range(11), strict=True)
)
DECIMALS = re.compile(r"\b(\d+|" + "|".join(_NUMBERS) + r")\s+(?:decimals?|digits?\s+after)\b")
PLACES = re.compile(r"\bto\s+(\d+|" + "|".join(_NUMBERS) + r")\s+decimal\s+places?\b")
_TOLERANCE = re.compile(
    r"\b(?:relative\s+)?tolerance\s*(?:of|is|=|:)?\s*(10\^\{?-?\d+\}?|\d*\.?\d+(?:e[-+]?\d+)?)"
    r"\s*(%|percent)?"
)
_WITHIN = re.compile(
    r"\b(?:within|error|accuracy|deviation)\s*(?:of|is|below|under|at most|up to|<=?|:)?\s*"
    r"(?:at most\s+)?(10\^\{?-?\d+\}?|\d*\.?\d+(?:e[-+]?\d+)?)\s*(%|percent)?"
)
_SIGNIFICANT = re.compile(
    r"\b(\d+|" + "|".join(_NUMBERS) + r")\s+significant\s+(?:digits?|figures?)\b"
)


def read_precision(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads decimals, significant digits or a tolerance; None where there are none."""
    lower = statement.lower()
    significant = _SIGNIFICANT.search(lower)
    if significant:
        return replace(spec, significant=read_count(significant[1]))
    tolerance = _TOLERANCE.search(lower) or _WITHIN.search(lower)
    if tolerance:
        value = _amount(tolerance[1]) / (100 if tolerance[2] else 1)
        if "absolute" in lower:
            return replace(spec, absolute=str(value))
        return replace(spec, relative=str(value), gold_decimals=False)
    decimals = PLACES.search(lower) or DECIMALS.search(lower)
    if decimals:
        return replace(spec, decimals=read_count(decimals[1]))
    if "nearest integer" in lower or "whole number" in lower:
        return replace(spec, decimals=0)
    return None


def read_order(spec: GradeSpec, statement: str) -> GradeSpec | None:
    """Reads whether several answers are ordered; None where nothing is said."""
    lower = statement.lower()
    free = r"\bunordered\b|\border (?:is |of \w+ )*(?:free|irrelevant|does not matter|not relevant)"
    if re.search(free + r"|\bany order\b|\bset of solutions\b|\bas a set\b", lower):
        return replace(spec, order="unordered")
    if re.search(
        r"\bordered\b|\border\b.*\b(?:matters|is fixed|carries|is relevant)"
        r"|\bin (?:the |this )?(?:given |stated )?order\b",
        lower,
    ):
        return replace(spec, order="ordered")
    return None


def read_count(text: str) -> int:
    """Reads a number of digits.

    Raises:
        BadInput: for more than numbers are computed to.
    """
    count = _NUMBERS[text] if text in _NUMBERS else int(text[:9])
    if count > MAX_DIGITS:
        raise BadInput(f"{text[:20]} digits cannot be compared.", f"Give at most {MAX_DIGITS}.")
    return count


def _amount(text: str) -> Fraction:
    """Reads a tolerance such as 1e-6 or 10^{-6}.

    Raises:
        BadInput: for an exponent that no number here has.
    """
    plain = text.replace("10^", "1e").replace("{", "").replace("}", "")
    power = plain.partition("e")[2] or "0"
    if len(power) > 5 or abs(int(power)) > MAX_DIGITS:
        raise BadInput(f"The tolerance {text[:30]!r} is out of range.", "Give one such as 1e-6.")
    return Fraction(plain)
