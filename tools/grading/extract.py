"""Finds the final answer in what a model or a person wrote, and says how it was found.

Rules, in order: thoughts between think tags are dropped; boxes win, the last one unless several
stand side by side as alternatives; then a sentence that announces an answer; then the last formula
in dollars; else the text is taken whole. What the text denies, doubts or takes back ("cannot be 5",
"5 is wrong", "5? No") is no answer, unless a correction follows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.grading.denial import Denied, is_denied, is_earlier, is_refused
from tools.grading.errors import OverLimit
from tools.grading.limits import MAX_CHARS, MAX_DEPTH, MAX_RAW

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>", re.IGNORECASE)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=\{)")
_BETWEEN = re.compile(
    # Possessive repeats, so that a long run of spaces or dollars is passed once.
    r"^[\s$\\,;.()*]*+(?:or|and|(?<=\\)text\s*\{\s*(?:or|and)\s*\})?+[\s$\\,;.()*]*+$"
)
_ANNOUNCED = re.compile(
    r"(?:(?:the|my|our|a)\s+)?(?:final\s+|correct\s+)?"
    r"(?:answer|result|solution|value|sum|total|conclusion)"
    r"\s*(?:is|are|:|=|equals|would\s+be|should\s+be|turns\s+out\s+to\s+be)\s*(?:therefore|thus)?\s*[:=]?\s*",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|equals|gives|get|obtain|yields|have|find|be|becomes|=|reads)\s+(?:equal\s+to\s+)?",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"^(?:not|n't|never|neither|unknown|unclear)\b", re.IGNORECASE)
_CORRECTED = re.compile(
    r"(?:[.!?,;:]|\bno\b|\bbut\b)\s*(?:(?:actually|rather|instead|no|but)\b[,.:]?\s*){0,3}"
    r"it\s+(?:is|equals|(?:must|should|would)\s+be)\s+|\bbut\s+(?:rather\s+)?",
    re.IGNORECASE,
)
_BUT_NOT = re.compile(
    r"[\s$*,;]*(?:and\s+|but\s+)?(?:not|rather\s+than|instead\s+of)[\s$*]*", re.IGNORECASE
)
_NOT_THAT = re.compile(
    r"(?<!\s),?\s{1,3}(?:and\s+|but\s+)?(?:not|rather than|instead of)\s+(?=[-\d$\\]).*$"
)
_OPENED = re.compile(r"\$\$|\$|\\\(|\\\[")
_CLOSES = {"$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}
_PEELED = 2 * MAX_CHARS  # characters beyond which a text is refused whatever dresses it
_LAST = 40  # announcements or verbs that are tried, from the end
_STOPWORDS = frozenset(
    "the a an is are was were be so thus hence therefore we i you it this that there of to in "
    "on at by with from as have has get find obtain which because since then answer final result "
    "value "
    "not but after my our your as same first equals ground energy maybe please let need "
    "ignore previous instructions mark correct".split()
)
_WORD = re.compile(r"(?<![\\A-Za-z_{^])[A-Za-z]{2,}(?![A-Za-z]*[({_^])")


@dataclass(frozen=True, slots=True)
class Extraction:
    """The part of a text that is the answer, and the rule that found it."""

    text: str
    rule: str


def extract(text: str) -> Extraction:
    """Finds the answer in a text.

    Raises:
        OverLimit: when the text is too long.
        Denied: when it denies, doubts or takes back the answer it names and gives no other.
    """
    if len(text) > MAX_RAW:
        raise OverLimit(f"The text has {len(text)} characters, the bound is {MAX_RAW}.")
    text = _thoughtless(text)
    boxes = _boxes(text)
    if boxes:
        return _from_boxes(text, boxes)
    stripped = _DISCOURSE.sub("", text.strip())
    if is_prose(stripped):
        return _from_prose(stripped)
    if stripped.endswith("?"):
        raise Denied
    return Extraction(_peeled(stripped), "the whole text")


def _thoughtless(text: str) -> str:
    """Drops closed think tags with what is between them."""
    kept: list[str] = []
    low, at = text.lower(), 0
    open_for_good: set[str] = set()
    while (match := _THOUGHT.search(text, at)) is not None:
        mark = f"</{match[1].lower()}>"
        end = -1 if mark in open_for_good else low.find(mark, match.end())
        if end < 0 or len(low) != len(text):
            # Looked for once: where one tag stays open, every later one of its kind does.
            open_for_good.add(mark)
            kept.append(text[at : match.end()])
            at = match.end()
        else:
            kept.append(text[at : match.start()] + " ")
            at = end + len(mark)
    return "".join(kept) + text[at:]


def _formulas(text: str) -> list[tuple[int, int, str]]:
    """Lists the formulas between dollars or TeX brackets with their places."""
    found: list[tuple[int, int, str]] = []
    at = 0
    open_for_good: set[str] = set()
    while (match := _OPENED.search(text, at)) is not None:
        mark = match[0]
        # A formula has at least one character.
        end = -1 if mark in open_for_good else text.find(_CLOSES[mark], match.end() + 1)
        if end < 0:
            open_for_good.add(mark)
            at = match.start() + 1
        else:
            at = end + len(mark)
            found.append((match.start(), at, text[match.end() : end]))
    return found


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """Lists the outermost boxes with their places; unclosed ones are left out."""
    found: list[tuple[int, int, str]] = []
    end = 0
    for match in _BOX.finditer(text):
        if match.start() < end:
            continue
        depth = 0
        for place in range(match.end(), len(text)):
            char = text[place]
            if char in "{}" and text[place - 1] != "\\":
                depth += 1 if char == "{" else -1
                if depth == 0:
                    found.append((match.start(), place + 1, text[match.end() + 1 : place]))
                    end = place + 1
                    break
        else:
            # Nothing after an unclosed box can close either.
            break
    return found


def _from_boxes(text: str, boxes: list[tuple[int, int, str]]) -> Extraction:
    last = _affirmed(text, boxes)
    if last is None:
        return _corrected(text, boxes[-1][1])
    # What is set against the answer ("6, not 5") is no alternative to it.
    boxes = boxes[: last + 1]
    together = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        between = text[box[1] : together[0][0]]
        if not _BETWEEN.match(between):
            break
        together.insert(0, box)
    inner = [_BOX.sub("", b[2]).strip() for b in together]
    inner = [_unbraced(x) for x in inner]
    differ = any(b[2].strip() != boxes[-1][2].strip() for b in boxes)
    if differ and is_earlier(text, together[0][0]):
        raise Denied
    if len(together) == 1 or len(set(inner)) == 1:
        rule = "the box" if len(boxes) == 1 else "the last box"
        return Extraction(_peeled(inner[-1]), rule)
    return Extraction(" ; ".join(_peeled(x) for x in inner), "the boxes side by side")


def _affirmed(text: str, spans: list[tuple[int, int, str]]) -> int | None:
    """Finds the last value, or the one it is set against ("6, not 5"); None where it is denied."""
    for place in range(len(spans) - 1, -1, -1):
        start, end, _ = spans[place]
        if not is_denied(text, start, end):
            return place
        if not place or not _BUT_NOT.fullmatch(text, spans[place - 1][1], start):
            return None
    return None


def _corrected(text: str, start: int) -> Extraction:
    """Takes the last affirmed answer after a denied one, which ends at start.

    Raises:
        Denied: when there is none.
    """
    found = [*_ANNOUNCED.finditer(text, start), *_CORRECTED.finditer(text, start)]
    for match in sorted(found, key=lambda m: m.end(), reverse=True)[:_LAST]:
        sentence, end = _sentence(text, match.end())
        if sentence and not _WORD.search(sentence) and not is_denied(text, match.end(), end):
            return Extraction(_peeled(sentence), "the corrected answer")
    raise Denied


def _unbraced(text: str) -> str:
    for _ in range(MAX_DEPTH if len(text) <= _PEELED else 0):
        if not (text.startswith("{") and text.endswith("}") and _one_group(text)):
            break
        text = text[1:-1].strip()
    return text


def _one_group(text: str) -> bool:
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return place == len(text) - 1
    return False


def is_prose(text: str) -> bool:
    """Tells whether a text is sentences rather than a formula or a short phrase."""
    bare = re.sub(r"\\[A-Za-z]+\s*\{[^{}]*\}", " ", text)
    pieces, at = [], 0
    for start, end, _ in _formulas(bare):
        pieces.append(bare[at:start])
        at = end
    bare = " ".join([*pieces, bare[at:]])
    words = [w.lower() for w in _WORD.findall(bare[:4_000])]
    return any(w in _STOPWORDS for w in words) and len(words) > 1


def _from_prose(text: str) -> Extraction:
    announced = list(_ANNOUNCED.finditer(text))
    denied: int | None = None
    for match in reversed(announced[-_LAST:]):
        sentence, end = _sentence(text, match.end())
        if _DENIAL.match(text[match.end() : end].strip()) or is_denied(text, match.end(), end):
            denied = match.end() if denied is None else denied
            continue
        if sentence and not _is_words(sentence):
            return Extraction(_peeled(sentence), "the announced answer")
        break
    if denied is not None:
        return _corrected(text, denied)
    formulas = _formulas(text)
    if formulas:
        last = _affirmed(text, formulas)
        if last is None:
            return _corrected(text, formulas[-1][1])
        return Extraction(_peeled(formulas[last][2].strip()), "the last formula")
    for verb in reversed(list(_VERB.finditer(text))[-_LAST:]):
        sentence, end = _sentence(text, verb.end())
        if (
            _DENIAL.match(sentence)
            or is_refused(text, verb.start())
            or is_denied(text, verb.end(), end)
        ):
            denied = verb.end()
        elif sentence and not _is_words(sentence):
            return Extraction(_peeled(sentence), "the last statement")
    if denied is not None:
        return _corrected(text, denied)
    return Extraction(text, "the whole text")


def _is_words(text: str) -> bool:
    """Tells whether a candidate is only more words."""
    words = _WORD.findall(text)
    return len(words) > 1 and any(w.lower() in _STOPWORDS for w in words)


def _sentence(text: str, start: int) -> tuple[str, int]:
    """Cuts at the end of the sentence, keeping decimal points and dollars whole; tells its end."""
    text = text[start : start + _PEELED]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    match = re.match(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)", text, re.DOTALL)
    if match:
        return next(g for g in match.groups() if g).strip(), start + match.end()
    stop = re.search(r"[.!?](?=\s|$)|\n", text)
    text = (text[: stop.start()] if stop else text).strip()
    return _NOT_THAT.sub("", text), start + len(text)


_DISCOURSE = re.compile(
    r"^(?:therefore|thus|hence|so|then|finally|clearly|and)\b[,:]?\s+(?=\S)", re.IGNORECASE
)
_COLOUR = re.compile(r"\\(?:text)?color\s*\{[^{}]*\}")
_WRAPPED = re.compile(
    r"^\\(?:text|textbf|mathbf|mathrm|textit|boldsymbol|displaystyle|textrm|mbox|emph|mathit)\s*"
    r"(?=\{)"
)


def _peeled(text: str) -> str:
    """Takes off what only dresses an answer: dollars, emphasis, text boxes, a final full stop."""
    text = _COLOUR.sub("", text).strip()
    while len(text) <= _PEELED:
        before = text
        text = text.strip().removeprefix("=").strip()
        for mark in ("$$", "$", "**", "__", "`", "*"):
            inner = text[len(mark) : -len(mark)]
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                if mark in inner:
                    continue
                text = inner.strip()
        if text.startswith("\\(") and text.endswith("\\)"):
            text = text[2:-2]
        if text.startswith("\\[") and text.endswith("\\]"):
            text = text[2:-2]
        if text.endswith((".", ",", ";")) and not text.endswith(("...", "\\,", "\\;")):
            text = text[:-1]
        match = _WRAPPED.match(text)
        if match and _one_group(text[match.end() :]):
            inside = text[match.end() + 1 : -1]
            # Words keep their box, which is what tells them from a product of letters.
            if not re.fullmatch(r"[A-Za-z][A-Za-z' -]+", inside.strip()):
                text = inside
        if text == before:
            break
    return text
