"""Requests about runs that exist: to show, explain, compare, list or repeat them."""

from __future__ import annotations

import re

from agent.planner.intents import Signs
from agent.planner.reading import Reading
from agent.planner.references import References
from agent.planner.router import Match, Router
from agent.planner.settle import Settler
from agent.planner.state import Decision, State
from agent.planner.text import tokenise


class Recorded:
    """Decides what to do with recorded runs."""

    def __init__(self, router: Router, settler: Settler) -> None:
        self._router = router
        self._settler = settler

    def decide(
        self, text: str, form: Signs, found: References, best: Match | None, state: State
    ) -> Decision | None:
        """Decides about a text that points at runs which exist; None when it does not."""
        reading = best.reading if best else Reading()
        values = len(reading.values)
        runs = found.runs
        if runs and len(runs) == 1 and self._wants_rerun(text, form, reading):
            return self._rerun(text, runs[0], found, state)
        if form.lists == "runs" and not form.compares and not (form.lit_head or form.why):
            count = len(runs) if len(runs) > 1 else 0
            if len(runs) != 1:
                return Decision("runs", runs=(str(count),) if count else ())
        if form.compares and (len(runs) > 1 or not values or (form.past and state.runs > 1)):
            if len(runs) == 1:
                runs = ("last~1", "last") if runs[0] in ("last", "last~1") else (*runs, "last")
            if len(runs) > 1 or state.runs > 1 or not form.literature:
                return Decision("compare", runs=runs or ("last~1", "last"), text=text)
        if runs and len(runs) > 1 and not values:
            return Decision("compare", runs=runs, text=text)
        if runs and form.explains and not (form.orders and values):
            return Decision("explain", runs=runs[:1], text=text, also_papers=form.why)
        if form.lit_head and re.search(
            r"\b(paper|papers|authors?|literature|library)\b", text, re.I
        ):
            return None
        if self._about_the_last(text, form, values, state):
            return Decision("explain", runs=("last",), text=text, also_papers=form.why)
        return None

    def _about_the_last(self, text: str, form: Signs, values: int, state: State) -> bool:
        """Whether a question about the past is about the run that was just made."""
        pronoun = bool(re.search(r"\b(it|that|this)\b", text, re.I))
        if not (form.explains and form.past) or (values and not form.why):
            return False
        if not (state.runs or pronoun) or not (
            pronoun or re.search(r"\byou\b", text, re.I) or len(tokenise(text)) <= 8
        ):
            return False
        if form.literature and not form.why:
            asks_past = re.search(r"\b(was|were|did)\b", text, re.I) and not form.lit_head
            return state.runs > 0 and (_speaks_of_result(text) or bool(asks_past))
        return True

    def _wants_rerun(self, text: str, form: Signs, reading: Reading) -> bool:
        again = re.search(
            r"\b(rerun|re-run|repeat|redo|again|reproduce|same (as|settings))\b", text, re.I
        )
        return (
            bool(again or (form.orders and reading.values)) and not form.why and not form.compares
        )

    def _rerun(self, text: str, run: str, found: References, state: State) -> Decision | None:
        frame = state.frame if run == "last" else state.recorded.get(run)
        if frame is None:
            return Decision("explain", runs=(run,), text=text, notes=("rerun",))
        reading = self._router.reading(text, frame.experiment, state.topic, found.spans)
        return self._settler.follow(frame, reading, text)


def _speaks_of_result(text: str) -> bool:
    return bool(re.search(r"\b(result|run|it|that|this|verdict|claim|figure|plot)\b", text, re.I))
