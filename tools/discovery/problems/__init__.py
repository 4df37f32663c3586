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
from pathlib import Path
from types import ModuleType

from tools.discovery.problems.base import FolderProblem, Size
from tools.errors import BadInput, NotFound

__all__ = ["FolderProblem", "Size", "get", "names"]

_HERE = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Returns the names of the problems shipped, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in _HERE.glob("*/problem.py")))


def get(name: str, **size: int | str) -> FolderProblem:
    """Returns a problem at a size; what is not given keeps its default.

    Args:
        name: one of `names()`, or the path of a problem's folder or Python file. A path is trusted:
            its code runs in this process.
        size: such as `n=26`.

    Raises:
        NotFound: when there is no such problem.
        BadInput: when the size is out of bounds, or the file defines no problem.
    """
    if name in names():
        module = importlib.import_module(f"tools.discovery.problems.{name}.problem")
    elif "/" in name or name.endswith(".py") or Path(name).is_dir():
        module = _load(Path(name))
    else:
        raise NotFound(
            f"There is no problem named '{name}'.",
            f"There are: {', '.join(names())}. A problem of your own is given by its path.",
        )
    made = getattr(module, "Problem", None)
    if not (isinstance(made, type) and issubclass(made, FolderProblem)):
        raise BadInput(
            f"{module.__file__} defines no class `Problem` derived from `FolderProblem`.",
            "Start from `ansatz discover new NAME`.",
        )
    return made(**size)


def _load(path: Path) -> ModuleType:
    """Imports a user's file under a name of its own, so that two of them never collide."""
    file = path / "problem.py" if path.is_dir() else path
    if not file.is_file():
        raise NotFound(
            f"There is no problem at {path}.", "Give a folder with problem.py, or a file."
        )
    file = file.resolve()
    name = "ansatz_problem_" + hashlib.blake2b(str(file).encode(), digest_size=8).hexdigest()
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadInput(f"{file} is not a Python file.", "Name a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    # The user's file may raise whatever it likes while it is imported; it is told, not swallowed.
    except Exception as error:
        del sys.modules[name]
        raise BadInput(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    return module
