"""Text as the planner reads it: tokens that remember where they stood, stems, and typos."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"(?P<number>\d{1,3}(?:,\d{3})+(?![\d.])|0,\d+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[^\W\d_](?:[^\W_]|'(?=\w))*)"
    r"|(?P<mark>[^\s\w]|_)"
)
_SAME = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "}
)
_BRITISH = re.compile(r"iz(?=(?:ations?|e[drs]?|ers|ing)$)")
_IRREGULAR = {
    "kept": "keep",
    "threw": "throw",
    "thrown": "throw",
    "left": "leav",
    "losing": "lose",
    "loosing": "lose",
    "taking": "take",
    "making": "make",
    "using": "use",
    "used": "use",
    "uses": "use",
    "hurts": "hurt",
    "ran": "run",
    "lost": "lose",
    "won": "win",
    "beaten": "beat",
    "took": "take",
    "taken": "take",
    "went": "go",
    "data": "data",
    "this": "this",
    "does": "do",
    "noisy": "nois",
}
STOP_WORDS = frozenset(
    "a an and any are as at be been being but by can could did do does doing done for from get got "
    "had has have he her his how i if in into is it its just let like may me might more most much "
    "my no not now of off on one only or our out over own per please really same she should so "
    "some such than that the their them then there these they this those thus to too up upon us "
    "very via was we were what when where whether which while who whose why will with within "
    "without would you your it's i'd i'm i've we'd don't".split()
)


@dataclass(frozen=True)
class Token:
    """One word, number or mark.

    Attributes:
        text: as written, apart from typographic dashes and quotes.
        low: in lower case.
        stem: reduced so that inflections of a word agree.
        kind: `word`, `number` or `mark`.
        start, end: offsets into the normalised text.
    """

    text: str
    low: str
    stem: str
    kind: str
    start: int
    end: int


def normalise(text: str) -> str:
    """Replaces typographic dashes, quotes and spaces by plain ones."""
    # The length stays the same, so that offsets hold.
    return re.sub(r"\b(vs|approx|incl|etc)\.", r"\1 ", text.translate(_SAME), flags=re.IGNORECASE)


def tokenise(text: str) -> list[Token]:
    """Splits a text; a name such as "CIFAR-10" or "ResNet-18" stays one token."""
    text = normalise(text)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "mark"
        start, end = match.span()
        glued = (
            kind == "number"
            and len(tokens) >= 2
            and tokens[-1].text == "-"
            and tokens[-1].end == start
            and tokens[-2].kind == "word"
            and tokens[-2].end == tokens[-1].start
            # "top-30 %" is a number after all.
            and not re.match(r"\s*(%|per\s?cent)", text[end:])
            and tokens[-2].low not in {"top", "keep", "only", "by", "drop"}
        )
        if glued:
            tokens.pop()
            start, kind = tokens.pop().start, "word"
        word = text[start:end]
        tokens.append(Token(word, word.lower(), stem(word), kind, start, end))
    return tokens


def stem(word: str) -> str:
    """Strips inflections: prune, pruned and pruning agree, as do easy and easiest."""
    low = word.lower().removesuffix("'s")
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    low = _BRITISH.sub("is", low) if len(low) > 6 else low
    for ending in ("iest", "ier", "ies", "ily"):
        if low.endswith(ending) and len(low) > len(ending) + 2:
            return low[: -len(ending)] + "y"
    for ending, least in (("ing", 6), ("est", 7), ("ed", 5), ("er", 8), ("es", 5), ("s", 4)):
        if low.endswith(ending) and len(low) >= least and not low.endswith(("ss", "us", "is")):
            if ending == "es" and not low.endswith(("sses", "xes", "ches", "shes", "zes")):
                continue
            low = low[: -len(ending)]
            if ending not in ("s", "es") and len(low) > 3 and low[-1] == low[-2] not in "lsz":
                low = low[:-1]
            break
    return low[:-1] if low.endswith("e") and len(low) > 4 else low


def stems(text: str) -> list[str]:
    """Returns the stems of a text's words."""
    return [t.stem for t in tokenise(text) if t.kind == "word"]


def content(text: str) -> set[str]:
    """Returns the stems that carry meaning."""
    return {t.stem for t in tokenise(text) if t.kind == "word" and t.low not in STOP_WORDS}


def match_at(tokens: Sequence[Token], start: int, phrase: Sequence[str]) -> int | None:
    """Returns the index behind `phrase` when it starts at `start`, hyphens ignored, else None."""
    at = start
    for number, wanted in enumerate(phrase):
        while number and at < len(tokens) and tokens[at].text in ("-", "_"):
            at += 1
        if at >= len(tokens) or tokens[at].stem != wanted:
            return None
        at += 1
    return at


def identifier(tokens: Sequence[Token], at: int) -> int:
    """Returns the index behind words joined by underscores that begin at `at`; `at` for none."""
    end = at + 1
    while (
        end + 1 < len(tokens)
        and tokens[end].text == "_"
        and tokens[end - 1].end == tokens[end].start
        and tokens[end + 1].start == tokens[end].end
        and tokens[end + 1].kind != "mark"
    ):
        end += 2
    return end if end > at + 1 and tokens[at].kind == "word" else at


def close(a: str, b: str) -> bool:
    """Whether two words differ by at most one typing slip, two when both are long.

    A slip is a letter too many, too few, another, or two letters swapped. In short words
    letters may only be swapped: "wine" and "line" are both words.
    """
    shorter = min(len(a), len(b))
    if a == b:
        return True
    if shorter == 4 and len(a) == len(b) and a[0] == b[0] and sorted(a) == sorted(b):
        return slips(a, b) == 1  # two letters swapped: "wnie"
    # A word of five letters may have lost one: "splt".
    if shorter < 5 and not (shorter == 4 and len(a) < len(b) == 5):
        return False
    if a[0] != b[0] or any(c.isdigit() for c in a + b):
        return False
    return slips(a, b) <= (2 if shorter >= 9 else 1)


def corrected(
    tokens: Sequence[Token], vocabulary: frozenset[str], ordinary: frozenset[str]
) -> list[Token]:
    """Reads a mistyped word as the one word of the vocabulary that it is close to.

    Args:
        tokens: the text.
        vocabulary: stems that may have been meant.
        ordinary: words that are right as they stand.
    """
    result = []
    for token in tokens:
        unknown = token.kind == "word" and token.stem not in vocabulary
        if unknown and token.low not in STOP_WORDS | ordinary and len(token.low) >= 5:
            near = {
                w
                for w in vocabulary
                if w[:1] == token.low[0]
                and abs(len(w) - len(token.low)) < 5
                and (
                    close(token.stem, w)
                    or any(close(token.low, w + ending) for ending in ("", "s", "ing", "ed"))
                )
            }
            if len(near) == 1:
                token = replace(token, stem=near.pop())
        result.append(token)
    return result


def slips(a: str, b: str) -> int:
    """Returns the restricted Damerau-Levenshtein distance."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
