"""The forking side of the fork server; started as `python -I -m tools.isolation.zygote FD SETUP`.

It stays single-threaded, so that forking is safe, and reads one JSON request a line. When the
other side is gone it leaves, and its children live on.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Serves fork requests until the other side closes the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    setup = json.loads(sys.argv[2])
    sys.path.extend(setup["paths"])
    for name in setup["preload"]:
        _resolve(name)()
    # Objects that exist now are never freed: keep the collector from touching (copying) them.
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    buffer = b""
    while True:
        _reap()
        if not select.select([control], [], [], 0.5)[0]:
            continue
        piece = control.recv(65536)
        if not piece:
            return
        *lines, buffer = (buffer + piece).split(b"\n")
        for line in lines:
            request = json.loads(line)
            pid = os.fork()
            if pid == 0:
                control.close()
                _child(request)
            control.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def _child(request: dict[str, Any]) -> None:
    """Runs one request and leaves the process."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        # Whoever reads the log of a run that goes on, or was killed, wants what was printed.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True)
        _resolve(request["call"])(*request["arguments"])
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may escape into the server's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _resolve(name: str) -> Callable[..., object]:
    """Imports `module:function`."""
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found


def _reap() -> None:
    """Collects ended children, so that their process numbers disappear."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


if __name__ == "__main__":
    main()
