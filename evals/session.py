"""One session of a suite inside a run: opens journal, caches and model, plays, and summarises."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agent.messages import ChatModel
from evals import runner, suites
from evals.experiments import JOURNAL, REPLIES, RunParams
from evals.journal import Journal
from evals.language import WORDINGS, perturb
from evals.limits import Limits
from evals.replies import ReplyStore
from evals.summary import Summary, summarise
from tools.errors import BadInput
from tools.home import home

if TYPE_CHECKING:
    from evals.sample import Suite
    from tools.run import Run


def play(params: RunParams, run: Run) -> Summary:
    """Plays what the run's journal does not hold yet, and returns the whole in numbers.

    Raises:
        BadInput: when suite, files or model cannot be used, or nothing was scored.
        Cancelled: at the next sample after someone cancelled the run.
    """
    suite = suites.load(params.suite, _options(params, run))
    if params.wordings != "original":
        suite = perturb(suite, WORDINGS[params.wordings], run.seed)
    model = chat_model(params.model, os.environ)
    with (
        closing(Journal(run.folder / JOURNAL)) as journal,
        closing(ReplyStore(run.folder / REPLIES)) as own,
        closing(ReplyStore(home() / "cache" / "replies.sqlite")) as shared,
    ):
        first = len(journal.done())

        def report(progress: runner.Progress) -> None:
            run.step("answering", progress.done, progress.total, first=first)

        reason = asyncio.run(
            _run(suite, model, journal, own, None if params.fresh else shared, params, report)
        )
        if reason != "complete":
            kept = "" if params.fresh else "; replies paid for are kept, and used again"
            run.notice(f"The run stopped at its {reason}. Run it again with more{kept}.")
        entries = list(journal.entries(suite.name))
        if not entries:
            raise BadInput("The limits let no sample through.", "Allow more tokens or dollars.")
        summary = summarise(entries, _ks(params.epochs))
        run.table("accuracy", [_row(r.name, r.interval) for r in (*summary.rows, *summary.by_tag)])
    return summary


async def _run(
    suite: Suite,
    model: ChatModel,
    journal: Journal,
    own: ReplyStore,
    shared: ReplyStore | None,
    params: RunParams,
    report: runner.OnProgress,
) -> str:
    settings = runner.Settings(
        concurrency=params.concurrency,
        requests_per_minute=params.requests_per_minute or None,
        total=Limits(tokens=params.tokens or None, dollars=params.dollars or None),
    )
    try:
        return await runner.run(
            suite, model, journal, own, settings=settings, shared=shared, on_progress=report
        )
    finally:
        await model.close()


def _options(params: RunParams, run: Run) -> suites.Options:
    def file(text: str, name: str) -> Path | None:
        if not text:
            return None
        path = Path(text).expanduser()
        if not path.exists():
            raise BadInput(f"{name} = {text} does not exist.", "Give the path of a file or folder.")
        return path

    return suites.Options(
        params.samples,
        params.epochs,
        run.seed,
        file(params.path, "path"),
        file(params.answers, "answers"),
    )


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
