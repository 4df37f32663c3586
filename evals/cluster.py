"""Samples on a Ray cluster: one actor a lane, each with the suite and its scorer built anew.

The journal stays with the run; only samples, answers and scores travel. Replies of a chat model at
an endpoint are paid for and kept where the run is, so a suite whose solver asks one is answered
there and only scored on the cluster. The embedded planner costs nothing and goes along.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.messages import ChatModel, Message, ModelError, Reply, ToolSpec
from evals import attempt
from evals.attempt import Attempt
from evals.context import Lanes
from evals.journal import Entry
from evals.limits import Limits, Pace
from evals.recipe import Recipe
from evals.replies import ReplyStore
from evals.sample import Sample, Score, State, Suite
from tools.ray_pool import LanesLost, RayPool

_MOST_LOSSES = 3  # lanes that one sample may lose before it counts as failed
_LOOK = 0.5  # seconds between looks whether the run was cancelled


class RayExecutor(RayPool):
    """Answers and scores samples on a Ray cluster, as many at a time as it has lanes."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        model: str = "",
        offline: bool = True,
        attempts: int = 2,
        per_sample: Limits | None = None,
        lanes: int | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Connects to the cluster that `RAY_ADDRESS` names, or starts one on this machine.

        Args:
            recipe: of the suite.
            model: name of the model under test.
            offline: whether it is the embedded planner, which the lanes then ask themselves.
            attempts: tries per sample before it counts as failed.
            per_sample: what one sample may use.
            lanes: samples at a time; as many as the cluster has cores by default.
            check: called now and then while waiting; what it raises ends the wait.

        Raises:
            Unavailable: if Ray is not installed or the cluster cannot be used.
        """
        given = (recipe, model, offline, attempts, per_sample or Limits())
        super().__init__(_Lane, *given, lanes=lanes, most_losses=_MOST_LOSSES)
        self._check = check
        self._asks = False  # whether the solver turned out to ask a model that stays here

    async def answer(self, sample: Sample, epoch: int) -> Attempt | None:
        """Answers a sample on a free lane; None when its solver asks a model that stays here."""
        if self._asks:
            return None
        started = time.monotonic()
        try:
            made: Attempt | None = await self._watched("answer", sample, epoch)
        except LanesLost as lost:
            return Attempt(None, (str(lost),), time.monotonic() - started)
        self._asks = self._asks or made is None
        return made

    async def judge(self, entry: Entry) -> Score:
        """Scores a finished sample on a free lane."""
        try:
            score: Score = await self._watched("judge", entry)
        except LanesLost as lost:
            return Score.wrong(f"The scorer failed: {lost}", state=State.UNGRADABLE)
        return score

    async def _watched(self, method: str, *arguments: object) -> Any:
        """Works on a lane, and looks now and then whether the run goes on."""
        work = asyncio.create_task(self._on_lane(method, *arguments))
        try:
            while not (await asyncio.wait({work}, timeout=_LOOK))[0]:
                self._check()
        finally:
            work.cancel()
        if work.exception():
            self._check()  # Ctrl-C ends the workers too, which is no fault of the sample
        return work.result()


class _Lane:
    """One lane, in a worker process of the cluster."""

    def __init__(
        self, recipe: Recipe, model: str, offline: bool, attempts: int, limits: Limits
    ) -> None:
        self._recipe, self._attempts, self._limits = recipe, attempts, limits
        self._offline = offline
        # One loop for all samples: worker pools of scorers belong to the loop they began in.
        self._loop = asyncio.Runner()
        self._suite: Suite | None = None
        self._absent = _Absent(model)
        self._lanes: Lanes | None = None

    def ready(self) -> int:
        """Builds the suite and answers with the number of this process."""
        self._up()
        return os.getpid()

    def answer(self, sample: Sample, epoch: int) -> Attempt | None:
        """Answers a sample; None when the solver asked a model that is not here."""
        suite, lanes = self._up()
        made = self._loop.run(
            attempt.answer(
                suite.solver, sample, epoch, lanes, attempts=self._attempts, limits=self._limits
            )
        )
        return None if self._absent.asked else made

    def judge(self, entry: Entry) -> Score:
        """Scores a finished sample."""
        suite, _ = self._up()
        return self._loop.run(attempt.judge(suite.scorer, entry))

    def _up(self) -> tuple[Suite, Lanes]:
        if self._suite is None or self._lanes is None:
            from evals.session import chat_model

            self._suite = self._recipe.build()
            model: ChatModel = chat_model("offline", {}) if self._offline else self._absent
            # Replies of the planner follow from the request, so none need be kept.
            own = ReplyStore(Path(":memory:"))
            self._lanes = Lanes(model, own, None, Pace(None))
        return self._suite, self._lanes


class _Absent:
    """Stands where a chat model would, and remembers whether it was asked."""

    offline = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked = False

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], on_token: object
    ) -> Reply:
        """Answers nothing.

        Raises:
            ModelError: always.
        """
        self.asked = True
        raise ModelError(f"{self.name} is asked where the run is, not on the cluster.")

    async def close(self) -> None:
        """Has nothing to release."""
