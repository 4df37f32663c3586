"""A pool of warm, killable workers: calls of one function, each under hard limits.

    with WorkerPool("package.module:function") as pool:
        outcome = pool.call("arguments", "as JSON", budget=1.0)

A budget is processor time, so an outcome does not depend on what else the machine does; a cap on
wall time, an order of magnitude above, catches what sleeps. Whatever a call does (spins in C code,
eats memory, crashes), it costs its own worker only, and a warm spare takes the next call.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.errors import BadInput, Unavailable
from tools.isolation.nursery import Nursery, describe
from tools.isolation.worker import Gone, Limit, Outcome, Worker

GIGABYTE = 1 << 30
_ENDINGS = {-signal.SIGPROF: Limit.PROCESSOR_TIME, -signal.SIGXCPU: Limit.PROCESSOR_TIME}


class WorkerPool:
    """Workers for one function; thread-safe, and good for one process (not for its forks).

    The first worker is ready when its function has been imported and warmed up; from then on a new
    one is forked in milliseconds, ahead of need.
    """

    def __init__(
        self,
        function: str,
        *,
        workers: int | None = None,
        spares: int = 1,
        memory: int = GIGABYTE,
        largest_input: int = 1 << 20,
        largest_output: int = 1 << 20,
        calls_per_worker: int = 500,
        warm_up: str = "",
        paths: tuple[Path, ...] = (),
    ) -> None:
        """Starts to import the function in the background; returns at once.

        Args:
            function: `module:function`; takes and returns JSON values.
            workers: calls at a time; further callers wait. As many as there are cores by default.
            spares: warm workers kept ready beyond those at work.
            memory: bytes a worker may map beyond what it starts with.
            largest_input: bytes of a request.
            largest_output: bytes of an answer.
            calls_per_worker: after so many answers a worker is replaced, whatever it has hoarded.
            warm_up: `module:function` without arguments, called once before workers are forked.
            paths: folders to import from besides the installation; they come last.
        """
        if spares < 0 or (workers is not None and workers < 1) or calls_per_worker < 1:
            raise BadInput("A pool needs workers >= 1, spares >= 0 and calls_per_worker >= 1.")
        self.workers = workers or os.cpu_count() or 1
        self.spares = spares
        self._largest_input, self._largest_output = largest_input, largest_output
        self._calls_per_worker = calls_per_worker
        self._owner = os.getpid()
        self._slots = threading.BoundedSemaphore(self.workers)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._executor: ThreadPoolExecutor | None = None
        self._closed = False
        self._nursery = Nursery(
            {
                "function": function,
                "warm_up": warm_up,
                "memory": memory,
                "largest_output": largest_output,
                "paths": [str(path) for path in paths],
            }
        )
        with self._lock:
            self._top_up()

    def call(self, *arguments: Any, budget: float = 1.0, wall: float | None = None) -> Outcome:
        """Calls the function in a worker and returns how that ended; never raises for what it does.

        Args:
            arguments: JSON values.
            budget: processor seconds the call may use.
            wall: seconds it may take, ten times the budget by default.

        Raises:
            BadInput: if a limit is not positive or the pool is closed.
            Unavailable: if workers cannot be started at all.
        """
        wall = 10 * budget if wall is None else wall
        if not (0 < budget < float("inf") and wall > 0):
            raise BadInput(f"A budget must be a positive number of seconds, not {budget}.")
        body = json.dumps(arguments).encode()
        if len(body) > self._largest_input:
            return Outcome(limit=Limit.INPUT_SIZE)
        with self._slots:
            generation = self._nursery.pid
            outcome = self._carry_out(body, budget, wall)
            lost = outcome.limit is Limit.CRASH and not self._closed
            if lost and not self._nursery.alive(generation):
                # All workers died with their parent: nothing that this call did.
                outcome = self._carry_out(body, budget, wall)
        return outcome

    async def acall(
        self, *arguments: Any, budget: float = 1.0, wall: float | None = None
    ) -> Outcome:
        """Calls the function as `call` does, without blocking the event loop."""
        with self._lock:
            self._check_usable()
            if self._executor is None:
                # Threads of our own: waiting callers must not fill up the loop's default ones.
                self._executor = ThreadPoolExecutor(self.workers, "worker-pool")
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, lambda: self.call(*arguments, budget=budget, wall=wall)
        )

    @property
    def pids(self) -> tuple[int, ...]:
        """Process numbers of all workers that have come up."""
        with self._lock:
            return tuple(w.pid for w in (*self._idle, *self._busy) if w.pid)

    @property
    def confined(self) -> bool:
        """Whether a system-call filter holds in the workers; waits until one is up."""
        with self._lock:
            worker = self._take()
        try:
            self._come_up(worker)
            return worker.confined
        finally:
            self._give_back(worker)

    def wait_ready(self) -> None:
        """Waits until the workers that are being started are warm; one is, at least, afterwards."""
        while True:
            with self._lock:
                self._check_usable()
                if not self._idle and not self._busy:
                    self._spawn()
                worker = next((w for w in self._idle if not w.pid), None)
                if worker is None:
                    return
                self._idle.remove(worker)
                self._busy.add(worker)
            try:
                with contextlib.suppress(Gone):
                    self._come_up(worker)
            finally:
                self._give_back(worker)

    def close(self) -> None:
        """Ends all workers, those at work too."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for worker in self._busy:
                worker.kill()
            for worker in self._idle:
                worker.close()
            self._idle.clear()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._nursery.close()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- one call ----------------------------------------------------------------------------------

    def _carry_out(self, body: bytes, budget: float, wall: float) -> Outcome:
        worker = self._ask(body, budget)
        try:
            return self._finish(worker, budget, wall)
        finally:
            self._give_back(worker)

    def _ask(self, body: bytes, budget: float) -> Worker:
        """Hands the request to a worker; one that died while idle is passed over."""
        for _ in range(self.workers + self.spares + 2):
            with self._lock:
                worker = self._take()
            try:
                self._come_up(worker)
                worker.send(body, budget)
            except Gone:
                self._give_back(worker)
                continue
            except BaseException:
                self._give_back(worker)
                raise
            return worker
        raise Unavailable("Workers end as soon as they are started.", "`ansatz doctor` may help.")

    def _finish(self, worker: Worker, budget: float, wall: float) -> Outcome:
        begun = time.monotonic()
        try:
            return worker.receive(budget, wall, self._largest_output)
        except Gone:
            code = self._nursery.ending(worker.pid)
            limit = _ENDINGS.get(code or 0, Limit.CRASH)
            spent = budget if limit is Limit.PROCESSOR_TIME else 0.0
            error = "" if limit is not Limit.CRASH else describe(code)
            return Outcome(None, limit, error, spent, time.monotonic() - begun)

    # -- workers -----------------------------------------------------------------------------------

    def _take(self) -> Worker:
        """Returns an idle worker, warm if there is one, and sees to it that a spare starts."""
        self._check_usable()
        if not self._idle:
            self._spawn()
        warm = next((w for w in reversed(self._idle) if w.ready), self._idle[0])
        self._idle.remove(warm)
        self._busy.add(warm)
        self._top_up()
        return warm

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if worker.fit and not self._closed and worker.calls < self._calls_per_worker:
                self._idle.append(worker)
            else:
                worker.close()
            if not self._closed:
                self._top_up()

    def _top_up(self) -> None:
        while len(self._idle) < self.spares:
            self._spawn()

    def _spawn(self) -> None:
        """Has one more worker forked; it introduces itself when it is ready."""
        self._idle.append(self._nursery.spawn())

    def _come_up(self, worker: Worker) -> None:
        try:
            worker.wait_ready()
        except Gone:
            self._nursery.raise_if_failed()
            raise

    def _check_usable(self) -> None:
        if self._closed:
            raise BadInput("This pool of workers is closed.", "Open another one.")
        if self._owner != os.getpid():
            raise BadInput("This pool belongs to the parent process.", "Open one of your own.")
