"""Whether a run's process is alive: an advisory lock that the system drops when it dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


def hold_lock(folder: Path, patience: float = 2.0) -> int | None:
    """Takes the run's lock for as long as this process lives.

    Returns:
        The open file descriptor, or None when another process holds the lock.
    """
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    give_up = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            # Someone may just be looking whether the lock is free, which takes microseconds.
            if time.monotonic() > give_up:
                os.close(descriptor)
                return None
            time.sleep(0.002)


def lock_is_held(folder: Path) -> bool:
    """Tells whether a living process holds the run's lock."""
    try:
        with (folder / "lock").open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def pid_exists(pid: int) -> bool:
    """Tells whether a process with this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
