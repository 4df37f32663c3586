"""What an untrusted program may read: the interpreter, its packages, and the system's libraries."""

from __future__ import annotations

import site
import sys
import sysconfig
from pathlib import Path

_SYSTEM = (
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/dev/null",
)


def readable_paths() -> list[Path]:
    """Returns the files and folders; some may not exist."""
    paths = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    paths |= {Path(folder) for folder in site.getsitepackages()}
    # Shared libraries of an interpreter that lives outside the system's folders.
    paths |= set((Path(sys.base_prefix) / "lib").glob("lib*.so*"))
    return sorted(paths | {Path(name) for name in _SYSTEM})
