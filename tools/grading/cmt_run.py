"""One regrading of CMT-Benchmark from files to result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.claims import Check, Claim, Verdict, verified_exactly, within
from tools.experiment import Estimate, Result
from tools.grading import cmt_report as report
from tools.grading.agreement import Rate
from tools.grading.cmt import Problem, Regraded, Response, doubts, regrade
from tools.grading.cmt_figure import score_figure
from tools.grading.cmt_files import add_labels, load_problems, load_responses
from tools.grading.grade import Grade

if TYPE_CHECKING:
    from tools.grading.experiments import CmtParams
    from tools.run import Run

# Table 2 of Pan et al. (2025): the whole benchmark, and what the paper says of it.
_MODELS, _PROBLEMS, _MEAN, _UNSOLVED = 17, 50, 11.41, 18
_CHUNK = 50  # answers between two checkpoints


def regrade_all(params: CmtParams, run: Run) -> Result:
    """Reads the published files, grades every response, and reports."""
    problems = load_problems(Path(params.problems))
    responses, notes = load_responses(Path(params.responses), problems)
    if params.labels:
        responses = add_labels(responses, Path(params.labels))
    for note in notes:
        run.notice(note)
    items = _graded(params, run, problems, responses)
    _leave(run, items)
    numbers = report.Numbers.of(items)
    metrics: dict[str, Estimate | float] = {
        "score": report.scores(items),
        "published_score": report.scores(items, published=True),
        "score_on_undoubted_golds": _percent(numbers.sound),
        "unsolved": Estimate(report.unsolved(items), unit="problems"),
        "published_unsolved": Estimate(report.unsolved(items, published=True), unit="problems"),
        "solved_by_at_most_one": Estimate(report.unsolved(items, at_most=1), unit="problems"),
        "flips": Estimate(len(report.flips(items)), unit="answers"),
        "ungradable": Estimate(numbers.ungradable.successes, unit="answers"),
        "doubtful_golds": Estimate(_doubtful(items), unit="problems"),
    }
    if numbers.with_published.trials:
        metrics["agreement_with_published"] = _percent(numbers.with_published)
    if numbers.with_truth.trials:
        metrics["agreement_with_truth"] = _percent(numbers.with_truth)
        metrics["false_accepts"] = Estimate(numbers.false_accepts.successes, unit="answers")
    return Result(metrics, _claims(params, items, numbers))


def _graded(
    params: CmtParams, run: Run, problems: list[Problem], responses: Sequence[Response]
) -> list[Regraded]:
    by_index = {p.index: p for p in problems}
    golds = [
        by_index[r.problem].gold
        if params.golds == "current"
        else r.gold or by_index[r.problem].gold
        for r in responses
    ]
    marks = doubts(problems, {r.problem: g for r, g in zip(responses, golds, strict=True)})
    jobs = list(zip(responses, golds, strict=True))

    def one(chunk: Sequence[tuple[Response, str]]) -> list[dict[str, Any]]:
        return [
            regrade(r, by_index[r.problem], gold, budget=params.budget).grade.to_json()
            for r, gold in chunk
        ]

    chunks = [jobs[i : i + _CHUNK] for i in range(0, len(jobs), _CHUNK)]
    grades = [g for chunk in run.map(one, chunks, "grading answers") for g in chunk]
    return [
        Regraded(
            response,
            by_index[response.problem].category,
            gold,
            Grade.from_json(grade),
            marks.get(response.problem, ""),
        )
        for (response, gold), grade in zip(jobs, grades, strict=True)
    ]


def _leave(run: Run, items: Sequence[Regraded]) -> None:
    """Leaves tables, figure and notices."""
    models = report.by_model(items)
    run.table("by_model", models)
    run.table("by_category", report.by_category(items))
    run.table("by_problem", report.by_problem(items))
    flips = report.flips(items)
    if flips:
        run.table("flips", flips)
    for flip in flips:
        truth = f"; labelled {flip['truth']}" if flip["truth"] else ""
        doubt = f"; the gold is doubtful: {flip['doubt']}" if flip["doubt"] else ""
        run.notice(
            f"flip: {flip['model']}, problem {flip['problem']}: published {flip['published']},"
            f" ours {flip['ours']}{truth}: {flip['reason']}{doubt}"
        )
    run.figure("scores", score_figure(models, _doubtful(items)))
    if doubtful := _doubtful(items):
        run.notice(
            f"{doubtful} of {len({i.response.problem for i in items})} golds are doubtful (table"
            " by_problem); they were graded against as they are"
        )


def _claims(params: CmtParams, items: Sequence[Regraded], numbers: report.Numbers) -> list[Claim]:
    claims = [_published_claim(items), _unsolved_claim(items)]
    if numbers.with_truth.trials:
        claims += [
            Claim(
                f"Our verdicts agree with the labelled truth on at least {100 * params.target:g} %"
                " of the answers.",
                report.at_least(numbers.with_truth, params.target, "agreement"),
            ),
            Claim(
                "No answer that is labelled wrong is accepted.",
                report.none_of(numbers.false_accepts, "wrong answers accepted"),
            ),
        ]
    return claims


def _published_claim(items: Sequence[Regraded]) -> Claim:
    text = f"The published verdicts give a mean score of {_MEAN} % over {_MODELS} models."
    if not _complete(items):
        return Claim(text, _incomplete(items), "pan2025")
    mean = report.scores(items, published=True).mean
    return Claim(text, within(mean, _MEAN, 0.005), "pan2025")


def _unsolved_claim(items: Sequence[Regraded]) -> Claim:
    text = f"By the published verdicts {_UNSOLVED} of {_PROBLEMS} problems are solved by no model."
    if not _complete(items):
        return Claim(text, _incomplete(items), "pan2025")
    count = report.unsolved(items, published=True)
    check = verified_exactly(
        count, lambda n: (n == _UNSOLVED, f"{n} are unsolved"), evidence={"unsolved": count}
    )
    return Claim(text, check, "pan2025")


def _complete(items: Sequence[Regraded]) -> bool:
    return (
        len(items)
        == _MODELS * _PROBLEMS
        == len([i for i in items if i.response.published is not None])
    )


def _incomplete(items: Sequence[Regraded]) -> Check:
    judged = sum(i.response.published is not None for i in items)
    evidence = {"answers": len(items), "published_verdicts": judged, "needed": _MODELS * _PROBLEMS}
    reason = (
        f"{len(items)} answers with {judged} published verdicts are not the whole table of"
        f" {_MODELS} x {_PROBLEMS}"
    )
    return Check(Verdict.INCONCLUSIVE, "count", reason, evidence)


def _doubtful(items: Sequence[Regraded]) -> int:
    return len({i.response.problem for i in items if i.doubt})


def _percent(rate: Rate) -> Estimate:
    stderr = None if rate.stderr is None else 100 * rate.stderr
    return Estimate(100 * rate.share, stderr, rate.trials, "%")
