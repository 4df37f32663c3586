"""Grades one answer against one gold under a spec, and says why."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from tools.grading.choices import CAPITALS, compare_choices, read_choices
from tools.grading.compare import Comparison
from tools.grading.domain_text import domains_of, relations_of
from tools.grading.domains import Domain
from tools.grading.errors import Malformed, OverLimit, Undecided, Unreadable
from tools.grading.evaluate import start_budget
from tools.grading.extract import Extraction, extract
from tools.grading.families import BESSEL, two_readings
from tools.grading.indices import put_index
from tools.grading.outcome import Outcome, open_question, yes
from tools.grading.reading import read, shown
from tools.grading.spec import GradeSpec
from tools.grading.species import bracketed, cast
from tools.grading.tree import Node, Relation, Sym
from tools.grading.walk import rebuild, substitute, symbols

_RECURSION = 8_000
_CROSS = re.compile(
    r"(?<![\\A-Za-z])([A-Za-z](?:_(?:\w|\{\w+\}))?)\s*(?:\\times(?![A-Za-z])|×)\s*"
    r"([A-Za-z](?:_(?:\w|\{\w+\}))?)(?![A-Za-z])"
)
Verdict = Literal["correct", "incorrect", "ungradable"]


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict on one answer.

    Attributes:
        verdict: correct, incorrect, or ungradable where nothing could settle it.
        reason: why, in words.
        gold: the canonical form of the gold, or its text where there is none.
        answer: the canonical form of the answer, or its text where there is none.
        method: the decision method, one of `tools.grading.outcome.METHODS`.
        seconds: the time taken.
        extracted: how the answer was found in the text.
        algebra: the operator algebra that was used, and whether it was declared or inferred.
    """

    verdict: Verdict
    reason: str
    gold: str
    answer: str
    method: str
    seconds: float
    extracted: str = ""
    algebra: str = ""

    @property
    def correct(self) -> bool:
        """Whether the verdict is correct."""
        return self.verdict == "correct"

    def to_json(self) -> dict[str, Any]:
        """Returns the grade as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Grade:
        """Makes a grade from plain JSON values."""
        return cls(**data)


def grade_unguarded(gold: str, answer: str, spec: GradeSpec | None = None) -> Grade:
    """Grades an answer in this process, bounded by the limits of the parser and of each method.

    Nothing in either text is executed, and no text raises an error. A hard deadline is the
    business of the caller, who runs this in a worker that can be killed.

    Args:
        gold: the reference answer.
        answer: what was answered, prose and boxes allowed.
        spec: what the question fixes; by default nothing.
    """
    start = time.perf_counter()
    spec = spec or GradeSpec()
    start_budget()
    if sys.getrecursionlimit() < _RECURSION:
        # Deep but bounded trees need more frames than the default; raising the limit is harmless.
        sys.setrecursionlimit(_RECURSION)
    try:
        outcome, forms, how, algebra = _decided(gold, answer, spec)
    except RecursionError:
        outcome = Outcome(None, "structure", "The expression is nested too deeply to compare.")
        forms, how, algebra = (gold[:200], answer[:200]), "", ""
    verdict: Verdict = (
        "ungradable" if outcome.equal is None else "correct" if outcome.equal else "incorrect"
    )
    return Grade(
        verdict=verdict,
        reason=outcome.reason,
        gold=forms[0],
        answer=forms[1],
        method=outcome.method,
        seconds=time.perf_counter() - start,
        extracted=how,
        algebra=algebra,
    )


_Decision = tuple[Outcome, tuple[str, str], str, str]


def _decided(gold: str, answer: str, spec: GradeSpec) -> _Decision:
    """Decides, under both readings where a notation has two.

    J_0(x) may be a product as well as a Bessel function, and where both texts write it between
    letters, a cross may be that of vectors as well as that of numbers.
    """
    found = _decide(gold, answer, spec)
    if found[0].equal and _CROSS.search(gold) and _CROSS.search(answer):
        ours, theirs = (_CROSS.sub(r"\\vec{\1}\\times\\vec{\2}", text) for text in (gold, answer))
        if not _decide(ours, theirs, spec)[0].equal:
            why = (
                "The verdict depends on whether the crosses are those of vectors, which do not"
                " commute, or of numbers: write \\vec{a} or \\mathbf{a} for vectors."
            )
            return (open_question(why), *found[1:])
    names = (*spec.parameters, *spec.functions)
    call = two_readings((gold, answer), names, dict(spec.families))
    if not call or found[3]:
        # Beside operators such a name is a coupling.
        return found
    other = _decide(gold, answer, replace(spec, families=(*spec.families, *BESSEL.items())))
    if other[0].equal == found[0].equal:
        return found
    why = (
        f"The verdict depends on whether {call}(...) is a Bessel function or a product; the spec "
        f"does not say ('{call[0]}_n Bessel functions', or {call} among the parameters)."
    )
    return (open_question(why), *found[1:])


def _decide(gold: str, answer: str, spec: GradeSpec) -> _Decision:
    plain = (gold.strip()[:200], answer.strip()[:200])
    try:
        ours = extract(gold)
        if not ours.text:
            raise Malformed("The gold is empty.")
    except Unreadable as error:
        return _unread("gold", error), plain, "", ""
    try:
        theirs = extract(answer)
    except Unreadable as error:
        return _unread("answer", error), plain, "", ""
    forms = (ours.text[:200], theirs.text[:200])
    chosen = _choices(ours, theirs, answer, spec)
    if chosen is not None:
        return chosen, forms, theirs.rule, ""
    try:
        left = read(ours.text, spec)
    except Unreadable as error:
        if ours.text == theirs.text and not isinstance(error, Malformed):
            return yes("text", "Both sides are the same text."), forms, theirs.rule, ""
        return _unread("gold", error), forms, theirs.rule, ""
    try:
        right = read(theirs.text, spec, like=left)
    except Unreadable as error:
        return _unread("answer", error), forms, theirs.rule, ""
    left = read(ours.text, spec, like=right)
    outcome, algebra = compare_trees(left, right, spec)
    return outcome, (shown(left, ours.text), shown(right, theirs.text)), theirs.rule, algebra


def compare_trees(gold: Node, answer: Node, spec: GradeSpec) -> tuple[Outcome, str]:
    """Compares two trees; returns the outcome and the operator algebra that was used."""
    try:
        definitions, relations = defined(relations_of(spec))
        gold, answer = (_replaced(x, definitions) for x in (gold, answer))
        domain = Domain(domains_of(spec), relations, spec.default_domain)
        comparison = Comparison(spec, domain)
        play = cast(gold, answer, spec)
        if not play.present:
            return comparison.compare(gold, answer), ""
        gold, answer = bracketed(gold, play), bracketed(answer, play)
        comparison.with_operators(play)
        return comparison.compare(gold, answer), play.described()
    except (OverLimit, Undecided) as error:
        return Outcome(None, "structure", error.problem), ""


def defined(
    relations: tuple[Relation, ...],
) -> tuple[dict[Sym, Node], tuple[Relation, ...]]:
    """Separates definitions of names, such as `x = e^{-k}`, from conditions on them."""
    definitions: dict[Sym, Node] = {}
    rest: list[Relation] = []
    for relation in relations:
        head = relation.sides[0]
        value = relation.sides[-1]
        if relation.ops == ("=",) and isinstance(head, Sym) and head not in symbols(value):
            definitions[head] = value
        else:
            rest.append(relation)
    return definitions, tuple(rest)


def _replaced(node: Node, definitions: dict[Sym, Node]) -> Node:
    # Definitions may use each other; a few rounds unfold them and a circle stops.
    for _ in range(min(4, len(definitions))):
        node = substitute(node, definitions)
        node = _templates(node, definitions)
    return node


def _templates(node: Node, definitions: dict[Sym, Node]) -> Node:
    """Puts n_s = c_s^dagger c_s in for n_up, n_3 and every other index."""
    if isinstance(node, Sym):
        for head, value in definitions.items():
            letters = bool(head.sub) and all(len(p) == 1 and p.isalpha() for p in head.sub)
            alike = (head.base, head.marks, head.sup) == (node.base, node.marks, node.sup)
            if letters and alike and len(head.sub) == len(node.sub):
                for name, piece in zip(head.sub, node.sub, strict=True):
                    value = put_index(value, name, piece)
                return value
        return node
    return rebuild(node, lambda part: _templates(part, definitions))


def _choices(gold: Extraction, answer: Extraction, whole: str, spec: GradeSpec) -> Outcome | None:
    """Compares option letters where the question declares options, or the gold is one letter."""
    among = frozenset(c.lower() for c in spec.choices)
    if among:
        ours = read_choices(gold.text, among)
        # A gold outside the declared letters still names options; published lists are short.
        if ours is not None:
            theirs = read_choices(answer.text, among)
            return compare_choices(ours, theirs or read_choices(whole.strip(), among))
        return None
    if CAPITALS.match(gold.text):
        theirs = read_choices(answer.text, among)
        if theirs is not None and (len(answer.text) > 1 or CAPITALS.match(answer.text)):
            return compare_choices(frozenset({gold.text}), theirs)
    return None


def _unread(side: str, error: Unreadable) -> Outcome:
    if side == "answer" and isinstance(error, Malformed):
        return Outcome(False, "structure", f"The answer is not well formed: {error.problem}")
    return Outcome(None, "structure", f"The {side} could not be read: {error.problem}")
