"""CMT-Benchmark (Pan et al. 2025, arXiv:2510.05228): problems, responses, and their regrading."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.grading import service
from tools.grading.grade import Grade
from tools.grading.spec import GradeSpec

_DOUBTS = Path(__file__).with_name("cmt_doubts.toml")


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        index: its number in the file, from 0.
        category: method of the field: HF, ED, QMC, VMC, DMRG, PEPS, SM or Other.
        prompt: the question.
        gold: the published answer, as published.
        parameters: names an answer may use.
        functions: names of functions, and index rules.
    """

    index: int
    category: str
    prompt: str
    gold: str
    parameters: str
    functions: str


@dataclass(frozen=True)
class Response:
    """What one model answered to one problem.

    Attributes:
        model: name of the model.
        problem: index of the problem.
        text: the response, or the boxed answer out of it.
        gold: the gold it was graded against when it was published, "" if that is not recorded.
        published: the published verdict; None where there is none.
        by_hand: whether the published verdict was given by hand, after the grader had failed.
        truth: whether the answer agrees with the gold, as checked by a person; None if unknown.
        why: the checker's reason.
    """

    model: str
    problem: int
    text: str
    gold: str = ""
    published: bool | None = None
    by_hand: bool = False
    truth: bool | None = None
    why: str = ""


@dataclass(frozen=True)
class Regraded:
    """A response and our grade of it.

    Attributes:
        response: what was graded.
        category: category of its problem.
        gold: the gold it was graded against now.
        grade: our grade.
        doubt: why the gold is doubtful, "" where no reason is known.
    """

    response: Response
    category: str
    gold: str
    grade: Grade
    doubt: str

    @property
    def flipped(self) -> bool:
        """Whether our verdict is not the published one, or accepts what had none."""
        return self.grade.correct != bool(self.response.published)

    @property
    def agrees_with_truth(self) -> bool:
        """Whether the answer is accepted exactly if it is right."""
        return self.grade.correct == self.response.truth


def doubts(problems: Iterable[Problem], golds: Mapping[int, str]) -> dict[int, str]:
    """Returns problem -> why its gold is doubtful, for the golds that are graded against."""
    known = tomllib.loads(_DOUBTS.read_text(encoding="utf-8"))["doubt"]
    reasons = {(d["problem"], bare(d["gold"])): f"{d['reason']} ({d['source']})" for d in known}
    return {
        p.index: reasons[p.index, bare(golds.get(p.index, p.gold))]
        for p in problems
        if (p.index, bare(golds.get(p.index, p.gold))) in reasons
    }


def regrade(
    response: Response,
    problem: Problem,
    gold: str,
    doubt: str = "",
    budget: float = service.BUDGET,
) -> Regraded:
    """Grades one response against a gold under what its problem declares."""
    # The benchmark's own instruction, which marks even a short prompt as a question: statements of
    # conventions are what `from_fields` would else look for in it.
    question = f"{problem.prompt}\nPut the answer into \\boxed{{}}."
    spec = GradeSpec.from_fields(
        parameters=problem.parameters, functions=problem.functions, context=question
    )
    grade = service.grade(gold, response.text, spec, budget=budget)
    return Regraded(response, problem.category, gold, grade, doubt)


def bare(gold: str) -> str:
    """Returns a gold without box, dollars and spaces, to tell whether two are the same text."""
    text = re.sub(r"\s+", "", gold).strip("$")
    match = re.fullmatch(r"\\boxed\{(.*)\}", text)
    return match[1] if match else text
