"""The process that forks workers, as the pool sees it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from tools.errors import Unavailable
from tools.isolation.worker import Worker

_PATIENCE = 1.0  # seconds to learn how a worker ended
_REMEMBERED = 1000  # endings nobody has asked for yet


class Nursery:
    """Starts the forking process, again where it has died, and hears how workers end."""

    def __init__(self, setup: dict[str, Any]) -> None:
        """Starts the process; it imports in the background.

        Args:
            setup: what `tools.isolation.worker_main` reads: function, warm_up, memory,
                largest_output and paths.
        """
        self._setup = setup | {"parent": os.getpid()}
        self._lock = threading.Lock()
        self._endings: dict[int, int] = {}
        self._failed = ""
        self._closed = False
        self._start()

    @property
    def pid(self) -> int:
        """The process number of the present nursery."""
        return self._process.pid

    def alive(self, pid: int) -> bool:
        """Whether the nursery of that number is the present one and has not ended."""
        return self._process.pid == pid and self._process.poll() is None

    def spawn(self) -> Worker:
        """Asks for one more worker and returns at once; the worker introduces itself.

        Raises:
            Unavailable: if no nursery can be kept alive.
        """
        with self._lock:
            self._hear()
            for _ in range(2):
                ours, theirs = socket.socketpair()
                try:
                    socket.send_fds(self._control, [b"+"], [theirs.fileno()])
                except OSError:
                    ours.close()
                    self._hear()
                    self._control.close()
                    self._process.wait(timeout=10)
                    self._start()
                else:
                    return Worker(ours)
                finally:
                    theirs.close()
            raise self._unavailable()

    def ending(self, pid: int) -> int | None:
        """Returns the exit code of a worker that has ended, None where nobody tells."""
        give_up = time.monotonic() + _PATIENCE
        while not self._closed and time.monotonic() < give_up:
            with self._lock:
                self._hear(0.005)
                if pid in self._endings:
                    return self._endings.pop(pid)
        return None

    def raise_if_failed(self) -> None:
        """Raises what the nursery said when it could not import the function.

        Raises:
            Unavailable: with its words.
        """
        with self._lock:
            self._hear(0.2)
            if self._failed:
                raise self._unavailable()

    def close(self) -> None:
        """Ends the process; its workers die with it, by the kernel's hand."""
        self._closed = True
        with self._lock:
            self._control.close()
        self._process.wait(timeout=10)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        number, setup = str(theirs.fileno()), json.dumps(self._setup)
        # As isolated as `-I`, which would also ignore the one variable we do set: a fixed order of
        # sets makes results replay.
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-m", "tools.isolation.worker_main", number, setup],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=scrubbed_environment(),
        )
        theirs.close()
        self._control, self._heard = ours, b""

    def _hear(self, wait: float = 0.0) -> None:
        """Reads what the nursery tells, if it tells anything."""
        # The socket is closed when the pool is; then there is nothing to hear.
        with contextlib.suppress(OSError, ValueError):
            ready = select.poll()
            ready.register(self._control, select.POLLIN)
            if not ready.poll(1000 * wait):
                return
            *lines, self._heard = (self._heard + self._control.recv(65536)).split(b"\n")
            for line in lines:
                told = json.loads(line)
                self._failed = told.get("failed", self._failed)
                if "pid" in told:
                    self._endings[told["pid"]] = told["code"]
            while len(self._endings) > _REMEMBERED:
                del self._endings[next(iter(self._endings))]

    def _unavailable(self) -> Unavailable:
        why = self._failed or "their parent process ends at once"
        return Unavailable(
            f"Workers for {self._setup['function']} cannot be started: {why}.",
            "`ansatz doctor` checks the installation.",
        )


def scrubbed_environment() -> dict[str, str]:
    """The whole environment of a worker: nothing of ours, secrets least of all."""
    fixed = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/", "PYTHONHASHSEED": "0"}
    # Workers may start no thread and write no file.
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return fixed | {"PYTHONDONTWRITEBYTECODE": "1"} | dict.fromkeys(threads, "1")


def describe(code: int | None) -> str:
    """Says how a worker ended."""
    if code is None:
        return "the worker ended"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"the worker was ended by {signal.Signals(-code).name}"
    return f"the worker left with code {code}"
