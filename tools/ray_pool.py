"""Work on a Ray cluster: one actor a lane, and the same work again where a lane is lost.

    class Squares(RayPool):
        async def square(self, x: int) -> int:
            return await self._on_lane("square", x)

    pool = Squares(Lane, lanes=4, most_losses=3)  # a Lane has the methods `ready` and `square`

A lane that is lost, with its worker or its node, costs nothing but time.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Self

from tools.errors import Unavailable

_LONGEST_KNOCK = 10.0  # seconds


class LanesLost(Exception):
    """A piece of work lost as many lanes as it may; says how many."""


class RayPool:
    """Actors of one class on a Ray cluster; for use from one event loop at a time.

    Attributes:
        lanes: pieces of work at a time.
        lost: lanes lost so far.
        elsewhere: whether the cluster was there before, perhaps on other machines.
    """

    def __init__(
        self,
        actor: type,
        *given: object,
        lanes: int | None,
        most_losses: int,
        address: str | None = None,
    ) -> None:
        """Connects to a cluster and starts the lanes.

        Args:
            actor: class of the actors; its method `ready` returns as soon as one can work.
            given: what an actor is made with.
            lanes: pieces of work at a time; as many as the cluster has cores if None.
            most_losses: lanes that one piece of work may lose before it is given up.
            address: of the cluster, or `auto`; None: what the process is connected to already, else
                what `RAY_ADDRESS` names, else what Ray finds or starts on this machine.

        Raises:
            Unavailable: if Ray is not installed or the cluster cannot be used.
        """
        try:
            import ray
        except ImportError as error:
            raise Unavailable(
                "Ray is not installed.",
                "Install it: pip install 'ansatz-lab[ray]'; or use the executor local.",
            ) from error
        self._ray: Any = ray
        self._ours = not ray.is_initialized()
        address = address or os.environ.get("RAY_ADDRESS") or None
        self.elsewhere = not self._ours or bool(address)
        if self._ours:
            try:
                _knock(address or "")
                ray.init(
                    address=address,
                    num_cpus=None if address else lanes,
                    include_dashboard=False,
                    log_to_driver=False,
                )
            except (OSError, RuntimeError, ValueError) as error:
                at = f" at {address}" if address else ""
                raise Unavailable(
                    f"The Ray cluster{at} cannot be used: {str(error).rstrip('.')}.",
                    "Let RAY_ADDRESS name a running cluster, or use the executor local.",
                ) from error
        self.lanes = lanes or max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
        self.lost = 0
        self._most_losses = most_losses
        self._loop: asyncio.AbstractEventLoop | None = None
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        self._starting: set[asyncio.Task[None]] = set()
        self._start: Callable[[], Any] = partial(ray.remote(num_cpus=1)(actor).remote, *given)
        # Warm by the time they are needed.
        self._actors: list[Any] = [self._start() for _ in range(self.lanes)]

    def close(self) -> None:
        """Ends the lanes, and the cluster if it was started or joined here."""
        self._starting.clear()
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors.clear()
        if self._ours:
            self._ray.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _on_lane(self, method: str, *arguments: object) -> Any:
        """Calls a method of the actor on a free lane, again on another where a lane is lost.

        Raises:
            LanesLost: if lane after lane is lost.
            RayActorError: if an actor cannot be made.
            Exception: what the method raises.
        """
        from ray.exceptions import RayTaskError

        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # One pool may serve several runs, each of which has a loop of its own.
            self._loop, self._free = loop, asyncio.Queue()
            for actor in self._actors:
                self._bring_up(actor)
        for _ in range(self._most_losses):
            actor = await self._free.get()
            try:
                result = await getattr(actor, method).remote(*arguments)
            except BaseException as error:
                if _is_loss(error):
                    self._replace(actor)
                    continue
                self._free.put_nowait(actor)
                if isinstance(error, RayTaskError):
                    raise error.cause from error
                raise
            self._free.put_nowait(actor)
            return result
        raise LanesLost(f"its Ray worker was lost {self._most_losses} times")

    def _replace(self, actor: Any) -> None:
        self.lost += 1
        self._actors.remove(actor)
        self._actors.append(replacement := self._start())
        self._bring_up(replacement)

    def _bring_up(self, actor: Any) -> None:
        """Makes a lane free as soon as its actor runs; a cluster may have no room for it yet."""
        task = asyncio.create_task(self._wait_up(actor))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _wait_up(self, actor: Any) -> None:
        from ray.exceptions import RayError

        try:
            await actor.ready.remote()
        except RayError:
            # Lost before it came up, or unable to: whoever is given it will meet the same.
            await asyncio.sleep(1.0)
        self._free.put_nowait(actor)


def _knock(address: str) -> None:
    """Fails at once where nothing listens at an address, which Ray finds out in a quarter hour."""
    found = re.fullmatch(r"(?:ray://)?(.+):([0-9]{1,5})", address)
    if found:
        host, port = found[1].strip("[]"), int(found[2])
        socket.create_connection((host, port), timeout=_LONGEST_KNOCK).close()


def _is_loss(error: BaseException) -> bool:
    """Tells whether a lane is gone that another could replace."""
    from ray.exceptions import ObjectLostError, OutOfMemoryError, RayActorError, WorkerCrashedError

    if isinstance(error, RayActorError):
        return not error.actor_init_failed
    return isinstance(error, (WorkerCrashedError, ObjectLostError, OutOfMemoryError))
