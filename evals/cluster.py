"""Samples on a Ray cluster: one actor a lane, each with the suite and its scorer built anew.

The journal stays with the run; only samples, answers and scores travel. Replies of a chat model at
an endpoint are paid for and kept where the run is, so a suite whose solver asks one is answered
there and only scored on the cluster. The embedded planner costs nothing and goes along.

A lane that is lost, with its worker or its node, costs nothing but time: its sample is done again
on another, and the lane is started anew.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from agent.messages import ChatModel, Message, ModelError, Reply, ToolSpec
from evals import attempt
from evals.attempt import Attempt
from evals.context import Lanes
from evals.journal import Entry
from evals.limits import Limits, Pace
from evals.recipe import Recipe
from evals.replies import ReplyStore
from evals.sample import Sample, Score, State, Suite
from tools.errors import Unavailable

T = TypeVar("T")

_MOST_LOSSES = 3  # lanes that one sample may lose before it counts as failed
_LOOK = 0.5  # seconds between looks whether the run was cancelled


class RayExecutor:
    """Answers and scores on a Ray cluster; for use from one event loop.

    Attributes:
        lanes: samples at a time.
        lost: lanes lost so far.
        elsewhere: whether the cluster was there before, perhaps on other machines.
    """

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
            Unavailable: if Ray is not installed or the cluster cannot be reached.
        """
        try:
            import ray
        except ImportError as error:
            raise Unavailable(
                "The executor ray needs Ray, which is not installed.",
                "Install it: pip install 'ansatz-lab[ray]'; or use the executor local.",
            ) from error
        self._ray: Any = ray
        self._ours = not ray.is_initialized()
        self.elsewhere = not self._ours or bool(os.environ.get("RAY_ADDRESS"))
        if self._ours:
            try:
                ray.init(
                    num_cpus=None if self.elsewhere else lanes,
                    include_dashboard=False,
                    log_to_driver=False,
                )
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise Unavailable(f"The Ray cluster cannot be used: {error}.") from error
        self.lanes = lanes or max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
        self.lost = 0
        self._check = check
        self._asks = False  # whether the solver turned out to ask a model that stays here
        self._given = (recipe, model, offline, attempts, per_sample or Limits())
        self._actor = ray.remote(num_cpus=1)(_Lane)
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        self._starting: set[asyncio.Task[None]] = set()
        self._actors: list[Any] = []

    async def answer(self, sample: Sample, epoch: int) -> Attempt | None:
        """Answers a sample on a free lane; None when its solver asks a model that stays here."""
        if self._asks:
            return None
        started = time.monotonic()
        try:
            made: Attempt | None = await self._on_lane("answer", sample, epoch)
        except _LanesLost as lost:
            return Attempt(None, (str(lost),), time.monotonic() - started)
        self._asks = self._asks or made is None
        return made

    async def judge(self, entry: Entry) -> Score:
        """Scores a finished sample on a free lane."""
        try:
            score: Score = await self._on_lane("judge", entry)
        except _LanesLost as lost:
            return Score.wrong(f"The scorer failed: {lost}", state=State.UNGRADABLE)
        return score

    def close(self) -> None:
        """Ends the lanes, and the cluster if it was started or joined here."""
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors.clear()
        if self._ours:
            self._ray.shutdown()

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def _on_lane(self, method: str, *arguments: object) -> Any:
        from ray.exceptions import (
            ObjectLostError,
            OutOfMemoryError,
            RayActorError,
            WorkerCrashedError,
        )

        while len(self._actors) < self.lanes:
            self._start_lane()
        for _ in range(_MOST_LOSSES):
            actor = await self._watched(self._free.get())
            if isinstance(actor, Exception):
                self._free.put_nowait(actor)  # the others that wait must see it too
                raise actor
            try:
                result = await self._watched(_result(getattr(actor, method).remote(*arguments)))
            except (RayActorError, WorkerCrashedError, ObjectLostError, OutOfMemoryError):
                self._check()
                self.lost += 1
                self._actors.remove(actor)
                self._start_lane()
                continue
            except BaseException:
                self._free.put_nowait(actor)
                raise
            self._free.put_nowait(actor)
            return result
        raise _LanesLost

    async def _watched(self, work: Coroutine[Any, Any, T]) -> T:
        """Waits for work, and looks now and then whether the run goes on."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK))[0]:
                self._check()
        except BaseException:
            task.cancel()
            raise
        return task.result()

    def _start_lane(self) -> None:
        """Starts a lane, and makes it free as soon as it is up; there may be no room for it yet."""
        actor = self._actor.remote(*self._given)
        self._actors.append(actor)
        task = asyncio.ensure_future(self._bring_up(actor))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _bring_up(self, actor: Any) -> None:
        from ray.exceptions import RayActorError, RayTaskError

        try:
            await actor.ready.remote()
        except RayActorError:
            # Lost before it came up: whoever is given it will notice and replace it.
            await asyncio.sleep(_LOOK)
        except RayTaskError as error:
            # The suite cannot be built there, which no other lane could do better.
            self._free.put_nowait(error)
            return
        self._free.put_nowait(actor)


class _LanesLost(Exception):
    def __str__(self) -> str:
        return f"its Ray worker was lost {_MOST_LOSSES} times"


async def _result(reference: Any) -> Any:
    return await reference


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
