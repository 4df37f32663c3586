"""One worker as its asker sees it: a socket, a clock that can be read from outside, and an end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tools.isolation.worker_main import MEMORY, OUTPUT, RAISED, REPLY, REQUEST, VALUE

SLACK = 0.02
"""Processor seconds the kernel is given to keep a budget by itself before we look; its own timer
counts in steps of up to ten milliseconds."""
_LONGEST_START = 120.0  # seconds until a worker must have introduced itself


class Limit(StrEnum):
    """What a call ran into."""

    NONE = ""
    PROCESSOR_TIME = "processor time"
    WALL_TIME = "wall time"
    MEMORY = "memory"
    OUTPUT_SIZE = "output size"
    INPUT_SIZE = "input size"
    CRASH = "crash"


@dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes:
        value: what the function returned, when nothing went wrong.
        limit: the limit that ended the call, or `Limit.NONE`.
        error: what went wrong in words, or "".
        processor: processor seconds the call used; the budget when that was used up.
        wall: seconds the caller waited for the worker.
    """

    value: Any = None
    limit: Limit = Limit.NONE
    error: str = ""
    processor: float = 0.0
    wall: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return not self.limit and not self.error


class Gone(Exception):
    """The worker has ended."""


class _Over(Exception):
    def __init__(self, limit: Limit) -> None:
        self.limit = limit


class Worker:
    """The asking side of one worker process.

    Attributes:
        pid: its process number, 0 until it has introduced itself.
        calls: requests it has answered.
        fit: whether it can be given another request.
        confined: whether a system-call filter holds in it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.pid = 0
        self.calls = 0
        self.fit = True
        self.confined = False
        self._socket = connection
        self._handle: int | None = None
        self._start = 0.0
        self._ready = select.poll()
        self._ready.register(connection, select.POLLIN)

    def wait_ready(self, limit: float = _LONGEST_START) -> None:
        """Waits until the worker has introduced itself.

        Raises:
            Gone: if it ends before, or does not come up in time.
        """
        if self.pid:
            return
        end = time.monotonic() + limit
        try:
            _, _, length = REPLY.unpack(self._read(REPLY.size, 0.0, end))
            hello = json.loads(self._read(length, 0.0, end))
        except _Over:
            raise Gone("it did not start in time") from None
        self.pid, self.confined = hello["pid"], hello["confined"]
        if hasattr(os, "pidfd_open"):
            # A number may belong to someone else by the time it is used; a handle cannot.
            with contextlib.suppress(OSError):
                self._handle = os.pidfd_open(self.pid)

    @property
    def ready(self) -> bool:
        """Whether it has introduced itself, or has done all it takes to."""
        return bool(self.pid or self._ready.poll(0))

    def send(self, body: bytes, budget: float) -> None:
        """Sends a request.

        Raises:
            Gone: if the worker ended while it was idle; nothing has been computed then.
        """
        self._start = self.clock()
        try:
            self._socket.sendall(REQUEST.pack(budget, len(body)) + body)
        except OSError as error:
            self.fit = False
            raise Gone(str(error)) from error

    def receive(self, budget: float, wall: float, largest: int) -> Outcome:
        """Waits for the reply; a worker that oversteps a limit is killed.

        Raises:
            Gone: if the worker ended; the pool knows how to find out why.
        """
        begun = time.monotonic()
        processor_end, wall_end = self._start + budget + SLACK, begun + wall
        try:
            kind, used, length = REPLY.unpack(self._read(REPLY.size, processor_end, wall_end))
            if length > largest:
                raise _Over(Limit.OUTPUT_SIZE)
            body = self._read(length, processor_end, wall_end)
        except (_Over, struct.error) as over:
            self.kill()
            limit = over.limit if isinstance(over, _Over) else Limit.CRASH
            spent = budget if limit is Limit.PROCESSOR_TIME else 0.0
            return Outcome(None, limit, "", spent, time.monotonic() - begun)
        self.calls += 1
        waited = time.monotonic() - begun
        if used > budget:
            # However late we came to look, more than the budget is more than the budget.
            return Outcome(None, Limit.PROCESSOR_TIME, "", used, waited)
        if kind == VALUE:
            return Outcome(json.loads(body), processor=used, wall=waited)
        if kind == RAISED:
            return Outcome(error=body.decode(errors="replace"), processor=used, wall=waited)
        self.fit = kind == OUTPUT
        limit = {MEMORY: Limit.MEMORY, OUTPUT: Limit.OUTPUT_SIZE}.get(kind, Limit.CRASH)
        return Outcome(None, limit, "", used, waited)

    def clock(self) -> float:
        """Returns the processor seconds of this process, or 0 where it is gone or unreadable."""
        # How Linux numbers the processor clock of another process: see clock_getres(2).
        try:
            return time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            return 0.0

    def kill(self) -> None:
        """Ends the process, whatever it is doing."""
        self.fit = False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif self.pid:
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Lets go of the worker; an idle one ends by itself."""
        self.fit = False
        self._socket.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _read(self, length: int, processor_end: float, wall_end: float) -> bytes:
        """Reads that many bytes; `processor_end` is a reading of the worker's clock, 0 for none."""
        pieces = []
        while length:
            self._wait(processor_end, wall_end)
            try:
                piece = self._socket.recv(min(length, 1 << 20))
            except OSError as error:
                self.fit = False
                raise Gone(str(error)) from error
            if not piece:
                self.fit = False
                raise Gone("it ended")
            pieces.append(piece)
            length -= len(piece)
            if length:
                # One that drips must not keep us from looking at the clocks.
                self._time_left(processor_end, wall_end)
        return b"".join(pieces)

    def _wait(self, processor_end: float, wall_end: float) -> None:
        """Waits for bytes, looking at both clocks no more often than one of them can run out."""
        # Nothing can be overdrawn yet: most answers arrive within this first wait.
        pause = SLACK
        while not self._ready.poll(1000 * pause):
            pause = self._time_left(processor_end, wall_end)

    def _time_left(self, processor_end: float, wall_end: float) -> float:
        """Returns the seconds in which no limit can be passed, one at most."""
        left = wall_end - time.monotonic()
        if left <= 0:
            raise _Over(Limit.WALL_TIME)
        if processor_end:
            spare = processor_end - self.clock()
            if spare <= 0:
                raise _Over(Limit.PROCESSOR_TIME)
            left = min(left, max(spare, 0.001))
        return min(left, 1.0)
