"""Bubblewrap as the maker of namespaces, where this user may not make them directly.

Where both work nothing is gained by it: what runs in the namespaces is the same, and so is the
filter on top. It sees only the folders that programs may read, as Landlock would have it.
"""

from __future__ import annotations

import shutil
import sys
from functools import cache
from pathlib import Path

from tools.isolation.readable import readable_paths


@cache
def prefix() -> tuple[str, ...]:
    """Returns what to put before a command; empty where it is not needed or not installed."""
    from tools.isolation.layers import Layer, probe_bubblewrap, probe_namespaces

    if not sys.platform.startswith("linux"):
        return ()
    namespaces: Layer = probe_namespaces()
    if namespaces.works or not probe_bubblewrap().works:
        return ()
    return command()


def command() -> tuple[str, ...]:
    """Returns the command line up to the program: new namespaces, a file system of its own."""
    program = shutil.which("bwrap") or "bwrap"
    source = Path(__file__).parents[2]
    interpreter = [Path(sys.prefix), Path(sys.base_prefix), source / "tools"]
    paths = sorted({path for path in (*readable_paths(), *interpreter) if path.exists()})
    binds = [word for path in paths for word in ("--ro-bind", str(path), str(path))]
    # No --die-with-parent: it would watch the thread that starts us, which may end long before.
    return (
        program,
        "--unshare-all",
        "--cap-drop",
        "ALL",
        *binds,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    )
