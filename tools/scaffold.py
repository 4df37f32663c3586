"""Beginning a package of one's own: files from `template/`, ready to install."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from pathlib import Path
from string import Template

from tools import registry
from tools.errors import BadInput

_TEMPLATE = Path(__file__).parent / "template"
_SUFFIX = ".template"
_PACKAGE = "package"  # the template's folder that becomes the import package


def experiment_name(name: str) -> tuple[str, str]:
    """Splits `method.verb`, or a method alone, into import package and experiment's verb.

    Raises:
        BadInput: when the verb cannot be used.
    """
    method, _, verb = name.strip().partition(".")
    verb = verb or "antithetic"
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", verb):
        raise BadInput(
            f"'{verb}' cannot name an experiment: lower-case letters, digits and underscores are "
            "needed, a letter first.",
            "Choose another, such as `annealing.schedule`.",
        )
    return method.replace("-", "_"), verb


def create(name: str, folder: Path) -> list[Path]:
    """Writes an installable package with one experiment into a folder that does not exist yet.

    Args:
        name: of the import package and of the method, such as `annealing`, or of the method and
            its experiment, such as `annealing.schedule`.
        folder: where the package goes.

    Returns:
        The files written.

    Raises:
        BadInput: when the name cannot be used, or there is something in the folder.
    """
    _check_name(name, name.strip().partition(".")[0].replace("-", "_"))
    module, verb = experiment_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} exists already.", "Name another place with --into.")
    words = {"name": module, "verb": verb, "dist": module.replace("_", "-")}
    written = []
    for source in sorted(_TEMPLATE.rglob(f"*{_SUFFIX}")):
        parts = source.relative_to(_TEMPLATE).with_suffix("").parts
        target = folder.joinpath(*(module if part == _PACKAGE else part for part in parts))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as handle:
                handle.write(Template(source.read_text(encoding="utf-8")).substitute(words))
        except OSError as error:
            raise BadInput(
                f"{target} cannot be written: {error.strerror}.", "Name another place with --into."
            ) from error
        written.append(target)
    return written


def _check_name(name: str, module: str) -> None:
    remedy = "Choose another, such as `annealing`."
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", module):
        raise BadInput(
            f"'{name}' cannot name a package: two or more lower-case letters, digits and "
            "underscores are needed, a letter first.",
            remedy,
        )
    if keyword.iskeyword(module):
        raise BadInput(f"'{name}' is a word of Python's.", remedy)
    methods = {experiment.name.partition(".")[0] for experiment in registry.load()}
    if module in methods:
        raise BadInput(f"There are experiments named '{module}.*' already.", remedy)
    if module == "tests" or module in sys.stdlib_module_names or importlib.util.find_spec(module):
        raise BadInput(f"'{name}' is the name of another Python package.", remedy)
