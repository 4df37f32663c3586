"""Which experiment a request asks for, and how sure that is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from agent.planner.lexicon import general, words
from agent.planner.literals import skeleton
from agent.planner.operands import names_kinds, suits
from agent.planner.reading import Reading
from agent.planner.similarity import Embed, Similarity
from agent.planner.slots import read
from agent.planner.text import STOP_WORDS, match_at, stems, tokenise
from agent.planner.unknown import unknown_names
from agent.planner.vocabulary import Slot, slots_of, vocabulary
from tools.experiment import Experiment

_PER_SLOT = 0.04
_PER_PROBLEM = 0.05
_PER_LITERAL = 0.1
_PER_NAME = 0.08
_PER_CALL = 0.12
_COMPLETE = 0.15
TIE = 0.03
"""Two experiments whose scores differ by less are asked about."""


@dataclass(frozen=True)
class Match:
    """One experiment's claim to a request.

    Attributes:
        experiment: its name.
        similarity: to its examples, 0 to 1.
        score: similarity and what the words of its parameters add.
        reading: the values it finds.
        evidence: how many of its parameters the request names.
        named: whether the request calls the experiment by name.
        coverage: share of its words that are values or words of the experiment.
    """

    experiment: str
    similarity: float
    score: float
    reading: Reading
    evidence: int
    named: bool
    coverage: float


class Router:
    """Ranks experiments for a request; knows their slots and the similarity of intents."""

    def __init__(self, experiments: Sequence[Experiment], embed: Embed | None) -> None:
        self.experiments = {e.name: e for e in experiments}
        self.slots: dict[str, dict[str, Slot]] = {e.name: slots_of(e) for e in experiments}
        self._known = {
            e.name: vocabulary(e, list(self.slots[e.name].values())) for e in experiments
        }
        firsts = {e.name: [next(iter(tokenise(x)), None) for x in e.examples] for e in experiments}
        verbs = {e.name: set(stems(e.name.split(".")[-1].replace("_", " "))) for e in experiments}
        owners = Counter(w for said in verbs.values() for w in said)
        self._verbs = {
            name: {w for w in said if owners[w] == 1} - general() for name, said in verbs.items()
        }
        self._names = frozenset(w for e in experiments for w in self._own(e.name))
        self._nouns = Counter(n for slots in self.slots.values() for n in slots)
        self._openings = {
            name: {t.stem for t in tokens if t and t.low not in STOP_WORDS}
            for name, tokens in firsts.items()
        }
        groups: dict[str, Sequence[str]] = {
            f"intent:{name}": texts for name, texts in words()["intents"].items()
        }
        for e in experiments:
            groups[e.name] = [*map(skeleton, e.examples), e.summary, e.claim]
        self.similarity = Similarity(groups, embed)
        self.lexical = embed is None
        self.rank = lru_cache(maxsize=512)(self._rank)

    def reading(
        self,
        text: str,
        experiment: str,
        focus: str = "",
        ignore: Iterable[tuple[int, int]] = (),
        held: Collection[str] = (),
    ) -> Reading:
        """Reads a request as one for a given experiment, unknown names included."""
        slots, known = self.slots[experiment], self._known[experiment]
        names = self._own(experiment)
        found = read(text, slots, known | self._names, focus, ignore, names, held)
        found.problems += unknown_names(
            text, found.tokens, slots, known, found.covered, found.strange, found.values
        )
        return found

    def _rank(self, text: str, ignore: tuple[tuple[int, int], ...]) -> tuple[Match, ...]:
        scores = self.similarity.scores(skeleton(text))
        matches = []
        for name in self.experiments:
            reading = self.reading(text, name, ignore=ignore)
            near = scores.get(name, 0.0)
            if given := {str(v) for v in self._given(name, reading)}:
                near = max(near, self.similarity.scores(skeleton(text, given)).get(name, 0.0))
            evidence = len(reading.values) + len(reading.factors) - len(reading.nominal)
            evidence += len({p.slot for p in reading.problems if p.slot and p.kind != "unknown"})
            evidence += len({p.slot for p in reading.problems if p.named})
            lost = sum(p.kind in ("unplaced", "unknown") for p in reading.problems)
            said = max(self._is_named(text, name), self._is_meant(name, reading))
            score = near + _PER_SLOT * min(evidence, 5) + said + _PER_CALL * self._calls(text, name)
            score += self._literals(name, reading)
            score -= _PER_PROBLEM * lost + _PER_LITERAL * len(reading.strange)
            if not said and not self._asked(text, name):
                near, score = 0.0, -1.0
            matches.append(
                Match(
                    name,
                    near,
                    score,
                    reading,
                    evidence,
                    bool(said),
                    self._coverage(text, name, reading),
                )
            )
        return tuple(sorted(map(self._rarer, matches), key=lambda m: -m.score))

    def _asked(self, text: str, name: str) -> bool:
        """Whether a request holds one of the words without which it cannot mean an experiment."""
        beginnings = self.experiments[name].asked_by
        low = text.lower()
        return not beginnings or any(re.search(rf"\b{re.escape(b)}", low) for b in beginnings)

    def _rarer(self, match: Match) -> Match:
        """Adds to a score for each value that few other experiments know."""
        gain = sum(1 / self._knowing(v) for v in sorted(self._named_values(match)))
        return replace(match, score=match.score + _PER_NAME * min(gain, 2))

    def _knowing(self, value: str) -> int:
        """Counts the experiments to which the words of a value are familiar."""
        said = set(stems(value.replace("_", " ")))
        return max(1, sum(said <= known for known in self._known.values()))

    def _named_values(self, match: Match) -> set[str]:
        slots, reading = self.slots[match.experiment], match.reading
        chosen = reading.anchored & {s.name for s in slots.values() if s.values}
        return {str(v) for name in chosen for v in reading.values.get(name, ())}

    def _calls(self, text: str, name: str) -> float:
        """Scores the words of the name: 1 for what only this experiment is called, 1/2 its room."""
        said = {t.stem for t in tokenise(skeleton(text)) if t.kind == "word"}
        if said & self._verbs[name]:
            return 1.0
        return 0.5 if said & (set(stems(name.split(".")[0])) - general()) else 0.0

    def _literals(self, name: str, reading: Reading) -> float:
        """Scores whether a request holds just the formulas and files that must be given."""
        must = self.worked_on(name)
        takes = {s.name for s in self.slots[name].values() if s.parameter.words.takes}
        doubtful = {str(v) for p in reading.problems if p.kind == "whose" for v in p.values}
        given = must & (reading.values.keys() | doubtful)
        worked = bool(takes & reading.values.keys())
        if worked and must <= reading.values.keys() and not reading.strange:
            return _COMPLETE if self._fitting(name, reading) else 0.0
        return -_PER_LITERAL if must and not given else 0.0

    def _fitting(self, name: str, reading: Reading) -> bool:
        """Whether every file is of a kind that its parameter speaks of, where it names kinds."""
        paths = [s for s in self.slots[name].values() if s.parameter.words.takes == "path"]
        given = [(str(v), s) for s in paths for v in reading.values.get(s.name, ())]
        return all(suits(v, s) or not names_kinds(s) for v, s in given)

    def _given(self, name: str, reading: Reading) -> list[Any]:
        return [v for n in self.worked_on(name) for v in reading.values.get(n, ())]

    def worked_on(self, name: str) -> set[str]:
        """Returns the formulas and files that an experiment must be given."""
        slots = self.slots[name].values()
        return {s.name for s in slots if s.parameter.required and s.parameter.words.takes}

    def called(self, text: str, experiment: str) -> bool:
        """Whether a request orders the experiment: by its name, or as one of its examples opens."""
        said = [t for t in tokenise(skeleton(text)) if t.kind == "word"]
        opening = next((t.stem for t in said if t.low not in STOP_WORDS), "")
        return opening in self._openings[experiment] or bool(
            {t.stem for t in said} & self._own(experiment)
        )

    def _own(self, experiment: str) -> frozenset[str]:
        return frozenset(stems(experiment.replace(".", " ").replace("_", " ")))

    def wants_literals(self, match: Match) -> bool:
        """Whether an experiment works on formulas or files, and the request holds none."""
        must = self.worked_on(match.experiment)
        return bool(must) and not must & match.reading.values.keys()

    def _coverage(self, text: str, name: str, reading: Reading) -> float:
        words = [(i, t) for i, t in enumerate(reading.tokens) if t.kind == "word"]
        known = self._known[name] | general()
        explained = sum(i in reading.covered or {t.stem, t.low} & known != set() for i, t in words)
        return explained / len(words) if words else 0.0

    def _is_named(self, text: str, name: str) -> float:
        """Scores a mention of the experiment: its full name, or a distinctive half of it."""
        low = text.lower()
        if name in low or name.replace(".", "__") in low or name.replace(".", " ") in low:
            return 1.0
        return 0.0

    def _is_meant(self, name: str, reading: Reading) -> float:
        """Scores a value beside the noun for it that only this experiment has: "claims suite"."""
        for slot in self.slots[name].values():
            one = slot.values and slot.parameter.type is not list
            if one and self._nouns[slot.name] == 1:
                noun = tuple(stems(slot.name))
                spellings = [
                    s for v in reading.values.get(slot.name, ()) for s in slot.values[str(v)]
                ]
                for phrase in {p for s in spellings for p in ((*s, *noun), (*noun, *s))}:
                    places = range(len(reading.tokens))
                    if any(match_at(reading.tokens, at, phrase) is not None for at in places):
                        return 1.0
        return 0.0

    def intent(self, text: str, name: str) -> float:
        """Returns the similarity to the examples of an intent."""
        return self.similarity.scores(skeleton(text)).get(f"intent:{name}", 0.0)

    def closest_intent(self, text: str) -> tuple[str, float]:
        """Returns the intent with the most similar examples."""
        scores = {
            n.removeprefix("intent:"): s
            for n, s in self.similarity.scores(skeleton(text)).items()
            if n.startswith("intent:")
        }
        best = max(scores, key=lambda n: scores[n])
        return best, scores[best]
