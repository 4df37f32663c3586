"""The numbers of a request, placed with the parameters they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.planner import anchors, moments
from agent.planner.lexicon import general
from agent.planner.numbers import Quantity, quantities
from agent.planner.reading import Problem, Reading
from agent.planner.series import Series, neighbour, series, split
from agent.planner.text import Token, match_at
from agent.planner.vocabulary import RUN_SEED, Slot
from agent.planner.worded import changed, numeric_at, read_words

CORRECTIONS = frozenset("sorry actually no wait rather oops scratch correction mean meant".split())
_LINKS = frozenset([",", "and", "/", "&", "then", "vs", "versus"])
_HINT = 0.9
"""Words that are no proof, but count once the main parameter has its value."""


class Amounts:
    """Reads the numbers of one text into a `Reading`.

    Attributes:
        series: the numbers, lists and ranges of the text.
        places: parameter -> tokens where its values stand.
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        slots: Mapping[str, Slot],
        masked: set[int],
        reading: Reading,
        places: dict[str, list[int]],
    ) -> None:
        self._tokens = tokens
        self._slots = slots
        self._reading = reading
        self._taken: dict[str, Series] = {}
        self._plain: frozenset[str] = frozenset()
        self._named: set[str] = set()
        self.places = places
        found = [q for q in quantities(tokens) if not masked & set(range(q.first, q.last + 1))]
        found = [q for q in found if not self._counts_choices(q)]
        self.series = [part for s in series(tokens, found) for part in split(tokens, s, slots)]

    def covered(self) -> set[int]:
        """Returns the tokens that are numbers."""
        return {i for s in self.series for i in range(s.first, s.last + 1)}

    def read(self, focus: str, known: frozenset[str], covered: set[int]) -> None:
        """Places every number: by its words first, then by its form; the rest is a problem.

        Args:
            focus: the parameter to which a bare number belongs, or "".
            known: words of the experiment; no verb among them is in doubt.
            covered: tokens of values, likewise.
        """
        self._named = {self._tokens[i].low for i in covered}
        self._plain = known | general() | self._named | CORRECTIONS
        bare: list[tuple[Series, list[anchors.Anchor]]] = []
        for one in self.series:
            if self._assigned_elsewhere(one):
                self._problem("unplaced", "", one, (), one.values)
                continue
            if factor := self._factor(one):
                self._reading.factors[factor] = one.values[0]
                continue
            ranked = anchors.readings(self._tokens, one, self._slots, self._stops(one))
            if not ranked or ranked[0].words < anchors.SURE:
                bare.append((one, ranked))
                continue
            best, rival = ranked[0], ranked[1] if len(ranked) > 1 else None
            if rival and rival.words >= anchors.SURE and best.score - rival.score < anchors.CLOSE:
                meant = neighbour(self._tokens, one.items[0], self._slots)
                if meant not in (best.slot, rival.slot):
                    self._problem("whose", "", one, (best.slot, rival.slot), one.values)
                    continue
                best = next(a for a in (best, rival) if a.slot == meant)
            owners = moments.owners(self._tokens, one, self._slots, best.slot)
            if len(owners) > 1:
                self._problem("whose", "", one, owners, one.values)
                continue
            self._reading.anchored.add(owners[0])
            self._place(self._slots[owners[0]], one)
        for one, ranked in bare:
            if one.share and any(t.share and t.values == one.values for t in self._taken.values()):
                continue  # "... instead of a random 30 %" only says it again
            hinted = ranked[0].slot if ranked and ranked[0].words >= _HINT else ""
            if name := self._default(one, focus, hinted):
                self._place(self._slots[name], one)
            else:
                self._problem("unplaced", "", one, (), one.values)
        read_words(self._tokens, self._slots, self._reading, self.places)

    # -- where a number belongs -------------------------------------------------------------------

    def _stops(self, one: Series) -> set[int]:
        others = [s for s in self.series if s is not one]
        stops = {i for s in others for i in range(s.first, s.last + 1)}
        # "26 circles with 100 evaluations": the circles are counted already.
        return stops | {
            i
            for s in others
            for i in self._counts(s)
            if s.last < one.first and i + 1 < one.first and self._tokens[i + 1].text not in "=:"
        }

    def _counts(self, one: Series) -> range:
        """Returns the tokens of the parameter's name directly behind a number, if any."""
        ends = [
            e
            for s in self._slots.values()
            if s.numeric
            for p in s.phrases
            if (e := match_at(self._tokens, one.last + 1, p)) is not None
        ]
        return range(one.last + 1, max(ends, default=one.last + 1))

    def _counts_choices(self, q: Quantity) -> bool:
        """Whether "three" only counts the choices ("all three data sets", "both of the two")."""
        if q.share or not q.spelled or q.value > 4:
            return False
        tokens = self._tokens
        behind = [t.low for t in tokens[q.last + 1 : q.last + 5]]
        if q.value == 1 and "of" in behind[:2] and {"each", "every"} & set(behind[1:3]):
            # "one survivor of each group", but "one of every five"
            return all(t.kind == "word" for t in tokens[q.last + 1 : q.last + 5])
        ends = not behind or tokens[q.last + 1].kind == "mark"
        if ends and q.first and tokens[q.first - 1].low in ("these", "those", "the"):
            return True  # "compare these two"
        if q.value == 1 and q.first and behind == ["?"]:
            return True  # "and the random one?"
        if tokens[q.first].low == "single" and behind and behind[0].endswith("s"):
            return True
        if q.value == 1 and q.last + 1 == len(tokens) and q.first > 0:
            return True  # "use that one"
        before, after = tokens[max(0, q.first - 1)], tokens[min(q.last + 1, len(tokens) - 1)]
        if q.value == 1 and after.kind == "mark" and before.kind == "word" and q.first:
            known = {w for s in self._slots.values() for p in s.phrases for w in p}
            return before.stem not in known  # "quick one: ..."
        for slot in self._slots.values():
            for phrase in slot.phrases:
                if match_at(tokens, q.last + 1, phrase) is not None:
                    return bool(slot.values) or slot.part  # "one trained on all" is a pronoun
                for skip in (2, 3):
                    if slot.numeric and match_at(tokens, q.last + skip, phrase) is not None:
                        return False
        # "one of them", "two questions": a small number in letters that counts nothing we know.
        alone = q.first and before.low in ("keep", "=", "to")
        return q.last + 1 < len(tokens) and after.kind == "word" and not alone

    def _assigned_elsewhere(self, one: Series) -> bool:
        """Whether the text writes "name = number" with a name that no parameter has."""
        tokens, at = self._tokens, one.first - 1
        if at < 1 or tokens[at].text != "=" or tokens[at - 1].kind != "word":
            return False
        return not any(
            tokens[at - 1].stem in phrase
            for slot in self._slots.values()
            for phrase in (*slot.phrases, *slot.complements)
        )

    def _default(self, one: Series, focus: str, hinted: str) -> str:
        """Names the parameter of a number that no word claims, or "" when that were a guess."""
        slots = self._slots
        if (name := changed(self._tokens, slots)) and slots[name].admits(one.values[0]):
            return name
        if focus in slots and slots[focus].numeric and focus not in self._taken:
            slot = slots[focus]
            if not one.share or slot.part:
                return focus
        if any(s.parameter.required and s.parameter.words.takes for s in slots.values()):
            return ""  # where formulas or files must be given, no number is the main thing
        if one.share or (one.kind == "decimal" and 0 < one.values[0] < 1):
            main = self._main_part()
            # Said twice, the main one is corrected or contradicts itself; no other takes the rest.
            return hinted if main in self._taken and hinted not in ("", main) else main
        free = [
            s
            for s in slots.values()
            if s.numeric and s.name not in self._taken and s.name != RUN_SEED
        ]
        fitting = [s for s in free if all(s.admits(v) for v in one.values)]
        required = [s for s in fitting if s.parameter.required]
        if len(required) == 1:
            return required[0].name
        return fitting[0].name if len(fitting) == 1 and len(free) <= 2 else ""

    def _main_part(self) -> str:
        """Names the parameter that a percentage without further words means, or ""."""
        parts = [s for s in self._slots.values() if s.part]
        for chosen in (
            [s for s in parts if s.parameter.required],
            [s for s in parts if s.removed is not None],
            parts,
        ):
            if len(chosen) == 1:
                return chosen[0].name
        return ""

    # -- what it says there -----------------------------------------------------------------------

    def _place(self, slot: Slot, one: Series) -> None:
        if one.trouble == "range":
            self._problem("steps", slot.name, one, one.values)
            return
        if slot.removed is not None and anchors.counted(self._tokens, one):
            self._problem("unplaced", slot.name, one)
            return
        values = [_convert(v, one, slot) for v in one.values]
        stay: bool | None = True
        if slot.removed is not None and not anchors.stated(self._tokens, one, slot):
            stay = anchors.stays(self._tokens, one, slot, self._stops(one), self._plain)
            if slot.removed and stay is not None:
                stay = not stay
        mirrored = [round(1 - v, 9) if slot.part else v for v in values]
        if stay is False:
            values = mirrored
        bad = [v for v in values if not slot.admits(v)]
        if bad:
            self._problem("range", slot.name, one, tuple(bad))
        elif stay is None and mirrored != values:
            self._problem("stays", slot.name, one, (values[0], mirrored[0]))
        elif one.trouble == "or":
            self._problem("or", slot.name, one, tuple(values))
        else:
            self._store(slot, one, values)

    def _store(self, slot: Slot, one: Series, values: list[Any]) -> None:
        """Keeps values; a second statement corrects the first, lists with it, or contradicts it."""
        reading, places = self._reading, self.places
        before = reading.values.get(slot.name)
        if before is not None and slot.parameter.type is list:
            before = before[0]
        if before is not None and slot.name in self._taken and before != values:
            between = self._tokens[self._taken[slot.name].last + 1 : one.first]
            words = {w for p in slot.phrases for w in p} | _LINKS | {"@"}
            joined = {t.stem for t in between} | {t.low for t in between} - words
            if slot.parameter.type is list and joined <= words | _LINKS:
                values = [*before, *values]  # "pass@16 and pass@256"
            elif CORRECTIONS & {t.low for t in between}:
                places[slot.name] = []
            elif between and between[0].low not in _LINKS and {t.stem for t in between} <= words:
                values = [*before, *values]  # "20 epochs and 30 epochs"
            elif {t.low for t in between} & {"vs", "versus", "against"} and all(
                t.low in _LINKS | {"against"} | self._named for t in between
            ):
                values = [*before, *values]  # "EL2N 30 % vs EL2N 60 %"
            else:
                self._problem("conflict", slot.name, one, (*before, *values))
                places[slot.name].append(one.first)
                reading.values[slot.name] = [*before, *values]
                return
        one_list = slot.parameter.type is list
        reading.values[slot.name] = [values] if one_list else list(dict.fromkeys(values))
        self._taken[slot.name] = one
        places.setdefault(slot.name, []).extend(q.first for q in one.items)

    def _problem(
        self,
        kind: str,
        slot: str,
        one: Series,
        values: tuple[Any, ...] = (),
        numbers: tuple[float, ...] = (),
    ) -> None:
        said = _said(self._tokens, one)
        self._reading.problems.append(Problem(kind, slot, said, values, numbers))

    def _factor(self, one: Series) -> str:
        """Reads "half as many seeds"; returns the parameter."""
        after = [t.low for t in self._tokens[one.last + 1 : one.last + 3]]
        if after not in (["as", "many"], ["as", "much"]):
            return ""
        return numeric_at(self._tokens, self._slots, one.last + 3)


def _convert(value: float, one: Series, slot: Slot) -> Any:
    """Gives a number the type of its parameter; "keep 30" means percent."""
    if (
        slot.part
        and one.kind == "integer"
        and slot.high <= 1
        and (1 < value <= 100 or -100 <= value < 0)
    ):
        return round(value / 100, 12)
    whole = slot.parameter.type is int or (slot.parameter.type is list and one.kind == "integer")
    return int(value) if whole and value == int(value) else value


def _said(tokens: Sequence[Token], one: Series, wide: int = 2) -> str:
    """Returns a number as it was written, with the words that follow it closely."""
    last = one.last
    while last + 1 < len(tokens) and last - one.last < wide and tokens[last + 1].kind == "word":
        if tokens[last + 1].low in ("and", "or", "on", "with", "to", "using", "by", "for", "at"):
            break
        last += 1
    words = tokens[one.first : last + 1]
    return "".join(
        (" " if i and words[i - 1].end < t.start else "") + t.text for i, t in enumerate(words)
    )
