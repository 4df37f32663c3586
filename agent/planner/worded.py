"""Amounts without a digit: "twice as many seeds", "drop everything", "at initialisation"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner import moments
from agent.planner.reading import Problem, Reading
from agent.planner.text import Token, match_at
from agent.planner.vocabulary import KEEPING, REMOVAL, RUN_SEED, Slot

_FACTORS = {"twice": 2.0, "double": 2.0, "triple": 3.0, "thrice": 3.0, "halve": 0.5}
_CHANGES = {"more", "fewer", "less", "larger", "smaller", "higher", "lower"}
_WHOLE = {"everything": 1.0, "all": 1.0, "nothing": 0.0, "none": 0.0}


def read_words(
    tokens: Sequence[Token],
    slots: Mapping[str, Slot],
    reading: Reading,
    places: dict[str, list[int]],
) -> None:
    """Adds factors, wholes, and values that are called by name to a reading."""
    for at, token in enumerate(tokens):
        following = tokens[at + 1].low if at + 1 < len(tokens) else ""
        if token.low in _FACTORS and (
            name := numeric_at(tokens, slots, at + (3 if following == "as" else 1))
            or _named_before(tokens, slots, at)
        ):
            reading.factors[name] = _FACTORS[token.low]
        if token.low in _WHOLE and at and following not in ("but", "except"):
            _whole(tokens, at, slots, reading)
    for name, value, span in moments.named_values(tokens, slots):
        _named(tokens, slots[name], value, span, reading)
        places.setdefault(name, []).append(span.start)


def numeric_at(tokens: Sequence[Token], slots: Mapping[str, Slot], at: int) -> str:
    """Names the numeric parameter whose words stand at a token or the one after, or ""."""
    for start in (at, at + 1):
        for slot in slots.values():
            if slot.numeric and slot.name != RUN_SEED:
                for phrase in slot.phrases:
                    if match_at(tokens, start, phrase) is not None:
                        return slot.name
    return ""


def changed(tokens: Sequence[Token], slots: Mapping[str, Slot]) -> str:
    """Names the one parameter of which more or less is wanted ("more splits, say 30"), or ""."""
    found = {
        slot.name
        for at, token in enumerate(tokens)
        if token.low in _CHANGES
        for slot in slots.values()
        for phrase in slot.phrases
        if slot.numeric and slot.name != RUN_SEED and match_at(tokens, at + 1, phrase) is not None
    }
    return found.pop() if len(found) == 1 else ""


def _named_before(tokens: Sequence[Token], slots: Mapping[str, Slot], at: int) -> str:
    """Names the parameter of "keep twice as much", or ""."""
    for slot in slots.values():
        for phrase in slot.phrases:
            if slot.numeric and at and match_at(tokens, at - len(phrase), phrase) == at:
                return slot.name
    return ""


def _whole(tokens: Sequence[Token], at: int, slots: Mapping[str, Slot], reading: Reading) -> None:
    """Reads "keep all" and "drop everything" as the whole or as nothing."""
    verb, word = tokens[at - 1], tokens[at]
    keeps = verb.stem in KEEPING
    # "drop all the easy ones" says which, not how much.
    if not keeps and (verb.stem not in REMOVAL or (word.low == "all" and at + 1 < len(tokens))):
        return
    for slot in slots.values():
        if slot.removed is None or slot.name in reading.values:
            continue
        value = _WHOLE[word.low]
        share = value if keeps is not slot.removed else 1 - value
        if slot.admits(share):
            reading.values[slot.name] = [share]
        else:
            said = f"{verb.text} {word.text}"
            reading.problems.append(Problem("range", slot.name, said, (share,)))


def _named(
    tokens: Sequence[Token], slot: Slot, value: float, span: range, reading: Reading
) -> None:
    """Takes a value that was called by its name, beside one stated as a number."""
    number: Any = slot.parameter.type(value)
    values = list(dict.fromkeys([*reading.values.get(slot.name, ()), number]))
    reading.values[slot.name] = values
    reading.covered |= set(span)
    reading.anchored.add(slot.name)
    if len(values) > 1:
        said = " ".join(tokens[i].text for i in span)
        reading.problems.append(Problem("conflict", slot.name, said, tuple(values)))
    else:
        reading.nominal.add(slot.name)
