"""Answers and scores the samples of a suite, many at a time; loses nothing and repeats nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from agent.messages import ChatModel, Usage
from evals import attempt
from evals.attempt import Attempt
from evals.context import Lanes
from evals.journal import Entry, Journal
from evals.limits import Limits, Pace
from evals.replies import ReplyStore
from evals.sample import Sample, Score, Scorer, State, Suite
from tools.errors import BadInput


@dataclass(frozen=True)
class Settings:
    """How a suite is run; none of it changes what a sample is asked.

    Attributes:
        concurrency: samples at a time.
        attempts: tries per sample before it counts as failed.
        requests_per_minute: pace of requests; None: as fast as they come.
        per_sample: what one sample may use; over it, it is scored as it stands.
        total: what the run may use; over it, no further sample is begun.
    """

    concurrency: int = 8
    attempts: int = 2
    requests_per_minute: float | None = None
    per_sample: Limits = field(default_factory=Limits)
    total: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for name in ("concurrency", "attempts"):
            if getattr(self, name) < 1:
                raise BadInput(f"{name} = {getattr(self, name)}.", f"Give {name} >= 1.")


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: finished samples, those of earlier sessions included.
        total: samples times epochs.
        paid: usage of this session's own requests.
        counts: finished samples by state.
    """

    done: int
    total: int
    paid: Usage
    counts: dict[State, int]


OnProgress = Callable[[Progress], None]


class Executor(Protocol):
    """Answers and scores samples elsewhere, such as on the workers of a cluster.

    Attributes:
        lanes: samples at a time.
    """

    @property
    def lanes(self) -> int: ...  # noqa: D102 - said above

    async def answer(self, sample: Sample, epoch: int) -> Attempt | None:
        """Answers a sample; None when it asks a chat model, whose replies are kept here."""
        ...

    async def judge(self, entry: Entry) -> Score:
        """Scores a finished sample as `attempt.judge` does."""
        ...


async def run(
    suite: Suite,
    model: ChatModel,
    journal: Journal,
    replies: ReplyStore,
    *,
    settings: Settings | None = None,
    shared: ReplyStore | None = None,
    on_progress: OnProgress = lambda _: None,
    executor: Executor | None = None,
) -> str:
    """Runs what the journal does not hold yet and returns why it stopped.

    Args:
        suite: the suite.
        model: the chat model under test.
        journal: of this run; finished samples in it are not asked again.
        replies: of this run; replies in it are not asked for again.
        settings: pace and limits.
        shared: replies of other runs that may be used.
        on_progress: called after each sample; what it raises ends the run at this boundary.
        executor: where samples are answered and scored; None: in this process.

    Returns:
        `complete`, or `limit of NAME` when the run's total was used up.

    Raises:
        BadInput: when a gold is unusable, ids repeat, or the journal belongs to another run.
    """
    settings = settings or Settings()
    check(suite)
    journal.begin(
        {
            "suite": suite.name,
            "version": suite.version,
            "model": model.name,
            "epochs": suite.epochs,
            "title": suite.title,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        suite.samples,
    )
    lanes = Lanes(model, replies, shared, Pace(settings.requests_per_minute))
    work = _Work(suite, journal, lanes, settings, on_progress, executor)
    await work.finish_scores()
    reason = await work.answer_all()
    journal.note("stopped", reason)
    journal.note("ended", datetime.now(UTC).isoformat(timespec="seconds"))
    return reason


def check(suite: Suite) -> None:
    """Checks ids and golds before anything is paid for.

    Raises:
        BadInput: naming the sample and what is wrong with it.
    """
    seen: set[str] = set()
    for sample in suite.samples:
        if sample.id in seen:
            raise BadInput(
                f"Suite {suite.name}: the id '{sample.id}' occurs twice.", "Rename one of them."
            )
        seen.add(sample.id)
        trouble = suite.check(sample) if suite.check else ""
        if trouble:
            raise BadInput(
                f"Suite {suite.name}, sample {sample.id}: the gold cannot be used: {trouble}",
                "Mend the gold, or leave the sample out.",
            )


async def rescore(
    journal: Journal, scorer: Scorer, name: str, executor: Executor | None = None
) -> int:
    """Scores every answer of a journal again, without any model, and returns how many.

    Args:
        journal: of a run.
        scorer: today's scorer of its suite.
        name: under which the scores are kept.
        executor: where answers are scored; None: in this process, one after the other.
    """
    entries = list(journal.entries(name))
    if executor is None:
        scores = [await attempt.judge(scorer, entry) for entry in entries]
    else:
        scores = await asyncio.gather(*map(executor.judge, entries))
    for entry, score in zip(entries, scores, strict=True):
        journal.scored(entry.sample.id, entry.epoch, name, score)
    return len(entries)


class _Work:
    """One session of a run."""

    def __init__(
        self,
        suite: Suite,
        journal: Journal,
        lanes: Lanes,
        settings: Settings,
        on_progress: OnProgress,
        executor: Executor | None,
    ) -> None:
        self._suite = suite
        self._executor = executor
        self._here = asyncio.Semaphore(settings.concurrency)
        self._journal = journal
        self._lanes = lanes
        self._settings = settings
        self._on_progress = on_progress
        self._start = time.monotonic()
        self._counts = dict.fromkeys(State, 0)

    async def finish_scores(self) -> None:
        """Scores what an earlier session answered but did not come to score."""
        name = self._suite.name
        for entry in list(self._journal.entries(name)):
            score = entry.score
            if score is None:
                score = await _score(self._suite.scorer, entry, self._executor)
                self._journal.scored(entry.sample.id, entry.epoch, name, score)
            self._counts[score.state] += 1

    async def answer_all(self) -> str:
        """Answers the rest; a fixed number of workers take samples from one queue."""
        done = self._journal.done()
        rest = iter(
            (sample, epoch)
            for epoch in range(self._suite.epochs)
            for sample in self._suite.samples
            if (sample.id, epoch) not in done
        )
        self._report()
        stopped = ""

        async def worker() -> None:
            nonlocal stopped
            for sample, epoch in rest:
                used = self._settings.total.exceeded(
                    self._lanes.paid, time.monotonic() - self._start
                )
                if used or stopped:
                    stopped = stopped or f"limit of {used}"
                    return
                await self._one(sample, epoch)

        away = 0 if self._executor is None else self._executor.lanes
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(max(self._settings.concurrency, away)):
                    group.create_task(worker())
        except BaseExceptionGroup as errors:
            # Callers know what `on_progress` raises, such as a cancellation, not groups of it.
            raise _first(errors) from None
        return stopped or "complete"

    async def _one(self, sample: Sample, epoch: int) -> None:
        made = await self._answer(sample, epoch)
        self._journal.answered(sample.id, epoch, made.answer, made.errors, made.seconds)
        entry = Entry(sample, epoch, made.answer, made.errors, made.seconds, None)
        score = await _score(self._suite.scorer, entry, self._executor)
        self._journal.scored(sample.id, epoch, self._suite.name, score)
        self._counts[score.state] += 1
        self._report()

    async def _answer(self, sample: Sample, epoch: int) -> Attempt:
        """Answers on the executor where it can, otherwise here."""
        if self._executor is not None:
            made = await self._executor.answer(sample, epoch)
            if made is not None:
                return made
        async with self._here:
            return await attempt.answer(
                self._suite.solver,
                sample,
                epoch,
                self._lanes,
                attempts=self._settings.attempts,
                limits=self._settings.per_sample,
            )

    def _report(self) -> None:
        total = len(self._suite.samples) * self._suite.epochs
        done = sum(self._counts.values())
        self._on_progress(Progress(done, total, self._lanes.paid, dict(self._counts)))


async def _score(scorer: Scorer, entry: Entry, executor: Executor | None) -> Score:
    return await (attempt.judge(scorer, entry) if executor is None else executor.judge(entry))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Returns the first error of a group; the others are the same or followed from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
