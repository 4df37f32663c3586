"""Moments of a course: "at initialisation", "after 5 epochs", "at epoch 10".

A parameter may name a value in words in its description ("0 scores at initialisation"). And two
parameters may count in the same unit ("epochs" and "score epochs"); then a moment belongs to the
one whose own word, or whose choice, stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agent.planner.series import Series
from agent.planner.text import Token, stem, stems
from agent.planner.vocabulary import Slot

_BEFORE = {"after", "at", "until", "by"}
_FILLERS = {"only", "just", "the", "first", "about", "some", "training", "for", "of", "a", "as"}
_FILLERS |= {"random", "early", "weight", "network", "few", "-", "already", "network's", "very"}
_ENDS = {".", ";", ",", "?", "!", "and", "but", "then"}
_MAKING = {
    stem(w) for w in ("computed", "calculated", "averaged", "estimated", "obtained", "taken")
}
_LENGTH = {"train", "accuracy", "test", "final", "model", "converg"}


def named_values(
    tokens: Sequence[Token], slots: Mapping[str, Slot]
) -> Iterator[tuple[str, float, range]]:
    """Yields (parameter, value, tokens) where a value is called by its name."""
    for slot in slots.values():
        for phrase, value in slot.named.items():
            for at in range(len(tokens)):
                end = _match(tokens, at, phrase)
                if end is not None:
                    yield slot.name, value, range(at, end)
                    break
            else:
                continue
            break


def _match(tokens: Sequence[Token], at: int, phrase: Sequence[str]) -> int | None:
    """Like `match_at`, with fillers allowed and a long word cut short: "at init"."""
    for number, wanted in enumerate(phrase):
        while number and not _means(tokens, at, wanted) and _low(tokens, at) in _FILLERS:
            at += 1
        if not _means(tokens, at, wanted):
            return None
        at += 1
    return at


def _means(tokens: Sequence[Token], at: int, wanted: str) -> bool:
    low = _low(tokens, at).replace("@", "at")
    return bool(low) and (
        wanted in (low, tokens[at].stem) or (len(low) >= 4 and wanted.startswith(low))
    )


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].low if 0 <= at < len(tokens) else ""


def owners(
    tokens: Sequence[Token], one: Series, slots: Mapping[str, Slot], name: str
) -> tuple[str, ...]:
    """Names the parameter of a number in a shared unit; two when only the user can say.

    Args:
        name: the parameter that the unit alone points at.
    """
    units = {p[0] for p in slots[name].phrases if len(p) == 1}
    after = _stem(tokens, one.last + 1)
    unit_first = _stem(tokens, one.first - 1) in units
    unit = _stem(tokens, one.first - 1) if unit_first else after if after in units else ""
    rival = next(
        (s for s in slots.values() if s.name != name and unit and _shares(s, unit)),
        None,
    )
    if rival is None:
        return (name,)
    own = _own(rival, unit)
    clause = _clause(tokens, one)
    bare = {tokens[i].low for i in clause if tokens[i].stem in own}
    start = one.first - (2 if unit_first else 1)
    while start >= 0 and tokens[start].low in _FILLERS:
        start -= 1
    if start > 0 and tokens[start].text == "(" and tokens[start - 1].stem in own:
        return (rival.name,)  # "early scores (1 epoch)"
    moment = unit_first or (start >= 0 and tokens[start].low in _BEFORE)
    if not moment:
        # "the scoring networks see 10 epochs", but not "compare the scores, 10 epochs"
        return (rival.name,) if any(w.endswith(("ing", "ed")) for w in bare) else (name,)
    beside = start - 1 if start >= 0 and tokens[start].low in _BEFORE else start
    if bare or (beside >= 0 and _is_choice(tokens[beside], slots, own)):
        return (rival.name,)
    chosen = any(_is_choice(tokens[i], slots, own) for i in clause)
    if chosen and any(tokens[i].stem in _MAKING for i in clause):
        return (rival.name,)  # "EL2N computed with 15 networks after 5 epochs"
    if any(tokens[i].stem in _LENGTH for i in clause):
        return (name,)
    return (name, rival.name)


def _shares(slot: Slot, unit: str) -> bool:
    """Whether a number is called after the unit: `score_epochs` after "epochs"."""
    name = stems(slot.name.replace("_", " "))
    return slot.numeric and len(name) > 1 and name[-1] == unit and bool(_own(slot, unit))


def _own(slot: Slot, unit: str) -> set[str]:
    """Returns the words that set a parameter apart from others in the same unit."""
    return {w for p in slot.phrases if len(p) > 1 and p[-1] == unit for w in p[:-1]} - {"train"}


def _is_choice(token: Token, slots: Mapping[str, Slot], own: set[str]) -> bool:
    return any(
        (token.stem,) in spellings
        for slot in slots.values()
        if any(own & set(p) for p in slot.phrases)
        for spellings in slot.values.values()
    )


def _clause(tokens: Sequence[Token], one: Series) -> list[int]:
    left, right = one.first - 1, one.last + 1
    while left >= 0 and tokens[left].low not in _ENDS:
        left -= 1
    while right < len(tokens) and tokens[right].low not in _ENDS:
        right += 1
    return [*range(left + 1, one.first), *range(one.last + 1, right)]


def _stem(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].stem if 0 <= at < len(tokens) else ""
