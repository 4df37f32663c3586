"""The evaluation lane on a Ray cluster: one actor a lane, each with a sandbox of its own.

    evaluator = RayEvaluator(address="auto")

Dialogue, verification and score stay on the trusted side of the node that runs the program, in the
actor; only candidates and evaluations travel. A lane that is lost, with its worker or its node,
costs nothing but time: its evaluation goes to another lane, and the lane is started again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tools.errors import Unavailable

if TYPE_CHECKING:
    from tools.discovery.candidate import Candidate, Evaluation
    from tools.discovery.problem import Problem

_MOST_LOSSES = 5  # lanes that one evaluation may lose before it is given up


class RayEvaluator:
    """Evaluates candidates on a Ray cluster; for use from one event loop at a time.

    Attributes:
        lanes: evaluations at a time.
        lost: lanes lost so far.
    """

    def __init__(
        self, lanes: int | None = None, *, address: str | None = None, strict: bool = False
    ) -> None:
        """Connects to a cluster and starts the lanes.

        Args:
            lanes: evaluations at a time; as many as the cluster has cores by default.
            address: of the cluster, or `auto`; None starts one on this machine, unless the process
                is connected already.
            strict: refuse to work on a node where a layer of the sandbox is missing.

        Raises:
            Unavailable: if Ray is not installed or the cluster cannot be reached.
        """
        try:
            import ray
        except ImportError as error:
            raise Unavailable("Ray is not installed.", "pip install 'ansatz-lab[ray]'") from error
        self._ray: Any = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            try:
                ray.init(
                    address=address,
                    num_cpus=lanes if address is None else None,
                    include_dashboard=False,
                    log_to_driver=False,
                )
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise Unavailable(f"There is no Ray cluster at {address}: {error}.") from error
        self.lanes = lanes or max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
        self.lost = 0
        self._strict = strict
        self._actor = ray.remote(num_cpus=1)(_Lane)
        self._notices: dict[str, None] = {}
        self._known: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        self._starting: set[asyncio.Task[None]] = set()
        # Warm by the time they are needed.
        self._actors = [self._actor.remote(strict) for _ in range(self.lanes)]

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell with the results: layers of the sandbox that nodes lack."""
        return tuple(self._notices)

    async def evaluate(self, problem: Problem, candidate: Candidate, seed: int) -> Evaluation:
        """Evaluates one candidate on a free lane, again on another where a lane is lost.

        Raises:
            Unavailable: if one evaluation loses lane after lane.
        """
        from ray.exceptions import ObjectLostError, RayActorError, WorkerCrashedError

        self._send_by_value(problem)
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # One evaluator may serve several searches, each of which has a loop of its own.
            self._loop, self._free = loop, asyncio.Queue()
            for actor in self._actors:
                self._bring_up(actor)
        for _ in range(_MOST_LOSSES):
            actor = await self._free.get()
            try:
                evaluation, notices = await actor.evaluate.remote(problem, candidate, seed)
            except (RayActorError, WorkerCrashedError, ObjectLostError):
                self.lost += 1
                self._actors.remove(actor)
                self._actors.append(replacement := self._actor.remote(self._strict))
                self._bring_up(replacement)
                continue
            except BaseException:
                self._free.put_nowait(actor)
                raise
            self._free.put_nowait(actor)
            self._notices |= dict.fromkeys(notices)
            done: Evaluation = evaluation
            return done
        raise Unavailable(
            f"An evaluation lost its Ray worker {_MOST_LOSSES} times.",
            "Look into the cluster's logs; the search can be resumed.",
        )

    def close(self) -> None:
        """Ends the lanes, and the cluster if it was started here."""
        self._starting.clear()
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors.clear()
        if self._ours:
            self._ray.shutdown()

    def __enter__(self) -> RayEvaluator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _bring_up(self, actor: Any) -> None:
        """Makes a lane free as soon as its actor runs; a cluster may have no room for it yet."""
        task = asyncio.ensure_future(self._wait_up(actor))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _wait_up(self, actor: Any) -> None:
        from ray.exceptions import RayActorError

        try:
            await actor.ready.remote()
        except RayActorError:
            # Lost before it came up: whoever is given it will notice and replace it.
            await asyncio.sleep(1.0)
        self._free.put_nowait(actor)

    def _send_by_value(self, problem: Problem) -> None:
        """Lets problems travel whose modules exist only here, such as a user's own file."""
        module = type(problem).__module__
        if module.partition(".")[0] != "tools" and module not in self._known:
            self._known.add(module)
            if module != "__main__":
                self._ray.cloudpickle.register_pickle_by_value(sys.modules[module])


class _Lane:
    """One lane, in a worker process of the cluster."""

    def __init__(self, strict: bool) -> None:
        from tools.discovery.evaluate import Evaluator

        self._evaluator = Evaluator(1, strict=strict)

    def ready(self) -> int:
        """Answers, once the worker is up, with its process number."""
        return os.getpid()

    def evaluate(
        self, problem: Problem, candidate: Candidate, seed: int
    ) -> tuple[Evaluation, tuple[str, ...]]:
        """Evaluates, and tells what this node's sandbox lacks."""
        evaluation = self._evaluator.run(problem, candidate, seed)
        return evaluation, self._evaluator.notices
