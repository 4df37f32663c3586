"""Where Ansatz keeps its state: one folder, and nothing elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tools.errors import BadInput


def home(environ: Mapping[str, str] = os.environ, start: Path | None = None) -> Path:
    """Returns the state folder: `ANSATZ_HOME`, else the nearest `.ansatz`, else `~/.ansatz`.

    The folder is not created.

    Raises:
        BadInput: if `ANSATZ_HOME` names something that is not a folder.
    """
    if named := environ.get("ANSATZ_HOME"):
        path = Path(named).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise BadInput(
                f"ANSATZ_HOME = {named} is not a folder.", "Name a folder, or unset the variable."
            )
        return path
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / ".ansatz").is_dir():
            return folder / ".ansatz"
    return Path.home() / ".ansatz"
