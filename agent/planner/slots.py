"""The values that a request gives to an experiment's parameters, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from agent.planner.amounts import Amounts
from agent.planner.choices import Chosen, Mention, choose, flipped, mentions
from agent.planner.freetext import free_texts, switches
from agent.planner.lexicon import general
from agent.planner.literals import Literal
from agent.planner.operands import operands, suits, tokens_of
from agent.planner.reading import Problem, Reading
from agent.planner.text import Token, corrected, match_at, stem, tokenise
from agent.planner.vocabulary import KEEPING, REMOVAL, RUN_SEED, Slot, is_rate

_VAGUE = {"most", "few", "some", "more", "fewer", "less", "many", "smaller", "larger", "bigger"}
_VAGUE |= {"higher", "lower", "little", "lots", "several", "longer", "shorter", "nearly", "almost"}
_INDEFINITE = frozenset("some small smaller tiny large larger certain suitable modest".split())
_VAGUE_PARTS = {"most", "few", "less", "little", "nearly", "almost", "fraction", "portion", "bit"}
_VAGUE_PARTS |= {"some", "share"}


def read(
    text: str,
    slots: Mapping[str, Slot],
    known: frozenset[str],
    focus: str = "",
    ignore: Iterable[tuple[int, int]] = (),
    names: frozenset[str] = frozenset(),
    held: Collection[str] = (),
) -> Reading:
    """Reads the parameters of one experiment out of a text.

    Args:
        text: the request.
        slots: the experiment's parameters.
        known: stems that are words of this experiment, never typos of a choice.
        focus: the parameter to which a bare number belongs (it was asked for, or varied last).
        ignore: character ranges that speak of something else, such as "run 3".
        names: stems of the experiment's name.
        held: parameters that the request before gave, in its order.
    """
    tokens = corrected(tokenise(text), _words(slots) | known, general())
    reading = Reading(tokens=tokens)
    masked = {i for i, t in enumerate(tokens) for start, end in ignore if start <= t.start < end}
    given = operands(text, slots, names, focus, held)
    reading.values |= {name: [value] for name, value in given.values.items()}
    reading.problems += given.problems
    masked |= tokens_of(tokens, given.spans)
    for name, value, span in free_texts(tokens, text, slots):
        if not span & masked:
            reading.values[name] = [value]
            masked |= span
    unexplained = [one for one in given.strange if not _names_a_slot(one.value, slots)]
    unexplained = [
        one for one in unexplained if not tokens_of(tokens, [(one.start, one.end)]) & masked
    ]
    strange = [one for one in unexplained if not _takes(one, slots, reading)]
    reading.strange = [(one.kind, one.value) for one in strange]
    masked |= tokens_of(tokens, [(one.start, one.end) for one in unexplained])
    for name, on, span in switches(tokens, slots):
        reading.values[name] = [on]
        masked |= span
    reading.covered |= masked
    places: dict[str, list[int]] = {}
    found = [
        m for m in mentions(tokens, slots, known | general()) if not masked & {m.first, m.last}
    ]
    # "no three in line", "autocorrelation 2": such a number is part of a name.
    named = {i for m in found for i in range(m.first, m.last + 1) if m.last > m.first}
    amounts = Amounts(tokens, slots, masked | named, reading, places)
    covered = amounts.covered() | {i for m in found for i in range(m.first, m.last + 1)}
    _read_choices(tokens, slots, found, covered, reading, places)
    amounts.read(focus, known, covered)
    _read_vague(tokens, slots, reading, named)
    reading.covered |= covered
    reading.anchored |= set(reading.values) - places.keys()
    reading.anchored |= {m.slot for m in found}
    _pair(reading, places)
    return reading


def _names_a_slot(said: str, slots: Mapping[str, Slot]) -> bool:
    """Whether what looks like a formula is a parameter's name: "n_eff 2"."""
    tokens = tokenise(said)
    return any(match_at(tokens, 0, p) is not None for s in slots.values() for p in s.phrases)


def _takes(one: Literal, slots: Mapping[str, Slot], reading: Reading) -> bool:
    """Gives a file or folder to the one text that must be given and speaks of such files."""
    texts = [s for s in slots.values() if s.parameter.type is str and not s.values]
    must = [s for s in texts if s.parameter.required and not s.parameter.words.takes]
    fits = [s.name for s in must if s.name not in reading.values and suits(one.value, s)]
    if one.kind != "path" or len(fits) != 1:
        return False
    reading.values[fits[0]] = [one.value]
    return True


def _words(slots: Mapping[str, Slot]) -> frozenset[str]:
    """Lists the words by which parameters are named; these may be mistyped."""
    phrases = (p for s in slots.values() for p in (*s.phrases, *s.complements))
    return frozenset(w for phrase in phrases for w in phrase)


def _read_choices(
    tokens: Sequence[Token],
    slots: Mapping[str, Slot],
    found: Sequence[Mention],
    covered: set[int],
    reading: Reading,
    places: dict[str, list[int]],
) -> None:
    lows = {t.low for t in tokens}
    asks_which = bool(lows & {"which", "better", "whether", "best", "does", "do", "beats", "wins"})
    others = []
    for name, slot in slots.items():
        if not slot.values:
            continue
        here = [m for m in found if m.slot == name]
        chosen = choose(tokens, slot, here, covered, asks_which)
        if chosen is None:
            if _other(tokens, slot):
                others.append(name)
            continue
        _take_choice(tokens, slot, chosen, reading, places)
    reading.others = tuple(others)


def _take_choice(
    tokens: Sequence[Token],
    slot: Slot,
    chosen: Chosen,
    reading: Reading,
    places: dict[str, list[int]],
) -> None:
    values = list(chosen.values)
    names = list(slot.values)
    for m in chosen.mentions:
        if not m.negated and m.value in values and flipped(tokens, m, slot, KEEPING):
            values[values.index(m.value)] = names[1 - names.index(m.value)]
    values = list(dict.fromkeys(values))
    if chosen.trouble:
        said = " and ".join(chosen.values) or "not " + ", not ".join(chosen.excluded)
        left = values or [v for v in names if v not in chosen.excluded]
        reading.problems.append(Problem(chosen.trouble, slot.name, said, tuple(left)))
        return
    choices = {str(c): c for c in slot.options}
    taken = [choices[v] for v in values]
    # What compares several takes them in one run; one alone is asked about.
    several = slot.parameter.type is list and len(taken) > 1
    reading.values[slot.name] = [taken] if several else taken
    places[slot.name] = [m.first for m in chosen.mentions]


def _other(tokens: Sequence[Token], slot: Slot) -> bool:
    for at, token in enumerate(tokens):
        if token.low in ("other", "another", "different"):
            for phrase in slot.phrases:
                if match_at(tokens, at + 1, phrase) is not None:
                    return True
    return False


def _read_vague(
    tokens: Sequence[Token], slots: Mapping[str, Slot], reading: Reading, names: set[int]
) -> None:
    """Finds amounts without a number, and parameters that are off unless a number is given."""
    # Several values of a problem may be names of parameters, or readings of any other kind.
    named = {v for p in reading.problems for v in p.values if isinstance(v, str)}
    asked = {p.slot for p in reading.problems} | named
    for slot in slots.values():
        if not slot.numeric or slot.name in {*reading.values, *reading.factors} | asked:
            continue
        if slot.name == RUN_SEED:
            if any(t.low in ("different", "another", "new") for t in tokens) and any(
                t.low == RUN_SEED for t in tokens
            ):
                reading.problems.append(Problem("vague", slot.name, "another seed"))
            continue
        if slot.removed is not None and (_breaks_off(tokens) or _some_share(tokens)):
            said = _some_share(tokens) or tokens[-1].text
            reading.problems.append(Problem("vague", slot.name, said))
            continue
        for at in set(range(len(tokens))) - names:
            end = next(
                (e for p in slot.phrases if (e := match_at(tokens, at, p)) is not None), None
            )
            if end is None:
                continue
            before = [t.low for t in tokens[max(0, at - 2) : at]]
            after = [t.low for t in tokens[end : end + 2]]
            amount = bool(set(before[-1:]) & (_VAGUE - {"several", "some"}))
            if slot.removed is not None:
                amount = bool(set(after) & _VAGUE_PARTS)
            if slot.parameter.type is list:
                break  # it has several values as it is
            off = slot.parameter.default == 0 and slot.parameter.type is float
            absent = set(before) & {"no", "without", "zero", "not", "any"}
            if off and before[-1:] and before[-1] in ("no", "without", "zero"):
                # In a follow-up this switches off what the request before had.
                reading.values[slot.name] = [slot.parameter.type(0)]
                break
            if amount or (off and not absent):
                said = " ".join(t.text for t in tokens[max(0, at - 1) : end])
                reading.problems.append(Problem("vague", slot.name, said))
                break


def _some_share(tokens: Sequence[Token]) -> str:
    """Finds "some small fraction": a part of the whole without a number."""
    for word, noun in pairwise(tokens):
        if word.low in _INDEFINITE and is_rate(noun.stem):
            return f"{word.text} {noun.text}"
    return ""


def _breaks_off(tokens: Sequence[Token]) -> bool:
    """Whether a text ends where an amount should follow: "wine with EL2N, remove"."""
    last = next((t for t in reversed(tokens) if t.kind == "word" or t.text == "?"), None)
    verbs = (KEEPING | REMOVAL) - {stem(w) for w in ("prune", "pruned", "choose", "stay", "less")}
    return (
        last is not None and last.stem in verbs and last.low == last.stem.ljust(len(last.low), "e")
    )


def _pair(reading: Reading, places: Mapping[str, Sequence[int]]) -> None:
    """Recognises "EL2N on digits and GraNd on wine": two runs, not four."""
    for size in (2, 3):
        several = {
            name: list(at)
            for name, at in places.items()
            if len(at) == size and len(reading.values.get(name, ())) == size
        }
        for name, at in sorted(several.items(), key=lambda item: item[1]):
            partners = [
                other
                for other, theirs in several.items()
                if other != name
                and all(at[i] < theirs[i] for i in range(size))
                and all(theirs[i] < at[i + 1] for i in range(size - 1))
            ]
            if partners:
                reading.paired = (name, *partners)
                joined = set(reading.paired)
                reading.problems = [
                    p for p in reading.problems if not (p.kind == "conflict" and p.slot in joined)
                ]
                return
