"""The far side of a worker pool; started as `python -s -P -m tools.isolation.worker_main FD SETUP`.

The process is a nursery: it imports the pool's function once, does its warm-up, and then forks a
worker for each byte that comes with a socket. It reads nothing else and never runs a request
itself, so it stays clean and single-threaded. It tells how each worker ended, and ends, with all
of them, as soon as the process that started it is gone.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from tools.isolation import confine

REQUEST = struct.Struct("!dI")
"""Head of a request: processor seconds allowed, length of the JSON list of arguments."""
REPLY = struct.Struct("!cdI")
"""Head of a reply: what follows, processor seconds used, length."""
HELLO, VALUE, RAISED, MEMORY, OUTPUT = b"h", b"v", b"e", b"m", b"o"
_LOOK_UP_EVERY = 500  # milliseconds between looks at who the parent is


def main() -> None:
    """Forks workers until the process that started us is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    setup = json.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.extend(setup["paths"])
    try:
        function = _resolve(setup["function"])
        if setup["warm_up"]:
            _resolve(setup["warm_up"])()
    except BaseException as error:  # noqa: BLE001 - whatever it is, the pool must hear of it
        _tell(control, {"failed": f"{type(error).__name__}: {error}"[:2000]})
        return
    # Objects that exist now are never freed: keep the collector from touching (copying) them.
    gc.collect()
    gc.freeze()
    wake_reader, wake_writer = os.pipe()
    for end in (wake_reader, wake_writer):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    ready = select.poll()
    ready.register(control, select.POLLIN)
    ready.register(wake_reader, select.POLLIN)
    # The end of the socket can outlive the parent in some other child of it; its number cannot.
    while os.getppid() == setup["parent"]:
        events = dict(ready.poll(_LOOK_UP_EVERY))
        if wake_reader in events:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_reader, 4096)
        _reap(control)
        if control.fileno() in events:
            asked, sockets, _, _ = socket.recv_fds(control, 1, 1)
            if not asked:
                return
            nursery = os.getpid()
            if os.fork() == 0:
                signal.set_wakeup_fd(-1)
                # A worker that has the nursery's own handles can make it wait for ever.
                control.close()
                os.close(wake_reader)
                os.close(wake_writer)
                _worker(socket.socket(fileno=sockets[0]), function, setup, nursery)
            for number in sockets:
                os.close(number)


def _worker(
    asker: socket.socket, function: Callable[..., Any], setup: dict[str, Any], nursery: int
) -> NoReturn:
    """Confines this process, serves requests, and ends with the asker."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        confine.die_with_parent(nursery)
        confine.limit_resources(setup["memory"])
        confined = confine.forbid_effects()
        hello = json.dumps({"pid": os.getpid(), "confined": confined}).encode()
        asker.sendall(REPLY.pack(HELLO, 0.0, len(hello)) + hello)
        while _serve(asker, function, setup["largest_output"]):
            pass
    finally:
        os._exit(0)


def _serve(asker: socket.socket, function: Callable[..., Any], largest: int) -> bool:
    """Answers one request; returns whether this process is fit for another."""
    head = _read(asker, REQUEST.size)
    if head is None:
        return False
    budget, length = REQUEST.unpack(head)
    body = _read(asker, length)
    if body is None:
        return False
    confine.limit_processor(budget)
    start = time.process_time()
    # The default action ends the process: the kernel keeps the deadline, in C code as well.
    signal.setitimer(signal.ITIMER_PROF, budget)
    kind, answer = _answer(function, body)
    signal.setitimer(signal.ITIMER_PROF, 0)
    if len(answer) > largest:
        kind, answer = OUTPUT, b""
    asker.sendall(REPLY.pack(kind, time.process_time() - start, len(answer)) + answer)
    return kind in (VALUE, OUTPUT, RAISED)


def _answer(function: Callable[..., Any], body: bytes) -> tuple[bytes, bytes]:
    try:
        return VALUE, json.dumps(function(*json.loads(body))).encode()
    except MemoryError:
        return MEMORY, b""
    except BaseException as error:  # noqa: BLE001 - told to the caller; the worker goes on
        with contextlib.suppress(BaseException):
            return RAISED, f"{type(error).__name__}: {error}".encode(errors="replace")[:2000]
        return RAISED, type(error).__name__.encode()


def _read(asker: socket.socket, length: int) -> bytes | None:
    """Reads that many bytes, or returns None when the other side is gone."""
    pieces = []
    while length:
        piece = asker.recv(length)
        if not piece:
            return None
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _reap(control: socket.socket) -> None:
    """Collects ended workers and tells how they ended."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _tell(control, {"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(control: socket.socket, what: dict[str, Any]) -> None:
    # Nobody may be listening; a nursery that waits for that forks no workers.
    with contextlib.suppress(OSError):
        control.send(json.dumps(what).encode() + b"\n", socket.MSG_DONTWAIT)


def _resolve(name: str) -> Callable[..., Any]:
    """Imports `module:function`."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


if __name__ == "__main__":
    main()
