"""The sandbox: starts untrusted programs, each in a process of its own that can only compute.

    with Sandbox("numpy") as sandbox, sandbox.open(files, "program.py", allowance) as session:
        data = session.call("solve", {"n": 26})

On Linux programs are forked from a warm parent in namespaces and under Landlock, and each adds
limits and a system-call filter of its own; see `docs/sandbox.md`. Elsewhere each gets a fresh
interpreter, and `notice` says how little that protects.
"""

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import TracebackType

from tools.errors import BadInput, Unavailable
from tools.isolation import bubblewrap
from tools.isolation.bodies import Forked, Fresh
from tools.isolation.nursery import scrubbed_environment
from tools.isolation.profiles import PROFILES
from tools.isolation.session import Allowance, Session

_LONGEST_START = 120.0  # seconds until a warm parent must have come up


@dataclass(frozen=True)
class Layers:
    """The layers that hold for the programs of a sandbox.

    Attributes:
        namespaces: kinds of namespaces they live in, apart from ours.
        landlock: version in force, 0 for none.
        capabilities: whether every capability has been dropped.
        seccomp: whether a system-call filter holds.
        bubblewrap: whether bubblewrap made the namespaces.
        warm: whether programs are forked from a warm parent.
    """

    namespaces: tuple[str, ...] = ()
    landlock: int = 0
    capabilities: bool = False
    seccomp: bool = False
    bubblewrap: bool = False
    warm: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """The layers that do not hold, by name."""
        held = {
            "namespaces": "net" in self.namespaces or self.bubblewrap,
            "Landlock": self.landlock > 0,
            "seccomp": self.seccomp,
        }
        return tuple(name for name, holds in held.items() if not holds)

    @property
    def notice(self) -> str:
        """What everyone who relies on the sandbox must know; empty when all layers hold."""
        if not self.warm:
            return (
                "NO SANDBOX: this system has none of the layers; untrusted programs ran in fresh"
                " interpreters with your rights, and could read files and use the network."
            )
        if not self.missing:
            return ""
        return f"Reduced sandbox: untrusted programs ran without {' and '.join(self.missing)}."


class Sandbox:
    """Where untrusted programs of one import profile run; thread-safe."""

    def __init__(
        self, profile: str = "numpy", *, strict: bool = False, fresh: bool | None = None
    ) -> None:
        """Starts the warm parent, which imports in the background.

        Args:
            profile: one of `profiles.PROFILES`.
            strict: refuse to work unless every layer holds.
            fresh: give each program an interpreter of its own, as systems other than Linux do.

        Raises:
            BadInput: if there is no such profile.
            Unavailable: if strict and this system is known to lack a layer.
        """
        if profile not in PROFILES:
            raise BadInput(
                f"There is no profile '{profile}'.", f"There are: {', '.join(PROFILES)}."
            )
        self.profile = profile
        self._strict = strict
        self._fresh = not sys.platform.startswith("linux") if fresh is None else fresh
        self._lock = threading.Lock()
        self._closed = False
        self._layers: Layers | None = None
        if self._fresh:
            self._layers = Layers(warm=False)
            self._refuse_if_strict(self._layers)
        else:
            self._start()

    @property
    def layers(self) -> Layers:
        """The layers that hold; waits until the warm parent is up.

        Raises:
            Unavailable: if it does not come up, or strict and a layer is missing.
        """
        with self._lock:
            return self._wait_ready()

    @property
    def notice(self) -> str:
        """The notice of `layers`, as far as it is known yet; never waits."""
        layers = self._layers
        return "" if layers is None else layers.notice

    def open(
        self, files: Mapping[str, str], entry: str, allowance: Allowance, *, seed: int = 0
    ) -> Session:
        """Starts a program.

        Args:
            files: its text files by name.
            entry: the one whose functions are called.
            allowance: what it may use.
            seed: for the generator of `random`, unless the program seeds it itself.

        Raises:
            Unavailable: if no process can be started.
        """
        session = self._open_fresh(allowance) if self._fresh else self._open_warm(allowance)
        session.send({"files": dict(files), "entry": entry, "seed": seed})
        return session

    def close(self) -> None:
        """Ends the warm parent, and with it all programs."""
        with self._lock:
            if self._closed or self._fresh:
                self._closed = True
                return
            self._closed = True
            self._control.close()
            self._process.wait(timeout=30)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- a warm parent -----------------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        prefix = bubblewrap.prefix()
        setup = {
            "profile": self.profile,
            # Behind bubblewrap's own process ours are not its children.
            "parent": None if prefix else os.getpid(),
        }
        self._process = _popen(
            [*prefix, *_PYTHON, "serve", str(theirs.fileno()), json.dumps(setup)], (theirs,)
        )
        theirs.close()
        self._control, self._wrapped = ours, bool(prefix)
        self._layers = None

    def _wait_ready(self) -> Layers:
        if self._closed:
            raise BadInput("This sandbox is closed.", "Open another one.")
        if self._layers is None:
            ready = select.poll()
            ready.register(self._control, select.POLLIN)
            hello = self._control.recv(4096) if ready.poll(1000 * _LONGEST_START) else b""
            if not hello:
                raise Unavailable(
                    f"The sandbox of profile {self.profile} does not start.",
                    "`ansatz doctor` checks the installation.",
                )
            told = json.loads(hello)
            self._layers = Layers(
                tuple(told["namespaces"]),
                told["landlock"],
                told["capabilities"],
                told["seccomp"],
                self._wrapped,
            )
        self._refuse_if_strict(self._layers)
        return self._layers

    def _refuse_if_strict(self, layers: Layers) -> None:
        if self._strict and (layers.missing or not layers.warm):
            raise Unavailable(
                f"A strict sandbox needs every layer; missing: {', '.join(layers.missing)}.",
                "`ansatz doctor` says why. Without strict, the layers that there are are used.",
            )

    def _open_warm(self, allowance: Allowance) -> Session:
        for _ in range(2):
            with self._lock:
                self._wait_ready()
                pairs = [socket.socketpair() for _ in range(2)]
                pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
                (link, child_link), (output, child_output), (report, child_report) = pairs
                theirs = (child_link, child_output, child_report)
                try:
                    handles = [each.fileno() for each in theirs]
                    socket.send_fds(self._control, [_limits(allowance)], handles)
                except OSError:
                    for each in (link, output, report):
                        each.close()
                    self._restart()
                    continue
                finally:
                    for each in theirs:
                        each.close()
                body = Forked(report, end_parent=partial(_end, self._process))
            return Session(body, link, output, allowance)
        raise Unavailable("Sandboxed processes end as soon as they are started.")

    def _restart(self) -> None:
        """Starts another warm parent if this one has died."""
        if not self._closed:
            self._control.close()
            _end(self._process)
            self._process.wait(timeout=30)
            self._start()

    # -- an interpreter of its own -----------------------------------------------------------------

    def _open_fresh(self, allowance: Allowance) -> Session:
        link, child_link = socket.socketpair()
        output, child_output = socket.socketpair()
        setup = {"profile": self.profile, "limits": json.loads(_limits(allowance))}
        numbers = [str(child_link.fileno()), str(child_output.fileno())]
        process = _popen(
            [*_PYTHON, "once", *numbers, json.dumps(setup)], (child_link, child_output)
        )
        child_link.close()
        child_output.close()
        return Session(Fresh(process), link, output, allowance)


_PYTHON = [sys.executable, "-s", "-P", "-m", "tools.isolation.sandbox_main"]


def _popen(command: Sequence[str], handles: Sequence[socket.socket]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        pass_fds=[each.fileno() for each in handles],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env=scrubbed_environment(),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills a warm parent at once; the programs it has forked die with it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # The whole group: behind bubblewrap the warm parent is not the process we know.
            os.killpg(process.pid, signal.SIGKILL)


@cache
def _limits(allowance: Allowance) -> bytes:
    limits = {"memory": allowance.memory, "cpu": allowance.cpu_seconds, "output": allowance.output}
    return json.dumps(limits).encode()
