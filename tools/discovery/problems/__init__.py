"""Problems: each a folder with its statement, exact verifier, baseline, grammar and records.

    problem.py      the class `Problem`: sizes, verifier, drawing
    statement.md    the statement as a proposer reads it
    baseline.py     the classical program
    grammar.toml    the typed program grammar, and parts.py with the functions it calls
    known.toml      proven optima of small sizes, and dated records with their sources

`get(name, **size)` makes one of ours by name, or a user's own by the path of its file or folder.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from tools.discovery.problems import own
from tools.discovery.problems.base import FolderProblem, Size
from tools.discovery.problems.reading import shown
from tools.errors import AnsatzError, BadInput, NotFound

__all__ = ["FolderProblem", "Size", "get", "is_path", "names"]

_HERE = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Returns the names of the problems shipped, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in _HERE.glob("*/problem.py")))


def is_path(name: str) -> bool:
    """Tells whether a problem so named is a user's own; a shipped name is never a path."""
    if name in names():
        return False
    if "/" in name or name.endswith(".py"):
        return True
    try:
        return bool(name) and Path(name).is_dir()
    except OSError:  # such as a name that is too long
        return False


def get(name: str, **size: int | str) -> FolderProblem:
    """Returns a problem at a size; what is not given keeps its default.

    Args:
        name: one of `names()`, or the path of a problem's folder or Python file. A path is trusted:
            its code runs in this process.
        size: such as `n=26`.

    Raises:
        NotFound: when there is no such problem.
        BadInput: when the size is out of bounds, or a user's own problem is not complete.
    """
    if is_path(name):
        return _own(name, size)
    if name not in names():
        raise NotFound(
            f"There is no problem named {shown(name)}.",
            f"There are: {', '.join(names())}. A problem of your own is given by its path.",
        )
    made: type[FolderProblem]
    made = importlib.import_module(f"tools.discovery.problems.{name}.problem").Problem
    return made(**size)


def _own(name: str, size: dict[str, int | str]) -> FolderProblem:
    """Opens a user's problem and looks through its files."""
    module = _load(name)
    made = getattr(module, "Problem", None)
    if not (isinstance(made, type) and issubclass(made, FolderProblem)) or made is FolderProblem:
        raise BadInput(
            f"{module.__file__} defines no class `Problem` derived from `FolderProblem`.",
            "Start from `ansatz discover new NAME`.",
        )
    try:
        problem = made(**size)
    except AnsatzError:
        raise
    except (Exception, SystemExit) as error:
        file = Path(str(module.__file__))
        raise BadInput(
            f"{file}: the problem cannot be made: {own.described(error, file)}.",
            "Compare its class with that of `ansatz discover new NAME`.",
        ) from error
    own.check(problem)
    return problem


class _Fresh(SourceFileLoader):
    """Compiles a file each time: bytecode, kept by size and second, would miss a quick edit."""

    def path_stats(self, path: str) -> NoReturn:
        """Has none, so that there is no bytecode to look for."""
        raise OSError(f"{path} is compiled afresh")


def _load(name: str) -> ModuleType:
    """Imports a user's file under a name of its own, so that two of them never collide."""
    path = Path(name)
    try:
        file = (path / "problem.py" if path.is_dir() else path).resolve()
        found = file.is_file()
    except (OSError, ValueError):  # such as a name that is too long
        found = False
    if not found:
        raise NotFound(
            f"There is no problem at {shown(name)}.", "Give a folder with problem.py, or a file."
        )
    key = "ansatz_problem_" + hashlib.blake2b(str(file).encode(), digest_size=8).hexdigest()
    spec = importlib.util.spec_from_file_location(key, file, loader=_Fresh(key, str(file)))
    if spec is None or spec.loader is None:
        raise BadInput(f"{file} is not a Python file.", "Name a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[key] = module
    try:
        spec.loader.exec_module(module)
    # The user's file may raise whatever it likes while it is imported; it is told, not swallowed.
    except (Exception, SystemExit) as error:
        del sys.modules[key]
        raise BadInput(
            f"{file} cannot be imported: {own.described(error, file)}.", "Mend the file."
        ) from error
    return module
