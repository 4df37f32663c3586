"""One function per problem that computes its gold again, by a road of its own.

Every function takes a random generator, for the parameter points, and returns `Sample`s. A
problem's `check` field names its function in the module of its category.
"""

from __future__ import annotations

from importlib import import_module

from tools.errors import BadInput
from tools.grading.problems.problem import Category, Problem
from tools.grading.problems.recompute.sample import Script

_MODULES = {category: category.name.lower() for category in Category}


def scripts(category: Category) -> dict[str, Script]:
    """Lists the functions of a category by name; imports scipy and the like only now."""
    found: dict[str, Script] = import_module(f"{__name__}.{_MODULES[category]}").SCRIPTS
    return found


def script(problem: Problem) -> Script:
    """Finds the function that recomputes a problem.

    Raises:
        BadInput: when the module of its category lists no such function in `SCRIPTS`.
    """
    known = scripts(problem.category)
    if problem.check not in known:
        raise BadInput(
            f"Problem {problem.id!r}: the field check is {problem.check!r}.",
            f"Scripts for {problem.category.value}: {', '.join(sorted(known))}.",
        )
    return known[problem.check]
