"""The processes of untrusted programs: forked by a warm parent, or interpreters of their own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.isolation.session import Ending

_LONGEST_END = 5.0  # seconds a killed process may take to be reaped
_LONGEST_WORD = 10.0  # seconds until a warm parent tells what it has to tell


class Forked:
    """A process that a warm parent forks; the parent tells its handle, and how it ended."""

    def __init__(self, report: socket.socket, end_parent: Callable[[], None]) -> None:
        """Takes over a process that has been asked for.

        Args:
            report: where the warm parent tells of it.
            end_parent: ends the warm parent and with it all it has forked.
        """
        self._report, self._end_parent = report, end_parent
        report.settimeout(_LONGEST_WORD)

    def clock(self) -> float:
        """Returns its processor seconds so far; 0 where they cannot be read."""
        # How Linux numbers the processor clock of another process: see clock_getres(2).
        try:
            return time.clock_gettime((~self._pid << 3) | 2) if self._pid > 0 else 0.0
        except OSError:
            return 0.0

    def ends_within(self, seconds: float) -> bool:
        """Waits so long at most; returns whether it has ended by itself."""
        if self._handle is None:
            return True
        ended = select.poll()
        ended.register(self._handle, select.POLLIN)
        return bool(ended.poll(1000 * seconds))

    def kill(self) -> None:
        """Kills it with whatever belongs to its session."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def ending(self) -> Ending:
        """Waits until it has ended and tells how."""
        told = b""
        if self._handle is not None:
            os.close(self._handle)
            with contextlib.suppress(OSError):
                told = self._report.recv(4096)
        self._report.close()
        if not told:
            return Ending(None, 0.0)
        ending: dict[str, Any] = json.loads(told)
        return Ending(ending["code"], ending["cpu"])

    @cached_property
    def _handle(self) -> int | None:
        # Asked for late: a program is at work before anyone here has heard of its process.
        with contextlib.suppress(OSError):
            _, handles, _, _ = socket.recv_fds(self._report, 64, 1)
            if handles:
                return handles[0]
        # What nobody can name nobody can kill, so all go: the others are run again.
        self._end_parent()
        return None

    @cached_property
    def _pid(self) -> int:
        # Most programs have answered before anyone wants to know.
        return 0 if self._handle is None else _number_of(self._handle)


class Fresh:
    """A process of our own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def clock(self) -> float:
        """Returns its processor seconds so far; 0 where they cannot be read."""
        try:
            return time.clock_gettime((~self._process.pid << 3) | 2)
        except OSError:
            return 0.0

    def ends_within(self, seconds: float) -> bool:
        """Waits so long at most; returns whether it has ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)
            return True
        return False

    def kill(self) -> None:
        """Kills it with whatever belongs to its session."""
        # Also when it has ended itself: what it left behind is still in its group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def ending(self) -> Ending:
        """Waits until it has ended and tells how."""
        used = self.clock()
        return Ending(self._process.wait(timeout=_LONGEST_END), used)


def _number_of(handle: int) -> int:
    """Returns the process number behind a handle, as this process counts; 0 if it has ended."""
    with Path(f"/proc/self/fdinfo/{handle}").open("rb") as info:
        _, _, rest = info.read().partition(b"Pid:")
    return max(int(rest.split(maxsplit=1)[0]), 0) if rest else 0
