"""The registered experiments on grading: one pair, a file of pairs, and CMT-Benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from tools.claims import Check, Claim, Verdict
from tools.errors import BadInput
from tools.experiment import Cost, Estimate, Params, Result, Words, experiment
from tools.grading.batch_report import batch_metrics, by_kind, short, table_row

if TYPE_CHECKING:
    from tools.grading.grade import Grade
    from tools.run import Run

_CHUNK = 64  # rows between two checkpoints
_START, _PAIR = 1.2, 0.004  # seconds, measured: warming up the workers, and one pair
_TOLD = 5  # rows of a kind that notices name
_VERDICTS = {
    "correct": Verdict.SUPPORTED,
    "incorrect": Verdict.REFUTED,
    "ungradable": Verdict.INCONCLUSIVE,
}


def _absolute(path: str) -> str:
    """Makes a path say the same to whoever carries out or resumes the run."""
    return str(Path(path).expanduser().absolute()) if path else path


class GradeParams(Params):
    """What is compared, and what the question fixes."""

    gold: Annotated[
        str,
        Words(
            near=("gold", "reference", "reference answer", "right answer", "solution"),
            takes="formula",
        ),
    ] = Field(min_length=1, description="the reference answer, LaTeX or plain")
    answer: Annotated[
        str,
        Words(
            near=("answer", "response", "candidate", "student answer", "model answer"),
            takes="formula",
        ),
    ] = Field(description="the answer to judge, prose and boxes allowed")
    parameters: Annotated[str, Words(near=("parameters", "variables"))] = Field(
        "", description="names an answer may use, separated by ; with (name,NC) for operators"
    )
    functions: Annotated[str, Words(near=("functions",))] = Field(
        "", description="names of functions, separated by ;"
    )
    assume: Annotated[
        str,
        Words(near=("assume", "assuming", "conventions", "convention", "where"), takes="statement"),
    ] = Field("", description="conventions: 'x real; n > 0', 'ordered slots', '[a,a^dagger]=1'")
    context: Annotated[str, Words(near=("context", "question"))] = Field(
        "", description="the question, which is searched for the decimals it asks for"
    )
    budget: float = Field(1.0, gt=0, le=60, description="processor seconds the decision may take")


@experiment(
    "grading.grade",
    paper="pan2025",
    claim="Symbolic answers can be graded by machine.",
    estimate=lambda params: Cost(_START),
    examples=(
        "Grade the answer x*2 against the gold 2x",
        "Is the answer \\frac{1}{2} right if the gold is 0.5?",
        "Are these two expressions equal: '2 sin x cos x' and 'sin 2x'?",
        "Check the answer 'c_1 c_1^\\dagger' against the reference '1 - c_1^\\dagger c_1'",
        "Does '300 cm' count as correct when the solution is '3 m'?",
        "Compare the answer '(a,c)' with the right answer 'a;c'",
        "Would a grader accept '\\sqrt{x^2}' for the gold 'x' assuming x > 0?",
        "Judge the model answer '2^{N/2}' against the gold '2^{N/2-1}'",
        "Decide whether the response 'n(n+1)/2' equals the gold '\\sum_{k=1}^n k'",
        "Explain why the answer 'E_n - E_{n-1}' is or is not the gold 'E_{n-1} - E_n'",
        "Tell me if 'tanh(x)' matches the reference answer '(e^{2x}-1)/(e^{2x}+1)'",
        "Mark this answer: '[1, 2)' where the gold is '1 <= x < 2'",
        "Is 'i\\hbar' the same as '[q, p]'?",
    ),
)
def grade(params: GradeParams, run: Run) -> Result:
    """Finds out whether an answer equals the gold under what the question fixes, and explains how.

    Both sides are read by a parser that runs no code, brought to canonical form and compared by
    the first method that can decide: exact form, operator normal form, symbolic, numeric
    refutation at high precision. What no method can decide within the budget is ungradable, which
    shows as an inconclusive claim, and never correct. Conventions come from the parameters and are
    not guessed; when an operator algebra was inferred from unmistakable notation, a notice says so.
    """
    from tools.grading import service

    spec = _spec(params)
    found = service.grade(params.gold, params.answer, spec, budget=params.budget)
    run.file("grade.json", json.dumps(found.to_json() | {"spec": spec.to_json()}, indent=2) + "\n")
    for notice in (_forms(found), _told(found.algebra), *spec.notes):
        if notice:
            run.notice(notice)
    check = Check(_VERDICTS[found.verdict], "grade", _reason(found), found.to_json())
    return Result(
        {"correct": float(found.correct), "decision_seconds": Estimate(found.seconds, unit="s")},
        [Claim(f"The answer {short(params.answer)} equals {short(params.gold)}.", check)],
    )


class BatchParams(Params):
    """A file of pairs, and what is asked of the grader on it."""

    file: Annotated[
        str,
        Words(near=("file", "pairs in", "answers in", "rows in", "grader over"), takes="path"),
    ] = Field(
        description="JSON lines or CSV with gold and answer, and where needed parameters,"
        " functions, assume, context, kind, id, truth"
    )
    target: Annotated[float, Words(near=("target", "agreement", "at least"))] = Field(
        0.995, gt=0, le=1, description="agreement with truth that is asked for"
    )
    budget: float = Field(1.0, gt=0, le=60, description="processor seconds for each pair")

    _file = field_validator("file")(_absolute)


def _batch_cost(params: BatchParams) -> Cost:
    try:
        with Path(params.file).open("rb") as handle:
            rows = sum(1 for _ in handle)
    except OSError:
        rows = 0
    return Cost(_START + _PAIR * rows)


@experiment(
    "grading.batch",
    paper="pan2025",
    claim="The grader agrees with checked truth on at least the target share of pairs and accepts"
    " no wrong answer.",
    estimate=_batch_cost,
    resumable=True,
    examples=(
        "Grade all pairs in pairs.jsonl",
        "Run the grader over the file answers.csv",
        "How often does the grader agree with the truth in pairs.jsonl?",
        "Score this file of model answers: results.jsonl",
        "Grade a CSV of gold and answer columns and give me a table",
        "Check every answer in 'homework.csv' against its gold",
        "How many answers in the file pairs.jsonl are correct?",
        "Evaluate a batch of answers from a JSONL file",
        "Are there false accepts when grading labelled.jsonl?",
        "Mark all answers of my class at once",
        "Test the grader on my labelled pairs with a target of 99 %",
        "Grade many pairs and count verdicts by method, file pairs.jsonl",
    ),
)
def batch(params: BatchParams, run: Run) -> Result:
    """Finds out what the grader says to each pair of a file, and how often that is the truth.

    The table has one row for each row of the file, in its order; `grades.jsonl` has everything
    that is known of each, canonical forms included; where rows carry a `kind` (or `category`), a
    second table sums up each. A row that cannot be used costs one notice
    that names the row and the field. Where rows carry a truth (`expected`, or `truth` as true or
    false), agreement counts an answer as agreed when it is accepted exactly if it is right, so a
    wrong answer may also be ungradable. Intervals are Wilson's; the claims are decided by exact
    counting on this file.
    """
    from tools.grading.agreement import Summary
    from tools.grading.batch import grade_rows
    from tools.grading.cmt_report import at_least, none_of
    from tools.grading.pair_file import read_rows

    rows = read_rows(Path(params.file))
    chunks = [rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK)]
    done = run.map(
        lambda chunk: list(grade_rows(chunk, budget=params.budget)), chunks, "grading pairs"
    )
    records = [record for chunk in done for record in chunk]
    if [r["key"] for r in records] != [row.key for row in rows]:
        raise BadInput(
            f"{params.file} has changed since this run began.", "Start a new run for the new file."
        )
    summary = Summary.of(records)
    run.table("grades", [table_row(r) for r in records])
    if kinds := by_kind(records):
        run.table("by_kind", kinds)
    run.file("grades.jsonl", "".join(json.dumps(r) + "\n" for r in records))
    for bad in summary.bad[:_TOLD]:
        run.notice(bad["problem"])
    if len(summary.bad) > _TOLD:
        run.notice(f"{len(summary.bad) - _TOLD} more rows could not be graded; see grades.jsonl")
    claims = []
    if summary.agreement.trials:
        claims = [
            Claim(
                f"On this file the grader agrees with the truth on at least"
                f" {100 * params.target:g} % of the pairs.",
                at_least(summary.agreement, params.target, "agreement"),
            ),
            Claim(
                "On this file the grader accepts no wrong answer.",
                none_of(summary.false_accepts, "wrong answers accepted"),
            ),
        ]
    return Result(batch_metrics(summary), claims)


class CmtParams(Params):
    """Where the published files lie, and how they are read."""

    problems: Annotated[str, Words(near=("problems", "problem file"), takes="path")] = Field(
        description="the published problem file, data_src/cmt_data.yaml"
    )
    responses: Annotated[
        str, Words(near=("responses", "results", "model responses"), takes="path")
    ] = Field(
        description="published responses: the repository, a folder of eval_results, query_results,"
        " or JSON lines with model, problem, answer, published"
    )
    labels: Annotated[str, Words(near=("labels", "truth", "labelled"), takes="path")] = Field(
        "", description="JSON lines with model, problem and truth, where they lie apart"
    )
    golds: Annotated[
        Literal["graded", "current"],
        Words(values={"graded": ("then", "as graded"), "current": ("now", "today")}),
    ] = Field(
        "graded",
        description="grade against the gold each answer was graded against when it was published,"
        " or the one of the problem file",
    )
    target: float = Field(
        0.995, gt=0, le=1, description="agreement with labelled truth that is asked for"
    )
    budget: float = Field(1.0, gt=0, le=60, description="processor seconds for each answer")

    _paths = field_validator("problems", "responses", "labels")(_absolute)


@experiment(
    "grading.cmt",
    paper="pan2025",
    claim="The models solve 11.4 % of the problems on average, and 18 of 50 are solved by none.",
    estimate=lambda params: Cost(_START + 850 * _PAIR),
    resumable=True,
    examples=(
        "Regrade CMT-Benchmark",
        "Grade the published model responses of the condensed matter benchmark",
        "Reproduce the CMT-Benchmark table",
        "Which CMT-Benchmark verdicts flip under our grader?",
        "How does GPT-5 score on the CMT benchmark per category?",
        "Check the published grader of CMT-Benchmark against labelled truth",
        "What is the mean score of the models on the condensed matter theory benchmark?",
        "How many of the CMT problems are solved by no model?",
        "Does our grader agree with the published verdicts of Pan et al.?",
        "Score the models on condensed matter theory problems from eval_results",
        "Which golds of the CMT benchmark are doubtful, and what does that do to the score?",
        "Grade the condensed matter benchmark against today's golds",
    ),
)
def cmt(params: CmtParams, run: Run) -> Result:
    """Finds out how the published responses to CMT-Benchmark score, and who agrees with whom.

    Three numbers are kept apart, per model and per category with Wilson intervals: the score
    (answers that equal the gold, by our grade), agreement with the published verdicts, and
    agreement with truth that a person labelled. Every response on which we and the published
    verdict differ is listed with the reason. Golds that are known to be doubtful are marked and
    stay as they are; the score without them stands beside the score.

    The mean over models and its standard error describe these models only.
    """
    from tools.grading.cmt_run import regrade_all

    return regrade_all(params, run)


def _spec(params: GradeParams) -> Any:
    from tools.grading.spec import GradeSpec

    declared = params.parameters or params.functions
    return GradeSpec.from_fields(
        parameters=params.parameters if declared else None,
        functions=params.functions or None,
        assume=params.assume or None,
        context=params.context or None,
    )


def _reason(grade: Grade) -> str:
    return f"{grade.verdict} by {grade.method}: {grade.reason}"


def _forms(grade: Grade) -> str:
    return f"read as: gold {short(grade.gold)}, answer {short(grade.answer)} ({grade.extracted})"


def _told(algebra: str) -> str:
    return f"operator algebra: {algebra}" if algebra else ""
