"""Literals of a request: formulas, quoted texts and file names, to be passed on as they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent.planner.lexicon import words
from agent.planner.text import STOP_WORDS, normalise

_QUOTED = re.compile(
    r"\$\$([^$]+)\$\$|\$([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]|\"([^\"]+)\"|`([^`]+)`"
    r"|(?<![\w)\]}])'((?:[^']|'(?=[\w)]))+)'(?!\w)"
)
_ENDINGS = "|".join(words()["files"]["endings"])
_PATH = re.compile(
    rf"(?<![\w\\^$)}}])(?:(?:~|\.{{1,2}})?/[A-Za-z_.][\w.+-]*(?:/[\w.+-]*)*|~(?=[\s,;?!]|$)"
    rf"|(?:[\w.+-]+/)*[\w+-][\w.+-]*\.(?:{_ENDINGS})(?:\.gz)?)(?![\w(^])|[A-Za-z]:\\[\w\\.-]+"
)
_FOLDER = re.compile(
    r"\b(?:file|folder|directory|dir|path|repo|repository|checkout) (?:called |named |at |in |of )?"
    r"([\w.+-]+(?:/[\w.+-]+)+)(?![\w(^])",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"\b(?:in|at|from|under)\s+([A-Za-z_.][\w.+-]*(?:/[\w.+-]+)+)(?![\w(^])", re.IGNORECASE
)
_SPACED = re.compile(
    r"(?: (?!(?:and|or|with|against|to|vs|in|on|for|using|of|by|from|at)\b)[\w.+-]+){1,3}"
    rf"(?<=\.)(?:{_ENDINGS})\b"
)
_STOPS = "?.,;:!"
_OPEN, _CLOSE = "([{", ")]}"
_SIGN = re.compile(r"[-+*/^=<>≤≥≠≡±·×|~!]+|\\(?:[lg]eq?|neq?|[lg]t|in|equiv|approx|pm|cdot|times)")
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?%?")
_GREEK = frozenset(words()["formulas"]["symbols"])
_BARE = frozenset(words()["formulas"]["functions"])
_FUNCTIONS = _BARE | frozenset(words()["formulas"]["calls"])
_UNITS = frozenset(words()["formulas"]["units"])
_ATOM = (
    rf"(?:\d+(?:\.\d+)?)?(?:d[a-z]|[A-Za-z]|{'|'.join(sorted(_GREEK, key=len, reverse=True))})'*!?"
)
_OPERAND = rf"(?:{_ATOM}|\d+(?:\.\d+)?!?|<>!?)"
_TERM = re.compile(
    rf"[-+]?{_OPERAND}(?:(?:\*\*|<=|>=|==|!=|[-+*/=<>|]){_OPERAND}|<>!?|(?<=<>){_OPERAND})*"
)
_NUMERIC = re.compile(
    r"[-+]?[\d.,]+%?(?:[-/x][\d.]+%?)*|[A-Za-z]{1,2}=[-+.\d]+%?|[A-Za-z]/[A-Za-z]|\d+-?[a-zA-Z]|\d+x\d+"
)


@dataclass(frozen=True)
class Literal:
    """A piece of a text that stands for itself.

    Attributes:
        start, end: where it stands, delimiters included.
        value: what it says, delimiters removed, otherwise letter for letter.
        kind: `formula`, `path` or `quoted`.
        sure: whether nothing but a formula, or a file name, looks like this.
    """

    start: int
    end: int
    value: str
    kind: str
    sure: bool


@lru_cache(maxsize=512)
def literals(text: str) -> tuple[Literal, ...]:
    """Finds the literals of a text, in order and without overlap."""
    plain = normalise(text)
    found: list[Literal] = []
    for match in _QUOTED.finditer(plain):
        at = match.lastindex or 1
        value = text[match.start(at) : match.end(at)].strip()
        if (nested := _QUOTED.fullmatch(value)) and nested[0][0] in "$\\":
            value = next(group for group in nested.groups() if group).strip()
        if not value:
            continue
        kind = "path" if _is_path(value) else "formula" if at <= 4 or is_math(value) else "quoted"
        found.append(Literal(match.start(), match.end(), value, kind, kind != "quoted"))
    hidden = _blank(plain, found)
    for match, sure in _paths(hidden):
        start, end = match.start(match.lastindex or 0), match.end()
        if "://" in plain[max(0, start - 3) : end] or _overlaps(found, start, end):
            continue
        if more := _SPACED.match(hidden, end):
            end = more.end() if "." not in plain[start:end].lstrip("./~") else end
        while plain[end - 1] == "." and end - 1 > start:
            end -= 1
        found.append(Literal(start, end, text[start:end], "path", sure))
    for start, end, sure in _formulas(_blank(plain, found)):
        found.append(Literal(start, end, text[start:end], "formula", sure))
    return tuple(sorted(found, key=lambda one: one.start))


def skeleton(text: str, given: Collection[str] = ()) -> str:
    """Returns a text with a plain noun in place of every literal that is unmistakable or given."""
    plain, at = [], 0
    for one in literals(text):
        if one.sure or one.value in given:
            plain += [text[at : one.start], "data.jsonl" if one.kind == "path" else "2x"]
            at = one.end
    return "".join([*plain, text[at:]])


def is_math(value: str) -> bool:
    """Whether a text is one formula and nothing else."""
    return any(s == 0 and e == len(value) and sure for s, e, sure in _formulas(value))


def _is_path(value: str) -> bool:
    match = _PATH.match(value)
    spaced = re.fullmatch(rf"[^\\^$=]+\.(?:{_ENDINGS})", value)
    return bool(spaced) or (match is not None and match.end() == len(value))


def _paths(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Yields what is written like a file or folder, and whether it can be nothing else."""
    for pattern, sure in ((_PATH, True), (_FOLDER, True), (_INSIDE, False)):
        for match in pattern.finditer(text):
            yield match, sure


def _overlaps(found: Sequence[Literal], start: int, end: int) -> bool:
    return any(one.start < end and start < one.end for one in found)


def _blank(text: str, found: Sequence[Literal]) -> str:
    """Puts a mark no formula holds in place of what is already found."""
    for one in found:
        text = text[: one.start] + "\x00" * (one.end - one.start) + text[one.end :]
    return text


# -- formulas between words ------------------------------------------------------------------------


def _formulas(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yields (start, end, sure) of the longest runs of mathematics."""
    run: list[tuple[int, int, str]] = []
    for start, end, last in _chunks(text):
        if run and any(c in _OPEN for c in text[run[-1][1] : start]):
            yield from _run(text, run)
            run = []
        kind = _kind(text[start:end])
        if (kind != "word" and kind != "sign") or (kind == "sign" and (run or _unary(text, start))):
            run.append((start, end, kind))
            if not last:
                continue
        yield from _run(text, run)
        run = []
    yield from _run(text, run)


def _unary(text: str, start: int) -> bool:
    return text[start] in "+-"


def _chunks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yields (start, end, whether a run ends here): words, brackets kept whole."""
    at = 0
    while at < len(text):
        match = re.compile(r"\S+").search(text, at)
        if match is None:
            return
        start, end = match.span()
        whole = _balanced(text, start, end)
        if text[start] in _OPEN and whole is None:
            start += 1  # "(see below": prose in brackets
        at = end = whole or end
        stop = end
        while stop > start and (
            (text[stop - 1] in _STOPS and not _factorial(text, start, stop))
            or (text[stop - 1] in _CLOSE and _depth(text[start:stop]) < 0)
        ):
            stop -= 1
        if stop > start:
            yield start, stop, stop < end


def _factorial(text: str, start: int, stop: int) -> bool:
    return text[stop - 1] == "!" and bool(re.search(r"[\d)]!$|^\w!$", text[start:stop]))


def _depth(piece: str) -> int:
    piece = re.sub(r"\\[{}\[\]()]", "", piece)
    return sum(c in _OPEN for c in piece) - sum(c in _CLOSE for c in piece)


def _balanced(text: str, start: int, end: int) -> int | None:
    """Returns where the brackets opened in a chunk are closed; None when prose stands in them."""
    if _depth(text[start:end]) <= 0:
        return end
    opened = start
    while end < len(text) and end - opened < 400 and _depth(text[start:end]) > 0:
        match = re.compile(r"\s+\S+").match(text, end)
        if match is None:
            return None
        end = match.end()
    inner = re.findall(r"(?<![\\\w_^{])[A-Za-z]{3,}", text[start:end])
    prose = [w for w in inner if w.lower() not in _GREEK | _FUNCTIONS and w not in _UNITS]
    return None if prose or _depth(text[start:end]) > 0 else end


def _kind(chunk: str) -> str:
    """Classes a chunk: `strong` (only a formula looks so), `weak`, `name`, `sign` or `word`."""
    if "\x00" in chunk:
        return "word"
    if re.fullmatch(_SIGN, chunk):
        return "sign"
    if _NUMBER.fullmatch(chunk) or _NUMERIC.fullmatch(chunk):
        return "weak"
    if re.search(r"\\(?:[A-Za-z]+|[{|,])|[\w)\]}|]\^[\w({\\*+-]", chunk):
        return "strong"
    if chunk in _UNITS:
        return "unit"
    low = chunk.lower()
    if low in _BARE | _GREEK:
        return "name"
    if re.fullmatch(r"[A-Za-z]'*", chunk):
        return "letter" if low in ("a", "i") else "name"
    if re.fullmatch("d[a-z]", low) and low not in STOP_WORDS:
        return "name"  # the dx of an integral
    if _product(low):
        return "letter"
    if re.fullmatch(rf"-?(?:[A-Za-z]{{1,2}}|{'|'.join(_GREEK)})\d?_(?:\w|\{{[^}}]*\}})\S*", chunk):
        return "strong"
    flat = _flat(chunk)
    if flat is None:
        return "word"
    if flat in ("<>", "-<>") and chunk.lstrip("-")[0] in _OPEN:
        inside = chunk.strip("-")[1:-1]
        mathy = all(_kind(p) != "word" for p in re.split(r"[,;\s]+", inside) if p)
        return ("strong" if re.search(r"[,\d+*/=-]", inside) else "weak") if mathy else "word"
    if _TERM.fullmatch(flat) and not chunk.isalpha():
        strong = flat != chunk or (re.search(r"[A-Za-z]", flat) and re.search(r"[-+*/=<>]", flat))
        return "strong" if strong else "weak"
    return "word"


def _flat(chunk: str) -> str | None:
    """Replaces calls and brackets, innermost first, by one mark; None when a word stands there."""
    before = ""
    chunk = re.sub(r"\|([\w+*/^-]+)\|", lambda m: "<>" if not _kind_inner(m[1]) else m[0], chunk)
    while before != chunk:
        before = chunk
        for call in re.finditer(r"([A-Za-z]\w*)?([(\[{])([^()\[\]{}]*)[)\]}]", chunk):
            name, inner = call[1] or "", call[3]
            known = len(name) <= 2 or name.lower() in _FUNCTIONS | _GREEK
            plural = name and inner.lower() in ("s", "es")
            parts = [p for p in re.split(r"[,;\s]+|\.\.", inner) if p]
            if plural or not known or any(_kind_inner(p) for p in parts) or not parts:
                return None
            chunk = chunk[: call.start()] + "<>" + chunk[call.end() :]
            break
    return chunk


def _kind_inner(piece: str) -> bool:
    """Whether a piece inside brackets is prose."""
    flat = piece.replace("<>", "z")
    return not (re.fullmatch(_SIGN, piece) or _TERM.fullmatch(flat) or _kind(flat) != "word")


def _product(low: str) -> bool:
    """Whether a chunk may be a product of names where signs stand beside it: "2ab", "xy"."""
    return bool(re.fullmatch(r"\d+(?!st|nd|rd|th)[a-z]{2,3}", low)) or (
        len(low) == 2 and low.isalpha() and low not in STOP_WORDS | {"vs", "ok"}
    )


def _run(text: str, run: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, bool]]:
    """Trims a run of chunks and tells whether it is surely a formula."""
    pieces = list(run)
    while pieces and (
        pieces[-1][2] in ("sign", "unit", "letter") and not _ends_formula(text, pieces)
    ):
        pieces.pop()
    while pieces and _no_start(text, pieces):
        pieces.pop(0)
    if not pieces:
        return
    kinds = [k for _, _, k in pieces]
    start, end = pieces[0][0], pieces[-1][1]
    lows = [text[s:e].lower() for s, e, _ in pieces]
    joined = "sign" in kinds[1:-1] and not all(k in ("weak", "sign") for k in kinds)
    simple = len(pieces) == 3 and lows[1] == "=" and kinds[0] == "name" and kinds[2] == "weak"
    called = len(pieces) > 1 and any(low in _BARE for low in lows)
    ranged = kinds == ["weak", "sign", "weak"]
    sure = "strong" in kinds or (joined and not simple) or called
    if ranged and lows[1] in ("-", "/"):
        sure = False
    yield start, end, sure


def _ends_formula(text: str, pieces: Sequence[tuple[int, int, str]]) -> bool:
    """Whether the last chunk of a run may end it: a unit after a number, a letter after a sign."""
    if len(pieces) < 2:
        return False
    _start, _end, kind = pieces[-1]
    before = pieces[-2][2]
    if kind == "unit":
        return before == "weak"
    return kind == "letter" and (before == "sign" or text[pieces[-2][0] : pieces[-2][1]].lower()
                                 in _BARE)  # fmt: skip


def _no_start(text: str, pieces: Sequence[tuple[int, int, str]]) -> bool:
    """Whether the first chunk of a run cannot begin a formula: an article, a dash, a lone unit."""
    start, end, kind = pieces[0]
    if kind == "sign":
        return text[start:end] not in ("-", "+") or len(pieces) < 2
    following = pieces[1][2] if len(pieces) > 1 else ""
    return kind == "unit" or (kind == "letter" and following != "sign")


def blanked(text: str) -> str:
    """Returns a text with spaces in place of every unmistakable literal; offsets hold."""
    for one in literals(text):
        if one.sure:
            text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text
