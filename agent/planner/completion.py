"""Short answers to the planner's own questions: "wine", "yes", "the second", "30 %", "both"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.planner.intents import Signs
from agent.planner.reading import Problem, Reading
from agent.planner.references import References
from agent.planner.router import Router
from agent.planner.settle import Settler
from agent.planner.state import Decision, Frame, Pending, State
from agent.planner.text import content, match_at, stem, tokenise
from agent.planner.vocabulary import KEEPING, REMOVAL, Slot

_YES = re.compile(
    r"^\W*(yes|yep|yeah|yup|sure|ok|okay|go|go ahead|do it|please do|please|right|correct|exactly|"
    r"fine|of course|absolutely|that's right|confirmed|y|run it|start it|start|run|alright|why not|"
    r"sounds good|good)\b(\W+(please|go ahead|do (it|that)|run it|thanks|go|start( it)?|sure|now|"
    r"that's right|fine|with (the )?defaults?))*\W*$",
    re.I,
)
_ORDINALS = (
    ("first", "former", "1", "1st", "one", "a"),
    ("second", "latter", "2", "2nd", "two", "b"),
    ("third", "3", "3rd", "three", "c"),
)
_ORDINAL = re.compile(
    r"^\W*(?:(?:the|option|number|no|choice|take|use|i mean|i meant)\W+)*"
    r"(first|former|second|latter|third|1st|2nd|3rd|last|1|2|3|a|b|c)(?:\W+(?:one|option|"
    r"of (?:them|"
    r"those)|please|then))*\W*$",
    re.I,
)
_ALL = re.compile(r"\b(both|all|each|every|everything)\b", re.I)
_DEFAULT = re.compile(
    r"\b(default|defaults|whatever|whichever|any|you (choose|decide|pick)|don't care|"
    r"doesn't matter|"
    r"don't mind|up to you|no preference|standard|usual|either)\b",
    re.I,
)
_IGNORE = re.compile(
    r"\b(ignore|without|leave (it|that) out|skip|drop (it|that)|forget|none|neither|anyway|"
    r"doesn't matter|not important|irrelevant)\b",
    re.I,
)
_PAPERS = re.compile(r"\b(paper|papers|literature|read|look up|search)\b", re.I)


class Completion:
    """Fits an answer into the question it answers."""

    def __init__(self, router: Router, settler: Settler) -> None:
        self._router = router
        self._settler = settler

    def complete(self, text: str, form: Signs, found: References, state: State) -> Decision | None:
        """Returns what follows from an answer, or None when the text answers nothing."""
        pending = state.pending
        assert pending is not None
        if form.cancels:
            return Decision("cancelled")
        if found.runs or form.lists or form.outside or (form.literature and form.question):
            return None
        if form.social in ("greeting", "identity") or form.lit_head or form.hypothetical:
            return None
        if pending.kind == "experiment":
            return self._experiment(text, pending)
        if pending.kind == "confirm":
            return self._confirm(text, form, pending)
        return self._slot(text, form, pending)

    def _experiment(self, text: str, pending: Pending) -> Decision | None:
        names = [f.experiment for f in pending.frames]
        at = ordinal(text, len(names))
        if at is None:
            low = text.lower()
            named = [i for i, n in enumerate(names) if n in low or _own_part(n, names) in low]
            at = named[0] if len(named) == 1 else None
        if at is None:
            return None
        frame = pending.frames[at]
        reading = self._router.reading(pending.text, frame.experiment)
        return self._settler.decide(frame.experiment, reading, pending.text)

    def _confirm(self, text: str, form: Signs, pending: Pending) -> Decision | None:
        if _PAPERS.search(text) and len(tokenise(text)) <= 8:
            return Decision("literature", text=pending.text)
        if _YES.search(text) or re.search(
            r"^\W*(ok(ay)?|yes|please|now|then|so|go)?\W*(then |now |please )*"
            r"(run|start|do|launch) (it|that|this|them)\b",
            text,
            re.I,
        ):
            reading = self._router.reading(text, pending.frame.experiment)
            return self._settler.follow(pending.frame, reading, pending.text)
        reading = self._router.reading(text, pending.frame.experiment)
        if reading.values and not form.why:
            return self._settler.follow(pending.frame, reading, pending.text)
        return None

    def _slot(self, text: str, form: Signs, pending: Pending) -> Decision | None:
        first = pending.problems[0]
        slots = self._router.slots[pending.frame.experiment]
        focus = first.slot if first.slot in slots else ""
        reading = self._router.reading(text, pending.frame.experiment, focus)
        if focus and first.kind in ("vague", "range"):
            _doubt_verb(text, pending.text, slots[focus], reading)
        solved = self._solve(text, first, pending.frame, reading)
        rest = [p for p in pending.problems[1:] if p.slot not in reading.values]
        frame = pending.frame
        if solved is not None:
            frame = frame.with_values(solved)
            reading.problems = [
                p for p in reading.problems if p.slot in slots and p.slot not in solved
            ]
            reading.values = {n: v for n, v in reading.values.items() if n not in solved}
            return self._after(frame, reading, rest, pending)
        if reading.values and first.slot and first.slot not in reading.values:
            # Something else was said; the question stays open.
            return self._after(frame, reading, [first, *rest], pending)
        if reading.problems:
            kept = [p for p in rest if p.slot not in {q.slot for q in reading.problems}]
            return self._after(frame, reading, kept, pending)
        if (_YES.search(text) or len(tokenise(text)) <= 3) and not form.social:
            return Decision("ask", frame, pending)
        return None

    def _after(
        self, frame: Frame, reading: Reading, rest: Sequence[Problem], pending: Pending
    ) -> Decision:
        merged = self._settler.follow(frame, reading, pending.text)
        opened = merged.pending.problems if merged.pending else ()
        # A parameter that is asked about for its own reason is not missing as well.
        own = {p.slot for p in rest}
        opened = tuple(p for p in opened if not (p.kind == "missing" and p.slot in own))
        assert merged.frame is not None
        return self._settler.settle(merged.frame, [*rest, *opened], pending.text)

    def _solve(
        self, text: str, problem: Problem, frame: Frame, reading: Reading
    ) -> dict[str, tuple[Any, ...]] | None:
        """Returns the values that settle a problem, or None when the text does not."""
        slots = self._router.slots[frame.experiment]
        slot = slots.get(problem.slot)
        at = ordinal(text, len(problem.values))
        if problem.kind == "readings":
            if at is None:
                return None
            return {name: (value,) for name, value in problem.values[at]}
        if problem.kind == "stays" and at is None:
            bases = {t.stem for t in tokenise(text)}
            if problem.slot not in reading.values:
                at = 0 if bases & KEEPING else 1 if bases & REMOVAL else None
        if problem.slot in reading.values:
            several = problem.kind == "many"
            values = tuple(reading.values[problem.slot])
            return {problem.slot: values} if not several or values else None
        if problem.kind in ("whose", "unplaced"):
            return self._owner(text, problem, frame, at)
        if problem.kind in ("conflict", "or", "excluded", "stays", "steps"):
            if at is not None:
                return {problem.slot: (problem.values[at],)}
            if _ALL.search(text) and problem.kind in ("conflict", "or", "excluded"):
                return {problem.slot: problem.values}
        if slot is None:
            return {} if _YES.search(text) or _IGNORE.search(text) else None
        if slot.values and problem.kind in ("missing", "unknown"):
            choices = slot.options
            at = ordinal(text, len(choices))
            if at is not None:
                return {slot.name: (choices[at],)}
            if _ALL.search(text):
                return {slot.name: choices}
        if _DEFAULT.search(text) and not slot.parameter.required:
            return {slot.name: (slot.parameter.default,)}
        free = slot.parameter.type is str and not slot.values
        if free and problem.kind == "missing" and slot.parameter.words.takes != "path":
            return {slot.name: (text.strip().strip("\"'`"),)}
        return None

    def _owner(
        self, text: str, problem: Problem, frame: Frame, at: int | None
    ) -> dict[str, tuple[Any, ...]] | None:
        slots = self._router.slots[frame.experiment]
        if at is not None and problem.kind == "whose":
            return self._given(str(problem.values[at]), problem, frame)
        tokens = tokenise(text)
        named = [
            (len(p), s.name)
            for s in slots.values()
            if (s.numeric or not problem.numbers)
            and (problem.kind != "whose" or s.name in problem.values)
            for p in s.phrases
            if any(match_at(tokens, i, p) is not None for i in range(len(tokens)))
        ]
        # "repeat on wine" is another request, not the word for a number of repeats.
        if named and len(content(text)) <= 3:
            return self._given(max(named)[1], problem, frame)
        if _IGNORE.search(text):
            return {}
        return None

    def _given(self, name: str, problem: Problem, frame: Frame) -> dict[str, tuple[Any, ...]]:
        slot = self._router.slots[frame.experiment][name]
        if not problem.numbers:
            return {name: (problem.said,)}
        values = tuple(int(v) if slot.parameter.type is int else v for v in problem.numbers)
        return {name: values}


def _doubt_verb(text: str, before: str, slot: Slot, reading: Reading) -> None:
    """Lets "30 %" be asked about when it answers a question about "drop 130 %"."""
    values = reading.values.get(slot.name, [])
    verbs = {t.stem for t in tokenise(text)} & (KEEPING | REMOVAL)
    said = {t.stem for t in tokenise(before) if not t.low.endswith("ing")}
    if slot.removed is None or verbs or len(values) != 1 or not said & REMOVAL or said & KEEPING:
        return
    del reading.values[slot.name]
    both = (values[0], round(1 - values[0], 9))
    reading.problems.append(Problem("stays", slot.name, text.strip(), both))


def ordinal(text: str, count: int) -> int | None:
    """Returns which of `count` options a text names by its place, or None."""
    match = _ORDINAL.search(text)
    if match is None:
        return None
    word = match[1].lower()
    if word == "last":
        return count - 1 if count else None
    at = next(i for i, names in enumerate(_ORDINALS) if word in names)
    return at if at < count else None


def _own_part(name: str, names: Sequence[str]) -> str:
    """Returns the half of a dotted name that the other names do not share."""
    for part in reversed(name.split(".")):
        if sum(stem(part) in {stem(p) for p in n.split(".")} for n in names) == 1:
            return part
    return name
