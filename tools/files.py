"""Files that people name: what can be read to its end, and what would be waited for."""

from __future__ import annotations

import stat
from pathlib import Path

from tools.errors import BadInput

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def regular(path: Path, what: str) -> int:
    """Returns the size in bytes of a regular file; links are followed.

    Reading a pipe waits for a writer who may never come, and a device such as /dev/zero has no end.

    Args:
        path: of the file.
        what: what the file is for, as the message begins: "The spec".

    Raises:
        BadInput: naming whatever else lies there.
        OSError: nothing lies there, or it cannot be looked at.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise BadInput(
            f"{what} {path} is no regular file but {kind}.",
            "Give a file; what comes through a pipe can be saved to one first.",
        )
    return found.st_size
