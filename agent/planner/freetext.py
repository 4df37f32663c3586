"""Values that are text or switches: quoted strings, "name = value", "with X", "without X"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from agent.planner.text import Token, match_at, normalise
from agent.planner.vocabulary import Slot

_QUOTED = re.compile(r"\"([^\"]+)\"|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)|\$([^$]+)\$")
_SKIP = {"is", "=", ":", "of", "the", "as", "a", "an", "expression", "was", "being", "with"}
_TAIL = re.compile(
    r"[\s,;.?!]*(?:\b(?:against|and|with|versus|vs|to|where|the|for|compared|is|as|whether|if|,)\b"
    r"[\s,;]*)*$"
)


def free_texts(
    tokens: Sequence[Token], text: str, slots: Mapping[str, Slot]
) -> Iterator[tuple[str, str, set[int]]]:
    """Yields (parameter, text, tokens) for the parameters whose value is any text."""
    free = [
        s
        for s in slots.values()
        if s.parameter.type is str and not s.values and not s.parameter.words.takes
    ]
    if not free:
        return
    text = normalise(text)
    quoted = [
        (m.start(), m.end(), next(g for g in m.groups() if g)) for m in _QUOTED.finditer(text)
    ]
    anchors = _anchors(tokens, free)
    given: set[str] = set()
    rest = []
    for start, end, value in quoted:
        name = _beside(tokens, anchors, start, end, given)
        if name:
            given.add(name)
            yield name, value.strip(), _span(tokens, start, end)
        else:
            rest.append((start, end, value))
    open_slots = [s.name for s in free if s.name not in given]
    if rest and len(rest) == len([n for n in open_slots if slots[n].parameter.required]):
        wanted = [n for n in open_slots if slots[n].parameter.required]
        for name, (start, end, value) in zip(wanted, rest, strict=True):
            given.add(name)
            yield name, value.strip(), _span(tokens, start, end)
        return
    optional = {s.name for s in free if not s.parameter.required}
    yield from _unquoted(tokens, text, anchors, given, optional)


def _anchors(tokens: Sequence[Token], free: Sequence[Slot]) -> list[tuple[int, int, str]]:
    """Lists (first token, index behind, parameter) of the words that announce a text."""
    found = []
    for at in range(len(tokens)):
        for slot in free:
            ends = [e for p in slot.phrases if (e := match_at(tokens, at, p)) is not None]
            if ends:
                found.append((at, max(ends), slot.name))
                break
    return found


def _beside(
    tokens: Sequence[Token],
    anchors: Sequence[tuple[int, int, str]],
    start: int,
    end: int,
    given: set[str],
) -> str:
    """Names the parameter announced shortly before a quoted text."""
    before = [
        (tokens[stop - 1].end, name)
        for _, stop, name in anchors
        if tokens[stop - 1].end <= start and name not in given
    ]
    if before and start - before[-1][0] <= 25:
        return before[-1][1]
    return ""


def _unquoted(
    tokens: Sequence[Token],
    text: str,
    anchors: Sequence[tuple[int, int, str]],
    given: set[str],
    optional: set[str],
) -> Iterator[tuple[str, str, set[int]]]:
    """Reads "answer 2x against gold x*2": a value runs up to the next announced one.

    What may be left out has to be announced beyond doubt: "context: ...".
    """
    for here, following in pairwise([*anchors, (len(tokens), len(tokens), "")]):
        _, at, name = here
        if name in given or not name:
            continue
        stated = at < len(tokens) and tokens[at].text in (":", "=")
        if name in optional and not stated:
            continue
        while at < following[0] and tokens[at].low in _SKIP and not _glued(tokens, at):
            at += 1
        if at >= following[0]:
            continue
        start = tokens[at].start
        end = tokens[following[0]].start if following[0] < len(tokens) else len(text)
        value = _TAIL.sub("", text[start:end].strip()).strip(" \"'`")
        if value and len(value) <= 200:
            given.add(name)
            yield name, value, _span(tokens, start, start + len(value))


def _glued(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word is part of a formula: the "a" of "a*b"."""
    behind = tokens[at + 1] if at + 1 < len(tokens) else None
    return (
        tokens[at].kind == "word"
        and behind is not None
        and behind.kind == "mark"
        and (behind.text not in ":=,")
    )


def _span(tokens: Sequence[Token], start: int, end: int) -> set[int]:
    return {i for i, t in enumerate(tokens) if start <= t.start < end}


def switches(
    tokens: Sequence[Token], slots: Mapping[str, Slot]
) -> Iterator[tuple[str, bool, set[int]]]:
    """Yields (parameter, on or off, tokens) for the parameters that are true or false."""
    for slot in slots.values():
        if slot.parameter.type is not bool:
            continue
        for at in range(len(tokens)):
            ends = [e for p in slot.phrases if (e := match_at(tokens, at, p)) is not None]
            if not ends:
                continue
            before = {t.low for t in tokens[max(0, at - 2) : at]}
            after = [t.low for t in tokens[max(ends) : max(ends) + 2]]
            off = before & {"no", "not", "without", "disable", "don't"} or set(after) & {
                "off",
                "false",
                "no",
                "disabled",
            }
            yield slot.name, not off, set(range(at, max(ends)))
            break
