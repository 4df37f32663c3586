"""The experiment `discovery.run`: one search, its verdicts and what it leaves behind."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tools.claims import Check, Claim, verified_exactly
from tools.discovery.asked import ProblemParams
from tools.errors import BadInput
from tools.experiment import Cost, Result, Words, experiment

if TYPE_CHECKING:
    from pathlib import Path

    from tools.discovery.candidate import Evaluation, Member
    from tools.discovery.evaluate import Executor
    from tools.discovery.loop import Progress
    from tools.discovery.problems import FolderProblem
    from tools.discovery.proposers import Proposer
    from tools.run import Run

LOG = "search.sqlite"


class RunParams(ProblemParams):
    """Parameters of `discovery.run`."""

    policy: Literal[
        "ccts", "uniform", "greedy", "k-elites", "softmax", "clusters", "map-elites", "islands",
        "pareto", "numerator only", "denominator only", "avoid only", "seek only",
    ] = Field("ccts", description="how parents are chosen")  # fmt: skip
    proposer: str = Field(
        "embedded", description="`embedded`, or models at the configured endpoint, by commas"
    )
    evaluations: Annotated[
        int, Words(near=("evaluations", "candidates", "programs", "iterations", "tries"))
    ] = Field(60, ge=1, le=10_000_000, description="programs in all, the baseline included")
    seconds: float = Field(0, ge=0, description="time the search may take; 0 for no limit")
    tokens: int = Field(0, ge=0, description="tokens it may use; 0 for no limit")
    dollars: float = Field(0, ge=0, description="dollars it may cost; 0 for no limit")
    executor: Literal["local", "ray"] = Field("local", description="where programs are evaluated")
    lanes: int = Field(0, ge=0, le=100_000, description="evaluations at a time; 0: one per core")
    strict: bool = Field(False, description="refuse to run where a layer of the sandbox is missing")
    edit: Literal["rewrite", "diff"] = Field(
        "rewrite", description="what a model answers: the whole program, or edits of its parent"
    )
    temperature: float | None = Field(
        None, ge=0, le=2, description="of a model's programs; none: the endpoint's own"
    )
    price: str = Field(
        "",
        description="dollars per million tokens sent and received, such as `0.15,0.60`, or"
        " `NAME=0.15,0.60` by semicolons; empty: `ANSATZ_PRICE`, else as listed",
    )
    continues: str = Field(
        "",
        pattern="^[a-z0-9-]*$",
        description="id of an earlier search of the same settings and seed that this one goes on"
        " from, within a budget for both; empty: begin anew",
    )

    @property
    def models(self) -> list[str]:
        """The models asked; none for the embedded proposer."""
        if self.proposer == "embedded":
            return []
        return [name.strip() for name in self.proposer.split(",")]

    @property
    def grows_programs(self) -> bool:
        """Unless models write them."""
        return not self.models

    @model_validator(mode="after")
    def _for_models(self) -> Self:
        from tools.discovery.proposers.prices import read_prices

        names = ("edit", "temperature", "price")
        given = [n for n in names if getattr(self, n) != type(self).model_fields[n].default]
        if given and not self.models:
            raise BadInput(
                f"{given[0]} = {getattr(self, given[0])} is for models; the embedded proposer does"
                " not know it.",
                "Name a model as `proposer`, or leave it out.",
            )
        read_prices(self.price, self.models)
        return self


def estimate_cost(params: RunParams) -> Cost:
    """Estimates a search by its evaluations, two at a time, and by what it is allowed."""
    seconds = 3.0 + 2.5 * params.evaluations  # measured: most programs use a good part of 8 s
    if params.seconds:
        seconds = min(seconds, params.seconds + 10)
    return Cost(seconds, params.dollars if params.models else 0.0)


@experiment(
    "discovery.run",
    paper="leleu2026",
    claim="The search finds a construction that is better than the classical baseline, by exact"
    " verification.",
    estimate=estimate_cost,
    resumable=True,
    examples=(
        "Search for a good packing of 26 circles in the unit square",
        "Find a better circle packing than the baseline",
        "Run algorithm discovery on cap sets with n=6",
        "Look for a short Golomb ruler with 10 marks",
        "Use concept-tree search on the Heilbronn problem",
        "Discover a heuristic for online bin packing",
        "Run a program search on the Erdos minimum overlap problem, 200 evaluations",
        "Try to improve the first autocorrelation inequality",
        "Search for a Ramsey graph with greedy parent selection",
        "Pack 10 circles with 100 evaluations",
        "Find points with no three in a line",
        "Start an algorithm discovery loop on kissing numbers",
        "Evolve programs for difference bases",
    ),
)
def search(params: RunParams, run: Run) -> Result:
    """Finds out how good a construction a program search reaches, and proves it by verification.

    Programs are proposed (by typed grammars, or by a language model at an endpoint), run in the
    sandbox, and judged by the problem's exact verifier, which sees nothing but plain data. Parents
    are chosen by the policy. Every proposal and evaluation is in one log, so that a killed search
    goes on without repeating a paid call; `ansatz discover report` makes a page of it.

    Records stand in the problem's dated list. Equalling one is no discovery, and the verdicts tell
    a tie from an improvement.
    """
    from tools.discovery import policies
    from tools.discovery.budget import Budget
    from tools.discovery.loop import Search

    problem = params.build()
    if params.continues:
        _take_over(run.folder.parent / params.continues / LOG, run.folder / LOG)
    executor = _executor(params)

    def step(progress: Progress) -> None:
        if progress.done == 1 and progress.best is None:
            _refuse_baseline(problem, run.folder / LOG)
        run.step(
            "searching", progress.done, progress.total,
            first=progress.first, detail=progress.detail(),
        )  # fmt: skip

    try:
        run.step("searching", 0, params.evaluations)  # the clock starts before the baseline
        summary = Search(
            problem, policies.create(params.policy), _proposer(params), executor, run.seed
        ).run(
            run.folder / LOG,
            Budget(
                params.evaluations,
                params.seconds or math.inf,
                params.tokens or math.inf,
                params.dollars or math.inf,
            ),
            progress=step,
            stop=run.stop_if_cancelled,
        )
    finally:
        executor.close()
    for notice in summary.notices:
        run.notice(notice)
    run.notice(f"The search stopped: {summary.reason}.")
    members = list(summary.archive.members)
    _leave(run, problem, summary.best)
    spend, outcomes = summary.progress.spend, summary.progress.outcomes
    metrics: dict[str, Any] = {"programs": float(len(members))}
    for name, member in (("baseline", members[0]), ("best", summary.best)):
        if member is not None and member.score is not None:
            metrics[name] = member.score if problem.maximise else -member.score
    metrics |= {f"{name} programs": float(count) for name, count in outcomes.items() if count}
    if spend.tokens_in or spend.tokens_out:
        metrics |= {"tokens": float(spend.tokens_in + spend.tokens_out), "dollars": spend.dollars}
    return Result(metrics, claims(problem, members[0].evaluation, summary.best))


def claims(problem: FolderProblem, baseline: Evaluation, best: Member | None) -> list[Claim]:
    """States what the best construction is worth, each by verifying its data again."""
    if best is None:
        check = verified_exactly(None, lambda _: (False, "no program was valid"), evidence={})
        return [Claim("The search finds a valid construction.", check)]
    data, size = best.evaluation.data, ", ".join(f"{k}={v}" for k, v in problem.size.items())
    word = "greater" if problem.maximise else "smaller"
    found = [
        Claim(
            f"{problem.title} ({size}): the best construction is {word} than the baseline's.",
            against(problem, data, Fraction(baseline.exact), "baseline"),
        )
    ]
    optimum = problem.optimum()
    if optimum is not None:
        check = against(problem, data, optimum.value, "known optimum", equal=True)
        found.append(Claim("The best construction reaches the known optimum.", check))
    elif records := problem.records():
        best_known = (max if problem.maximise else min)(records, key=lambda r: r.value)
        check = against(
            problem, data, best_known.value, f"best record ({best_known.date})", equal=True
        )
        found.append(Claim("The best construction reaches the best record listed.", check))
    return found


def against(
    problem: FolderProblem, data: object, bar: Fraction, name: str, *, equal: bool = False
) -> Check:
    """Verifies data again and compares its exact value with a bar.

    Args:
        problem: whose verifier judges.
        data: the construction.
        bar: what it is compared with.
        name: of the bar.
        equal: whether reaching it is enough. A bar with a decimal expansion counts as reached
            within half a unit of its last digit, since it stands for a longer number.
    """

    def verifier(given: object) -> tuple[bool, str]:
        verdict = problem.verify(given)
        if not verdict.valid or verdict.value is None:
            return False, f"the verifier refuses the construction: {verdict.message}"
        value = Fraction(verdict.value)
        shown = f"exactly {shorten(value)}"
        gap = value - bar if problem.maximise else bar - value
        holds = gap >= -_slack(bar) if equal else gap > 0
        side = "reaches" if holds and equal else "beats" if holds else "does not reach"
        if gap == 0:
            side = "equals"
        return holds, f"{shown} {side} the {name} {shorten(bar)}"

    evidence = {"problem": problem.name, "size": dict(problem.size), "bar": str(bar), "of": name}
    return verified_exactly(data, verifier, evidence=evidence)


def _refuse_baseline(problem: FolderProblem, path: Path) -> None:
    """Ends a search whose baseline is not valid, before anything is paid for.

    Raises:
        BadInput: in any case, saying what became of the baseline.
    """
    from tools.discovery.log import Log

    with Log.read(path) as log:
        evaluation = next(log.rows()).evaluation
    said = "" if evaluation is None else f"{evaluation.outcome}: {evaluation.message.strip()[:600]}"
    raise BadInput(
        f"problem = {problem.name}: its baseline is not valid, so that there is nothing to beat"
        f" ({said}).",
        "Mend the baseline or the verifier; of a shipped problem, choose a smaller size.",
    )


def shorten(value: Fraction) -> str:
    """Writes a fraction exactly where that is short, to twelve digits otherwise."""
    text = str(value)
    return text if len(text) <= 24 else f"{float(value):.12g}"


def _slack(bar: Fraction) -> Fraction:
    """Returns half a unit in the last digit of a decimal; 0 for a whole number."""
    digits = 0
    while digits < 20 and (bar * 10**digits).denominator != 1:
        digits += 1
    return Fraction(1, 2 * 10**digits) if digits else Fraction(0)


def _leave(run: Run, problem: FolderProblem, best: Member | None) -> None:
    """Keeps the best program, its data, a drawing and the page."""
    import json

    from tools.discovery.log import Log
    from tools.discovery.report import page
    from tools.plots import new_figure

    if best is not None:
        for name, text in best.candidate.files.items():
            run.file(f"best-{name}", text)
        run.file("best-data.json", json.dumps(best.evaluation.data))
        figure, (axes,) = new_figure(
            width=5.2,
            height=5.2,
            title=problem.title,
            subtitle=f"verified value {shorten(Fraction(best.evaluation.exact))}",
        )
        if trouble := problem.try_to_draw(best.evaluation.data, axes):
            run.notice(trouble)
        else:
            run.figure("best", figure)
    with Log.read(run.folder / LOG) as log:
        run.file("report.html", page(log, problem))


def _take_over(earlier: Path, own: Path) -> None:
    """Copies the log of an earlier search, whole or not at all, unless this one has its own."""
    import sqlite3
    from contextlib import closing

    if own.exists():
        return
    if not earlier.is_file():
        raise BadInput(
            f"continues = {earlier.parent.name}: there is no such search, or it has no log.",
            "`ansatz runs list` shows the runs.",
        )
    part = own.with_suffix(".part")
    part.unlink(missing_ok=True)
    # A copy of the file alone would miss what is still in its write-ahead log.
    with closing(sqlite3.connect(earlier)) as db, closing(sqlite3.connect(part)) as copy:
        db.backup(copy)
    part.replace(own)


def _executor(params: RunParams) -> Executor:
    if params.executor == "ray":
        from tools.discovery.executors.ray import RayEvaluator

        return RayEvaluator(params.lanes or None, strict=params.strict)
    from tools.discovery.evaluate import Evaluator

    return Evaluator(params.lanes or None, strict=params.strict)


def _proposer(params: RunParams) -> Proposer:
    if not params.models:
        from tools.discovery.proposers.embedded import Embedded

        return Embedded()
    from tools.discovery.proposers import endpoint

    return endpoint.from_environment(
        params.models, price=params.price, edit=params.edit, temperature=params.temperature
    )
