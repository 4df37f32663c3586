"""Values that are text or switches: quoted strings, "name = value", "with X", "without X"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from agent.planner.lexicon import general
from agent.planner.literals import literals
from agent.planner.text import STOP_WORDS, Token, identifier, match_at, normalise, tokenise
from agent.planner.vocabulary import Slot

_QUOTED = re.compile(r"\"([^\"]+)\"|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)|\$([^$]+)\$")
_ADDRESS = re.compile(r"\bhttps?://\S+")
_UP_TO = re.compile(
    r"[\s,:=]*(?:\b(?:is|are|lies?|stored|saved|called|named|in|at|from|of|the|folder|file|path)\b"
    r"[\s,:=]*)*",
    re.IGNORECASE,
)
_SKIP = {"is", "=", ":", "of", "the", "as", "a", "an", "expression", "was", "being", "with"}
_TAIL = re.compile(
    r"[\s,;.?!]*(?:\b(?:against|and|with|versus|vs|to|where|the|for|compared|is|as|whether|if|at|on|in|,)\b"
    r"[\s,;]*)*$"
)


def free_texts(
    tokens: Sequence[Token], text: str, slots: Mapping[str, Slot]
) -> Iterator[tuple[str, str, set[int]]]:
    """Yields (parameter, text, tokens) for the parameters whose value is any text."""
    texts = [s for s in slots.values() if s.parameter.type is str and not s.parameter.choices]
    free = [s for s in texts if not s.parameter.words.takes]
    if not free:
        return
    text = normalise(text)
    quoted = [
        (m.start(), m.end(), next(g for g in m.groups() if g)) for m in _QUOTED.finditer(text)
    ]
    anchors = _anchors(tokens, free)
    given: set[str] = set()
    for name, value, start, end in (*_addresses(text, free), *_files(text, tokens, anchors)):
        if name not in given:
            given.add(name)
            yield name, value, _span(tokens, start, end)
    rest = []
    for start, end, value in quoted:
        name = _beside(tokens, anchors, start, end, given)
        if name:
            given.add(name)
            yield name, value.strip(), _span(tokens, start, end)
        else:
            rest.append((start, end, value))
    open_slots = [s.name for s in free if s.name not in given and not s.values]
    if rest and len(rest) == len([n for n in open_slots if slots[n].parameter.required]):
        wanted = [n for n in open_slots if slots[n].parameter.required]
        for name, (start, end, value) in zip(wanted, rest, strict=True):
            given.add(name)
            yield name, value.strip(), _span(tokens, start, end)
        return
    optional = {s.name for s in free if not s.parameter.required}
    closed = {s.name for s in free if s.values}
    for name, value, span in _unquoted(tokens, text, anchors, given, optional, closed):
        if not slots[name].values:
            yield name, value, span
        elif not _spelled(value, slots[name]):
            word = value.split()[0].rstrip(",;")
            yield (
                name,
                word,
                {i for i in span if tokens[i].end <= tokens[min(span)].start + len(word)},
            )
    yield from _named_data(tokens, text, slots, free, given)


def _named_data(
    tokens: Sequence[Token],
    text: str,
    slots: Mapping[str, Slot],
    free: Sequence[Slot],
    given: set[str],
) -> Iterator[tuple[str, str, set[int]]]:
    """Yields the "leg_counting" of "on leg_counting" where any name may stand for a data set."""
    takers = [s.name for s in free if ("dataset",) in s.phrases and not s.values]
    if len(takers) != 1 or takers[0] in given:
        return
    for at in range(1, len(tokens)):
        behind = identifier(tokens, at)
        if behind > at and tokens[at - 1].low in ("on", "from", "over", "using"):
            value = text[tokens[at].start : tokens[behind - 1].end]
            if not any(_spelled(value, slot) for slot in slots.values()):
                yield takers[0], value, set(range(at, behind))
                return


def _spelled(value: str, slot: Slot) -> bool:
    """Whether a text names a value that the parameter is known to take."""
    tokens = tokenise(value)
    spellings = [s for group in slot.values.values() for s in group]
    return any(match_at(tokens, i, s) is not None for i in range(len(tokens)) for s in spellings)


def _addresses(text: str, free: Sequence[Slot]) -> Iterator[tuple[str, str, int, int]]:
    """Yields the address of a server for the parameter that is called so."""
    takers = [s.name for s in free if {("url",), ("address",)} & set(s.phrases)]
    for match in _ADDRESS.finditer(text) if takers else ():
        yield takers[0], match[0].rstrip(".,;?!"), match.start(), match.end()


def _files(
    text: str, tokens: Sequence[Token], anchors: Sequence[tuple[int, int, str]]
) -> Iterator[tuple[str, str, int, int]]:
    """Yields the file or folder that follows the words for a text: "the model is in ./small"."""
    for one in literals(text):
        if one.kind != "path":
            continue
        before = [(tokens[stop - 1].end, name) for _, stop, name in anchors]
        before = [(end, name) for end, name in before if end <= one.start]
        if before and _UP_TO.fullmatch(text[before[-1][0] : one.start]):
            yield before[-1][1], one.value, one.start, one.end


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
    closed: set[str],
) -> Iterator[tuple[str, str, set[int]]]:
    """Reads "answer 2x against gold x*2": a value runs up to the next announced one.

    What may be left out has to be announced beyond doubt: "context: ...".
    """
    for here, following in pairwise([*anchors, (len(tokens), len(tokens), "")]):
        _, at, name = here
        if name in given or not name:
            continue
        stated = at < len(tokens) and tokens[at].text in (":", "=")
        if not stated and (behind := identifier(tokens, at)) > at:
            given.add(name)
            value = text[tokens[at].start : tokens[behind - 1].end]
            yield name, value, set(range(at, behind))
            continue
        if name in optional and not stated and (name in closed or not _names_only(tokens, at)):
            continue
        plain = at < len(tokens) and tokens[at].low in STOP_WORDS - {"is", "a", "the"}
        if plain and not stated and not _glued(tokens, at):
            continue  # "the model with the best score" announces nothing
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


def _names_only(tokens: Sequence[Token], at: int) -> bool:
    """Whether nothing but one strange word follows: "use the column body"."""
    if at >= len(tokens) or tokens[at].kind != "word":
        return False
    ends = at + 1 >= len(tokens) or tokens[at + 1].text in (",", ".", ";")
    return ends and not {tokens[at].low, tokens[at].stem} & (general() | STOP_WORDS)


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
