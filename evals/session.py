"""One session of a suite inside a run: opens journal, caches and model, plays, and summarises."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.messages import ChatModel
from evals import runner, telling
from evals.efficiency import Clock, Efficiency, efficiency
from evals.experiments import JOURNAL, REPLIES, RunParams
from evals.journal import Journal
from evals.limits import Limits
from evals.recipe import Recipe
from evals.replies import ReplyStore
from evals.summary import Summary, summarise
from tools.errors import BadInput
from tools.home import home

if TYPE_CHECKING:
    from evals.cluster import RayExecutor
    from evals.sample import Suite
    from tools.run import Run


# Suites that a chat model must solve; the embedded planner plans runs and solves nothing.
_ASK = ("arithmetic", "cmt")


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        summary: in numbers.
        efficiency: what it took.
        offline: whether the embedded planner, or no model at all, is behind the answers.
    """

    summary: Summary
    efficiency: Efficiency
    offline: bool


def play(params: RunParams, run: Run) -> Outcome:
    """Plays what the run's journal does not hold yet, and returns the whole in numbers.

    Raises:
        BadInput: when suite, files or model cannot be used, or nothing was scored.
        Unavailable: when the executor or a package of the suite is not installed.
        Cancelled: at the next sample after someone cancelled the run.
    """
    recipe = Recipe.of(params.model_dump(), run.seed)
    suite = recipe.build()
    model = chat_model(params.model, os.environ)
    with ExitStack() as stack:
        journal = stack.enter_context(closing(Journal(run.folder / JOURNAL)))
        own = stack.enter_context(closing(ReplyStore(run.folder / REPLIES)))
        shared = stack.enter_context(closing(ReplyStore(home() / "cache" / "replies.sqlite")))
        executor = None
        if params.executor == "ray":
            executor = stack.enter_context(_cluster(recipe, model, params, run))
        first = len(journal.done())
        clock = Clock(journal, spread=executor is not None and executor.elsewhere)

        def report(progress: runner.Progress) -> None:
            clock.tick()
            run.step("answering", progress.done, progress.total, first=first)

        work = _run(
            suite, model, journal, own, None if params.fresh else shared, params, report, executor
        )
        try:
            reason = asyncio.run(work)
        finally:
            clock.note()
        if executor is not None and executor.lost:
            run.notice(f"{executor.lost} Ray workers were lost; their samples were done again.")
        if reason != "complete":
            kept = "" if params.fresh else "; replies paid for are kept, and used again"
            run.notice(f"The run stopped at its {reason}. Run it again with more{kept}.")
        entries = list(journal.entries(suite.name))
        if not entries:
            raise BadInput("The limits let no sample through.", "Allow more tokens or dollars.")
        summary = summarise(entries, _ks(suite.epochs))
        run.table("accuracy", [_row(r.name, r.interval) for r in (*summary.rows, *summary.by_tag)])
        took = efficiency(entries, journal.header)
        run.table("efficiency", took.rows())
        if model.offline and params.suite in _ASK and not params.answers:
            run.notice(
                "the embedded planner answered, which plans runs and solves no problems, so this"
                " says nothing of a chat model; name one at your endpoint to test it"
            )
        if text := telling.unsolved(entries, run.id):
            run.notice(text)
    return Outcome(summary, took, model.offline)


def _cluster(recipe: Recipe, model: ChatModel, params: RunParams, run: Run) -> RayExecutor:
    from evals.cluster import RayExecutor

    return RayExecutor(
        recipe,
        model=model.name,
        offline=model.offline,
        lanes=params.lanes or None,
        check=run.stop_if_cancelled,
    )


async def _run(
    suite: Suite,
    model: ChatModel,
    journal: Journal,
    own: ReplyStore,
    shared: ReplyStore | None,
    params: RunParams,
    report: runner.OnProgress,
    executor: RayExecutor | None,
) -> str:
    settings = runner.Settings(
        concurrency=params.concurrency,
        requests_per_minute=params.requests_per_minute or None,
        total=Limits(tokens=params.tokens or None, dollars=params.dollars or None),
    )
    try:
        return await runner.run(
            suite,
            model,
            journal,
            own,
            settings=settings,
            shared=shared,
            on_progress=report,
            executor=executor,
        )
    finally:
        await model.close()


def chat_model(name: str, environ: Mapping[str, str]) -> ChatModel:
    """Returns the model at the configured endpoint, or the embedded planner.

    Args:
        name: a model's name, `offline`, or "" to decide as the chat does.
        environ: the environment that describes the endpoint.
    """
    from agent.models import choose

    model, _ = choose(name or None, environ)
    if model is not None:
        return model
    from agent.planner import EmbeddedPlanner
    from knowledge.embed import default_embedder
    from tools import registry

    return EmbeddedPlanner(list(registry.load()), default_embedder().encode)


def _ks(epochs: int) -> list[int]:
    """Returns the budgets of pass@k: powers of four up to the number of epochs, and that number."""
    if epochs < 2:
        return []
    return sorted({4**i for i in range(8) if 4**i <= epochs} | {epochs})


def _row(name: str, interval: object) -> dict[str, object]:
    fields = ("value", "low", "high", "stderr", "n", "clusters", "method")
    return {"metric": name, **{f: getattr(interval, f) for f in fields}}
