"""Graders: does a grader see which answers are right, and does nothing hostile defeat it?

Labelled pairs are drawn by seed from families whose truth is known by construction; hostile answers
are made to crash, hang or fool. The answer to a sample is a verdict: that of our own grader, or,
from a file of answers, that of any other grader. With `--path` the pairs are the user's own, in the
format of `tools.grading.pair_file`.
"""

from __future__ import annotations

import ast
import operator
import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import solvers
from evals.context import Context
from evals.sample import Answer, Sample, Score, Solver, State, Suite
from evals.suites import Options, spread
from tools.errors import BadInput
from tools.grading.pair_file import FIELDS, Row, read_rows

if TYPE_CHECKING:
    from tools.grading.spec import GradeSpec
    from tools.isolation.workers import WorkerPool

FAMILIES = Path(__file__).parent / "data" / "graders.toml"
HOSTILE = Path(__file__).parent / "data" / "graders_hostile.toml"
VERDICTS = ("correct", "incorrect", "ungradable", "crash", "hang")
"""What a grader may answer. The last two are what a guard reports of it."""

_CRASHES = ("The grader failed", "The decision ended its process")
_HANG = "The decision did not end"
_PLACE = re.compile(r"@\{([^{}]*)\}")
_ARITHMETIC: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
}


def build(options: Options) -> Suite:
    """Builds the suite from the shipped families and attacks, or from a file of labelled pairs.

    Raises:
        BadInput: when a row of the user's file has no label or cannot be used.
    """
    title = "Verdicts on labelled pairs and hostile answers"
    if options.path:
        samples, unlabelled = own_pairs(options.path)
        title = f"Verdicts on the pairs of {options.path.name}"
        title += f" ({unlabelled} without a label left out)" if unlabelled else ""
    else:
        samples = [*drawn_pairs(options.seed), *attacks()]
    return Suite(
        "graders",
        title,
        1,
        spread(samples, options.samples),
        solvers.fixed(options.answers) if options.answers else verdicts(),
        score,
        options.epochs,
        check=_trouble,
    )


def verdicts(pool: WorkerPool | None = None) -> Solver:
    """Makes the solver that asks our own grader, behind its guard.

    Args:
        pool: workers to use; those of `tools.grading.service` unless given.
    """

    async def solve(sample: Sample, context: Context) -> Answer:
        from tools.grading.service import agrade

        asked = sample.question
        found = await agrade(whole(asked["gold"]), whole(asked["answer"]), _spec(asked), pool=pool)
        verdict: str = found.verdict
        if found.reason.startswith(_CRASHES):
            verdict = "crash"
        elif found.reason.startswith(_HANG):
            verdict = "hang"
        return Answer(verdict, data={"reason": found.reason, "method": found.method})

    return solve


async def score(sample: Sample, answer: Answer) -> Score:
    """Judges a verdict against the label.

    A pair left ungraded earns nothing and is counted apart, whatever its label. Of a hostile answer
    anything but acceptance, a crash or a hang is as it should be.
    """
    verdict = answer.text.strip().lower()
    if verdict not in VERDICTS:
        return Score.wrong(f"'{answer.text[:40]}' is no verdict.", state=State.NO_ANSWER)
    why = (answer.data or {}).get("reason", "")
    truth = sample.gold["right"]
    if sample.gold.get("hostile"):
        held = verdict in ("incorrect", "ungradable")
        state = State.CORRECT if held else State.INCORRECT
        return _score(state, verdict, why, {"hostile_contained": float(held)})
    if truth:
        parts = {"false_reject": float(verdict != "correct")}
    else:
        parts = {"false_accept": float(verdict == "correct")}
    if verdict == "ungradable":
        return _score(State.UNGRADABLE, verdict, why, parts)
    right = verdict == ("correct" if truth else "incorrect")
    return _score(State.CORRECT if right else State.INCORRECT, verdict, why, parts)


def own_pairs(path: Path) -> tuple[list[Sample], int]:
    """Reads a user's labelled pairs; returns them and how many rows have no label.

    Raises:
        BadInput: naming the row that cannot be used, or two that contradict one another.
    """
    samples: list[Sample] = []
    labels: dict[str, tuple[int, bool]] = {}
    rows = read_rows(path)
    for row in rows:
        if row.problem:
            raise BadInput(f"{path.name}, {row.problem}", "Mend the row, or leave it out.")
        if row.truth is None:
            continue
        question = {k: row.fields[k] for k in ("gold", "answer", *FIELDS, "spec")
                    if row.fields.get(k)} | {"answer": row.fields["answer"]}  # fmt: skip
        before = labels.setdefault(Row(0, question).key, (row.number, row.truth))
        if before[1] is not row.truth:
            raise BadInput(
                f"{path.name}: rows {before[0]} and {row.number} are one pair with two labels.",
                "Decide which it is.",
            )
        name = str(row.fields.get("id") or f"row {row.number}")
        kind = str(row.fields.get("kind") or row.fields.get("category") or "")
        samples.append(_labelled(name, kind, question, row.truth))
    if not samples:
        raise BadInput(
            f"{path.name} has no row with a label.", "Give `expected`: true or false a row."
        )
    return samples, len(rows) - len(samples)


def drawn_pairs(seed: int) -> list[Sample]:
    """Draws every family once; the right and the wrong answers of one draw stand side by side."""
    samples = []
    for number, family in enumerate(tomllib.loads(FAMILIES.read_text(encoding="utf-8"))["family"]):
        values = drawn(family, number, seed)
        fixed = {"assume": family["assume"]} if "assume" in family else {}
        for label in ("right", "wrong"):
            for turn, (text, _) in enumerate(family[label], 1):
                question = {
                    "gold": filled(family["gold"][0], values),
                    "answer": filled(text, values),
                } | fixed
                name = f"{family['kind']} {number}, {label} {turn}"
                samples.append(_labelled(name, family["kind"], question, label == "right"))
    return samples


def drawn(family: Mapping[str, Any], number: int, seed: int) -> dict[str, int]:
    """Draws the numbers of one family."""
    rng = random.Random(f"{seed}/{number}")
    return {name: rng.randint(low, high) for name, (low, high) in family["draw"].items()}


def filled(text: str, values: Mapping[str, int]) -> str:
    """Puts drawn numbers into the places of a text."""
    return _PLACE.sub(
        lambda place: str(_value(ast.parse(place[1], mode="eval").body, values)), text
    )


def attacks() -> list[Sample]:
    """Reads the hostile answers."""
    entries = tomllib.loads(HOSTILE.read_text(encoding="utf-8"))["attack"]
    return [
        Sample(
            f"hostile: {entry['id']}",
            {"gold": entry["gold"], "answer": entry["answer"]},
            {"right": False, "hostile": True},
            tags={"kind": f"hostile: {entry['kind']}", "label": "hostile"},
        )
        for entry in entries
    ]


def whole(text: str | Sequence[Any]) -> str:
    """Returns a text given as a string or as pieces, where [piece, times] repeats."""
    if isinstance(text, str):
        return text
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in text)


def _labelled(name: str, kind: str, question: Mapping[str, Any], right: bool) -> Sample:
    tags = {"kind": kind, "label": "right answers" if right else "wrong answers"}
    return Sample(name, dict(question), {"right": right}, tags=tags)


def _value(node: ast.expr, values: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _ARITHMETIC[type(op)](_value(left, values), _value(right, values))
    raise BadInput(f"'{ast.unparse(node)}' is no arithmetic of drawn numbers.", "Use + - * **.")


def _spec(question: Mapping[str, Any]) -> GradeSpec:
    return Row(0, question).spec()


def _trouble(sample: Sample) -> str:
    """Returns why a pair cannot be used: unreadable conventions, or a label that cannot hold."""
    try:
        _spec(sample.question)
    except BadInput as error:
        return str(error)
    if whole(sample.question["gold"]) == whole(sample.question["answer"]):
        return "" if sample.gold["right"] else "an answer that equals the gold is labelled wrong"
    return ""


def _score(state: State, verdict: str, why: str, parts: Mapping[str, float]) -> Score:
    return Score(state, float(state is State.CORRECT), f"{verdict}: {why}", verdict, parts)
