"""What kind of request a text is, apart from which experiment it may ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.planner import forms, pastforms
from agent.planner.references import References
from agent.planner.text import normalise, tokenise


@dataclass(frozen=True)
class Signs:
    """Forms found in a text; several may hold at once.

    Attributes:
        social: `greeting`, `thanks`, `identity`, or "".
        cancels: the text takes a pending request back.
        hypothetical: it forbids a run or only asks what one would need.
        attack: it tries to change the rules or to destroy something.
        outside: it asks for something no research tool here does.
        literature: it asks what is written or known.
        explains: it asks about a run that exists.
        compares: it asks to compare runs that exist.
        lists: `experiments`, `runs`, or "".
        why: it asks for a reason.
        performs: it asks how something performs, which only a run can answer.
        orders: it orders a run in so many words.
        repeats: it continues the request before.
        leans: it may continue the request before.
        past: it speaks of something that has happened.
        lit_head: its opening words already ask for knowledge.
        attributed: it asks for somebody's words, "according to the authors".
        tells: it reports what somebody has done, and asks for nothing.
        question: it has the form of a question.
    """

    social: str = ""
    cancels: bool = False
    hypothetical: bool = False
    attack: bool = False
    outside: bool = False
    literature: bool = False
    explains: bool = False
    compares: bool = False
    lists: str = ""
    why: bool = False
    performs: bool = False
    orders: bool = False
    repeats: bool = False
    leans: bool = False
    past: bool = False
    lit_head: bool = False
    attributed: bool = False
    tells: bool = False
    question: bool = False

    def performs_a_run(self, evidence: int) -> bool:
        """Whether it asks how something performs and names what."""
        return self.performs and evidence > 0


def signs(text: str, references: References) -> Signs:
    """Finds the forms of a text."""
    text = normalise(text).strip()
    found = references.runs
    words = [t for t in tokenise(text) if t.kind == "word"]
    # "again" and "last" alone do not make a text speak of a run.
    social = ""
    if forms.IDENTITY.search(text):
        social = "identity"
    elif forms.GREETING.search(text) and len(words) <= 8:
        social = "greeting"
    elif forms.THANKS.search(text) and len(words) <= 14:
        social = "thanks"
    return Signs(
        social=social,
        cancels=bool(forms.CANCEL.search(text)),
        hypothetical=bool(forms.HYPOTHETICAL.search(text)) and not forms.AFTER_ALL.search(text),
        attack=bool(forms.ATTACK.search(text)),
        outside=bool(forms.OUTSIDE.search(text)),
        literature=bool(forms.LITERATURE.search(text)),
        explains=bool(
            (found and pastforms.EXPLAINS.search(text)) or pastforms.ABOUT_PAST.search(text)
        ),
        compares=bool(
            (len(found) > 1 and pastforms.COMPARES.search(text)) or pastforms.BETWEEN.search(text)
        ),
        lists=(
            "experiments"
            if forms.LIST_EXPERIMENTS.search(text)
            else "runs"
            if pastforms.LIST_RUNS.search(text)
            else ""
        ),
        why=bool(forms.WHY.search(text)),
        performs=bool(forms.PERFORMS.search(text)),
        orders=bool(forms.ORDERS.search(text)),
        repeats=bool(forms.REPEATS.search(text)),
        leans=bool(forms.LEANS.search(text)),
        past=bool(pastforms.PAST.search(text)),
        tells=bool(forms.TELLS.search(text))
        and (not forms.WISHES.search(text) or bool(forms.ASKS_ABOUT_IT.search(text))),
        attributed=bool(forms.ATTRIBUTED.search(text)),
        lit_head=bool(forms.LIT_HEAD.search(text)),
        question=text.rstrip().endswith("?")
        or bool(
            re.match(
                r"^\W*(what|who|when|where|why|how|which|is|are|does|did|can|could|"
                r"do(?! (an?|the|it|this|that|some|one|me|another)\b))\b",
                text,
                re.I,
            )
        ),
    )
