"""The planner's judgement: what to do about the last words, given what was said before."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.planner.completion import Completion
from agent.planner.intents import Signs, signs
from agent.planner.literals import blanked, is_math, skeleton
from agent.planner.recorded import Recorded
from agent.planner.references import References, references
from agent.planner.router import TIE, Match, Router
from agent.planner.settle import Settler
from agent.planner.shelf import asks_how_to_add, paths, question_to_papers, wants_adding
from agent.planner.state import Decision, Pending, State
from agent.planner.text import content, tokenise
from agent.planner.vocabulary import Slot

_AGAIN = re.compile(
    r"\b(again|repeat|rerun|re-run|redo|once more|one more time|same|try it|run it|do it)\b", re.I
)
_PRONOUN = re.compile(r"\b(it|this|that)\b(?! (experiment|run|comparison|result)\b)", re.I)
_POLITE = re.compile(r"^\W*(please )?(can|could|would|will) (you|u|we|i)\b", re.I)
_DEFAULTS = re.compile(r"\bdefaults?\b", re.I)
_AGREES = re.compile(r"^\W*(yes|yep|yeah|sure|ok|okay|go|go ahead|do it|please do)\W*$", re.I)
_SPEECH = re.compile(
    r"(?<![^\s(:,])(['\"`“])(?:[^'\"`”]*?[A-Za-z]{2,}[\s,.]+){3,}[^'\"`”]*?(\1|”)(?!\w)"
)
_VAGUE_ORDER = re.compile(
    r"\b(something|anything|an? (new |nice |interesting |good |quick )?(experiment|test|run|"
    r"comparison|trial|study)|the (experiment|test|comparison|trial|study)|experiments?|stuff|"
    r"things?|"
    r"(it|that|this|one)(?=\W*$|\W+(for|please|now|again|with|on|then|and|to)\b))\b",
    re.I,
)

SURE = 0.55
"""Similarity from which a request without any named value is taken for an experiment."""
LIKELY = 0.30
"""Similarity from which a request with named values is taken for an experiment."""
NEARLY_AN_EXAMPLE = 0.85
"""Similarity to one example from which a request that names no value is that example."""
POSSIBLE = 0.18
"""Similarity from which named values are at least asked about."""


class Dialog:
    """Decides; holds no state of its own."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._settler = Settler(router)
        self._recorded = Recorded(router, self._settler)
        self._completion = Completion(router, self._settler)
        # Shared words alone score lower than sentence similarity does.
        scale = 0.6 if router.lexical else 1.0
        self._sure, self._likely, self._possible = SURE * scale, LIKELY * scale, POSSIBLE * scale
        # The more experiments there are, the nearer one of them is by chance.
        chance = 0.02 * max(0.0, math.log2(max(1, len(router.experiments)) / 4))
        self._near, self._chance = 0.45 + chance, chance

    def decide(self, text: str, state: State) -> Decision:
        """Decides what to do about `text`."""
        said, text = text, _without_speech(text)
        found = references(blanked(text))
        form = signs(skeleton(text), found)
        if not form.attack and wants_adding(text):
            return Decision("add", text=text, paths=paths(said))
        if not form.attack and asks_how_to_add(text):
            return Decision("add", text=text)
        ranked = self._router.rank(text, found.spans)
        if state.mentioned and (form.orders or form.repeats) and _PRONOUN.search(text):
            ranked = tuple(
                _meaning(m, state.mentioned, self._router.slots[m.experiment]) for m in ranked
            )
        best = ranked[0] if ranked else None
        if state.pending is not None and not form.attack:
            fresh = self._fresh_in(form, best, state)
            if not fresh and (done := self._completion.complete(text, form, found, state)):
                return done
        return (
            self._talk(text, form, best)
            or self._recorded.decide(text, form, found, best, state)
            or self._knowledge(text, form, ranked, state)
            or self._follow_up(text, form, found, ranked, state)
            or self._request(text, form, ranked)
            or self._otherwise(text, form, best, state)
        )

    def named(self, text: str) -> dict[str, tuple[Any, ...]]:
        """Returns the single choices that a text names, for a later "run it on wine"."""
        ranked = self._router.rank(text, references(blanked(text)).spans)
        if not ranked:
            return {}
        slots, values = self._router.slots[ranked[0].experiment], ranked[0].reading.values
        return {n: tuple(v) for n, v in values.items() if slots[n].values and len(v) == 1}

    # -- talk ------------------------------------------------------------------------------------

    def _talk(self, text: str, form: Signs, best: Match | None) -> Decision | None:
        evidence = best.evidence if best else 0
        if form.attack:
            return Decision("refuse", text="attack")
        if form.social and (best is None or not evidence or best.similarity < self._possible):
            return Decision("social", text=form.social)
        if form.cancels:
            return Decision("cancelled")
        works = best is not None and self._router.worked_on(best.experiment)
        resembles = best is not None and best.similarity >= self._sure and not works
        if form.outside and evidence < 2 and not resembles:
            return Decision("refuse", text=text)
        told = form.literature and not (best and _has_amount(self._router, best))
        if form.hypothetical and not told and not (form.lit_head and not evidence):
            return self._hypothetical(text, best)
        return None

    def _hypothetical(self, text: str, best: Match | None) -> Decision:
        if best is None or (not best.evidence and best.similarity < self._likely):
            return Decision("no_run", text=text)
        frame, problems = self._settler.frame(best.experiment, best.reading)
        if problems:
            return Decision("no_run", frame, text=text)
        return Decision("no_run", frame, Pending("confirm", frame, text=text), text=text)

    # -- knowledge --------------------------------------------------------------------------------

    def _knowledge(
        self, text: str, form: Signs, ranked: tuple[Match, ...], state: State
    ) -> Decision | None:
        if asked := question_to_papers(text):
            return Decision("literature", text=text, question=asked)
        best = ranked[0] if ranked else None
        evidence = best.evidence if best else 0
        numbers = bool(best and _has_amount(self._router, best))
        of_papers = form.lit_head and re.search(r"\b(paper|papers|authors?)\b", text, re.I)
        lists = form.lists == "experiments" and not of_papers
        asks_about = best is not None and best.named and not evidence and form.question
        lists = lists or (asks_about and not (form.literature or form.why))
        now = state.frame.experiment if state.frame else ""
        lists = lists and not any(m.reading.others for m in ranked if m.experiment == now)
        if lists and not numbers and not form.performs_a_run(evidence):
            return Decision("experiments", text=text)
        wants_run = evidence >= 2 and (form.orders or form.performs) and not form.lit_head
        wants_run = wants_run or (numbers and form.performs and not form.lit_head)
        if best is not None and not form.lit_head:
            # A setting in a sentence that asks nothing, or a file to work on with one.
            near = best.similarity >= 0.45 and not form.question
            wants_run = wants_run or (numbers and near and bool(best.reading.anchored))
            works = bool(self._router.worked_on(best.experiment))
            given = works and not self._router.wants_literals(best)
            wants_run = wants_run or (given and numbers)
        wants_run = wants_run and not form.attributed
        if form.why:
            return Decision("literature", text=text)
        if form.literature and not wants_run:
            return Decision("literature", text=text)
        return None

    # -- experiments ------------------------------------------------------------------------------

    def _fresh_in(self, form: Signs, best: Match | None, state: State) -> bool:
        """Whether a text says enough to stand alone instead of continuing what was before."""
        if best is None:
            return False
        before = state.pending.frame if state.pending else state.frame
        open_ = before.experiment if before else best.experiment
        slots = self._router.slots[best.experiment]
        choices = sum(bool(slots[n].values) for n in best.reading.values)
        if best.experiment != open_ and best.evidence >= 3 and choices:
            return True
        if form.repeats:
            return False
        if best.named and state.frame and best.experiment != state.frame.experiment:
            return True
        if state.frame and state.frame.experiment == best.experiment:
            held = {n for n in state.frame.values if slots[n].values}
            if choices < 2 and not held <= best.reading.values.keys():
                return False  # a choice that was made and is not made again still holds
        if form.leans and best.evidence < 3:
            return False
        asks = form.orders or form.performs
        return (best.evidence >= 3 and choices > 0 and best.similarity >= self._likely) or (
            best.evidence == 2 and choices > 0 and asks and best.similarity >= self._likely
        )

    def _follow_up(
        self,
        text: str,
        form: Signs,
        found: References,
        ranked: tuple[Match, ...],
        state: State,
    ) -> Decision | None:
        frame = state.frame
        if frame is None or frame.experiment not in self._router.slots:
            return None
        best = ranked[0]
        if self._fresh_in(form, best, state):
            return None
        mine = next(m for m in ranked if m.experiment == frame.experiment)
        lead = best.score - mine.score
        # Among many experiments one always looks a little nearer; it must look near at all.
        bar = self._sure if form.repeats else self._likely
        other = best.experiment != frame.experiment and best.similarity >= bar
        other = other and (
            lead > 4 * TIE
            or (lead > TIE and len(best.reading.anchored) > len(mine.reading.anchored))
        )
        reading = self._router.reading(
            text, frame.experiment, state.topic, found.spans, tuple(frame.values)
        )
        meant = mine.reading.values.keys() & state.mentioned.keys() - reading.values.keys()
        only_meant = meant and reading.empty()
        reading.values |= {name: mine.reading.values[name] for name in sorted(meant)}
        if only_meant:
            return self._settler.confirm(frame.experiment, reading, text, frame)
        if other and (len(best.reading.anchored) > len(mine.reading.anchored) or reading.empty()):
            return None
        if reading.empty():
            if form.repeats and _AGAIN.search(text) and len(tokenise(text)) <= 10:
                return self._settler.follow(frame, reading, text)
            return None
        short = len(content(text)) <= 6
        only_unknown = (
            reading.problems
            and all(p.kind == "unknown" for p in reading.problems)
            and not reading.values
        )
        if only_unknown and not (form.repeats or form.leans or mine.similarity >= self._likely):
            return None
        if form.repeats or form.leans or form.orders or form.performs or short:
            return self._settler.follow(frame, reading, text)
        return None

    def _request(self, text: str, form: Signs, ranked: tuple[Match, ...]) -> Decision | None:
        if not ranked:
            return None
        best = ranked[0]
        works = bool(self._router.worked_on(best.experiment))
        given = works and not self._router.wants_literals(best)
        called = self._router.called(text, best.experiment)
        told = given and (bool(_POLITE.search(text)) or called)
        near = best.similarity >= self._near
        told = told or (called and best.evidence > 0 and near and not works)
        asks = form.orders or form.performs or told
        likely = best.similarity >= self._likely and best.evidence >= 1
        # One name in a question ("how many digits has pi?") says too little.
        alone = best.evidence == 1 and (form.question or best.similarity < 0.35)
        enough = (
            best.similarity >= self._near or not alone or told or _has_amount(self._router, best)
        )
        certain = (best.named and (best.evidence > 0 or not form.question)) or (
            likely and enough and (asks or best.evidence >= 2)
        )
        # A telegram of nothing but values ("wine, GraNd, 30 %") resembles no sentence.
        certain = certain or (best.evidence >= 2 and best.coverage >= 0.99 and not form.question)
        certain = certain or (best.evidence >= 3 and best.coverage >= 0.7 and asks)
        stated = best.coverage >= 0.7 and not (form.question or works)
        certain = certain or (likely and best.similarity >= self._near and stated)
        certain = certain or (not form.lit_head and self._stands_out(ranked))
        by_default = form.orders and not form.question and bool(_DEFAULTS.search(text))
        certain = certain or (by_default and best.similarity >= self._likely)
        if not certain and not best.evidence and (form.orders or form.question):
            nearest = self._router.similarity.nearest(text, best.experiment)
            certain = nearest >= NEARLY_AN_EXAMPLE
        if certain and form.tells:
            return self._settler.confirm(best.experiment, best.reading, text)
        if certain:
            # Where the words say little, whoever knows the same values is a rival.
            tie = 3 * TIE if best.similarity < LIKELY + 0.1 and best.evidence == 1 else TIE
            rivals = [m for m in ranked[1:] if best.score - m.score < tie and m.similarity > LIKELY]
            rivals = [m for m in rivals if m.evidence >= best.evidence]
            if rivals and not best.named:
                return self._settler.which([best, *rivals[:2]], text)
            return self._settler.decide(best.experiment, best.reading, text)
        if best.similarity >= self._sure and (asks or form.question):
            return self._settler.confirm(best.experiment, best.reading, text)
        polite = form.orders and bool(_POLITE.search(text))
        if best.coverage >= 0.99 and (polite or (best.evidence and not form.question)):
            return self._settler.confirm(best.experiment, best.reading, text)
        if best.evidence >= 1 and best.similarity >= self._possible and not form.outside:
            outside = self._router.intent(text, "outside")
            if best.similarity > outside:
                return self._settler.confirm(best.experiment, best.reading, text)
        return None

    # -- everything else ---------------------------------------------------------------------------

    def _stands_out(self, ranked: tuple[Match, ...]) -> bool:
        """Whether a request is much closer to one experiment than to all others, in its words."""
        best, rest = ranked[0], ranked[1:]
        lead = best.score - rest[0].score if rest else 0.0
        works = self._router.wants_literals(best)
        near = lead >= 0.2 and best.similarity >= self._near and lead + best.similarity >= 0.75
        return near and best.coverage >= 0.85 and not works

    def _otherwise(self, text: str, form: Signs, best: Match | None, state: State) -> Decision:
        near, closeness = self._router.closest_intent(text)
        similarity = best.similarity if best else 0.0
        if _AGREES.search(text):
            return Decision("social", text="nothing_open")
        if (
            form.orders
            and (not form.question or _POLITE.search(text))
            and (_VAGUE_ORDER.search(text) or len(content(text)) == 1)
            and (len(content(text)) <= 5 and near != "outside")
        ):
            return Decision("ask", pending=None, text="experiment")
        if near == "outside" and closeness >= similarity and closeness > 0.25:
            return Decision("refuse", text=text)
        if closeness >= max(0.42, similarity + 0.05):
            if near == "compare" and state.runs > 1:
                return Decision("compare", runs=("last~1", "last"), text=text)
            if near == "explain" and state.runs:
                return Decision("explain", runs=("last",), text=text)
            if near == "list_experiments":
                return Decision("experiments", text=text)
            if near == "list_runs":
                return Decision("runs")
            if near == "smalltalk" and len(content(text)) <= 4:
                return Decision("social", text="greeting")
        if form.literature or (form.question and max(similarity, closeness) >= 0.2):
            return Decision("literature", text=text)
        least = (0.3 if form.orders else 0.35) + 1.5 * self._chance
        if (
            best is not None
            and self._router.wants_literals(best)
            and not (form.orders and self._router.called(text, best.experiment))
        ):
            least = 0.45  # it shares the subject, but nothing to work on is given
        if best is not None and similarity > max(closeness, least):
            return self._settler.confirm(best.experiment, best.reading, text)
        return Decision("refuse", text=text)


def _without_speech(text: str) -> str:
    """Blanks quoted speech: who quotes an order does not give it. Formulas and names stay."""
    return _SPEECH.sub(lambda m: m[0] if is_math(m[0].strip("'\"`“”")) else " " * len(m[0]), text)


def _meaning(
    match: Match, mentioned: Mapping[str, tuple[Any, ...]], slots: Mapping[str, Slot]
) -> Match:
    """Fills in what "it" points at."""
    values = match.reading.values
    missing = {n: list(v) for n, v in mentioned.items() if n in slots and n not in values}
    reading = replace(match.reading, values={**values, **missing})
    return replace(match, reading=reading, evidence=match.evidence + len(missing))


def _has_amount(router: Router, match: Match) -> bool:
    slots = router.slots[match.experiment]
    named = {*match.reading.values, *(p.slot for p in match.reading.problems)}
    return any(slots[n].numeric for n in named - match.reading.nominal if n in slots)
