"""Numbers as people write them: percents, fractions, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.planner.text import Token

_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "twentieth": 20,
    "hundredth": 100,
}
_MODALS = frozenset("should can could would may might must has needs wants does".split())
_PERCENT = {"%", "percent", "percents", "pct", "percentage", "prozent"}


@dataclass(frozen=True)
class Quantity:
    """A number in a text.

    Attributes:
        value: as stated, percents already divided by 100.
        kind: `percent`, `fraction`, `decimal` or `integer`.
        first, last: indices of its first and last token.
        spelled: whether it was written in letters.
    """

    value: float
    kind: str
    first: int
    last: int
    spelled: bool = False

    @property
    def share(self) -> bool:
        """Whether it states a part of something."""
        return self.kind in ("percent", "fraction")


def quantities(tokens: Sequence[Token]) -> list[Quantity]:
    """Finds every number of a text, in order."""
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        quantity = _quantity(tokens, at)
        if quantity is None:
            at += 1
        else:
            found.append(quantity)
            at = quantity.last + 1
    return found


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].low if 0 <= at < len(tokens) else ""


def _quantity(tokens: Sequence[Token], at: int) -> Quantity | None:
    token = tokens[at]
    if token.kind == "number":
        text = token.text
        text = text.replace(",", ".") if text.startswith("0,") else text.replace(",", "")
        if _low(tokens, at + 1) in ("st", "nd", "rd", "th") and (tokens[at + 1].start == token.end):
            return None  # "the 3rd run" is an ordinal
        return _finish(tokens, at, at, float(text), text.isdigit(), spelled=False)
    if token.low in _PARTS or token.stem in _PARTS:
        return _part(tokens, at)
    if token.low in ("a", "an") and _low(tokens, at + 1) in (*_SCALES, *_PARTS):
        return _quantity(tokens, at + 1)
    if token.low == "every" and _low(tokens, at + 1) in ("other", "second"):
        return Quantity(0.5, "fraction", at, at + 1, spelled=True)
    if token.low == "one" and _low(tokens, at + 1) in _MODALS:
        return None  # "how much should one keep", "one can drop"
    if token.low == "one" and _low(tokens, at - 1) in _MODALS:
        return None
    if token.low == "single":
        return Quantity(1.0, "integer", at, at, spelled=True)
    if token.low in _ONES or token.low in _TENS or token.low in ("dozen", "hundred"):
        value, last = _spelled(tokens, at)
        return _finish(tokens, at, last, value, whole=True, spelled=True)
    return None


def _spelled(tokens: Sequence[Token], at: int) -> tuple[float, int]:
    """Reads "twenty five", "two hundred", "a dozen"."""
    value, last = 0.0, at
    while last < len(tokens):
        low = tokens[last].low
        if low in _TENS:
            value += _TENS[low]
        elif low in _ONES and (last == at or _low(tokens, last - 1) in (*_TENS, "-", "hundred")):
            value += _ONES[low]
        elif low in _SCALES:
            value = (value or 1) * _SCALES[low]
        elif not (low == "-" and _low(tokens, last + 1) in _ONES):
            break
        last += 1
    return value, last - 1


def _part(tokens: Sequence[Token], at: int) -> Quantity | None:
    """Reads "half", "a third", "quarter"; refuses ordinals such as "the third run"."""
    low = tokens[at].low
    before = _low(tokens, at - 1)
    after = _low(tokens, at + 1)
    sure = low.startswith(("half", "halves", "quarter"))
    if not sure and before not in ("a", "one", "every", "1") and after != "of":
        return None
    if before == "the" and after != "of" and not sure:
        return None
    size = _PARTS.get(low) or _PARTS[tokens[at].stem]
    return Quantity(1 / size, "fraction", at, at, spelled=True)


def _finish(
    tokens: Sequence[Token], first: int, last: int, value: float, whole: bool, spelled: bool
) -> Quantity:
    """Adds what follows a number: a percent sign, a denominator, "in five", "thirds"."""
    after = _low(tokens, last + 1)
    sign, first = _sign(tokens, first)
    if after in _PERCENT:
        return Quantity(round(sign * value / 100, 12), "percent", first, last + 1, spelled)
    if after == "per" and _low(tokens, last + 2) in ("cent", "cents"):
        return Quantity(round(sign * value / 100, 12), "percent", first, last + 2, spelled)
    if after == "k" and tokens[last + 1].start == tokens[last].end:
        return Quantity(sign * value * 1000, "integer", first, last + 1, spelled)
    if after in _PARTS or (last + 1 < len(tokens) and tokens[last + 1].stem in _PARTS):
        size = _PARTS.get(after) or _PARTS[tokens[last + 1].stem]
        if after not in ("half", "second") or value == 1:
            return Quantity(sign * value / size, "fraction", first, last + 1, spelled)
    glued = last + 2 < len(tokens) and tokens[last].end + 1 == tokens[last + 2].start
    if after == "/" and glued and whole and tokens[last + 2].kind == "number":
        bottom = float(tokens[last + 2].text.replace(",", ""))
        # "20/30/50 %" lists values; a fraction has no third part and is below one.
        if bottom > value and _low(tokens, last + 3) not in ("/", *_PERCENT):
            return Quantity(sign * value / bottom, "fraction", first, last + 2, spelled)
    skip = 2 if after == "in" else 3 if (after, _low(tokens, last + 2)) == ("out", "of") else 0
    if skip and _low(tokens, last + skip) == "every":
        skip += 1
    if skip and last + skip < len(tokens):
        other = tokens[last + skip]
        if other.low in _ONES or (other.kind == "number" and other.text.isdigit()):
            bottom = float(_ONES.get(other.low) or other.text.replace(",", ""))
            if bottom > value:
                return Quantity(sign * value / bottom, "fraction", first, last + skip, spelled)
    kind = "integer" if whole else "decimal"
    return Quantity(sign * value, kind, first, last, spelled)


def _sign(tokens: Sequence[Token], first: int) -> tuple[int, int]:
    """Tells a minus from a hyphen or the dash of a range."""
    before = _low(tokens, first - 1)
    if before in ("minus", "negative"):
        return -1, first - 1
    if before == "-" and tokens[first - 1].end == tokens[first].start:
        gap = first < 2 or tokens[first - 2].end < tokens[first - 1].start
        if gap or tokens[first - 2].text in ("=", ":", "("):
            return -1, first - 1
    return 1, first
