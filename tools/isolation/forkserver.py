"""The asking side of the fork server: starts it, sends it calls, learns which children ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tools.errors import Unavailable


class ForkServer:
    """A warm interpreter that forks a child for each call.

    The interpreter starts in the background at construction, isolated (`python -I`), so that a
    folder named like one of our packages in the working directory does no harm. Thread-safe.
    """

    def __init__(self, preload: tuple[str, ...] = (), paths: tuple[Path, ...] = ()) -> None:
        """Starts the server process and lets it run `preload` while we go on.

        Args:
            preload: functions, `module:function`, that do once what every child needs.
            paths: folders to import from besides the installation; they come last, so that
                nothing in them can hide a module of ours.
        """
        ours, theirs = socket.socketpair()
        setup = json.dumps({"preload": preload, "paths": [str(path) for path in paths]})
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "tools.isolation.zygote", str(theirs.fileno()), setup],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=child_environment(),
        )
        theirs.close()
        self._socket = ours
        self._reader = ours.makefile("r", encoding="utf-8")
        self._lock = threading.Lock()

    def call(self, function: str, arguments: list[Any], log: Path) -> int:
        """Runs `module:function(*arguments)` in a forked child and returns its process number.

        Args:
            function: importable name, `package.module:function`.
            arguments: JSON values.
            log: file that the child's output is appended to.

        Raises:
            Unavailable: if the server process has died.
        """
        request = json.dumps({"call": function, "arguments": arguments, "log": str(log)})
        with self._lock:
            try:
                self._socket.sendall(request.encode() + b"\n")
                line = self._reader.readline()
            except OSError as error:
                raise self._dead() from error
            if not line:
                raise self._dead()
        return int(json.loads(line)["pid"])

    @property
    def alive(self) -> bool:
        """Whether the server process still answers."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the server; children that are still running go on."""
        with self._lock:
            self._reader.close()
            self._socket.close()
        self._process.wait(timeout=10)

    def _dead(self) -> Unavailable:
        return Unavailable(
            "The process that starts runs has ended unexpectedly.",
            "Try again; `ansatz doctor` checks the installation.",
        )


def child_environment() -> dict[str, str]:
    """Returns the environment for children: ours, with one thread per library and quiet spinning.

    On few cores two spinning thread pools starve each other; a user's own settings win.
    """
    quiet = {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false", "MPLBACKEND": "Agg"}
    return quiet | dict(os.environ)
