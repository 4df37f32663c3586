"""The words by which people name an experiment's parameters, derived from its definition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.planner.lexicon import synonyms
from agent.planner.text import STOP_WORDS, content, stem, stems, tokenise
from tools.experiment import Experiment, Parameter, Words
from tools.records import MAX_SEED

# Verbs that say what goes and what stays. A parameter that measures what stays ("keep") takes
# the complement of a number that stands with a verb of the first group, and the other way round.
REMOVAL = frozenset(
    map(
        stem,
        "drop remove throw discard prune cut delete eliminate trim toss shed ditch exclude omit "
        "rid sacrifice ignore skip strip filter weed reject cull purge erase abandon subtract "
        "reduce shrink decrease "
        "lose chuck dump scrap removal pruned bin less fewer smaller without gone away".split(),
    )
)
KEEPING = frozenset(
    map(
        stem,
        "keep retain leave remain preserve kept remaining retained keeping select choose pick "
        "survive stay".split(),
    )
)
_NAMED = re.compile(r"(?:^|[;,(]\s*)(\d+(?:\.\d+)?)\s+(?:\w+\s+)?((?:at|before|without) [a-z ]+)")
_RATE = frozenset(map(stem, "rate ratio fraction level percentage proportion amount".split()))

_ADDING = frozenset({"more", "further", "additional", "extra", "other"})

RUN_SEED = "seed"
"""The argument that every experiment takes besides its own parameters."""


@dataclass(frozen=True)
class Slot:
    """A parameter with everything needed to recognise its values in a sentence.

    Attributes:
        parameter: what the experiment declares.
        phrases: stems of the words beside which a value belongs to it, longest first.
        hints: single stems from the description, each weaker than a phrase.
        low, high: bounds, infinite where open; `open_low`, `open_high`: bound itself excluded.
        part: whether it measures a part of a whole, so that "30 %" and "half" suit it.
        removed: what a removal verb does to a number: None when verbs do not matter, True when
            the parameter measures what goes, False when it measures what stays.
        values: for a choice, value -> the stem sequences that name it.
        named: stem sequences that stand for a number ("at initialisation" -> 0).
        taken: stems that are names of other parameters.
    """

    parameter: Parameter
    phrases: tuple[tuple[str, ...], ...]
    complements: tuple[tuple[str, ...], ...]
    hints: frozenset[str]
    low: float
    high: float
    open_low: bool
    open_high: bool
    part: bool
    removed: bool | None
    values: dict[str, tuple[tuple[str, ...], ...]]
    named: dict[tuple[str, ...], float]
    taken: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.parameter.name

    @property
    def options(self) -> tuple[Any, ...]:
        """The values that can be named; a text with known spellings is such a choice as well."""
        return self.parameter.choices or tuple(self.values)

    @property
    def numeric(self) -> bool:
        """Whether numbers may be its values."""
        p = self.parameter
        return p.type in (int, float) or (p.type is list and not p.choices)

    def admits(self, value: float) -> bool:
        """Whether a number lies within the bounds and is whole where it must be."""
        if self.parameter.type is int and value != int(value):
            return False
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)

    def allowed(self) -> str:
        """Says in words what may be given."""
        if self.values:
            return ", ".join(self.values)
        p = self.parameter
        if p.type is bool:
            return "true or false"
        if not p.bounds:
            return {int: "a whole number", float: "a number"}.get(p.type, "a text")
        if self.part and p.type is float:
            text = p.bounds
            least = "more than" if self.open_low else "from"
            most = "and less than" if self.open_high else "and up to"
            return f"{text}, that is {least} {_percent(self.low)} {most} {_percent(self.high)}"
        return p.bounds


def _percent(value: float) -> str:
    return f"{value * 100:g} %"


def slots_of(experiment: Experiment) -> dict[str, Slot]:
    """Derives the slots of an experiment, the run's seed last."""
    parameters = experiment.parameters()
    if all(p.name != RUN_SEED for p in parameters):
        parameters.append(_seed())
    shared = Counter(
        word for p in parameters for word in content(p.description) | set(stems(p.name))
    )
    # A word that two parameters share tells them apart no better than no word.
    slots = {
        p.name: _slot(p, frozenset(w for w in content(p.description) if shared[w] == 1))
        for p in parameters
    }
    whole = {n: {p[0] for p in s.phrases if len(p) == 1} for n, s in slots.items() if s.numeric}
    return {n: _apart(s, whole) for n, s in slots.items()}


def _apart(slot: Slot, whole: Mapping[str, set[str]]) -> Slot:
    """Takes from a slot the single words by which another number is called as a whole.

    A list that only adds to another parameter ("more_keeps") is never read out of a request: who
    names several values asks for several runs.
    """
    if slot.parameter.type is list and slot.name.split("_")[0] in _ADDING:
        slot = replace(slot, phrases=(), hints=frozenset(), part=False, removed=None)
        return replace(slot, values={}, low=float("inf"))
    taken = {w for name, words in whole.items() if name != slot.name for w in words}
    return replace(slot, hints=slot.hints - taken, taken=frozenset(taken))


def _seed() -> Parameter:
    return Parameter(
        RUN_SEED, int, (), 0, False, "", f"0 <= seed <= {MAX_SEED}", Words(near=("random seed",))
    )


def _slot(parameter: Parameter, hints: frozenset[str]) -> Slot:
    words = parameter.words
    phrases = {tuple(stems(parameter.name.replace("_", " ")))}
    phrases |= {tuple(stems(near)) for near in words.near}
    complements = {tuple(stems(c)) for c in words.complement} - {()}
    phrases -= complements | {()}
    # "dataset" and "data set" are one word to most people.
    phrases |= {
        (*p[:i], "data", "set", *p[i + 1 :])
        for p in phrases
        for i, word in enumerate(p)
        if word == "dataset"
    }
    phrases |= {
        (*p[:i], "dataset", *p[i + 2 :])
        for p in phrases
        for i in range(len(p))
        if p[i : i + 2] == ("data", "set")
    }
    low, high, open_low, open_high = _bounds(parameter.bounds)
    unit = low >= 0 and high <= 1
    described = content(parameter.description)
    part = parameter.type in (float, list) and (
        unit or bool(described & {"fraction", "share", "proportion", "percentag"})
    )
    return Slot(
        parameter,
        tuple(sorted(phrases, key=lambda p: (-len(p), p))),
        tuple(sorted(complements, key=lambda p: (-len(p), p))),
        hints,
        low,
        high,
        open_low,
        open_high,
        part,
        _removed(part, phrases, complements),
        {str(v): _spellings(str(v), words) for v in parameter.choices or words.values},
        _named(parameter),
    )


def _named(parameter: Parameter) -> dict[tuple[str, ...], float]:
    """Finds the values that a description names: "...; 0 scores at initialisation"."""
    if parameter.type not in (int, float):
        return {}
    found: dict[tuple[str, ...], float] = {}
    for value, said in _NAMED.findall(parameter.description):
        phrase = tuple(stems(said))
        found[phrase] = float(value)
        for other in synonyms().get(phrase, ()):
            found[other] = float(value)
    return found


def _removed(
    part: bool, phrases: set[tuple[str, ...]], complements: set[tuple[str, ...]]
) -> bool | None:
    named = {word for phrase in phrases for word in phrase}
    opposite = {word for phrase in complements for word in phrase}
    if not part:
        return None
    if named & KEEPING or opposite & REMOVAL:
        return False
    if named & REMOVAL or opposite & KEEPING:
        return True
    return None


def _spellings(value: str, words: Words) -> tuple[tuple[str, ...], ...]:
    said = [value, *words.values.get(value, ())]
    found = {_spelling(s.replace("_", " ")) for s in said}
    # "breast_cancer" is also typed as one word.
    found |= {(stem(re.sub(r"[\W_]+", "", s)),) for s in said if re.search(r"[\s_-]", s)}
    return tuple(sorted((s for s in found if s), key=lambda s: (-len(s), s)))


def _spelling(said: str) -> tuple[str, ...]:
    """Returns a spelling's stems, with the numbers between its words ("autocorrelation 2")."""
    tokens = [t for t in tokenise(said) if t.kind != "mark"]
    # A bare number names no choice.
    return tuple(t.stem for t in tokens) if any(t.kind == "word" for t in tokens) else ()


def _bounds(text: str) -> tuple[float, float, bool, bool]:
    number = r"(-?[\d.]+(?:e[-+]?\d+)?)"
    low = re.match(rf"{number} (<=?) ", text)
    high = re.search(rf" (<=?) {number}$", text)
    return (
        float(low[1]) if low else float("-inf"),
        float(high[2]) if high else float("inf"),
        bool(low and low[2] == "<"),
        bool(high and high[1] == "<"),
    )


def is_rate(word: str) -> bool:
    """Whether a stem means an amount: a "pruning rate" is how much goes."""
    return word in _RATE


def vocabulary(experiment: Experiment, slots: Sequence[Slot]) -> frozenset[str]:
    """Returns the stems that a request for this experiment may use without being questioned.

    The description and the claim are left out on purpose: a claim may mention a data set on
    which the paper worked and the experiment does not.
    """
    known = {w for text in experiment.examples for w in stems(text)}
    known |= set(stems(re.sub(r"[._]", " ", experiment.name)))
    for slot in slots:
        known |= {w for phrase in (*slot.phrases, *slot.complements) for w in phrase}
        known |= {w for names in slot.values.values() for name in names for w in name}
        known |= set(slot.hints)
    return frozenset(known | {stem(w) for w in STOP_WORDS})
