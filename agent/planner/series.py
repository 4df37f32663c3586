"""Numbers that belong together: lists and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.planner.numbers import Quantity
from agent.planner.text import Token, match_at
from agent.planner.vocabulary import Slot

_LINKS = {",", "and", "or", "/", "&", "vs", "versus", "then", "+", ";", "against", "plus"}


@dataclass(frozen=True)
class Series:
    """One or several numbers of the same kind that belong together.

    Attributes:
        items: the quantities as written.
        values: what they stand for; the steps of a range are filled in.
        trouble: `or` when they are alternatives, `range` when the steps are not stated.
    """

    items: tuple[Quantity, ...]
    values: tuple[float, ...]
    trouble: str = ""

    @property
    def first(self) -> int:
        """Index of the first token."""
        return self.items[0].first

    @property
    def last(self) -> int:
        """Index of the last token."""
        return self.items[-1].last

    @property
    def kind(self) -> str:
        """Kind of the numbers."""
        return self.items[-1].kind

    @property
    def share(self) -> bool:
        """Whether the values state parts of something."""
        return self.items[-1].share


def series(tokens: Sequence[Token], found: Sequence[Quantity]) -> list[Series]:
    """Joins numbers into lists ("20, 30 and 50 %") and ranges ("10 to 50 % in steps of 20 %")."""
    result: list[Series] = []
    at = 0
    while at < len(found):
        size, joined = _range(tokens, found, at)
        if joined is None:
            size, joined = _list(tokens, found, at)
        result.append(joined)
        at += size
    return result


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].low if 0 <= at < len(tokens) else ""


def _range(
    tokens: Sequence[Token], found: Sequence[Quantity], at: int
) -> tuple[int, Series | None]:
    """Reads a range that starts at quantity `at`."""
    if at + 1 >= len(found):
        return 0, None
    a, b = found[at], found[at + 1]
    between = [t.low for t in tokens[a.last + 1 : b.first]]
    opener = _low(tokens, a.first - 1)
    spans = (
        between in (["to"], ["through"], ["until"], ["up", "to"], ["up", "until"], ["till"])
        or (between == ["-"] and b.value > a.value)
        or (between == ["and"] and opener == "between")
        or between == [".", ".", "."]
    )
    # "changed from 30 % to 50 %" would be read as a range as well: it asks, and harms nobody.
    if not spans or (between == ["to"] and opener != "from" and a.kind == "fraction"):
        return 0, None
    a, b = _same_kind(a, b)
    if a.kind != b.kind and not (a.share and b.share):
        return 0, None
    if at + 2 < len(found):
        c = found[at + 2]
        link = [t.low for t in tokens[b.last + 1 : c.first]]
        right = [t.low for t in tokens[c.last + 1 : c.last + 2]]
        words = {"step", "steps", "stepsize", "increments", "increment", "by", "every", "intervals"}
        if (words & {*link, *right}) and len(link) <= 5:
            step = _same_kind(c, b)[0]
            values = _steps(a.value, b.value, step.value)
            if values:
                return 3, Series((a, b, step), values)
    return 2, Series((a, b), (a.value, b.value), "range")


def _steps(low: float, high: float, step: float) -> tuple[float, ...]:
    if step <= 0 or (high - low) / step > 200:
        return ()
    count = int((high - low) / step + 1e-9)
    return tuple(round(low + i * step, 9) for i in range(count + 1))


def _same_kind(a: Quantity, b: Quantity) -> tuple[Quantity, Quantity]:
    """Gives a bare number the percent sign of the number it is listed with."""
    if b.kind == "percent" and a.kind == "integer":
        return replace(a, value=round(a.value / 100, 12), kind="percent"), b
    return a, b


def _list(tokens: Sequence[Token], found: Sequence[Quantity], at: int) -> tuple[int, Series]:
    """Reads the longest list that starts at quantity `at`."""
    items = [found[at]]
    words: set[str] = set()
    for following in found[at + 1 :]:
        between = [t.low for t in tokens[items[-1].last + 1 : following.first]]
        spaced = not between and following.kind == items[-1].kind and following.kind != "integer"
        if not spaced and (not between or len(between) > 2 or not set(between) <= _LINKS):
            break
        items.append(following)
        words |= set(between)
    while len(items) > 1:
        last = items[-1]
        whole = [_same_kind(item, last)[0] for item in items]
        if len({(i.kind, i.spelled and not i.share) for i in whole}) == 1 or all(
            i.share for i in whole
        ):
            items = whole
            break
        kinds = {i.kind for i in whole}
        if kinds == {"decimal", "fraction"} or (
            kinds == {"decimal", "integer"} and all(0 <= i.value <= 1 for i in whole)
        ):
            items = whole  # "0 and 0.2"
            break
        items.pop()
    trouble = "or" if "or" in words and len(items) > 1 else ""
    return len(items), Series(tuple(items), tuple(i.value for i in items), trouble)


def split(tokens: Sequence[Token], one: Series, slots: Mapping[str, Slot]) -> list[Series]:
    """Takes a list apart whose members have words of their own ("seed 3, 10 nets")."""
    if len(one.items) < 2 or one.trouble == "range" or len(one.values) != len(one.items):
        return [one]
    owners = [_own_words(tokens, item, slots) for item in one.items]
    first, last = owners[0][0], owners[-1][1]
    inner = [side for before, after in owners for side in (before, after)][1:-1]
    if not any(inner) and (not first or not last or first == last):
        return [one]
    return [Series((item,), (item.value,)) for item in one.items]


def neighbour(tokens: Sequence[Token], item: Quantity, slots: Mapping[str, Slot]) -> str:
    """Tells on which side the name of a number stands where names stand on both, or "".

    In "1 network 2 epochs" the name before the 2 has a number of its own, in "networks 1 epochs 2"
    the name after the 1.
    """
    before, after = _own_words(tokens, item, slots)
    if not before or not after:
        return ""
    for size in range(1, 4):
        at = item.first - size - 1
        if at >= 0 and tokens[at].kind == "number":
            return after
    for size in range(1, 4):
        at = item.last + size + 1
        if at < len(tokens) and tokens[at].kind == "number":
            return before
    return ""


def _own_words(
    tokens: Sequence[Token], item: Quantity, slots: Mapping[str, Slot]
) -> tuple[str, str]:
    """Names the parameter whose words stand directly before and directly after a number."""
    before = after = ""
    for slot in slots.values():
        if not slot.numeric:
            continue
        for phrase in (*slot.phrases, *slot.complements):
            if match_at(tokens, item.last + 1, phrase) is not None:
                after = after or slot.name
            for skip in (0, 1):
                start = item.first - skip - len(phrase)
                if (
                    start >= 0
                    and match_at(tokens, start, phrase) == item.first - skip
                    and (
                        not skip or tokens[item.first - 1].low in ("=", "to", "of", ":", "at", "@")
                    )
                ):
                    before = before or slot.name
    return before, after
