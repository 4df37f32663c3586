"""Landlock: from here on this process reads only what lies under some folders and changes nothing.

Needs no privilege and cannot be taken back. System-call numbers are the same on every machine.
Source: the kernel's userspace-api/landlock documentation and its header `linux/landlock.h`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.isolation.confine import gain_no_privileges

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# How many kinds of access to files each version knows; the last is the newest we know of.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_CONNECT_AND_BIND = 0b11  # version 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # version 6


def version() -> int:
    """Returns the version of Landlock that the kernel offers, 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)), 0)


def restrict(readable: Iterable[Path]) -> int:
    """Confines this process and its future children for good.

    What lies below `readable` can be read and mapped; every other access to files, executing them,
    TCP, abstract sockets and signals to processes outside are refused as far as the version goes.

    Returns:
        The version in force; 0 when there is no Landlock, and then nothing has changed.
    """
    offered = version()
    if not offered:
        return 0
    rights = (1 << _FILE_RIGHTS.get(offered, _FILE_RIGHTS[5])) - 1
    fields = [rights]
    if offered >= 4:
        fields.append(_CONNECT_AND_BIND)
    if offered >= 6:
        fields.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return 0
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        if not gain_no_privileges():
            return 0
        return 0 if _call(_RESTRICT_SELF, ruleset, 0) < 0 else offered
    finally:
        os.close(ruleset)


def _allow_reading(ruleset: int, path: Path) -> None:
    """Adds a rule; a path that does not exist needs none."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | (_READ_FOLDER if path.is_dir() else 0)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def _call(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))
