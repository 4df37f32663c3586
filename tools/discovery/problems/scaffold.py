"""Beginning a problem of one's own: files from `template/`, which work as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from tools.discovery.problems import names
from tools.errors import BadInput

_TEMPLATE = Path(__file__).parent / "template"
_SUFFIX = ".template"


def scaffold(name: str, folder: Path) -> list[Path]:
    """Writes the folder of a new problem: an example to replace, with its test.

    Args:
        name: of the problem, such as `sum_free`.
        folder: where it goes; it must not exist yet, or be empty.

    Returns:
        The files written.

    Raises:
        BadInput: when the name cannot be used, or there is something in the folder.
    """
    name = name.strip().replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", name):
        raise BadInput(
            f"'{name}' cannot name a problem: two or more lower-case letters, digits and "
            "underscores are needed, a letter first.",
            "Choose another, such as `sum_free`.",
        )
    if name in names():
        raise BadInput(f"There is a problem named '{name}' already.", "Choose another name.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} exists already.", "Name another place with --into.")
    words = {"name": name, "title": name.replace("_", " ").capitalize()}
    written = []
    for source in sorted(_TEMPLATE.glob(f"*{_SUFFIX}")):
        target = folder / source.name.removesuffix(_SUFFIX)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as handle:
                handle.write(Template(source.read_text(encoding="utf-8")).substitute(words))
        except OSError as error:
            raise BadInput(
                f"{target} cannot be written: {error.strerror}.", "Name another place with --into."
            ) from error
        written.append(target)
    return written
