"""The far side of a sandbox; started as `python -s -P -m tools.isolation.sandbox_main ...`.

`serve FD SETUP` enters namespaces, imports a profile, confines itself by Landlock, and then forks a
child for each program it is sent. It never runs a program itself, so it stays clean and
single-threaded. In a pid namespace it is process 1: what it forks cannot outlive it, nor signal it.

`once FD OUTPUT SETUP` is a fresh interpreter for a single program, where there is no fork server.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

from tools.isolation import confine, landlock, namespaces
from tools.isolation.readable import readable_paths

_LOOK_UP_EVERY = 0.5  # seconds between looks at who the parent is
_MOST_FILES = 32  # that a program may have open

_Limit = tuple[int, tuple[int, int]]
"""A resource, with its soft and hard limit."""
_Child = tuple[socket.socket, int]
"""Where to tell how it ended, and the handle of its process."""


def main() -> None:
    """Starts as what the first argument says."""
    {"serve": _serve_main, "once": _once_main}[sys.argv[1]]()


def _serve_main() -> None:
    control = socket.socket(fileno=int(sys.argv[2]))
    setup = json.loads(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    entered = namespaces.enter()
    outer = os.getpid()
    inner = os.fork()
    if inner == 0:
        # A parent outside the own namespace has the number 0.
        confine.die_with_parent(0 if "pid" in entered else outer)
        try:
            _Server(control, setup, entered).run()
        finally:
            os._exit(0)
    control.close()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    # The end of the socket can outlive the parent in some other child of it; its number cannot.
    while setup["parent"] in (None, os.getppid()):
        if os.waitpid(inner, os.WNOHANG)[0]:
            return
        signal.sigtimedwait([signal.SIGCHLD], _LOOK_UP_EVERY)
    os.kill(inner, signal.SIGKILL)


class _Server:
    """Forks children, reaps them, and tells how they ended."""

    def __init__(
        self, control: socket.socket, setup: dict[str, Any], entered: tuple[str, ...]
    ) -> None:
        self.control = control
        self.ready = select.poll()
        self.living: dict[int, _Child] = {}
        self.known_limits: dict[bytes, tuple[list[_Limit], int]] = {}
        self.alone = "pid" in entered
        # What modules want done in every fork is for processes with threads, and for randomness; it
        # would cost each child a sixth of its time. So it is switched off before any is imported.
        os.register_at_fork = _nothing
        from tools.isolation import profiles, program

        self.program = program
        profiles.warm_up(setup["profile"])
        program.rehearse()
        self.mapped = confine.mapped_bytes()
        confine.gain_no_privileges()
        self.filter = confine.Filter()
        capabilities = namespaces.drop_capabilities()
        version = landlock.restrict(readable_paths())
        self.number = os.getpid()
        self.highest_handle = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        # Inherited by every child, and nothing to the parent. A hard limit stays.
        for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.setrlimit(what, (0, 0))
        # Python ignores this signal by default, and then a failed write would just be repeated.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        self.filtered = _filter_holds(self.filter)
        # Objects that exist now are never freed: keep the collector from touching (copying) them.
        gc.collect()
        gc.freeze()
        hello = {
            "namespaces": entered,
            "landlock": version,
            "capabilities": capabilities,
            "seccomp": self.filtered,
        }
        control.send(json.dumps(hello).encode())

    def run(self) -> None:
        """Serves until the other side has closed the control socket."""
        self.ready.register(self.control, select.POLLIN)
        control = self.control.fileno()
        while True:
            # The handle of a process that has ended is ready as well.
            asked = any(handle == control for handle, _ in self.ready.poll())
            self._reap()
            if asked:
                limits, handles, _, _ = socket.recv_fds(self.control, 4096, 3)
                if not limits:
                    return
                self._spawn(limits, handles)

    def _spawn(self, wanted: bytes, handles: list[int]) -> None:
        link, output, report = handles
        if wanted not in self.known_limits:
            self.known_limits[wanted] = self._limits(json.loads(wanted))
        limits, largest = self.known_limits[wanted]
        pid = os.fork()
        if pid == 0:
            self._child(link, output, limits, largest)
        os.close(link)
        os.close(output)
        told = socket.socket(fileno=report)
        handle = os.pidfd_open(pid)
        self.living[pid] = told, handle
        self.ready.register(handle, select.POLLIN)
        # Nobody may be listening any more.
        with contextlib.suppress(OSError):
            socket.send_fds(told, [b"{}"], [handle])

    def _limits(self, wanted: dict[str, Any]) -> tuple[list[_Limit], int]:
        """Returns a child's limits, and the most bytes of an answer.

        Worked out here: what a child does itself costs it a copy of every page it touches.
        """
        limits = [
            _hard(resource.RLIMIT_AS, self.mapped + wanted["memory"]),
            _hard(resource.RLIMIT_CPU, int(wanted["cpu"]) + 2),
            _hard(resource.RLIMIT_NOFILE, _MOST_FILES),
            # Root is exempt from this one; the filter is not.
            _hard(resource.RLIMIT_NPROC, 0),
        ]
        return limits, wanted["output"]

    def _child(self, link: int, output: int, limits: list[_Limit], largest: int) -> NoReturn:
        """Confines this process, runs one program, and leaves.

        Little is done here, and by the plainest means: every page of the parent that a line touches
        is copied, which is most of what a program costs (`docs/sandbox.md`).
        """
        try:
            os.setsid()
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.dup2(link, 3)
            os.closerange(4, self.highest_handle)
            if not self.alone:
                # Elsewhere the kernel ends all of a namespace with its process 1.
                confine.die_with_parent(self.number)
            for what, value in limits:
                resource.setrlimit(what, value)
            if not self.filter.install() and self.filtered:
                # The other side has been told that it holds.
                os._exit(1)
            self.program.serve(3, largest)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing may escape into the server's loop
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)

    def _reap(self) -> None:
        """Collects ended children, after whatever is left of their sessions."""
        with contextlib.suppress(ChildProcessError):
            while True:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None:
                    return
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(ended.si_pid, signal.SIGKILL)
                pid, status, used = os.wait4(ended.si_pid, 0)
                if pid in self.living:
                    told, handle = self.living.pop(pid)
                    self.ready.unregister(handle)
                    os.close(handle)
                    cpu = used.ru_utime + used.ru_stime
                    code = os.waitstatus_to_exitcode(status)
                    with contextlib.suppress(OSError):
                        told.send(json.dumps({"code": code, "cpu": cpu}).encode())
                    told.close()
                if self.alone and not self.living:
                    # Process 1 may ask for everything else in its namespace to end.
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(-1, signal.SIGKILL)


def _nothing(**hooks: object) -> None:
    """Stands in for `os.register_at_fork`."""


def _once_main() -> None:
    """Runs one program in this interpreter with whatever limits the system has."""
    from tools.isolation import profiles, program

    link, output, setup = int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
    limits = setup["limits"]
    profiles.warm_up(setup["profile"])
    limits["mapped"] = confine.mapped_bytes()
    with contextlib.suppress(OSError, ValueError):
        # Not every system has every limit; the notice says that this is no sandbox.
        confine.limit_resources(limits["memory"], mapped=limits["mapped"], files=_MOST_FILES)
    with contextlib.suppress(OSError, ValueError):
        seconds = int(limits["cpu"]) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.dup2(output, 1)
    os.dup2(output, 2)
    program.serve(link, limits["output"])
    os._exit(0)


def _hard(what: int, value: int) -> _Limit:
    """Returns a limit that cannot be raised again, within the one that holds already."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    return what, (value, value)


def _filter_holds(prepared: confine.Filter) -> bool:
    """Tries the filter in a child, for it cannot be taken back."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if prepared.install() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


if __name__ == "__main__":
    main()
