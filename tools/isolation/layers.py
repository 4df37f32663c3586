"""Which layers of the sandbox this machine offers; each is tried in a child that then ends."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_LANDLOCK_CREATE_RULESET, _LANDLOCK_VERSION = 444, 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_PATIENCE = 5  # seconds a probe may take


@dataclass(frozen=True)
class Layer:
    """One layer of isolation.

    Attributes:
        name: what it is called.
        works: whether it could be used just now.
        detail: its version, or why it does not work.
    """

    name: str
    works: bool
    detail: str


def probe_layers() -> list[Layer]:
    """Tries every layer; takes some milliseconds, and nothing sticks to this process."""
    return [
        probe_namespaces(),
        _in_child("landlock", _landlock),
        _in_child("seccomp", _seccomp),
        probe_bubblewrap(),
    ]


def probe_namespaces() -> Layer:
    """Tries to make namespaces."""
    return _in_child("namespaces", _namespaces)


def _in_child(name: str, probe: Callable[[], str]) -> Layer:
    """Runs a probe in a forked child: what it returns is the detail, what it raises the reason."""
    if not sys.platform.startswith("linux"):
        return Layer(name, False, "only Linux has it")
    reader, writer = os.pipe()
    # What is still buffered would be written by the child as well.
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        signal.alarm(_PATIENCE)
        try:
            answer = [True, probe()]
        except BaseException as error:  # noqa: BLE001 - the child must end here, whatever happens
            answer = [False, str(error)]
        os.write(writer, json.dumps(answer).encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    works, detail = json.loads(text) if text else (False, "the probe died")
    return Layer(name, works, detail)


def _namespaces() -> str:
    kinds = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWPID
    if _libc().unshare(kinds | _CLONE_NEWNS | _CLONE_NEWUTS) != 0:
        raise _last_error()
    return "user, net, ipc, pid, mount and uts"


def _landlock() -> str:
    version = _libc().syscall(
        ctypes.c_long(_LANDLOCK_CREATE_RULESET),
        None,
        ctypes.c_size_t(0),
        ctypes.c_uint32(_LANDLOCK_VERSION),
    )
    if version < 1:
        raise _last_error()
    return f"ABI {version}"


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def _seccomp() -> str:
    libc = _libc()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise _last_error()
    # The smallest filter there is: return SECCOMP_RET_ALLOW.
    allow = (_Instruction * 1)(_Instruction(0x06, 0, 0, 0x7FFF0000))
    program = _Program(1, ctypes.cast(allow, ctypes.POINTER(_Instruction)))
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise _last_error()
    return "filters can be installed"


def probe_bubblewrap() -> Layer:
    """Tries to start bubblewrap."""
    program = shutil.which("bwrap")
    if program is None:
        return Layer("bubblewrap", False, "bwrap is not installed")
    try:
        done = subprocess.run(
            [program, "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Layer("bubblewrap", False, str(error))
    reason = " ".join(done.stderr.split())
    return Layer("bubblewrap", done.returncode == 0, reason or "starts")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _last_error() -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code))
