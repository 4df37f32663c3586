"""Formulas and files of a request, given to the parameters that take them.

What a parameter takes is declared by its `Words.takes`. A literal belongs to the parameter whose
words announce it; what is left goes to the parameters that must have a value, in the order of the
text. Where two readings are possible both are offered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agent.planner.lexicon import words
from agent.planner.literals import Literal, literals
from agent.planner.reading import Problem
from agent.planner.statements import separate, statements
from agent.planner.text import STOP_WORDS, Token, match_at, normalise, stem, tokenise
from agent.planner.vocabulary import Slot

_BEFORE = re.compile(
    r"[\s,:=]*(?:\b(?:is|was|of|the|as|being|should|be|to|that|i|gave|got|wrote|have|my|expression|"
    r"formula|given|by|which|named|called|at|in|from|file|folder|directory|repository|repo|lie|lies|"
    r"are|value)\b[\s,:=]*)*"
)
_BEHIND = re.compile(
    r"[\s,(]*(?:\b(?:is|was|as|for|being|the|my|our|a|an|their|his|her|its|this|your|models?|right|"
    r"correct|expected|to)\b(?:'s)?[\s,]*)*"
)
_EQUAL = re.compile(
    r"\b(?:equal|equals|equality|equivalent|identical|same|match|matches|agrees?|coincides?)\b|="
)
_AGAINST = re.compile(r"\b(?:against|versus|vs)\b")
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|ok|hi|hey|please|then|now|(?:for|assuming|with|given)[^,]*),?\s+)*"
    r"(?:is|are|does|do|would|can|whether|if)\b|"
    r"\b(?:check|verify|see|tell me|show|know|decide|test|prove|confirm|find out|wonder\w*)\b"
    r".{0,12}\b(?:if|whether|that)\b|\btrue\b|\bholds?\b|"
    r"^\W*(?:check|verify|confirm|test)\b|\?\W*$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,;.?!]*(?:\b(?:against|and|with|versus|vs|to|where|the|for|compared|is|as|whether|if|my|,)\b"
    r"[\s,;]*)*$"
)
_SENTENCE = re.compile(r"\n|[.?!](?=\s+[A-Z][a-z]*\b)")
_SIDES = re.compile(r"(?<![<>!:=\\])(?:==|=)(?![=<>])|\\equiv\b")
_SETTING = re.compile(r"[A-Za-z]\w*\s*=\s*[-+.\d]+%?")
_NAMES = re.compile(r"\b[A-Za-z]\w*\s*=\s*(?=\s|$)")
_FOLDERS = {"folder", "directory", "repository"}


@dataclass
class Given:
    """What literals say about an experiment's parameters.

    Attributes:
        values: parameter -> value, in the order of the text.
        problems: what must be asked.
        spans: character ranges that are explained.
        strange: unmistakable literals that no parameter takes.
    """

    values: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    strange: list[Literal] = field(default_factory=list)


def operands(
    text: str,
    slots: Mapping[str, Slot],
    names: frozenset[str],
    focus: str = "",
    held: Collection[str] = (),
) -> Given:
    """Gives the literals of a text to the parameters of one experiment.

    Args:
        text: the request.
        slots: the experiment's parameters.
        names: stems of the experiment's name; as verbs they ask for it ("grade 3 against 4").
        focus: the parameter that was asked for, or "".
        held: parameters that the request before gave, in its order.
    """
    given = Given()
    found = list(literals(text))
    formulas = _taking(slots, "formula")
    paths = _taking(slots, "path")
    if formulas:
        found = _Formulas(text, slots, formulas, names, focus, held, given).read(found)
    if paths:
        found = _read_paths(text, slots, paths, focus, held, found, given)
    given.strange = [one for one in found if one.sure]
    return given


def _taking(slots: Mapping[str, Slot], kind: str) -> list[str]:
    return [n for n, s in slots.items() if s.parameter.words.takes == kind]


@dataclass(frozen=True)
class _Anchor:
    """A word that announces a parameter: its place in the text, and the parameter."""

    start: int
    end: int
    name: str


def _anchors(
    text: str, slots: Mapping[str, Slot], names: Sequence[str], skip: Sequence[tuple[int, int]]
) -> list[_Anchor]:
    """Lists the words that announce a parameter, longest first, outside literals."""
    tokens = tokenise(text)
    found: list[_Anchor] = []
    at = 0
    while at < len(tokens):
        ends = [
            (end, name)
            for name in names
            for p in slots[name].phrases
            if (end := match_at(tokens, at, p)) is not None
        ]
        inside = any(a <= tokens[at].start < b for a, b in skip)
        if not ends or inside:
            at += 1
            continue
        end, name = max(ends, key=lambda e: e[0])
        found.append(_Anchor(tokens[at].start, tokens[end - 1].end, name))
        at = end
    return found


class _Formulas:
    """Finds out which formula of a text is which."""

    def __init__(
        self,
        text: str,
        slots: Mapping[str, Slot],
        formulas: Sequence[str],
        names: frozenset[str],
        focus: str,
        held: Collection[str],
        given: Given,
    ) -> None:
        self._text = text
        self._plain = normalise(text)
        self._slots = slots
        self._formulas = formulas
        self._names = names
        self._focus = focus
        self._held = [n for n in held if n in formulas]
        self._given = given

    def read(self, found: Sequence[Literal]) -> list[Literal]:
        """Fills the parameters; returns the literals that are left."""
        solid = [one for one in found if one.sure]
        spans = [(one.start, one.end) for one in solid]
        anchors = _anchors(self._plain, self._slots, self._formulas, spans)
        left = self._without_statements(found)
        paths = [one for one in left if one.kind == "path"]
        left = [one for one in left if one.kind != "path"]
        left = self._announced(left, anchors)
        left = [one for one in left if not self._counts(one)]
        left = self._unnamed(left)
        return sorted([*left, *paths], key=lambda one: one.start)

    # -- conventions ------------------------------------------------------------------------------

    def _without_statements(self, found: Sequence[Literal]) -> list[Literal]:
        takers = _taking(self._slots, "statement")
        sure = any(one.sure or one.kind == "quoted" for one in found)
        roles = "|".join(
            re.escape(w) for n in self._formulas for w in (n, *self._slots[n].parameter.words.near)
        )
        told = _EQUAL.search(self._plain.lower()) or re.search(rf"\b(?:{roles})\b", self._plain)
        if not takers or not (sure or self._held or told):
            return list(found)
        said = statements(self._plain, re.compile(rf"\b(?:{roles})\b", re.IGNORECASE))
        if not said:
            return list(found)
        if not self._held and all(_inside(one, said) for one in found):
            return list(found)
        # The text as typed, not as it was compared.
        parts = [
            self._text[(at := self._plain.index(value, start)) : at + len(value)]
            for start, _, value in said
        ]
        self._given.values[takers[0]] = "; ".join(p for part in parts for p in separate(part))
        self._given.spans += [(start, end) for start, end, _ in said]
        return [one for one in found if not _inside(one, said)]

    def _counts(self, one: Literal) -> bool:
        """Whether a bare number counts what follows it: "these 2 expressions"."""
        if one.sure or one.kind != "formula" or not one.value.isdigit():
            return False
        following = re.match(r"\s+([A-Za-z]+)", self._plain[one.end :])
        return following is not None and not {following[1].lower(), stem(following[1])} & _AFTER

    # -- by name ----------------------------------------------------------------------------------

    def _announced(self, left: list[Literal], anchors: Sequence[_Anchor]) -> list[Literal]:
        for here, following in pairwise([*anchors, _Anchor(len(self._text), len(self._text), "")]):
            if here.name in self._given.values:
                continue
            ahead = [one for one in left if here.end <= one.start < following.start]
            near = ahead and _BEFORE.fullmatch(self._plain[here.end : ahead[0].start].lower())
            colon = re.match(r"\s*[:=]\s*", self._plain[here.end :])
            if near and not (colon and not self._whole(ahead[0], following.start)):
                self._give(here.name, ahead[0])
                left.remove(ahead[0])
            elif colon:
                self._verbatim(here, here.end + colon.end(), following.start, left)
            elif not near:
                behind = [one for one in left if one.end <= here.start]
                between = self._plain[behind[-1].end : here.start].lower() if behind else "x"
                if behind and _BEHIND.fullmatch(between):
                    self._give(here.name, behind[-1])
                    left.remove(behind[-1])
        return left

    def _whole(self, one: Literal, end: int) -> bool:
        """Whether a literal is all that stands before the next announced value."""
        return not self._cut(one.end, end)

    def _cut(self, start: int, end: int) -> str:
        """Returns what a text says from a place on, up to a statement or the next sentence."""
        stops = [a for a, b in self._given.spans if start <= a < end]
        piece = self._plain[start : min([end, *stops])]
        sentence = _SENTENCE.search(piece)
        piece = piece[: sentence.start()] if sentence else piece
        return _TAIL.sub("", piece).rstrip(" ,;.?")

    def _verbatim(self, here: _Anchor, start: int, end: int, left: list[Literal]) -> None:
        piece = self._cut(start, end)
        value = self._text[start : start + len(piece)].strip()
        if not value or len(value) > 2000:
            return
        own = [one for one in left if start <= one.start < start + len(piece)]
        if len(own) == 1 and (own[0].start, own[0].end) == (start, start + len(piece)):
            value = own[0].value
        self._given.values[here.name] = value
        self._given.spans.append((here.start, start + len(piece)))
        for one in own:
            left.remove(one)

    def _give(self, name: str, one: Literal) -> None:
        self._given.values[name] = one.value
        self._given.spans.append((one.start, one.end))

    # -- by place ---------------------------------------------------------------------------------

    def _unnamed(self, left: list[Literal]) -> list[Literal]:
        given = self._given
        open_ = [n for n in self._formulas if n not in given.values]
        must = [n for n in open_ if self._slots[n].parameter.required]
        left = [one for one in left if one.sure or self._meant(left, must)]
        if len(left) > len(must) and len([one for one in left if one.sure]) == len(must):
            left = [one for one in left if one.sure]
        if not left or not open_:
            return left
        # A follow-up gives one side anew: the one named last, unless a word says which.
        if self._held and not given.values.keys() & set(self._formulas) and len(left) == 1:
            parts = self._sides(left[0])
            if len(parts) != 2:
                self._give(self._focus if self._focus in open_ else self._held[-1], left[0])
                return []
        if self._held and given.values.keys() & set(self._formulas) and not self._focus:
            must = [n for n in must if n not in self._held] or must
        if len(left) == 1 and self._focus in open_ and len(self._sides(left[0])) == 1:
            self._give(self._focus, left[0])
            return []
        if len(left) == 1 and len(must) == 2:
            return self._one_for_two(left[0], must)
        if len(left) == len(must):
            for name, one in zip(must, left, strict=True):
                self._give(name, one)
            return []
        if len(left) > len(must) > 0 and all(one.sure or one.kind == "quoted" for one in left):
            said = " / ".join(one.value for one in left)
            pairs = tuple(tuple(zip(must, two, strict=False)) for two in _pairs(left, len(must)))
            given.problems.append(Problem("readings", must[0], said, pairs[:3]))
            given.spans += [(one.start, one.end) for one in left]
            return []
        return left

    def _meant(self, left: Sequence[Literal], must: Sequence[str]) -> bool:
        """Whether bare numbers and names may be formulas here: the text speaks of equality."""
        if self._held or self._focus in self._formulas:
            return True
        if self._given.values.keys() & set(self._formulas):
            return True
        outside = self._plain
        for one in reversed(left):
            outside = outside[: one.start] + " " + outside[one.end :]
        named = {t.stem for t in tokenise(outside)} & self._names
        plain = all(re.fullmatch(r"[-\d.,]+%?", one.value) for one in left)
        between = self._plain[left[0].end : left[-1].start] if len(left) > 1 else ""
        if plain:
            outside = _NAMES.sub(" ", outside)  # "for N = 8 and 32"
        equation = _EQUAL.search(left[0].value) and not _SETTING.fullmatch(left[0].value)
        told = _EQUAL.search(outside.lower()) or equation
        sure = any(one.sure for one in left)
        if any(_SETTING.fullmatch(one.value) for one in left) and not told:
            return False  # "alpha = 5 with theta 20" sets, and compares nothing
        linked = _AGAINST.search(between) and (not plain or sure)
        return bool(named or told or linked or (sure and len(left) == len(must)))

    def _sides(self, one: Literal) -> list[str]:
        """Splits an equation at its top-level equality signs."""
        if one.kind != "formula" or self._text[one.start] in "'\"`$":
            return [one.value]
        parts, last = [], 0
        for match in _SIDES.finditer(one.value):
            before = re.sub(r"\\[{}]", "  ", one.value[: match.start()])
            if sum(c in "([{" for c in before) == sum(c in ")]}" for c in before):
                parts.append(one.value[last : match.start()].strip())
                last = match.end()
        parts.append(one.value[last:].strip())
        return parts if all(parts) else [one.value]

    def _one_for_two(self, one: Literal, must: Sequence[str]) -> list[Literal]:
        """Reads one formula where two are needed: an equation, or one side of which one is open."""
        given, parts = self._given, self._sides(one)
        first, second = must
        if len(parts) == 2 and _ASKS.search(self._plain):
            given.values |= {first: parts[0], second: parts[1]}
        elif len(parts) == 2:
            both = ((first, parts[0]), (second, parts[1]))
            readings = (both, ((first, one.value),), ((second, one.value),))
            given.problems.append(Problem("readings", first, one.value, readings))
        elif len(parts) > 2:
            ends = (parts[0], parts[-1])
            chain = tuple(((first, a), (second, b)) for a, b in (ends, *pairwise(parts)))
            given.problems.append(Problem("readings", first, one.value, chain[:3]))
        elif one.sure:
            given.problems.append(Problem("whose", first, one.value, tuple(must)))
        else:
            return [one]
        given.spans.append((one.start, one.end))
        return []


_AFTER = frozenset(
    {*STOP_WORDS}
    | set("against versus vs equal equals equivalent identical match matches same correct right "
          "assuming given please instead now where when wrong good".split())
)  # fmt: skip


def _inside(one: Literal, said: Sequence[tuple[int, int, str]]) -> bool:
    return any(a <= one.start < b for a, b, _ in said)


def _pairs(left: Sequence[Literal], size: int) -> list[tuple[str, ...]]:
    """Lists the ways to take `size` of several formulas in order."""
    if size == 1:
        return [(one.value,) for one in left]
    return [(left[0].value, one.value) for one in left[1:]]


# -- files -----------------------------------------------------------------------------------------


def _read_paths(
    text: str,
    slots: Mapping[str, Slot],
    paths: Sequence[str],
    focus: str,
    held: Collection[str],
    found: Sequence[Literal],
    given: Given,
) -> list[Literal]:
    """Gives files and folders to their parameters; returns the literals that are left."""
    plain = normalise(text)
    files = [one for one in found if one.kind == "path"]
    other = [one for one in found if one.kind != "path"]
    spans = [(one.start, one.end) for one in found if one.sure]
    anchors = _anchors(plain, slots, paths, spans)
    left = []
    for one in files:
        before = [a for a in anchors if a.end <= one.start and a.name not in given.values]
        if before and _BEFORE.fullmatch(plain[before[-1].end : one.start].lower()):
            given.values[before[-1].name] = one.value
            given.spans.append((one.start, one.end))
        else:
            left.append(one)
    must = [n for n in paths if slots[n].parameter.required and n not in given.values]
    must = [n for n in must if n not in held] or must
    if focus in paths and focus not in given.values and len(left) == 1:
        must = [focus]
    must = must or [n for n in paths if n not in given.values and n not in held]
    for one in list(left):
        fits = [n for n in must if n not in given.values and suits(one.value, slots[n])]
        free = [n for n in must if n not in given.values]
        if len(fits) == 1 or (len(free) == 1 and len(left) == 1):
            given.values[fits[0] if len(fits) == 1 else free[0]] = one.value
        elif len(free) > 1 and len(left) == 1:
            given.problems.append(Problem("whose", free[0], one.value, tuple(free)))
        else:
            continue
        given.spans.append((one.start, one.end))
        left.remove(one)
    return sorted([*other, *left], key=lambda one: one.start)


def names_kinds(slot: Slot) -> bool:
    """Whether a parameter's description says by their endings which files it takes."""
    described = set(re.findall(r"\w+", slot.parameter.description.lower()))
    return bool(described & set(words()["files"]["endings"]))


def suits(path: str, slot: Slot) -> bool:
    """Whether a parameter's description speaks of such a file: of its ending, or of folders."""
    described = slot.parameter.description.lower().replace("json lines", "json lines jsonl")
    name = path.rstrip("/").rsplit("/", 1)[-1].lower()
    ending = name.rsplit(".", 1)[-1] if "." in name.lstrip(".~") else ""
    if not ending:
        return bool(_FOLDERS & set(re.findall(r"\w+", described)))
    return bool(re.search(rf"\b{re.escape(ending)}\b", described))


def tokens_of(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> set[int]:
    """Returns the indices of the tokens inside character ranges."""
    return {i for i, t in enumerate(tokens) if any(a <= t.start < b for a, b in spans)}
