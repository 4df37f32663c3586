"""What a worker that only computes gives up before it sees its first request.

Limits hold everywhere; on Linux a seccomp filter also lets through nothing but what computing,
reading files and answering needs: no process, no network, no signal to another, no file that is
created or changed. The filter is a list of what is allowed (`syscalls.txt`), for some of it with
certain arguments only; anything else fails with "not permitted", so that a library that tries meets
an ordinary error.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 1, 38, 22, 2
_PR_GET_NO_NEW_PRIVS = 39
# The audit number of an architecture, and its column in the list of calls.
_MACHINES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}
_WRITING = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC
# What may be asked of an open file; the numbers are the same on both machines. Left out is whatever
# has the kernel signal a process when the file becomes ready (F_SETOWN, F_SETSIG, O_ASYNC, FIOASYNC
# and their like), which kills a neighbour as surely as `kill` does; locks and leases as well.
_SETFL, _ASYNC = 4, 0x2000
_FCNTL = (
    0,  # F_DUPFD
    1,  # F_GETFD
    2,  # F_SETFD
    3,  # F_GETFL
    1030,  # F_DUPFD_CLOEXEC
)
_IOCTL = (
    0x5401,  # TCGETS
    0x5413,  # TIOCGWINSZ
    0x541B,  # FIONREAD
    0x5421,  # FIONBIO
    0x5450,  # FIONCLEX
    0x5451,  # FIOCLEX
)

# Classic BPF, as seccomp runs it over `struct seccomp_data`.
_LOAD, _EQUAL, _MORE, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # 0x0005xxxx: fail with errno xxxx


def limit_resources(memory: int, *, mapped: int | None = None, files: int | None = None) -> None:
    """Limits this process: `memory` bytes more than it maps now, no core, no byte written to files.

    The limits are hard: nothing that runs here afterwards can raise them again.

    Args:
        memory: bytes.
        mapped: what it maps now, where that is known already or cannot be read any more.
        files: the most files it may have open; as many as before by default.
    """
    limits = [
        (resource.RLIMIT_AS, (mapped_bytes() if mapped is None else mapped) + memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        # Root is exempt from this one; the filter below is not.
        (resource.RLIMIT_NPROC, 0),
    ]
    if files is not None:
        limits.append((resource.RLIMIT_NOFILE, files))
    for what, value in limits:
        _, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))
    # Python ignores this signal by default, and then a failed write would just be repeated.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def limit_processor(seconds: float) -> None:
    """Lets the kernel end this process when it has used that many more seconds (rounded up)."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(
        resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard)
    )


def die_with_parent(parent: int) -> None:
    """Makes the kernel kill this process when its parent ends; ends it if that has happened.

    Only where the parent has a single thread: the kernel watches the thread that forked.
    """
    if sys.platform.startswith("linux"):
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def gain_no_privileges() -> bool:
    """Lets neither this process nor any it forks gain privileges by what it executes, for good.

    The kernel asks for this before it installs a filter. Returns False where it is unknown.
    """
    if not sys.platform.startswith("linux"):
        return False
    return bool(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def forbid_effects() -> bool:
    """Installs the filter in this process, for good; returns False where the system has none."""
    return Filter().install()


class Filter:
    """The filter, built ahead of the fork whose child installs it, which saves the child the work.

    The child is spared even more when `gain_no_privileges` was called before this is built.

    Attributes:
        known: whether there is one for this system and machine.
    """

    def __init__(self) -> None:
        machine = platform.machine()
        self.known = sys.platform.startswith("linux") and machine in _MACHINES
        if self.known:
            code = program(machine)
            self._code = ctypes.create_string_buffer(code, len(code))
            self._program = _Program(len(code) // 8, ctypes.addressof(self._code))
            self._prctl = _libc().prctl
            self._prepared = self._prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
            self._reference = ctypes.byref(self._program)

    def install(self) -> bool:
        """Installs it in this process, for good; returns False where the system has none."""
        if not self.known or not (self._prepared or gain_no_privileges()):
            return False
        return bool(self._prctl(_PR_SET_SECCOMP, _FILTER, self._reference, 0, 0) == 0)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def program(machine: str) -> bytes:
    """Writes the filter for a machine, one of `_MACHINES`, as classic BPF.

    The kernel runs it for every number there is whenever it is installed, so numbers are searched
    by halves.
    """
    arch, column = _MACHINES[machine]
    conditions = _conditions()
    answers = {number: conditions.get(name, _YES) for name, number in _listed(column).items()}
    ranges: list[tuple[int, _Steps]] = [(0, _NO)]
    for number in sorted(answers):
        # What follows a number is refused unless it has an answer of its own.
        for start, steps in ((number, answers[number]), (number + 1, _NO)):
            if ranges[-1][0] == start:
                ranges.pop()
            if not ranges or ranges[-1][1] != steps:
                ranges.append((start, steps))
    head = (
        _step(_LOAD, _ARCH_AT),
        _step(_EQUAL, arch, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
    )
    return b"".join(head + _search(ranges))


def _search(ranges: Sequence[tuple[int, _Steps]]) -> _Steps:
    """Finds the range a number is in, given where each begins, and answers with its steps."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _search(ranges[:middle]), _search(ranges[middle:])
    return (_step(_AT_LEAST, ranges[middle][0], len(below), 0), *below, *above)


def _conditions() -> dict[str, _Steps]:
    """Returns the answer to each call that is allowed with some arguments only, by its name.

    The kernel, too, reads the low half alone of every argument looked at here.
    """
    # Flags 0: out-of-band bytes are a corner of the kernel that programs have broken out through.
    no_flags = _unless(_MORE, 0, argument=3)
    status = _unless(_ANY_BIT, _ASYNC, argument=2)
    is_status = (_step(_LOAD, _ARGUMENTS_AT + 8), _step(_EQUAL, _SETFL, 0, len(status)))
    return {
        "open": _unless(_ANY_BIT, _WRITING, argument=1),
        "openat": _unless(_ANY_BIT, _WRITING, argument=2),
        # 0 means this process: nobody else's limits.
        "prlimit64": _unless(_MORE, 0, argument=0),
        "fcntl": (*is_status, *status, *_among(_FCNTL, argument=1)),
        "ioctl": _among(_IOCTL, argument=1),
        "sendto": no_flags,
        "recvfrom": no_flags,
    }


def _unless(test: int, value: int, argument: int) -> _Steps:
    """Allows a call unless the low half of an argument passes a test."""
    return (
        _step(_LOAD, _ARGUMENTS_AT + 8 * argument),
        _step(test, value, 0, 1),
        *_NO,
        *_YES,
    )


def _among(values: Sequence[int], argument: int) -> _Steps:
    """Allows a call if the low half of an argument is one of some values."""
    tests = [_step(_EQUAL, value, len(values) - at) for at, value in enumerate(values)]
    return (_step(_LOAD, _ARGUMENTS_AT + 8 * argument), *tests, *_NO, *_YES)


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """Packs one `struct sock_filter`; jumps count the steps that are skipped."""
    return struct.pack("=HBBI", code, then, otherwise, value)


_Steps = tuple[bytes, ...]
_NO: _Steps = (_step(_RETURN, _REFUSE),)
_YES: _Steps = (_step(_RETURN, _ALLOW),)


def _listed(column: int) -> dict[str, int]:
    """Returns the numbers of the calls in the list, by their names."""
    text = Path(__file__).with_name("syscalls.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def mapped_bytes() -> int:
    """Returns the bytes this process maps now; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
