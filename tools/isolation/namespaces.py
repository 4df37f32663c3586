"""Namespaces: a network without interfaces, process numbers and mounts of one's own; no capability.

Works without privilege wherever the system lets users make user namespaces.
"""

from __future__ import annotations

import ctypes
import struct
import sys

_KINDS = {
    "user": 0x10000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "mount": 0x00020000,
    "uts": 0x04000000,
    "pid": 0x20000000,
}
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4
_CAPABILITY_VERSION = 0x20080522
_LAST_CAPABILITY = 63


def enter() -> tuple[str, ...]:
    """Moves this process into new namespaces and returns their kinds, () where that is refused.

    The pid namespace takes effect for children only. The process must have a single thread.
    """
    if not sys.platform.startswith("linux"):
        return ()
    libc = ctypes.CDLL(None)
    every = tuple(_KINDS)
    for kinds in (every, every[:-1]):
        if libc.unshare(ctypes.c_int(sum(_KINDS[kind] for kind in kinds))) == 0:
            return kinds
    return ()


def drop_capabilities() -> bool:
    """Gives up every capability for good; returns whether none is left.

    Matters to root, and to whoever is root within a user namespace of their own.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    for number in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    return bool(libc.capset(header, struct.pack("=6I", *[0] * 6)) == 0)
