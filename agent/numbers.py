"""Finding the numbers in a text, with the precision they are shown at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number as written in a text.

    Attributes:
        text: the characters that were read.
        value: what they say, without any percent sign.
        step: size of one unit in the last place shown.
        percent: whether a percent sign, "percent" or "points" follows.
        signed: whether a sign was written.
    """

    text: str
    value: float
    step: float
    percent: bool = False
    signed: bool = False


_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(
    rf"""
    (?<![A-Za-z0-9_@.])             # not inside a name such as EL2N, pass@16 or v1.2
    (?P<sign>(?<![\w)\]%+/-])[-+\u2212])?\s?
    (?P<digits>{_DIGITS})
    (?:\s*(?:[eE]|(?:x|\u00d7|\\times)\s*10\s*\^\s*\{{?)\s*(?P<exponent>[-+\u2212]?\d+)\}}?)?
    (?![A-Za-z0-9_]*[A-Za-z_]\d)    # not the beginning of a name such as 8x8
    (?P<percent>\s*\\?%|\s*(?:per\s?cent(?:age)?\b|pp\b|points?\b))?
    """,
    re.VERBOSE,
)

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {w: i for i, w in enumerate(_UNITS)} | {w: 10 * i for i, w in enumerate(_TENS, 2)}
_SPELLED = re.compile(
    rf"\b(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<units>{'|'.join(_UNITS[1:10])}))?\b"
    rf"(?P<after>\s*(?:per\s?cent|percentage|points?)?)"
    rf"|\b(?P<small>{'|'.join(_UNITS)})\s+(?P<unit>per\s?cent|percentage|points?)\b",
    re.IGNORECASE,
)


def numbers_in(text: str) -> list[Number]:
    """Lists the numbers of a text in order of appearance.

    Digits that are part of a name (EL2N, pass@16, x2) and the numbering of a list are left out;
    spelled-out numbers count from twenty upwards, or when a percent follows.
    """
    cleaned = re.sub(r"(?m)^\s*(?:[-*]\s+)?\d{1,2}[.)]\s", " ", text)
    found = [(m.start(), _read(m)) for m in _NUMBER.finditer(cleaned) if not _is_name(cleaned, m)]
    found += [(m.start(), _read_words(m)) for m in _SPELLED.finditer(cleaned)]
    return [number for _, number in sorted(found, key=lambda pair: pair[0])]


def supported(number: Number, sources: Iterable[float]) -> bool:
    """Tells whether some source, rounded to the precision shown, is this number.

    A percentage may stand for a fraction. A sign, where written, must be right; where none is
    written, "lower by 0.01" may stand for -0.01.
    """
    return any(_agrees(number, source) for source in sources)


def _agrees(number: Number, source: float) -> bool:
    candidates = [(source, number.step)]
    if number.percent:
        candidates.append((source * 100, number.step))
    for value, step in candidates:
        shown = value if number.signed else abs(value)
        # Half a unit in the last place; a small whole number must be exact, or 1 would be 0.97.
        slack = 0.5 * step if step < 1 or abs(value) >= 10 else 0.0
        if abs(shown - number.value) <= slack * (1 + 1e-9) + 1e-12 * max(1e-3, abs(value)):
            return True
    return False


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Tells whether digits belong to a hyphenated name: ResNet-18, CIFAR-10, top-5."""
    before = text[: match.start("digits")]
    return match["digits"].isdigit() and bool(re.search(r"[A-Za-z]-$", before[-2:]))


def _read(match: re.Match[str]) -> Number:
    digits = match["digits"].replace(",", "")
    power = int((match["exponent"] or "0").replace("\u2212", "-"))
    # A power beyond any double is no number of ours; capping keeps the arithmetic finite.
    power = max(-320, min(power, 300))
    decimals = len(digits.partition(".")[2])
    value = float(f"{digits}e{power}")
    negative = (match["sign"] or "") in ("-", "\u2212")
    return Number(
        match[0].strip(),
        -value if negative else value,
        10.0 ** (power - decimals),
        bool(match["percent"]),
        bool(match["sign"]),
    )


def _read_words(match: re.Match[str]) -> Number:
    if match["small"]:
        return Number(match[0].strip(), float(_WORDS[match["small"].lower()]), 1.0, True)
    value = _WORDS[match["tens"].lower()] + _WORDS.get((match["units"] or "").lower(), 0)
    return Number(match[0].strip(), float(value), 1.0, bool(match["after"].strip()))
