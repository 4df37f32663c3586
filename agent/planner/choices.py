"""Choices that a sentence makes by name: synonyms, typos, negations, lists and corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.planner.text import STOP_WORDS, Token, close, match_at, stem
from agent.planner.vocabulary import REMOVAL, Slot

_NEGATORS = {"not", "no", "without", "except", "excluding", "skip", "never", "don't", "isn't"}
_NEGATORS |= {"forget", "avoid", "dont", "didn't", "nor"}
_FILLERS = {"on", "the", "with", "using", "of", "use", "do", "data", "set", "for", "in", "by", "a"}
_FILLERS |= {"dataset", "it", "run", "try", "again", "want", "mean", "your", "this", "time"}
_CORRECTIONS = (
    "actually",
    "sorry",
    "rather",
    "scratch",
    "correction",
    "oops",
    "wait",
    "no",
    "mean",
)
_JOINERS = {",", "and", "or", "/", "&", "+", "vs", "versus", "plus", "then", "also", "both", "on"}
_JOINERS |= {"with", "the", "for", "against", "than", "to", "better", "worse", "over", "as", "well"}
_JOINERS |= {"compared", "does", "do", "is", "beat", "beats", "outperform", "outperforms", "same"}
_JOINERS |= {"at", "in", "of", "by", "from", "data", "set", "dataset", "score", "scores", "once"}
_JOINERS |= {"one", "it", "that", "(", ")", "method", "using", "via", "keeping", "keep", "not"}
_JOINERS |= {"next", "afterwards", "too", "comparison", "relative", "?", "%", "pruning", "good"}
_ORDINARY = ("examples", "ones", "points", "samples", "images", "part", "half", "end", "cases")
_EXAMPLES = frozenset(map(stem, _ORDINARY)) | {"first"}


@dataclass(frozen=True)
class Mention:
    """A value of a choice found in a text.

    Attributes:
        slot, value: what is meant.
        first, last: indices of its tokens.
        negated: whether the text says that it is not wanted.
        typo: whether a slip was corrected.
    """

    slot: str
    value: str
    first: int
    last: int
    negated: bool = False
    typo: bool = False


@dataclass(frozen=True)
class Chosen:
    """What a text says about one choice.

    Attributes:
        values: the wanted values in order of appearance.
        mentions: where they stand.
        trouble: `or` for alternatives, `conflict` when values contradict each other.
        excluded: values that the text rules out.
    """

    values: tuple[str, ...]
    mentions: tuple[Mention, ...]
    trouble: str = ""
    excluded: tuple[str, ...] = ()


def mentions(
    tokens: Sequence[Token], slots: Mapping[str, Slot], known: frozenset[str]
) -> list[Mention]:
    """Finds the values of all choices, longest spelling first; no token serves two."""
    found: list[Mention] = []
    taken: set[int] = set()
    for typo in (False, True):
        for slot, value, spelling in _spellings(slots):
            for start in range(len(tokens)):
                end = _match(tokens, start, spelling, known, typo)
                if end is None or taken & set(range(start, end)):
                    continue
                if _ordinary_use(tokens, start, end, slots[slot]):
                    continue
                taken |= set(range(start, end))
                negated = _negated(tokens, start)
                found.append(Mention(slot, value, start, end - 1, negated, typo))
    return sorted(found, key=lambda m: m.first)


def _spellings(slots: Mapping[str, Slot]) -> list[tuple[str, str, tuple[str, ...]]]:
    every = [
        (name, value, spelling)
        for name, slot in slots.items()
        for value, spellings in slot.values.items()
        for spelling in spellings
    ]
    return sorted(every, key=lambda item: -len(item[2]))


def _match(
    tokens: Sequence[Token], start: int, spelling: Sequence[str], known: frozenset[str], typo: bool
) -> int | None:
    if not typo:
        return match_at(tokens, start, spelling)
    at = start
    for wanted in spelling:
        token = tokens[at] if at < len(tokens) else None
        if token is None or token.kind != "word" or token.low in STOP_WORDS:
            return None
        if token.stem != wanted and (token.stem in known or not close(token.stem, wanted)):
            return None
        at += 1
    return at


def _ordinary_use(tokens: Sequence[Token], start: int, end: int, slot: Slot) -> bool:
    """Tells "is it hard to say" from "keep the hard examples"."""
    after = tokens[end].low if end < len(tokens) else ""
    before = tokens[start - 1].low if start else ""
    if end == start + 1 and tokens[start].low in STOP_WORDS:
        # "now 30": such a word is a value only beside its parameter, "the golds of now".
        reach = range(max(0, start - 3), min(len(tokens), end + 3))
        return not any(match_at(tokens, at, p) is not None for at in reach for p in slot.phrases)
    if tokens[start].low not in ("hard", "easy", "simple", "fast", "slow", "full", "random"):
        return False
    named = any(match_at(tokens, start - len(p), p) == start for p in slot.phrases)
    return not named and (after in ("to", "time", "way", "for") or before in ("it", "how", "so"))


def _negated(tokens: Sequence[Token], start: int) -> bool:
    at = start - 1
    while at >= 0 and tokens[at].low in _FILLERS and start - at <= 4:
        if tokens[at].low == "of" and at and tokens[at - 1].low == "instead":
            return True
        at -= 1
    if at < 0:
        return False
    low = tokens[at].low
    if low == "than" and at and tokens[at - 1].low in ("rather", "other"):
        return True
    if low == "but" and at and tokens[at - 1].low in ("anything", "everything", "all"):
        return True
    # "no, wine" corrects; "no wine" excludes. The comma decides.
    return low in _NEGATORS


def choose(
    tokens: Sequence[Token],
    slot: Slot,
    found: Sequence[Mention],
    covered: set[int],
    asks_which: bool,
) -> Chosen | None:
    """Settles what a text wants for one choice.

    Args:
        tokens: the text.
        slot: the choice.
        found: its mentions.
        covered: tokens that belong to other values, which may stand inside a list.
        asks_which: whether the text is a question for the better one, so that "or" lists.
    """
    excluded = tuple(dict.fromkeys(m.value for m in found if m.negated))
    wanted = [m for m in found if not m.negated]
    if not wanted:
        everything = _all_of(tokens, slot)
        if everything:
            left = tuple(v for v in slot.values if v not in excluded)
            return Chosen(left, (), "", excluded)
        rest = [v for v in slot.values if v not in excluded]
        if excluded and len(rest) == 1:
            return Chosen((rest[0],), tuple(m for m in found if m.negated), "", excluded)
        if excluded:
            return Chosen((), tuple(found), "excluded", excluded)
        return None
    if any(m.value in excluded for m in wanted):
        return Chosen(tuple(slot.values), tuple(found), "conflict", ())
    trouble = ""
    kept = [wanted[0]]
    for one in wanted[1:]:
        between = [t.low for t in tokens[kept[-1].last + 1 : one.first]]
        inner = [tokens[i].low for i in range(kept[-1].last + 1, one.first) if i not in covered]
        if one.value == kept[-1].value:
            kept[-1] = replace(one)
        elif not between and _finer(one.value, kept[-1].value):
            kept[-1] = one if len(one.value) > len(kept[-1].value) else kept[-1]
        elif _corrects(between):
            kept = [one]
            trouble = ""
        elif "or" in between and not asks_which:
            kept.append(one)
            trouble = "or"
        elif set(inner) <= _JOINERS:
            kept.append(one)
        else:
            kept.append(one)
            trouble = trouble or "conflict"
    values = tuple(dict.fromkeys(m.value for m in kept))
    return Chosen(values, tuple(kept), trouble if len(values) > 1 else "", excluded)


def _finer(a: str, b: str) -> bool:
    """Whether one value is a variety of the other: "DCO per token" is `dco_step` alone."""
    return a.startswith(f"{b}_") or b.startswith(f"{a}_")


def _corrects(between: Sequence[str]) -> bool:
    """Whether the words between two values take the first one back."""
    for word in _CORRECTIONS:
        if word in between and not (word == "rather" and "than" in between):
            return True
    return "make" in between and "it" in between


def _all_of(tokens: Sequence[Token], slot: Slot) -> bool:
    """Whether the text wants every value: "both scores", "all three data sets"."""
    for at, token in enumerate(tokens):
        if token.low in ("both", "all", "each", "every", "either"):
            if token.low == "both" and len(slot.values) != 2:
                continue
            for start in range(at + 1, min(at + 4, len(tokens))):
                if tokens[start].low == "other":
                    break  # all but the one at hand
                if any(match_at(tokens, start, p) is not None for p in slot.phrases):
                    return True
    return False


def flipped(tokens: Sequence[Token], mention: Mention, slot: Slot, keeping: frozenset[str]) -> bool:
    """Whether a removal verb governs the mention, so that its opposite is what stays.

    Only adjectives are flipped ("remove the easiest 30 %"), never a tool ("prune with EL2N").
    """
    if len(slot.values) != 2:
        return False
    token = tokens[mention.first]
    following = tokens[mention.last + 1].stem if mention.last + 1 < len(tokens) else ""
    superlative = token.low.endswith("est") or (
        mention.first > 0 and tokens[mention.first - 1].low in ("most", "least")
    )
    if not superlative and following not in _EXAMPLES:
        return False
    for at in range(mention.first - 1, max(-1, mention.first - 9), -1):
        low, base = tokens[at].low, tokens[at].stem
        if tokens[at].text in (".", ";", "?", "!", ",") or base in keeping:
            return False
        if low in ("but", "except"):
            return False
        if base in REMOVAL:
            return True
    for at in range(mention.last + 1, min(len(tokens), mention.last + 7)):
        if tokens[at].text in (".", ";", "?", "!", ",") or tokens[at].low == "and":
            return False
        if tokens[at].stem in REMOVAL and tokens[at].low.endswith(("ed", "n", "t")):
            return True
    return False
